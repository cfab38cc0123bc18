"""The items of a response, as they grow: from pieces, event by event.

A message grows while text comes, and is done when a call begins; text after
that begins another. Calls may grow side by side, so they are done together,
at the end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from llm_providers.chat_completions import Piece
from llm_providers.responses import StandardResponse

__all__ = ["Output"]

Event = dict[str, Any]


class Output:
    """Collects pieces, and tells the events that each of them means.

    The events lack their sequence number. `close` ends the items that still
    grow; `items` are then complete.
    """

    def __init__(self) -> None:
        self._grown: list[_Message | _Call] = []
        self._message: _Message | None = None
        self._calls: dict[int, _Call] = {}

    @classmethod
    def of(cls, response: StandardResponse, status: str) -> Output:
        """Return the closed output that an answer in one piece has."""
        output = cls()
        piece = Piece(
            text=response.message,
            finish_reason=response.finish_reason,
            tool_calls=tuple(
                {**call, "index": number}
                for number, call in enumerate(response.tool_calls)
            ),
        )
        for _ in output.add(piece):
            pass
        for _ in output.close(status):
            pass
        return output

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items as they stand."""
        return [one.item() for one in self._grown]

    def add(self, piece: Piece) -> Iterator[Event]:
        """Yield the events for a piece; none where it adds nothing."""
        if piece.text:
            refused = piece.finish_reason == "refusal"
            kind = "refusal" if refused else "output_text"
            yield from self._say(kind, piece.text)
        for delta in piece.tool_calls:
            yield from self._call(delta)

    def close(self, status: str) -> Iterator[Event]:
        """Yield the events that end the items.

        `status` is "completed" or "incomplete": that of the last item, in
        the midst of which an answer that was cut off ended.
        """
        growing: list[_Message | _Call] = list(self._calls.values())
        if self._message is not None:
            growing.append(self._message)
        for one in growing:
            last = one is self._grown[-1]
            yield from one.end(status if last else "completed")
        self._message, self._calls = None, {}

    def _say(self, kind: str, text: str) -> Iterator[Event]:
        if self._message is None or self._message.kind != kind:
            yield from self._end_message("completed")
            self._message = _Message(len(self._grown), kind)
            self._grown.append(self._message)
            yield from self._message.begin()
        yield self._message.grow(text)

    def _call(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._end_message("completed")
        number = delta.get("index") or 0
        call = self._calls.get(number)
        if call is None:
            call = _Call(len(self._grown), delta)
            self._calls[number] = call
            self._grown.append(call)
            yield from call.begin()
        yield from call.take(delta)

    def _end_message(self, status: str) -> Iterator[Event]:
        if self._message is not None:
            yield from self._message.end(status)
            self._message = None


class _Growing(Protocol):
    """What messages and calls have in common."""

    index: int
    id: str

    def item(self) -> dict[str, Any]:
        """Return the item as it stands."""
        ...


def _item_event(one: _Growing, name: str) -> Event:
    """Return the event that announces, or ends, an item."""
    return {
        "type": f"response.output_item.{name}",
        "output_index": one.index,
        "item": one.item(),
    }


class _Message:
    """A message with one part: a text or a refusal."""

    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.id = f"msg_{uuid.uuid4().hex}"
        self.status = "in_progress"
        self._said: list[str] = []
        self._where: dict[str, Any] = {
            "item_id": self.id,
            "output_index": index,
            "content_index": 0,
        }
        self._base: dict[str, Any] = dict(self._where)
        if kind == "output_text":
            self._base["logprobs"] = []

    def item(self) -> dict[str, Any]:
        """Return the item as it stands; without a part before there is one."""
        return {
            "id": self.id,
            "type": "message",
            "status": self.status,
            "role": "assistant",
            "content": [self._part()] if self._said else [],
        }

    def begin(self) -> Iterator[Event]:
        yield _item_event(self, "added")
        yield self._part_event("added")

    def grow(self, text: str) -> Event:
        self._said.append(text)
        name = f"response.{self.kind}.delta"
        return {"type": name, **self._base, "delta": text}

    def end(self, status: str) -> Iterator[Event]:
        self.status = status
        name = "refusal" if self.kind == "refusal" else "text"
        yield {
            "type": f"response.{self.kind}.done",
            **self._base,
            name: "".join(self._said),
        }
        yield self._part_event("done")
        yield _item_event(self, "done")

    def _part(self) -> dict[str, Any]:
        text = "".join(self._said)
        if self.kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {
            "type": "output_text",
            "text": text,
            "annotations": [],
            "logprobs": [],
        }

    def _part_event(self, name: str) -> Event:
        return {
            "type": f"response.content_part.{name}",
            **self._where,
            "part": self._part(),
        }


class _Call:
    """A call of a function, whose arguments come in pieces."""

    def __init__(self, index: int, delta: Mapping[str, Any]) -> None:
        self.index = index
        self.id = f"fc_{uuid.uuid4().hex}"
        self.status = "in_progress"
        self._call_id = delta.get("id") or f"call_{uuid.uuid4().hex}"
        self._name = (delta.get("function") or {}).get("name") or ""
        self._arguments: list[str] = []
        # A provider's own, which it wants back with the call's output.
        self._extra: dict[str, Any] = {}
        self._where = {"item_id": self.id, "output_index": index}

    def item(self) -> dict[str, Any]:
        """Return the item as it stands."""
        return {
            "id": self.id,
            "type": "function_call",
            "status": self.status,
            "call_id": self._call_id,
            "name": self._name,
            "arguments": "".join(self._arguments),
            **self._extra,
        }

    def begin(self) -> Iterator[Event]:
        yield _item_event(self, "added")

    def take(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        """Yield the event for a further part of the arguments."""
        if delta.get("extra_content"):
            self._extra = {"extra_content": delta["extra_content"]}
        text = (delta.get("function") or {}).get("arguments")
        if text:
            self._arguments.append(text)
            name = "response.function_call_arguments.delta"
            yield {"type": name, **self._where, "delta": text}

    def end(self, status: str) -> Iterator[Event]:
        self.status = status
        yield {
            "type": "response.function_call_arguments.done",
            **self._where,
            "arguments": "".join(self._arguments),
        }
        yield _item_event(self, "done")
