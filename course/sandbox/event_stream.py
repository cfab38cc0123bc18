"""Server-sent events, as chat completions are streamed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.wire import Reply, json_bytes

__all__ = ["DONE", "event", "event_reply", "named_event", "stream_reply"]

DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    """Return one event whose data is JSON."""
    return b"data: " + json_bytes(value) + b"\n\n"


def named_event(value: dict[str, Any]) -> bytes:
    """Return one event that is named after its data's type."""
    name = str(value["type"]).encode()
    return b"event: " + name + b"\n" + event(value)


def event_reply(events: Sequence[bytes], reply: Reply) -> Reply:
    """Return the reply with these events for its body."""
    reply.headers["Content-Type"] = "text/event-stream; charset=utf-8"
    reply.pieces = events
    return reply


def stream_reply(
    content: Sequence[dict[str, Any]],
    closing: Sequence[dict[str, Any]],
    error: dict[str, Any],
    headers: dict[str, str],
    fault: PlannedFault | None,
) -> Reply:
    """Return a stream of chunks, cut off or broken where a fault says so.

    `error` is the event that a broken stream ends in.
    """
    reply = Reply(200, headers)
    if fault is None or fault.name not in ("stream_cut", "stream_error"):
        events = [event(chunk) for chunk in (*content, *closing)]
        return event_reply([*events, DONE], reply)
    before = int(fault.options.get("chunks_before", 3))
    events = [event(chunk) for chunk in content[:before]]
    if fault.name == "stream_error":
        events.append(event(error))
    reply.cut = not fault.options.get("clean", True)
    return event_reply(events, reply)
