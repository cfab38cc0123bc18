"""HTTP/1.1 answers, read as their bytes come, by the parser of Node.js."""

from __future__ import annotations

from typing import Protocol

import httptools

__all__ = ["Message", "Source", "WireError", "read_head"]

# Bytes. Providers' heads have about two thousand.
LONGEST_HEAD = 128 * 1024
PIECE = 64 * 1024
# Heads such as 103, Early Hints, that may come before the answer's own.
MOST_BEFORE = 20

NO_BODY = (204, 304)


class WireError(OSError):
    """The connection broke, or what came on it is no HTTP."""


class Source(Protocol):
    """Where an answer comes from."""

    def recv(self, size: int) -> bytes:
        """Return what is there, or comes; nothing at the end."""
        ...


class Message:
    """An answer on its way: its head, and its body as far as it has come.

    `headers` have their names in small letters, in order; `keeps_open` says
    whether another request may follow on the connection.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.keeps_open = False
        self.has_head = False
        self.is_complete = False
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._ends_with_connection = False
        self._is_followed = False
        self._before = 0
        self._head_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the bytes that came next. Raises WireError."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise WireError("The answer is none to this request.") from None
        except httptools.HttpParserError as error:
            # What follows an answer does it no harm.
            if not self.is_complete:
                # What a call of the parser's has raised stands behind it.
                reason = error.__context__ or error
                raise WireError(f"The answer is no HTTP: {reason}") from None
            self._is_followed = True
        if not self.has_head:
            self._count(len(data))

    def end(self) -> None:
        """Take note that the connection has ended. Raises WireError."""
        if not self.has_head:
            raise WireError("The connection was closed without answer.")
        if not (self.is_complete or self._ends_with_connection):
            raise WireError("The connection was closed: the body was cut.")
        self.is_complete = True

    def taken(self) -> bytes:
        """Return what came of the body since this was asked last."""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def leaves_nothing(self) -> bool:
        """Whether the body is complete, and nothing came beyond."""
        ended = self._ends_with_connection or self._is_followed
        return self.is_complete and not ended

    # -- what the parser calls ---------------------------------------------

    def on_message_begin(self) -> None:
        """Note that another answer begins."""
        self._is_followed = self.is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what follows the last chunk is only counted."""
        if self._is_followed:
            return
        if self.has_head:
            self._count(len(name) + len(value))
            return
        text = value.decode("latin-1").rstrip(" \t")
        self.headers.append((name.decode("latin-1").lower(), text))

    def on_headers_complete(self) -> None:
        """Read from the head how the body ends."""
        status = self._parser.get_status_code()
        if status < 100:
            raise WireError("The answer's status makes no sense.")
        if self._is_followed or status < 200:
            return
        names = {name for name, _ in self.headers}
        codings = self._values("transfer-encoding")
        if codings not in ([], ["chunked"]):
            raise WireError("The answer's transfer coding is unknown.")
        has_end = "content-length" in names or codings or status in NO_BODY
        self.status = status
        self.has_head = True
        self.keeps_open = self._parser.should_keep_alive()
        self._ends_with_connection = not has_end

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if not self._is_followed:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        """Note that all of it is there; wait on after an early hint."""
        if self.has_head:
            self.is_complete = True
            return
        self.headers.clear()
        self._before += 1
        if self._before == MOST_BEFORE:
            raise WireError("The answer is none to this request.")

    def _values(self, name: str) -> list[str]:
        """Return a header's values in small letters, a list's one by one."""
        found = [value for other, value in self.headers if other == name]
        return [part.strip().lower() for v in found for part in v.split(",")]

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > LONGEST_HEAD:
            raise WireError("The head of the answer is too long.")


def read_head(source: Source) -> Message:
    """Return an answer of which the head is there.

    Raises WireError, and what the source raises.
    """
    message = Message()
    while not message.has_head:
        data = source.recv(PIECE)
        if data:
            message.feed(data)
        else:
            message.end()
    return message
