"""The items of a request to ``/v1/responses`` as chat messages.

    message                  a message; its parts renamed
    function_call            a tool call of the assistant's last message
    function_call_output     a message of the role "tool"
    reasoning                left out, and named: it is its author's alone
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_providers.router.openai_errors import bad_request, invalid, missing

__all__ = ["Conversation"]

JSON = dict[str, Any]
Item = Mapping[str, Any]

ROLES = ("assistant", "developer", "system", "user")
TEXTS = ("input_text", "output_text", "text")


class Conversation:
    """The turns of a conversation, told item by item.

    `messages` are those of chat completions, `left_out` names what has no
    counterpart there.
    """

    def __init__(self) -> None:
        self.messages: list[JSON] = []
        self.left_out: list[str] = []
        # Calls that have no output yet, with their places.
        self._called: dict[str, str] = {}

    def add(self, item: Item, where: str) -> None:
        """Add an item; raises DoorError for what cannot be passed on."""
        match item.get("type"):
            case "message" | None:
                self._add_message(_message(item, where))
            case "function_call":
                self._add_call(item, where)
            case "function_call_output":
                self._add_output(item, where)
            case "reasoning":
                self.left_out.append(
                    f"{where} was left out: reasoning is of use only to the"
                    " provider that it came from"
                )
            case other:
                raise bad_request(
                    f"An item of the type '{other}' cannot be passed on:"
                    " send messages, function calls and their outputs.",
                    f"{where}.type",
                    "unsupported_value",
                )

    def require_outputs(self) -> None:
        """Raise DoorError for a call whose output does not follow."""
        for name in self._called:
            raise bad_request(
                f"No tool output found for function call {name}.", "input"
            )

    def _add_message(self, message: JSON) -> None:
        """Add a message; what is said beside a call belongs to its turn."""
        if self._called and message["role"] == "assistant":
            last = self.messages[-1]
            if last["role"] == "assistant":
                said = last["content"] or ""
                last["content"] = said + message["content"]
                return
        self.messages.append(message)

    def _add_call(self, item: Item, where: str) -> None:
        """Add a call; the calls of one turn belong to one message."""
        name = _text(item, "call_id", where)
        function = {
            "name": _text(item, "name", where),
            "arguments": _text(item, "arguments", where),
        }
        call: JSON = {"id": name, "type": "function", "function": function}
        if isinstance(item.get("extra_content"), dict):
            call["extra_content"] = item["extra_content"]
        if not self.messages or self.messages[-1]["role"] != "assistant":
            self.messages.append({"role": "assistant", "content": None})
        self.messages[-1].setdefault("tool_calls", []).append(call)
        self._called[name] = where

    def _add_output(self, item: Item, where: str) -> None:
        name = _text(item, "call_id", where)
        if self._called.pop(name, None) is None:
            raise bad_request(
                "No tool call found for function call output with call_id"
                f" {name}.",
                "input",
            )
        texts = _texts(item.get("output"), f"{where}.output")
        message = {"role": "tool", "tool_call_id": name}
        self.messages.append({**message, "content": "\n".join(texts)})


def _message(item: Item, where: str) -> JSON:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise invalid(f"{where}.role", f"one of {', '.join(ROLES)}")
    at = f"{where}.content"
    if role in ("developer", "system"):
        return {"role": role, "content": "\n\n".join(_texts(content, at))}
    if role == "assistant":
        return {"role": role, "content": "".join(_texts(content, at))}
    if isinstance(content, str):
        return {"role": role, "content": content}
    parts = [_part(part, place) for part, place in _parts(content, at)]
    if len(parts) == 1 and parts[0]["type"] == "text":
        return {"role": role, "content": parts[0]["text"]}
    return {"role": role, "content": parts}


def _texts(content: Any, where: str) -> list[str]:
    """Return a content's texts. Raises DoorError where there is more."""
    if isinstance(content, str):
        return [content]
    found = []
    for part, place in _parts(content, where):
        kind = part.get("type")
        if kind == "refusal":
            found.append(_text(part, "refusal", place))
        elif kind in TEXTS:
            found.append(_text(part, "text", place))
        else:
            raise bad_request(
                f"{place} is no text, and nothing else can be passed on here.",
                f"{place}.type",
                "unsupported_value",
            )
    return found


def _part(part: Item, where: str) -> JSON:
    """Return a part of a user's message as chat completions have it."""
    kind = part.get("type")
    if kind in TEXTS:
        return {"type": "text", "text": _text(part, "text", where)}
    if kind == "input_image":
        image = {"url": _text(part, "image_url", where)}
        if part.get("detail") in ("low", "high"):
            image["detail"] = part["detail"]
        return {"type": "image_url", "image_url": image}
    if kind == "input_file":
        file = {"file_data": _text(part, "file_data", where)}
        if isinstance(part.get("filename"), str):
            file["filename"] = part["filename"]
        return {"type": "file", "file": file}
    if kind == "input_audio" and isinstance(part.get("input_audio"), dict):
        return {"type": kind, "input_audio": part["input_audio"]}
    raise bad_request(
        f"A part of the type '{kind}' cannot be passed on.",
        f"{where}.type",
        "unsupported_value",
    )


def _parts(content: Any, where: str) -> list[tuple[Item, str]]:
    """Return each part of a content with its place."""
    if not isinstance(content, list):
        raise invalid(where, "a text or a list of parts")
    places = [f"{where}[{number}]" for number in range(len(content))]
    for part, place in zip(content, places, strict=True):
        if not isinstance(part, dict):
            raise invalid(place, "an object")
    return list(zip(content, places, strict=True))


def _text(item: Item, name: str, where: str) -> str:
    value = item.get(name)
    if value is None:
        raise missing(f"{where}.{name}")
    if not isinstance(value, str):
        raise invalid(f"{where}.{name}", "a text")
    return value
