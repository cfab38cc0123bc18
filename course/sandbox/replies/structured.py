"""JSON answers: values that satisfy a schema, taken from the prompt."""

from __future__ import annotations

import json
import re
from typing import Any

from course.sandbox.replies.conversation import Conversation
from course.sandbox.replies.data import found
from course.sandbox.replies.extraction import extract, kind_of
from course.sandbox.replies.lists import listed
from course.sandbox.replies.schemas import value_for
from course.sandbox.replies.summaries import summary
from course.sandbox.replies.values import text_for
from course.sandbox.replies.wish import Wish

__all__ = ["answer", "json_text"]

KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes"
    r"|json (?:object )?with(?: the)?(?: (?:keys|fields|properties))?)\b\W*"
    r"(?:called|named|are|:)?\s*"
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
    return text_for(key, wish)
