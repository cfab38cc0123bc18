"""Faults of the wire: what can befall the reply of any protocol.

Errors that a provider words itself (a rate limit, a wrong key) and faults of
an answer's content (a refusal, a cut stream) are made by the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from course.sandbox.faults import PlannedFault
from course.sandbox.wire import Reply

__all__ = ["spoil"]

# Where the JSON of a stream's piece begins: of an event or of an array.
JSON_START = re.compile(rb"^data: |^\[", re.M)

PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
    "<body><center><h1>{title}</h1></center><hr>"
    "<center>simulated proxy</center></body></html>\n"
)


def html_reply(status: int, title: str) -> Reply:
    """Return the page that a proxy in front of a provider would show."""
    kind = {"Content-Type": "text/html; charset=UTF-8"}
    return Reply(status, kind, PAGE.format(title=title).encode())


def _pieces(reply: Reply) -> list[bytes | float]:
    if reply.pieces is not None:
        return list(reply.pieces)
    size = max(1, len(reply.body) // 8)
    return [
        reply.body[start : start + size]
        for start in range(0, len(reply.body), size)
    ]


def _slow(reply: Reply, fault: PlannedFault) -> Reply:
    pieces = _pieces(reply)
    if reply.pieces is None:
        reply.length = len(reply.body)
    before = fault.options.get("chunks_before")
    if before is not None:
        pieces.insert(int(before), fault.number("seconds", 2.0))
        reply.pieces = pieces
        return reply
    pause = fault.number("seconds", 2.0) / max(1, len(pieces))
    reply.pieces = [part for piece in pieces for part in (pause, piece)]
    return reply


def _half(reply: Reply) -> Reply:
    reply.status = 200
    if reply.pieces is None:
        reply.body = reply.body[: len(reply.body) // 2]
        return reply
    events = [piece for piece in reply.pieces if isinstance(piece, bytes)]
    broken = events[min(1, len(events) - 1)]
    reply.pieces = [*events[:1], broken[: len(broken) // 2] + b"\n\n"]
    return reply


def _huge(reply: Reply, fault: PlannedFault) -> Reply:
    block = b" " * 65_536
    blocks = int(fault.number("megabytes", 50) * 1024 * 1024) // len(block)
    if reply.pieces is not None:
        # In a stream it is one event whose JSON is padded.
        reply.pieces = _stuffed(reply.pieces, [block] * blocks)
        return reply
    reply.length = len(reply.body) + blocks * len(block)
    reply.pieces = [reply.body[:1], *[block] * blocks, reply.body[1:]]
    return reply


def _stuffed(
    pieces: Sequence[bytes | float], blocks: list[bytes]
) -> list[bytes | float]:
    """Return a stream's pieces with the blocks before the first JSON."""
    for index, piece in enumerate(pieces):
        if isinstance(piece, bytes) and (mark := JSON_START.search(piece)):
            head, tail = piece[: mark.end()], piece[mark.end() :]
            return [*pieces[:index], head, *blocks, tail, *pieces[index + 1 :]]
    return [*pieces, *blocks]


def _latin(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode("latin-1", "replace")


def _noted(piece: bytes) -> bytes:
    """Return an event after a comment, or an array's piece with a field."""
    if piece.startswith((b"data:", b":")):
        return ": déjà vu\n".encode() + piece
    return piece.replace(b"{", '{"note":"déjà vu",'.encode(), 1)


def _wrong_charset(reply: Reply) -> Reply:
    kind = reply.headers["Content-Type"].split(";")[0]
    reply.headers["Content-Type"] = f"{kind}; charset=utf-8"
    if reply.pieces is None:
        note = '{"note":"déjà vu",'.encode()
        reply.body = _latin(note + reply.body[1:])
        return reply
    reply.pieces = [
        _latin(_noted(piece)) if isinstance(piece, bytes) else piece
        for piece in reply.pieces
    ]
    return reply


def spoil(reply: Reply, fault: PlannedFault) -> Reply:
    """Return the reply with a fault of the wire done to it."""
    match fault.name:
        case "stall":
            reply.wait = fault.number("seconds", 30.0)
        case "slow_body":
            return _slow(reply, fault)
        case "drop_connection":
            reply.drop = True
        case "malformed_json":
            return _half(reply)
        case "html":
            status = int(fault.options.get("status", 200))
            page = html_reply(status, "Down for maintenance")
            if "location" in fault.options:
                page.headers["Location"] = str(fault.options["location"])
            return page
        case "bad_gateway":
            return html_reply(502, "502 Bad Gateway")
        case "huge_body":
            return _huge(reply, fault)
        case "wrong_charset":
            return _wrong_charset(reply)
    return reply
