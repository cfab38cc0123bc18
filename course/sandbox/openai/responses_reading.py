"""A body of ``/v1/responses`` as the body of a chat completion.

The model behind both endpoints is the same, so what it is asked is told in
one language: messages, tools, a response format.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from course.sandbox.openai.refusals import (
    bad,
    missing,
    wrong_type,
    wrong_value,
)

__all__ = ["as_chat", "input_items"]

ITEMS = ("message", "function_call", "function_call_output", "reasoning")
ROLES = ("assistant", "system", "developer", "user")
PARTS = ("input_text", "input_image", "output_text", "refusal", "input_file")
AS_THEY_ARE = (
    *("metadata", "model", "parallel_tool_calls", "prompt_cache_key"),
    *("safety_identifier", "service_tier", "store", "stream"),
    *("stream_options", "temperature", "top_logprobs", "top_p", "user"),
)


def input_items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a checked body's input as items, each of a type."""
    given = body.get("input", [])
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    for index, item in enumerate(given):
        if not isinstance(item, dict):
            raise wrong_type(f"input[{index}]", "an object", item)
        _check_item(item, f"input[{index}]")
    return [{"type": "message", **item} for item in given]


def _check_item(item: dict[str, Any], where: str) -> None:
    kind = item.get("type", "message")
    if kind not in ITEMS:
        raise wrong_value(f"{where}.type", kind, ITEMS)
    needed = {
        "message": ("role", "content"),
        "function_call": ("call_id", "name", "arguments"),
        "function_call_output": ("call_id", "output"),
        "reasoning": ("summary",),
    }
    for name in needed[kind]:
        if item.get(name) is None:
            raise missing(f"{where}.{name}")
        if name in ("call_id", "name", "arguments"):
            _check_text(item[name], f"{where}.{name}")
    if kind == "message" and item["role"] not in ROLES:
        raise wrong_value(f"{where}.role", item["role"], ROLES)
    name = "content" if kind == "message" else "output"
    if kind in ("message", "function_call_output"):
        _check_parts(item[name], f"{where}.{name}")


def _check_text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise wrong_type(where, "a string", value)


def _check_parts(content: Any, where: str) -> None:
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        wanted = "one of a string or array of objects"
        raise wrong_type(where, wanted, content)
    for number, part in enumerate(content):
        at = f"{where}[{number}]"
        if not isinstance(part, dict):
            raise wrong_type(at, "an object", part)
        kind = part.get("type")
        if kind not in PARTS:
            raise wrong_value(at, kind, PARTS)
        if kind.endswith("_text"):
            _check_text(part.get("text"), f"{at}.text")


def as_chat(
    body: dict[str, Any], items: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the chat completion's body that asks the same of the model.

    `items` are the whole conversation: what is remembered, then the input.
    """
    _check_outputs(items)
    chat = {name: body[name] for name in AS_THEY_ARE if name in body}
    said = body.get("instructions")
    messages = [{"role": "developer", "content": said}] if said else []
    messages += [_message(one) for one in items if one["type"] != "reasoning"]
    chat["messages"] = messages
    if "max_output_tokens" in body:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    effort = body.get("reasoning", {}).get("effort")
    if effort is not None:
        _check_text(effort, "reasoning.effort")
        chat["reasoning_effort"] = effort
    wanted = body.get("text", {}).get("format")
    if wanted is not None:
        chat["response_format"] = _format(wanted)
    return chat | _tools(body)


def _check_outputs(items: Sequence[dict[str, Any]]) -> None:
    """Raise where calls and their outputs do not belong together."""
    called: set[str] = set()
    for item in items:
        if item["type"] == "function_call":
            called.add(item["call_id"])
        elif item["type"] == "function_call_output":
            if item["call_id"] not in called:
                raise _unmatched("call", "call output with call_id", item)
            called.remove(item["call_id"])
    for item in items:
        if item["type"] == "function_call" and item["call_id"] in called:
            raise _unmatched("output", "call", item)


def _unmatched(lacks: str, has: str, item: dict[str, Any]) -> Exception:
    text = f"No tool {lacks} found for function {has} {item['call_id']}."
    return bad(text, "input", None)


def _message(item: dict[str, Any]) -> dict[str, Any]:
    if item["type"] == "function_call":
        function = {"name": item["name"], "arguments": item["arguments"]}
        call = {"id": item["call_id"], "type": "function"}
        calls = [call | {"function": function}]
        return {"role": "assistant", "content": None, "tool_calls": calls}
    if item["type"] == "function_call_output":
        content = _content(item["output"])
        call = {"role": "tool", "tool_call_id": item["call_id"]}
        return call | {"content": content}
    return {"role": item["role"], "content": _content(item["content"])}


def _content(content: Any) -> Any:
    return content if isinstance(content, str) else list(map(_part, content))


def _part(part: dict[str, Any]) -> dict[str, Any]:
    match part["type"]:
        case "input_image":
            url = part.get("image_url") or ""
            return {"type": "image_url", "image_url": {"url": url}}
        case "input_file":
            return {"type": "file", "file": {}}
        case "refusal":
            said = str(part.get("refusal") or "")
            return {"type": "refusal", "refusal": said}
    return {"type": "text", "text": part["text"]}


def _format(wanted: Any) -> dict[str, Any]:
    if not isinstance(wanted, dict):
        raise wrong_type("text.format", "an object", wanted)
    if wanted.get("type") != "json_schema":
        return wanted
    if "schema" not in wanted:
        raise missing("text.format.schema")
    rest = {name: one for name, one in wanted.items() if name != "type"}
    return {"type": "json_schema", "json_schema": rest}


def _tools(body: dict[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    choice = body.get("tool_choice", "auto")
    tools = [_tool(one) for one in body.get("tools", [])]
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = json.dumps(choice.get("tools") or [])
        tools = [one for one in tools if json.dumps(_name(one)) in allowed]
        choice = choice.get("mode", "auto")
    elif isinstance(choice, dict) and choice.get("type") != "function":
        # A hosted tool, which is not spoken here: the model does as it likes.
        choice = "auto"
    elif isinstance(choice, dict):
        function = {"name": choice.get("name")}
        choice = {"type": "function", "function": function}
    if tools:
        chosen["tools"] = tools
    if "tool_choice" in body and (tools or choice not in ("auto", "none")):
        chosen["tool_choice"] = choice
    return chosen


def _tool(tool: Any) -> Any:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return tool
    function = {name: one for name, one in tool.items() if name != "type"}
    return {"type": "function", "function": function}


def _name(tool: Any) -> Any:
    nested = tool.get("function") if isinstance(tool, dict) else None
    return nested.get("name") if isinstance(nested, dict) else None
