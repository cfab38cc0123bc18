"""Whether a tool is called, and with which arguments."""

from __future__ import annotations

import json
import re
from typing import Any

from course.sandbox.replies.arithmetic import expression_in
from course.sandbox.replies.conversation import Conversation, Tool, ToolCall
from course.sandbox.replies.data import content_words
from course.sandbox.replies.extraction import extract
from course.sandbox.replies.schemas import value_for
from course.sandbox.replies.wish import Wish

__all__ = ["choose_call"]


def choose_call(
    conversation: Conversation, tools: tuple[Tool, ...], choice: str
) -> ToolCall | None:
    """Return the call that the model makes; None where it answers.

    With ``auto`` a tool is called when the prompt speaks of what its name or
    description says; an answer of the tool ends the calling.
    """
    if not tools or choice == "none":
        return None
    named = [tool for tool in tools if tool.name == choice]
    if named:
        return _call(named[0], conversation)
    answered = conversation.turns and conversation.turns[-1].role == "tool"
    ranked = sorted(tools, key=lambda t: -_fit(t, conversation))
    fits = _fit(ranked[0], conversation) >= 2 and not answered
    if choice == "required" or fits:
        return _call(ranked[0], conversation)
    return None


def _stems(text: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])|_|-", r"\1 \2", text)
    return {word[:5] for word in content_words(spaced)}


def _fit(tool: Tool, conversation: Conversation) -> int:
    """Return how much the prompt has to do with a tool."""
    said = _stems(conversation.prompt)
    generic = _stems("get find search look fetch run call create list value")
    by_name = len(said & (_stems(tool.name) - generic))
    by_description = len(said & _stems(tool.description))
    asked = tool.name.lower() in conversation.prompt.lower()
    sums = "calc" in tool.name.lower() or "math" in tool.description.lower()
    counts = sums and expression_in(conversation.prompt) is not None
    return 10 * asked + 2 * by_name + by_description + 4 * counts


def _call(tool: Tool, conversation: Conversation) -> ToolCall:
    wish = Wish(conversation, conversation.prompt, conversation.material)
    schema = tool.parameters or {"type": "object", "properties": {}}
    arguments = value_for(schema, wish)
    if isinstance(arguments, dict):
        for name, part in schema.get("properties", {}).items():
            said = _said(name, part, conversation)
            if said is not None:
                arguments[name] = said
    return ToolCall(tool.name, json.dumps(arguments, ensure_ascii=False))


def _said(name: str, schema: Any, conversation: Conversation) -> str | None:
    """Return what the prompt says for a free text argument."""
    if not isinstance(schema, dict) or schema.get("type") != "string":
        return None
    if any(k in schema for k in ("enum", "const", "pattern", "format")):
        return None
    text, lower = conversation.prompt, name.lower()
    if re.search(r"expression|formula|equation|calculation", lower):
        return expression_in(text)
    if re.search(r"query|question|prompt|text|message|input|search", lower):
        said = conversation.material or text
    elif re.search(r"location|city|place|country|destination", lower):
        places = extract(text, "place") or extract(text, "entity")
        said = places[0] if places else ""
    else:
        return None
    most = schema.get("maxLength")
    return (said[: int(most)] if most is not None else said) or None
