"""The typed events of a streamed response, numbered one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course.sandbox.chat_completions import words
from course.sandbox.event_stream import event_reply, named_event
from course.sandbox.faults import PlannedFault
from course.sandbox.openai.responses_wire import WrittenResponse
from course.sandbox.wire import Reply

__all__ = ["stream_reply"]

Event = dict[str, Any]


def stream_reply(
    written: WrittenResponse,
    broken: str,
    headers: dict[str, str],
    fault: PlannedFault | None,
) -> Reply:
    """Return a stream of typed events, without a [DONE] at its end.

    A fault cuts or breaks it after `chunks_before` pieces, the opening being
    the first; `broken` is the text of the error that it then ends in.
    """
    reply = Reply(200, headers)
    head, deltas, tail = _events(written)
    options = written.body.get("stream_options", {})
    if options.get("include_obfuscation", True):
        deltas = list(map(written.padded, deltas))
    if fault is None or fault.name not in ("stream_cut", "stream_error"):
        return event_reply(_numbered([*head, *deltas, *tail]), reply)
    before = int(fault.options.get("chunks_before", 3))
    events = [*head, *deltas[: before - 1]] if before else []
    if fault.name == "stream_error":
        events += _failed(written, broken)
    reply.cut = not fault.options.get("clean", True)
    return event_reply(_numbered(events), reply)


def _numbered(events: Sequence[Event]) -> list[bytes]:
    return [
        named_event({**one, "sequence_number": number})
        for number, one in enumerate(events)
    ]


def _events(
    written: WrittenResponse,
) -> tuple[list[Event], list[Event], list[Event]]:
    """Return a stream's events: the opening, the deltas, the closing.

    The opening has everything before the last item's first delta.
    """
    started = written.frame("in_progress")
    head: list[Event] = [
        {"type": f"response.{name}", "response": started}
        for name in ("created", "in_progress")
    ]
    deltas: list[Event] = []
    tail: list[Event] = []
    for index, item in enumerate(written.output()):
        before, deltas, tail = _item_events(index, item)
        if item["type"] == "reasoning":
            head, tail = [*head, *before, *tail], []
        else:
            head += before
    last = f"response.{written.status}"
    tail = [*tail, {"type": last, "response": written.payload()}]
    return head, deltas, tail


def _item_events(
    index: int, item: dict[str, Any]
) -> tuple[list[Event], list[Event], list[Event]]:
    """Return the events before, of and after the deltas of one item."""
    added: Event = {"type": "response.output_item.added"}
    done: Event = {"type": "response.output_item.done"}
    added |= {"output_index": index, "item": _empty(item)}
    done |= {"output_index": index, "item": item}
    if item["type"] == "reasoning":
        return [added], [], [done]
    where = {"item_id": item["id"], "output_index": index}
    if item["type"] == "function_call":
        kind, said = "function_call_arguments", item["arguments"]
        whole: dict[str, Any] = {"arguments": said}
        parts: list[list[Event]] = [[], []]
    else:
        part = item["content"][0]
        where |= {"content_index": 0}
        name = "refusal" if part["type"] == "refusal" else "text"
        kind = "refusal" if name == "refusal" else "output_text"
        said = part[name]
        whole = {name: said}
        parts = [
            [{"type": f"response.content_part.{what}", **where, "part": one}]
            for what, one in (("added", part | {name: ""}), ("done", part))
        ]
    logprobs: Event = {"logprobs": []} if kind == "output_text" else {}
    base = where | logprobs
    deltas: list[Event] = [
        {"type": f"response.{kind}.delta", **base, "delta": piece}
        for piece in words(said)
    ]
    ended: Event = {"type": f"response.{kind}.done", **base, **whole}
    return [added, *parts[0]], deltas, [ended, *parts[1], done]


def _empty(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as it is announced, before its first delta."""
    match item["type"]:
        case "function_call":
            return item | {"status": "in_progress", "arguments": ""}
        case "message":
            return item | {"status": "in_progress", "content": []}
    return item


def _failed(written: WrittenResponse, text: str) -> list[Event]:
    """Return what ends a stream whose answer broke off.

    The documented types; that both come is not from a capture.
    """
    error = {"code": "server_error", "message": text}
    response = written.frame("failed") | {"error": error}
    return [
        {"type": "error", **error, "param": None},
        {"type": "response.failed", "response": response},
    ]
