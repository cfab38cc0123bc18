"""What OpenAI refuses in a conversation's messages."""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Model
from course.sandbox.openai.refusals import (
    bad,
    missing,
    wrong_type,
    wrong_value,
)

__all__ = ["check_messages"]

ROLES = ("system", "assistant", "user", "function", "tool", "developer")


def check_messages(messages: list[Any], model: Model) -> None:
    """Raise the error for messages that the model does not take."""
    if not messages:
        raise bad(
            "Invalid 'messages': empty array. Expected an array with minimum"
            " length 1, but got an empty array instead.",
            "messages",
            "empty_array",
        )
    called: set[Any] = set()
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise wrong_type(where, "an object", message)
        _check_message(message, where, index, called)
        _check_content(message, index, model)


def _check_message(
    message: dict[str, Any], where: str, index: int, called: set[Any]
) -> None:
    role = message.get("role")
    if role is None:
        raise missing(f"{where}.role")
    if role not in ROLES:
        raise wrong_value(f"{where}.role", role, ROLES)
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise wrong_type(f"{where}.tool_calls", "an array", calls)
    for number, call in enumerate(calls):
        if not isinstance(call, dict) or "id" not in call:
            raise missing(f"{where}.tool_calls[{number}].id")
        called.add(str(call["id"]))
    if role == "tool":
        if "tool_call_id" not in message:
            raise missing(f"{where}.tool_call_id")
        if str(message["tool_call_id"]) not in called:
            raise bad(
                "Invalid parameter: messages with role 'tool' must be a"
                " response to a preceeding message with 'tool_calls'.",
                f"messages.[{index}].role",
                None,
            )


def _check_content(message: dict[str, Any], index: int, model: Model) -> None:
    content = message.get("content")
    where = f"messages.[{index}].content"
    if content is None:
        silent = ("tool_calls", "function_call", "refusal")
        if message["role"] == "assistant" and any(map(message.get, silent)):
            return
        raise bad(
            "Invalid value for 'content': expected a string, got null.",
            where,
            None,
        )
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(
            f"messages[{index}].content",
            "one of a string or array of objects",
            content,
        )
    for number, part in enumerate(content):
        _check_part(part, index, number, model)


def _check_part(part: Any, index: int, number: int, model: Model) -> None:
    where = f"messages[{index}].content[{number}]"
    if not isinstance(part, dict):
        raise wrong_type(where, "an object", part)
    if "type" not in part:
        raise missing(f"{where}.type")
    kind = part["type"]
    parts = ("text", "image_url", "input_audio", "refusal", "file")
    if kind not in parts:
        raise wrong_value(f"{where}.type", kind, parts)
    if kind == "text" and not isinstance(part.get("text"), str):
        raise missing(f"{where}.text")
    if kind == "image_url" and "image" not in model.input_modalities:
        raise bad(
            "Invalid content type. image_url is only supported by certain"
            " models.",
            f"messages.[{index}].content.[{number}].type",
            None,
        )
