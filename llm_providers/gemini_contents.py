"""A conversation as Gemini writes it: contents that are made of parts.

    system, developer   the systemInstruction, wherever they stand
    user                role "user"
    assistant           role "model"; its tool calls are functionCall parts
    tool                role "user"; a functionResponse part, by name

Turns of one role that follow each other become one content: Gemini wants
the answers to all calls of a turn together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from llm_providers.errors import InvalidRequestError
from llm_providers.prompts import Message, Prompt

__all__ = ["contents", "system_instruction"]

JSON = dict[str, Any]

_SYSTEM_ROLES = ("system", "developer")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def contents(prompt: Prompt) -> list[JSON]:
    """Return the turns of a prompt. Raises InvalidRequestError.

    It is raised for a part that Gemini has no counterpart for; nothing was
    sent then.
    """
    names = _function_names(prompt)
    made: list[JSON] = []
    for message in prompt.messages:
        if message["role"] in _SYSTEM_ROLES:
            continue
        role = "model" if message["role"] == "assistant" else "user"
        parts = list(_parts(message, names))
        if made and made[-1]["role"] == role:
            made[-1]["parts"] += parts
        else:
            made.append({"role": role, "parts": parts})
    return made


def system_instruction(prompt: Prompt) -> str:
    """Return the system message, and those from amid the conversation."""
    texts = [prompt.system_message]
    for message in prompt.messages:
        if message["role"] in _SYSTEM_ROLES:
            texts.append(text_of(message.get("content")))
    return "\n\n".join(filter(None, texts))


def text_of(content: Any) -> str:
    """Return the text of a message's content, which may be in parts."""
    if isinstance(content, list | tuple):
        return "".join(str(part.get("text", "")) for part in content)
    return "" if content is None else str(content)


def _parts(message: Message, names: Mapping[str, str]) -> Iterator[JSON]:
    """Yield the parts of one message."""
    content = message.get("content")
    if message["role"] == "tool":
        yield _function_response(message, names)
    elif isinstance(content, list | tuple):
        yield from map(_part, content)
    elif content:
        yield {"text": str(content)}
    for call in message.get("tool_calls") or ():
        yield _function_call(call)


def _part(part: Mapping[str, Any]) -> JSON:
    """Return a text or image part; an image has to be a data URL."""
    if part.get("type") == "text":
        return {"text": str(part["text"])}
    if part.get("type") != "image_url":
        raise InvalidRequestError(
            f"A part of type {part.get('type')!r} cannot be sent to Gemini.",
            sent=False,
        )
    head, _, data = part["image_url"]["url"].partition(";base64,")
    if not head.startswith("data:") or not _BASE64.fullmatch(data):
        raise InvalidRequestError(
            "An image for Gemini has to be a base64 data URL.", sent=False
        )
    kind = head.removeprefix("data:")
    return {"inlineData": {"mimeType": kind, "data": data}}


def _function_names(prompt: Prompt) -> dict[str, str]:
    """Return the name of the function behind each tool call's id."""
    return {
        call["id"]: call["function"]["name"]
        for message in prompt.messages
        for call in message.get("tool_calls") or ()
    }


def _function_call(call: Mapping[str, Any]) -> JSON:
    """Return a call that the model made, with the signature it came with.

    Raises InvalidRequestError for arguments that are no JSON object.
    """
    function = call["function"]
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise InvalidRequestError(
            f"The arguments of {function['name']} are no JSON object, which"
            " Gemini wants.",
            sent=False,
        )
    made: JSON = {
        "functionCall": {
            "id": call["id"],
            "name": function["name"],
            "args": arguments,
        }
    }
    extra: Any = call.get("extra_content")
    for name in ("google", "thought_signature"):
        extra = extra.get(name) if isinstance(extra, Mapping) else None
    if isinstance(extra, str) and extra:
        made["thoughtSignature"] = extra
    return made


def _function_response(message: Message, names: Mapping[str, str]) -> JSON:
    """Return what a function answered; Gemini wants a JSON object."""
    text = text_of(message.get("content"))
    try:
        answer = json.loads(text)
    except ValueError:
        answer = text
    if not isinstance(answer, dict):
        answer = {"result": answer}
    call = str(message.get("tool_call_id", ""))
    name = message.get("name") or names.get(call, call)
    return {"functionResponse": {"id": call, "name": name, "response": answer}}
