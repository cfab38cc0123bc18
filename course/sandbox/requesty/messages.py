"""Requesty's ``/messages``: Anthropic's shape for any model of the router.

Text, system, tools and their results, stop sequences, streams. Errors have
the router's shape here too; that is not from a capture.
"""

from __future__ import annotations

import json
from typing import Any

from course.sandbox.requesty.errors import PROVIDER, RequestyError

__all__ = ["MESSAGES", "as_chat"]

MESSAGES = "/messages"
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
SAME = ("model", "stream", "temperature", "top_p")

Body = dict[str, Any]


def as_chat(body: Body) -> Body:
    """Return the chat completion's body that asks the same of the model.

    Raises RequestyError for what Anthropic's shape does not allow.
    """
    for name, kind in (("model", str), ("max_tokens", int)):
        if type(body.get(name)) is not kind or not body[name]:
            raise refused(f"{name}: Field required")
    if body["max_tokens"] < 1:
        raise refused("max_tokens: must be greater than or equal to 1")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise refused("messages: at least one message is required")
    chat = {name: body[name] for name in SAME if body.get(name) is not None}
    chat["max_completion_tokens"] = body["max_tokens"]
    told: list[Body] = []
    if body.get("system"):
        text = _text(body["system"], "system")
        told.append({"role": "system", "content": text})
    for index, message in enumerate(messages):
        told += _messages(message, f"messages.{index}")
    chat["messages"] = told
    if body.get("stop_sequences"):
        if not isinstance(body["stop_sequences"], list):
            raise refused("stop_sequences: Input should be a valid list")
        chat["stop"] = body["stop_sequences"]
    return chat | _tools(body)


def refused(text: str) -> RequestyError:
    """Return 400 for a body that is not in Anthropic's shape."""
    return RequestyError(400, text, PROVIDER)


def _blocks(content: Any, where: str) -> list[Body]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise refused(f"{where}: Input should be a valid string or list")
    for number, block in enumerate(content):
        if not isinstance(block, dict) or "type" not in block:
            raise refused(f"{where}.{number}.type: Field required")
        text = block.get("text")
        if block["type"] == "text" and not isinstance(text, str):
            raise refused(f"{where}.{number}.text: Field required")
    return content


def _text(content: Any, where: str) -> str:
    blocks = _blocks(content, where)
    return "\n".join(one["text"] for one in blocks if one["type"] == "text")


def _messages(message: Any, where: str) -> list[Body]:
    """Return one message's text, calls and results as a chat has them."""
    role = message.get("role") if isinstance(message, dict) else None
    if role not in ("user", "assistant"):
        raise refused(f"{where}.role: Input should be 'user' or 'assistant'")
    blocks = _blocks(message.get("content"), f"{where}.content")
    if role == "assistant":
        return [_said(blocks, where)]
    told = [
        _result(one, where) for one in blocks if one["type"] == "tool_result"
    ]
    parts = [_part(one) for one in blocks if one["type"] != "tool_result"]
    return [*told, {"role": "user", "content": parts}] if parts else told


def _said(blocks: list[Body], where: str) -> Body:
    texts = [one["text"] for one in blocks if one["type"] == "text"]
    said: Body = {"role": "assistant", "content": "\n".join(texts)}
    calls = [_call(one, where) for one in blocks if one["type"] == "tool_use"]
    return said | ({"tool_calls": calls} if calls else {})


def _call(block: Body, where: str) -> Body:
    for name in ("id", "name"):
        if not isinstance(block.get(name), str):
            raise refused(f"{where}.content.tool_use.{name}: Field required")
    arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
    function = {"name": block["name"], "arguments": arguments}
    return {"id": block["id"], "type": "function", "function": function}


def _result(block: Body, where: str) -> Body:
    name = block.get("tool_use_id")
    if not isinstance(name, str):
        raise refused(f"{where}.content.tool_result.tool_use_id: required")
    text = _text(block.get("content") or "", f"{where}.content")
    return {"role": "tool", "tool_call_id": name, "content": text}


def _part(block: Body) -> Body:
    if block["type"] == "image":
        return {"type": "image_url", "image_url": {"url": "simulated"}}
    return {"type": "text", "text": str(block.get("text") or "")}


def _tools(body: Body) -> Body:
    tools: list[Body] = []
    given = body.get("tools") or []
    if not isinstance(given, list):
        raise refused("tools: Input should be a valid list")
    for index, tool in enumerate(given):
        if not isinstance(tool, dict) or "name" not in tool:
            raise refused(f"tools.{index}.name: Field required")
        if "input_schema" not in tool:
            # One that Anthropic runs itself: no model here asks for it.
            continue
        function = {
            "name": tool["name"],
            "description": tool.get("description") or "",
            "parameters": tool["input_schema"],
        }
        tools.append({"type": "function", "function": function})
    if not tools:
        return {}
    wanted = body.get("tool_choice") or {"type": "auto"}
    if not isinstance(wanted, dict):
        raise refused("tool_choice: Input should be a valid dictionary")
    if wanted.get("type") == "tool":
        function = {"name": wanted.get("name")}
        choice: Any = {"type": "function", "function": function}
    else:
        choice = CHOICES.get(str(wanted.get("type")), "auto")
    return {"tools": tools, "tool_choice": choice}
