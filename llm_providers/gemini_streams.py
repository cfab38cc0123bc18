"""Gemini's streams: server-sent events, or the pieces of one JSON array.

Which of the two comes depends on who asks: google-genai asks for events,
google-generativeai for an array. Both hold the same objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from llm_providers.answer_shapes import decode_answer
from llm_providers.chat_completions import read_events
from llm_providers.errors import MalformedResponseError

__all__ = ["read_array", "read_stream"]

# The bytes that decide where an object of an array begins and ends.
_MARKS = re.compile(rb'[{}"\\]')


def read_stream(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream, whichever of its forms it has.

    Its first byte tells. Raises MalformedResponseError for what is neither.
    """
    pieces = iter(chunks)
    first = b""
    for piece in pieces:
        first += piece.lstrip() if not first else piece
        if first:
            break
    read = read_array if first.startswith((b"[", b"{")) else read_events
    yield from read(chain([first], pieces))


def read_array(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield each object of a JSON array as soon as it is whole.

    Chunks may end anywhere, also in the middle of a character. What stands
    between the objects is skipped. Raises MalformedResponseError for an
    object that is not JSON, or that does not end.
    """
    scanner = _Scanner()
    for chunk in chunks:
        yield from map(decode_answer, scanner.objects_in(chunk))
    if scanner.depth:
        raise MalformedResponseError("The stream ended inside an object.")


class _Scanner:
    """Finds whole objects in bytes, looking at every byte once."""

    def __init__(self) -> None:
        self.depth = 0
        self._parts: list[bytes] = []
        self._in_text = False
        self._skip = False

    def objects_in(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the objects that end in this chunk."""
        start = 0
        skipped = 0 if self._skip else -1
        self._skip = False
        for mark in _MARKS.finditer(chunk):
            at = mark.start()
            if at == skipped:
                continue
            byte = mark[0]
            if self._in_text:
                self._in_text = byte != b'"'
                if byte == b"\\":
                    skipped, self._in_text = at + 1, True
            elif byte == b'"':
                self._in_text = self.depth > 0
            elif byte == b"{":
                start = start if self.depth else at
                self.depth += 1
            elif byte == b"}" and self.depth:
                self.depth -= 1
                if not self.depth:
                    yield b"".join([*self._parts, chunk[start : at + 1]])
                    self._parts.clear()
        self._skip = skipped == len(chunk)
        if self.depth:
            self._parts.append(chunk[start:])
