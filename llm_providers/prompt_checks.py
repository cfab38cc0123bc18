"""What a prompt's parts have to hold, whoever is going to be asked.

Checked is what every provider's translation relies on. The rest, such as
parts and tools of kinds that only some providers know, is theirs to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = [
    "check_headers",
    "check_messages",
    "check_options",
    "check_response_format",
    "check_texts",
    "check_tool_choice",
    "check_tools",
]

# A token of RFC 9110, 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_OPTIONAL = type(None)
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "model": ((str,), "a text"),
    "system_message": ((str,), "a text"),
    "reasoning_effort": ((str, _OPTIONAL), "a text"),
    "max_tokens": ((int, _OPTIONAL), "a whole number"),
    "temperature": ((int, float, _OPTIONAL), "a number"),
}


def check_headers(headers: Any) -> None:
    """Raise TypeError or ValueError for headers that cannot be sent.

    A line break in one would begin a header that nobody has asked for.
    """
    for name, value in _mapping(headers, "headers").items():
        _text({"name": name}, "name", "headers")
        _text(headers, name, "headers")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"headers: {name!r} is no header's name")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(
                f"headers.{name} holds characters that cannot be sent"
            )


def check_messages(messages: Iterable[Mapping[str, Any]]) -> None:
    """Raise TypeError, with the place, for a message that makes no sense."""
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        _text(message, "role", where)
        content = message.get("content")
        if not isinstance(content, str | None):
            for place, part in _each(content, f"{where}.content"):
                _check_part(part, place)
        calls = message.get("tool_calls")
        if calls is not None:
            for place, call in _each(calls, f"{where}.tool_calls"):
                _check_call(call, place)
        if message.get("tool_call_id") is not None:
            _text(message, "tool_call_id", where)


def check_options(prompt: Any) -> None:
    """Raise TypeError or ValueError for a plain option that makes no sense.

    `prompt` is a Prompt: its options are its attributes.
    """
    for name, (kinds, said) in _KINDS.items():
        value = getattr(prompt, name)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise TypeError(f"{name} must be {said}")
    if not all(isinstance(one, str) for one in prompt.stop):
        raise TypeError("stop must be a text or a list of texts")
    if prompt.max_tokens is not None and prompt.max_tokens < 1:
        raise ValueError("max_tokens must be at least 1")
    if prompt.temperature is not None and not 0 <= prompt.temperature <= 2:
        raise ValueError("temperature must be between 0 and 2")


def check_texts(texts: Iterable[Any]) -> None:
    """Raise ValueError where half of a surrogate pair stands for itself.

    A file name or a broken JSON brings it; no encoding can send it.
    """
    for text in texts:
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                half = ascii(text[error.start])
                raise ValueError(f"{half} in a prompt is no text") from None


def check_tools(tools: Iterable[Any]) -> None:
    """Raise TypeError, with the place, for a tool that makes no sense."""
    for place, tool in _each(list(tools), "tools"):
        if tool.get("type", "function") == "function":
            function = _mapping(tool.get("function"), f"{place}.function")
            _text(function, "name", f"{place}.function")
            if function.get("parameters") is not None:
                _mapping(
                    function["parameters"], f"{place}.function.parameters"
                )


def check_tool_choice(choice: Any) -> None:
    """Raise TypeError for a choice that names no function."""
    if isinstance(choice, str | None):
        return
    choice = _mapping(choice, "tool_choice")
    if choice.get("type", "function") == "function":
        function = _mapping(choice.get("function"), "tool_choice.function")
        _text(function, "name", "tool_choice.function")


def check_response_format(wanted: Any) -> None:
    """Raise TypeError for a format without a type, or without its schema."""
    if wanted is None:
        return
    wanted = _mapping(wanted, "response_format")
    _text(wanted, "type", "response_format")
    if wanted["type"] == "json_schema":
        where = "response_format.json_schema"
        schema = _mapping(wanted.get("json_schema"), where)
        _mapping(schema.get("schema"), f"{where}.schema")


def _check_part(part: Mapping[str, Any], where: str) -> None:
    _text(part, "type", where)
    if part["type"] == "text":
        _text(part, "text", where)
    elif part["type"] == "image_url":
        image = _mapping(part.get("image_url"), f"{where}.image_url")
        _text(image, "url", f"{where}.image_url")


def _check_call(call: Mapping[str, Any], where: str) -> None:
    _text(call, "id", where)
    function = _mapping(call.get("function"), f"{where}.function")
    _text(function, "name", f"{where}.function")
    if function.get("arguments") is not None:
        _text(function, "arguments", f"{where}.function")


def _each(value: Any, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return each mapping of a list with its place."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{where} must be a list")
    return [
        (f"{where}[{number}]", _mapping(one, f"{where}[{number}]"))
        for number, one in enumerate(value)
    ]


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{where} must be an object")
    return value


def _text(holder: Mapping[str, Any], name: str, where: str) -> None:
    if not isinstance(holder.get(name), str):
        raise TypeError(f"{where}.{name} must be a text")
