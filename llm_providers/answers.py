"""HTTP/1.1 answers, read from bytes as they come: RFC 9112.

Strict where a mistake could join two answers or cut one, patient with line
ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "Body",
    "Head",
    "Source",
    "WireError",
    "body_after",
    "read_head",
]

# Bytes. Providers' heads have about two thousand.
LONGEST_HEAD = 128 * 1024
LONGEST_LINE = 8 * 1024
PIECE = 64 * 1024
# Heads such as 103, Early Hints, that may come before the answer's own.
MOST_BEFORE = 20

STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?")
HEADER = re.compile(rb"([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
FOLDED = re.compile(rb"\r?\n[ \t]+")
HEAD_END = re.compile(rb"\r?\n\r?\n")
CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?")
NO_BODY = (204, 304)


class WireError(OSError):
    """The connection broke, or what came on it is no HTTP."""


class Source(Protocol):
    """Where an answer comes from."""

    def recv(self, size: int) -> bytes:
        """Return what is there, or comes; nothing at the end."""
        ...


@dataclass(slots=True)
class Head:
    """Status and headers, names in small letters, in order."""

    status: int
    headers: list[tuple[str, str]]
    version: int = 1

    def all_of(self, name: str) -> list[str]:
        """Return a header's values, those in a list one by one."""
        found = [value for other, value in self.headers if other == name]
        return [part.strip() for one in found for part in one.split(",")]

    @property
    def keeps_open(self) -> bool:
        """Whether another request may follow on the connection."""
        wishes = [one.lower() for one in self.all_of("connection")]
        if self.version == 0:
            return "keep-alive" in wishes
        names = {name for name, _ in self.headers}
        # With both, somebody on the way may have understood another length.
        is_sure = not {"content-length", "transfer-encoding"} <= names
        return is_sure and "close" not in wishes


def read_head(source: Source) -> tuple[Head, bytes]:
    """Return an answer's head, and what came beyond it."""
    data = b""
    for _ in range(MOST_BEFORE):
        while not (found := HEAD_END.search(data)):
            if len(data) > LONGEST_HEAD:
                raise WireError("The head of the answer is too long.")
            more = source.recv(PIECE)
            if not more:
                raise WireError("The connection was closed without answer.")
            data += more
        head, data = _head(data[: found.start()]), data[found.end() :]
        if head.status >= 200:
            return head, data
        if head.status == 101:
            break
    raise WireError("The answer is none to this request.")


def _head(data: bytes) -> Head:
    if b"\n " in data or b"\n\t" in data:
        data = FOLDED.sub(b" ", data)
    first, *lines = data.split(b"\n")
    status = STATUS_LINE.fullmatch(first.rstrip(b"\r"))
    if status is None:
        raise WireError("The answer is no HTTP.")
    headers = []
    for line in lines:
        header = HEADER.fullmatch(line.rstrip(b"\r"))
        if header is None:
            raise WireError("A header of the answer makes no sense.")
        name, value = header.groups()
        headers.append((name.decode("ascii").lower(), value.decode("latin-1")))
    version, number = status.groups()
    return Head(int(number), headers, int(version))


class Body:
    """A body that ends with the connection."""

    is_complete = False

    def taken_from(self, data: bytes) -> bytes:
        """Return what of the body is in the bytes that came next."""
        return data

    def end(self) -> None:
        """Take note that the connection has ended. Raises WireError."""
        self.is_complete = True

    @property
    def leaves_nothing(self) -> bool:
        """Whether the body is complete, and what follows is another."""
        return False


class LengthBody(Body):
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length
        self._beyond = False
        self.is_complete = length == 0

    def taken_from(self, data: bytes) -> bytes:
        """Return the bytes, as far as they are the body's."""
        if len(data) > self._left:
            self._beyond = True
            data = data[: self._left]
        self._left -= len(data)
        self.is_complete = self._left == 0
        return data

    def end(self) -> None:
        """Raise WireError for a body that was cut."""
        raise WireError(f"The body was cut: {self._left} bytes are missing.")

    @property
    def leaves_nothing(self) -> bool:
        """Whether all of it came, and nothing beyond."""
        return self.is_complete and not self._beyond


class ChunkedBody(Body):
    """A body in chunks, each with its length before it."""

    def __init__(self) -> None:
        # Bytes of the chunk that are still to come; None before its length.
        self._left: int | None = None
        self._rest = b""
        self._is_last = False
        self._trailers = 0

    def taken_from(self, data: bytes) -> bytes:
        """Return the bytes of all chunks in it, as far as they came."""
        data, found, at = self._rest + data, [], 0
        while not self.is_complete:
            if self._left is None:
                end = data.find(b"\n", at)
                if end < 0:
                    break
                self._read_line(data[at:end])
                at = end + 1
                continue
            piece = data[at : at + self._left]
            if piece:
                found.append(piece)
                at += len(piece)
                self._left -= len(piece)
            if self._left or not self._line_ends(data, at):
                break
            at = data.index(b"\n", at) + 1
            self._left = None
        self._rest = data[at:]
        if len(self._rest) > LONGEST_LINE and not self.is_complete:
            raise WireError("A line between chunks is too long.")
        return found[0] if len(found) == 1 else b"".join(found)

    def _line_ends(self, data: bytes, at: int) -> bool:
        """Whether a chunk's line end is there. Raises WireError."""
        end = data[at : at + 2]
        if end[:1] == b"\n" or end == b"\r\n":
            return True
        if end in (b"", b"\r"):
            return False
        raise WireError("A chunk is longer than it says.")

    def _read_line(self, line: bytes) -> None:
        line = line.rstrip(b"\r")
        if self._is_last:
            # What stands after the last chunk is of no use to anybody here.
            self._trailers += len(line)
            if self._trailers > LONGEST_HEAD:
                raise WireError("There is too much after the last chunk.")
            self.is_complete = not line
            return
        size = CHUNK_LINE.fullmatch(line)
        if size is None:
            raise WireError("A chunk's length makes no sense.")
        self._left = int(size[1], 16)
        if self._left == 0:
            self._left, self._is_last = None, True

    def end(self) -> None:
        """Raise WireError for a body that was cut."""
        raise WireError("The body was cut before its last chunk.")

    @property
    def leaves_nothing(self) -> bool:
        """Whether all of it came, and nothing beyond."""
        return self.is_complete and not self._rest


def body_after(head: Head) -> Body:
    """Return how the body of an answer ends. Raises WireError."""
    if head.status in NO_BODY:
        return LengthBody(0)
    codings = [one.lower() for one in head.all_of("transfer-encoding")]
    if codings:
        if codings != ["chunked"]:
            raise WireError("The answer's transfer coding is unknown.")
        return ChunkedBody()
    lengths = set(head.all_of("content-length"))
    if not lengths:
        return Body()
    length = lengths.pop()
    if lengths or not length.isascii() or not length.isdigit():
        raise WireError("The answer's length makes no sense.")
    return LengthBody(int(length))
