"""Values that satisfy a JSON schema, taken from the prompt where possible."""

from __future__ import annotations

import re
from typing import Any

from course.sandbox.replies.choosing import approval, choice
from course.sandbox.replies.classification import best_label
from course.sandbox.replies.values import figure_for, text_for, texts_for
from course.sandbox.replies.wish import Wish

__all__ = ["value_for"]

# A schema that contains itself is followed so far.
DEEPEST = 6


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
    schema = _resolved(schema, root, depth)
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
            said = approval(name, wish)
            return wish.conversation.seed % 2 == 0 if said is None else said
        case "null":
            return None
    text = FORMATS.get(schema.get("format", "")) or text_for(name, wish)
    return _fitting(schema, text)


def _resolved(
    schema: dict[str, Any], root: Any, depth: int = 0
) -> dict[str, Any]:
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
            if depth >= DEEPEST and len(real) < len(choice):
                return {"type": "null"}
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
    part = _resolved(schema.get("items", {}), root)
    if depth >= DEEPEST:
        size = fewest
    elif part.get("enum"):
        first = _member(part["enum"], wish)
        rest = [one for one in part["enum"] if one != first]
        chosen = [first, *rest][: min(most, max(1, fewest))]
        return chosen + [first] * (fewest - len(chosen))
    elif part.get("type") == "string":
        texts = texts_for(name, wish)[:most]
        texts += [f"item {i}" for i in range(len(texts) + 1, fewest + 1)]
        return [_fitting(part, text) for text in texts]
    else:
        size = min(most, max(1, fewest))
    return [value_for(part, wish, name, root, depth + 1) for _ in range(size)]


def _member(options: list[Any], wish: Wish) -> Any:
    texts = [one for one in options if isinstance(one, str)]
    if len(texts) < len(options):
        return options[0]
    chosen = choice(texts, wish)
    return chosen or best_label(wish.text or wish.prompt, texts, wish)


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
        value = figure_for(text, lower)
    return _bounded(schema, value, step)


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
