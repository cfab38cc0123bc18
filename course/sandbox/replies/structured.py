"""JSON answers: values that satisfy a schema, taken from the prompt."""

from __future__ import annotations

import json
import re
from typing import Any

from course.sandbox.replies.arithmetic import evaluate, expression_in
from course.sandbox.replies.classification import best_label, sentiment
from course.sandbox.replies.conversation import Conversation
from course.sandbox.replies.data import found
from course.sandbox.replies.extraction import extract, kind_of
from course.sandbox.replies.lists import listed
from course.sandbox.replies.summaries import summary
from course.sandbox.replies.wish import Wish

__all__ = ["answer", "json_text", "value_for"]

DEEPEST = 8
KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes)\b\W*(?:called|named|are|:)?\s*"
    r"([^.\n?:]{2,300}?)(?=\s+(?:for|from|about|based|in|that|using|with)\b"
    r"|[.\n?:]|$)",
    re.I,
)
TEMPLATE = re.compile(r"\{[^{}]*\"?\w+\"?\s*:.*\}", re.S)


def answer(wish: Wish) -> str | None:
    """Return JSON where a prompt asks for it without a response format."""
    asks = found(
        r"\b(as|in|to|return|output|respond with|reply with|only|valid|give me"
        r"|generate|create|a|some|of) (valid |raw |a )?json\b",
        f"{wish.instruction} {wish.conversation.rules.lower()}",
    )
    about = found(
        r"^(what|explain|why|how|define|parse|read)\b|\bfunction\b",
        wish.instruction,
    )
    if not asks or about:
        return None
    keys = keys_in(f"{wish.prompt}\n{wish.conversation.rules}")
    if not keys and not wish.material and "json" not in wish.instruction:
        return None
    text = json.dumps(_object(keys, wish), indent=2, ensure_ascii=False)
    bare = found(
        r"\bonly\b|\braw\b|\bno (markdown|prose|other text)",
        (f"{wish.instruction} {wish.conversation.rules.lower()}"),
    )
    return text if bare else f"```json\n{text}\n```"


def json_text(conversation: Conversation, schema: dict[str, Any]) -> str:
    """Return a JSON text that satisfies the schema.

    An empty schema stands for any object: its keys are those that the
    prompt names.
    """
    wish = Wish(conversation, conversation.prompt, conversation.material)
    if not schema:
        keys = keys_in(f"{conversation.prompt}\n{conversation.rules}")
        value: Any = _object(keys, wish)
    else:
        value = value_for(schema, wish)
    return json.dumps(value, ensure_ascii=False)


def keys_in(text: str) -> list[str]:
    """Return the keys that a text wants an object to have."""
    text = text[:4_000]
    template = TEMPLATE.search(text)
    if template:
        quoted = re.findall(r"[\"']?([\w-]+)[\"']?\s*:", template.group(0))
        return list(dict.fromkeys(quoted))[:20]
    match = KEYS.search(text)
    if not match:
        return []
    named = re.split(r"\s*(?:,|;|\band\b|&)\s*", match.group(1))
    clean = [re.sub(r"\(.*", "", one).strip(" \"'`:*[]{}") for one in named]
    words = [re.sub(r"^(?:the|an?) ", "", one) for one in clean]
    keys = [one.replace(" ", "_") for one in words if one]
    return [key for key in keys if re.fullmatch(r"[\w-]{1,40}", key)][:20]


def _object(keys: list[str], wish: Wish) -> dict[str, Any]:
    if not keys:
        known = listed(wish.instruction)
        if known:
            return {"items": known}
        text = wish.text or wish.prompt
        return {"answer": " ".join(summary(text)), "simulated": True}
    return {key: _value(key, wish) for key in keys}


LISTED = ("keyword", "hashtag", "entity")


def _value(key: str, wish: Wish) -> Any:
    """Return a fitting value for a key whose type nobody has given."""
    lower = key.lower()
    if re.match(r"(is|has|can|should|needs|in)_|active$|available$", lower):
        return wish.conversation.seed % 2 == 0
    if re.search(r"count|number|age$|year|quantity|score|confidence", lower):
        return value_for({"type": "number"}, wish, key)
    kind = kind_of(key)
    plural = lower.endswith("s") and not lower.endswith("ss")
    if kind in LISTED or (kind and plural):
        return extract(wish.text or wish.prompt, kind or "entity")
    return _string(key, wish)


def value_for(
    schema: Any,
    wish: Wish,
    name: str = "",
    root: Any = None,
    depth: int = 0,
) -> Any:
    """Return a value that satisfies a JSON schema."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > 4 * DEEPEST:
        return None
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _member(schema["enum"], wish)
    match _type_of(schema, depth):
        case "object":
            return _properties(schema, wish, root, depth)
        case "array":
            return _items(schema, wish, name, root, depth)
        case "integer":
            return int(_number(schema, wish, name, 1))
        case "number":
            return _number(schema, wish, name, 0)
        case "boolean":
            return wish.conversation.seed % 2 == 0
        case "null":
            return None
    return _fitting(schema, _string(name, wish, schema))


def _resolved(schema: dict[str, Any], root: Any) -> dict[str, Any]:
    """Return the schema with its references and alternatives settled."""
    for _ in range(20):
        if "$ref" in schema:
            target = root
            for step in str(schema["$ref"]).lstrip("#/").split("/"):
                target = target.get(step, {}) if step else target
            rest = {k: v for k, v in schema.items() if k != "$ref"}
            schema = {**target, **rest}
        elif choice := schema.get("anyOf") or schema.get("oneOf"):
            real = [one for one in choice if one.get("type") != "null"]
            rest = {
                k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")
            }
            schema = {**(real or choice)[0], **rest}
        elif parts := schema.get("allOf"):
            schema = _merged(schema, parts, root)
        else:
            break
    return schema


def _merged(schema: dict[str, Any], parts: Any, root: Any) -> dict[str, Any]:
    whole = {k: v for k, v in schema.items() if k != "allOf"}
    for part in parts:
        settled = _resolved(part, root)
        both = whole.get("properties", {}) | settled.get("properties", {})
        needed = whole.get("required", []) + settled.get("required", [])
        whole |= settled
        if both:
            whole |= {"properties": both, "required": needed}
    return whole


def _type_of(schema: dict[str, Any], depth: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        real = [one for one in kind if one != "null"]
        # Deep inside a schema that contains itself, null ends it.
        ends = depth > DEEPEST and "null" in kind
        kind = "null" if ends or not real else real[0]
    if kind is None:
        kind = "object" if "properties" in schema else "string"
        kind = "array" if "items" in schema else kind
    return str(kind)


def _properties(
    schema: dict[str, Any], wish: Wish, root: Any, depth: int
) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        name: value_for(part, wish, name, root, depth + 1)
        for name, part in schema.get("properties", {}).items()
        if depth < DEEPEST or name in required
    }


def _items(
    schema: dict[str, Any], wish: Wish, name: str, root: Any, depth: int
) -> list[Any]:
    fewest = int(schema.get("minItems", 0))
    most = int(schema.get("maxItems", max(fewest, 3)))
    if depth >= DEEPEST:
        return [
            value_for(schema.get("items", {}), wish, name, root, depth + 1)
            for _ in range(fewest)
        ]
    part = _resolved(schema.get("items", {}), root)
    if part.get("type") == "string" and not part.get("enum"):
        texts: list[Any] = [
            _fitting(part, text)
            for text in _texts(name, wish)[: max(most, fewest)]
        ]
        while len(texts) < max(fewest, 1):
            texts.append(_fitting(part, f"item {len(texts) + 1}"))
        return texts[: max(most, fewest)]
    if part.get("enum"):
        first = _member(part["enum"], wish)
        others = [one for one in part["enum"] if one != first]
        return [first, *others][: max(1, fewest)]
    size = max(1, fewest) if most else 0
    return [value_for(part, wish, name, root, depth + 1)] * size


def _texts(name: str, wish: Wish) -> list[str]:
    text = wish.text or wish.prompt
    kind = kind_of(name)
    found_texts = extract(text, kind) if kind else []
    return found_texts or extract(text, "keyword") or summary(text, 3)


def _member(options: list[Any], wish: Wish) -> Any:
    texts = [one for one in options if isinstance(one, str)]
    if len(texts) < len(options):
        return options[0]
    return best_label(wish.text or wish.prompt, texts, wish)


def _number(
    schema: dict[str, Any], wish: Wish, name: str, step: int
) -> int | float:
    text = wish.text or wish.prompt
    lower = name.lower()
    if re.search(r"confidence|probability|score|ratio", lower):
        value: int | float = 0.9
        if "maximum" in schema and schema["maximum"] > 1:
            value = round(0.9 * schema["maximum"], 2)
    else:
        value = _figure(text, lower)
    return _bounded(schema, value, step)


def _figure(text: str, name: str) -> int | float:
    """Return the number in a text that a field's name speaks of."""
    near = name and re.search(
        rf"\b{re.escape(name.split('_')[0])}\w*\W{{0,4}}(?:is |of |are |: )?"
        r"(-?\d+(?:\.\d+)?)",
        text,
        re.I,
    )
    aged = name == "age" and re.search(r"\b(\d{1,3})[- ]years?[- ]old", text)
    match = near or aged
    if match:
        return _as_number(match.group(1))
    expression = expression_in(text)
    value = evaluate(expression) if expression else None
    if value is not None:
        return value
    numbers = extract(text, "number")
    return _as_number(numbers[0].replace(",", "")) if numbers else 1


def _as_number(text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return 1


def _bounded(
    schema: dict[str, Any], value: int | float, step: int
) -> int | float:
    low = schema.get("minimum")
    high = schema.get("maximum")
    above, below = (
        schema.get("exclusiveMinimum"),
        schema.get("exclusiveMaximum"),
    )
    gap = 1 if step else 0.5
    if isinstance(above, int | float):
        low = above + gap if low is None else max(low, above + gap)
    if isinstance(below, int | float):
        high = below - gap if high is None else min(high, below - gap)
    if low is not None and high is not None and low > high:
        low = high = (low + high) / 2
    value = value if low is None else max(low, value)
    value = value if high is None else min(high, value)
    unit = schema.get("multipleOf")
    if unit:
        value = round(value / unit) * unit
        if low is not None and value < low:
            value += unit
        if high is not None and value > high:
            value -= unit
    return round(value) if step else value


FORMATS = {
    "date-time": "2026-01-15T09:30:00Z",
    "date": "2026-01-15",
    "time": "09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
    "duration": "PT1H",
}


def _string(
    name: str, wish: Wish, schema: dict[str, Any] | None = None
) -> str:
    """Return a text for a field, by its name and by what was said."""
    if schema and schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    text, lower = wish.text or wish.prompt, name.lower()
    if re.search(r"sentiment|mood|tone", lower):
        score = sentiment(text)
        return (
            "positive"
            if score > 0
            else "negative"
            if score < 0
            else ("neutral")
        )
    if re.search(r"summary|description|abstract|text|content|answer", lower):
        return " ".join(summary(text)) or "A simulated answer."
    if re.search(r"reason|explanation|rationale|why", lower):
        return "It follows from the words of the request (simulated)."
    if "title" in lower or "headline" in lower:
        return " ".join(summary(text, 1)[0].split()[:6]).rstrip(".,") or "Text"
    if "currency" in lower:
        return "EUR" if "€" in text else "USD"
    if "language" in lower:
        return "English"
    near = name and re.search(
        rf"\b{re.escape(name.replace('_', ' '))}\b\s*(?:is|:|=)\s*"
        r"([\w@.-]+(?: [A-Z]\w+)*)",
        text,
        re.I,
    )
    if near:
        return str(near.group(1)).rstrip(".")
    items = extract(text, kind_of(name) or "entity")
    return items[0] if items else f"simulated {name or 'text'}".strip()


def _fitting(schema: dict[str, Any], text: str) -> str:
    """Return the text with the length, and the pattern, that is asked for."""
    pattern = schema.get("pattern")
    if pattern and not _matches(pattern, text):
        text = _from_pattern(pattern) or text
        return text
    fewest = int(schema.get("minLength", 0))
    if len(text) < fewest:
        text += "." * (fewest - len(text))
    most = schema.get("maxLength")
    return text if most is None else text[: int(most)]


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _from_pattern(pattern: str) -> str | None:
    """Return a text for a simple pattern: classes, counts and letters."""
    parts = re.findall(
        r"(\[[^\]]+\]|\\[dw]|[A-Za-z0-9_\-/:@# ]|\\.)"
        r"(?:\{(\d+)(?:,\d*)?\}|([+*?]))?",
        pattern.strip("^$"),
    )
    text = "".join(
        _sample(part) * (int(count) if count else sign not in ("*", "?"))
        for part, count, sign in parts
    )
    return text if _matches(pattern, text) else None


def _sample(part: str) -> str:
    if part.startswith("["):
        return (
            part[2]
            if part[1] == "\\" and part[2] not in "dw"
            else ({"\\d": "1", "\\w": "a"}.get(part[1:3], part[1]))
        )
    return {"\\d": "1", "\\w": "a"}.get(part, part[-1])
