"""Gemini's streams: events, or the array that older clients read."""

from __future__ import annotations

from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.gemini.errors import error_body
from course.sandbox.gemini.faults import overloaded
from course.sandbox.wire import Reply, json_bytes

__all__ = ["event_reply", "stream_reply"]


def event_reply(
    chunks: list[Any], headers: dict[str, str], events: bool
) -> Reply:
    """Return the stream of all chunks, with its end."""
    if events:
        kind = {"Content-Type": "text/event-stream"}
        pieces = [
            b"data: " + json_bytes(chunk) + b"\r\n\r\n" for chunk in chunks
        ]
        return Reply(200, headers | kind, pieces=pieces)
    pieces = [
        (b",\r\n" if index else b"[") + json_bytes(chunk)
        for index, chunk in enumerate(chunks)
    ]
    # No line break behind it: google-generativeai would take it for more.
    return Reply(200, dict(headers), pieces=[*(pieces or [b"["]), b"]"])


def stream_reply(
    content: list[Any],
    closing: list[Any],
    headers: dict[str, str],
    events: bool,
    fault: PlannedFault | None,
) -> Reply:
    """Return a stream, or what a fault of streams leaves of it.

    One that is cut cleanly ends like any other but for its last chunks: in
    an array also the bracket is there.
    """
    if fault is None or fault.name not in ("stream_cut", "stream_error"):
        return event_reply(content + closing, headers, events)
    chunks = content[: int(fault.options.get("chunks_before", 3))]
    if fault.name == "stream_error":
        chunks = [*chunks, error_body(overloaded(fault))]
    reply = event_reply(chunks, headers, events)
    if not fault.options.get("clean", True):
        reply.cut = True
        assert reply.pieces is not None
        reply.pieces = reply.pieces[: len(chunks)]
    return reply
