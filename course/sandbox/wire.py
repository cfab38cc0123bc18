"""HTTP/1.1 as far as the sandbox needs it: requests in, replies out.

The standard library's `http.server` would parse requests too, but importing
it takes longer than everything else in the sandbox together.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedIOBase
from typing import Any

__all__ = [
    "Reply",
    "Request",
    "WireError",
    "json_bytes",
    "json_reply",
    "read_request",
    "send_reply",
]

LINE_LIMIT = 65_536
HEADER_LIMIT = 200
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
BODY_LIMIT = 64 * 1024 * 1024
# Pieces without a pause between them leave together up to this size.
TOGETHER = 32_768

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    422: "Unprocessable Content",
    424: "Failed Dependency",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    524: "A Timeout Occurred",
    529: "Overloaded",
}


class WireError(Exception):
    """What arrived is no request that can be answered in its protocol."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    raw: bytes
    keep_alive: bool
    chunked_replies: bool = True

    @cached_property
    def json(self) -> Any:
        """The parsed body; raises ValueError where it is no JSON."""
        try:
            return json.loads(self.raw)
        except RecursionError:
            raise ValueError("The JSON is nested too deeply.") from None

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        value = self.headers.get("content-type", "")
        return value.split(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        """The key of an ``Authorization: Bearer`` header, if there is one."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return (key.strip() or None) if scheme.lower() == "bearer" else None


@dataclass
class Reply:
    """One HTTP reply, or what is to be done instead of a proper one.

    `pieces` are sent one by one, and a number among them is a pause in
    seconds. Without `length` they go out as a chunked body. `wait` is the
    pause before the first byte; `drop` closes without an answer and `cut`
    after the last piece, without the end of the body.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Sequence[bytes | float] | None = None
    length: int | None = None
    wait: float = 0.0
    drop: bool = False
    cut: bool = False


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON in UTF-8, as providers send it."""
    return ENCODER.encode(value).encode("utf-8", "surrogatepass")


def json_reply(
    status: int, value: Any, headers: dict[str, str] | None = None
) -> Reply:
    """Return a reply whose body is JSON."""
    kind = {"Content-Type": "application/json"}
    return Reply(status, kind | (headers or {}), json_bytes(value))


def _line(source: BufferedIOBase, status: int) -> str | None:
    line = source.readline(LINE_LIMIT + 1)
    if not line:
        return None
    if len(line) > LINE_LIMIT:
        raise WireError(status, "A line of the request is too long.")
    return line.rstrip(b"\r\n").decode("latin-1")


def _headers(source: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := _line(source, 431):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise WireError(400, "A header line of the request is malformed.")
        headers[name.lower()] = value.strip()
        if len(headers) > HEADER_LIMIT:
            raise WireError(431, "The request has too many headers.")
    return headers


def _chunks(source: BufferedIOBase) -> bytes:
    body = bytearray()
    while True:
        line = _line(source, 400)
        try:
            size = int((line or "").split(";")[0], 16)
        except ValueError:
            raise WireError(400, "The chunked body is malformed.") from None
        if size < 0 or len(body) + size > BODY_LIMIT:
            raise WireError(413, "The body of the request is too large.")
        if size == 0:
            while _line(source, 400):
                pass
            return bytes(body)
        body += source.read(size)
        source.readline(LINE_LIMIT)


def _body(source: BufferedIOBase, headers: dict[str, str]) -> bytes:
    coding = headers.get("transfer-encoding", "identity").lower()
    if coding == "chunked":
        return _chunks(source)
    if coding != "identity":
        raise WireError(501, "Only chunked transfer encoding is known.")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise WireError(400, "The Content-Length header is no number.")
    if len(length) > 12 or int(length) > BODY_LIMIT:
        raise WireError(413, "The body of the request is too large.")
    return source.read(int(length))


def _start(line: str) -> tuple[str, str, str]:
    words = line.split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise WireError(400, "The first line is no HTTP request.")
    if words[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise WireError(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    return words[0], words[1], words[2]


def _unquoted(path: str) -> str:
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)


def read_request(
    source: BufferedIOBase, proceed: Callable[[], None]
) -> Request | None:
    """Return the next request of a connection, None at its end.

    `proceed` is called when a client waits for leave to send its body.
    Raises WireError for what is no HTTP, or too large.
    """
    line = _line(source, 414)
    if line == "":
        # An empty line left over from the request before is allowed.
        line = _line(source, 414)
    if line is None:
        return None
    method, target, version = _start(line)
    headers = _headers(source)
    if headers.get("expect", "").lower() == "100-continue":
        proceed()
    raw = _body(source, headers)
    connection = headers.get("connection", "").lower()
    modern = version == "HTTP/1.1"
    path, _, query = target.partition("?")
    return Request(
        method=method,
        path=_unquoted(path),
        query=query,
        headers=headers,
        raw=raw,
        keep_alive=modern and connection != "close",
        chunked_replies=modern,
    )


def _head(reply: Reply, request: Request | None) -> bytes:
    reason = REASONS.get(reply.status, "Unknown")
    lines = [f"HTTP/1.1 {reply.status} {reason}", "X-Simulated: true"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.pieces is None:
        lines.append(f"Content-Length: {len(reply.body)}")
    elif reply.length is not None:
        lines.append(f"Content-Length: {reply.length}")
    elif request is not None and request.chunked_replies:
        lines.append("Transfer-Encoding: chunked")
    if request is None or not request.keep_alive or reply.cut:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def send_reply(
    connection: socket.socket,
    reply: Reply,
    request: Request | None,
    pause: Callable[[float], bool],
) -> bool:
    """Send a reply; say whether the connection can take another request.

    `pause` waits and says whether the client is still there. Headers and the
    body's first bytes leave in one piece, so that a small reply is one
    packet.
    """
    head = _head(reply, request)
    if request is not None and request.method == "HEAD":
        connection.sendall(head)
        return request.keep_alive
    if reply.pieces is None:
        connection.sendall(head + reply.body)
        return request is not None and request.keep_alive and not reply.cut
    chunked = b"Transfer-Encoding: chunked\r\n" in head
    waiting = head
    for piece in reply.pieces:
        if isinstance(piece, float):
            connection.sendall(waiting)
            waiting = b""
            if not pause(piece):
                return False
            continue
        frame = b"%x\r\n%b\r\n" % (len(piece), piece)
        waiting += frame if chunked else piece
        if len(waiting) > TOGETHER:
            connection.sendall(waiting)
            waiting = b""
    if chunked and not reply.cut:
        waiting += b"0\r\n\r\n"
    connection.sendall(waiting)
    framed = chunked or reply.length is not None
    return bool(request and request.keep_alive and framed and not reply.cut)
