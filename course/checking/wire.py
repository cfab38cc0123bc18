"""Values as JSON data, both ways.

Plain values travel by content. What is not plain (an agent, an exception, a
callback) is left to the side that owns it, as data with a tag of its own.
"""

from __future__ import annotations

import base64
from collections import namedtuple
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any
from uuid import UUID

# Bytes of one message, and how deep lists in lists may go: an answer beyond
# this is a mistake, and neither side should pay for it.
LONGEST_FRAME = 20 * 1024 * 1024
MOST_VALUES = 500_000
DEEPEST = 40

TAG = "$"

Frame = dict[str, Any]


class UnreadableError(Exception):
    """A value that cannot travel; the text says what is wrong with it."""


class GarbledError(Exception):
    """What arrived is not what the other side would have sent."""


def _bytes_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _whole_text(value: int) -> str:
    return hex(value)


# The plain types beside JSON's own: tag, to text, from text.
_TEXTS: dict[type, tuple[str, Callable[[Any], str]]] = {
    bytes: ("bytes", _bytes_text),
    bytearray: ("bytearray", lambda value: _bytes_text(bytes(value))),
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    Decimal: ("decimal", str),
    UUID: ("uuid", str),
    complex: ("complex", str),
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "bytearray": lambda text: bytearray(base64.b64decode(text)),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "complex": complex,
    "path": Path,
    "whole": lambda text: int(text, 16),
}
_CONSTANTS = {"NotImplemented": NotImplemented, "Ellipsis": ...}

# Python refuses to read decimal numbers of more than 4,300 digits.
_LARGEST_DECIMAL = 1 << 4096


class Encoder:
    """Turns one message's values into JSON data.

    `other` is asked for the data of what is not plain, and gets this encoder
    for the parts.
    """

    def __init__(self, other: Callable[[Any, Encoder], Any]) -> None:
        self._other = other
        self._open: set[int] = set()
        self._room = LONGEST_FRAME
        self._left = MOST_VALUES

    @property
    def depth(self) -> int:
        """How many values the present one is nested in."""
        return len(self._open)

    def encode(self, value: Any) -> Any:
        """Return JSON data. Raises UnreadableError."""
        kind = type(value)
        self._left -= 1
        if self._left < 0:
            self._count(1)
        if kind is str:
            self._room -= len(value)
            if self._room < 0:
                self._spend(0)
            return value
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            if -_LARGEST_DECIMAL < value < _LARGEST_DECIMAL:
                return value
            return self._tagged("whole", _whole_text(value))
        if kind in _TEXTS:
            tag, to_text = _TEXTS[kind]
            return self._tagged(tag, to_text(value))
        return self._nested(value)

    def _tagged(self, tag: str, text: str) -> Frame:
        self._spend(len(text))
        return {TAG: tag, "v": text}

    def _count(self, values: int) -> None:
        if values > self._left:
            raise UnreadableError(f"it has more than {MOST_VALUES:,} parts")
        self._left -= 1

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            megabytes = LONGEST_FRAME // 1024**2
            raise UnreadableError(f"it is larger than {megabytes} MB")

    def _nested(self, value: Any) -> Any:
        if id(value) in self._open:
            raise UnreadableError("it contains itself")
        if len(self._open) >= DEEPEST:
            raise UnreadableError(f"it is nested more than {DEEPEST} deep")
        self._open.add(id(value))
        try:
            return self._container(value, type(value))
        finally:
            self._open.discard(id(value))

    def _container(self, value: Any, kind: type) -> Any:
        if kind is list:
            self._count(len(value))
            return self.each(value)
        if kind is dict:
            return self._mapping(value)
        if kind is tuple:
            return {TAG: "tuple", "v": self.each(value)}
        if kind in (set, frozenset):
            return {TAG: kind.__name__, "v": self.each(value)}
        if kind is MappingProxyType:
            return self._mapping(dict(value))
        if kind is timedelta:
            parts = (value.days, value.seconds, value.microseconds)
            return {TAG: "timedelta", "v": list(parts)}
        if kind is range or kind is slice:
            parts = (value.start, value.stop, value.step)
            return {TAG: kind.__name__, "v": self.each(parts)}
        if value is NotImplemented or value is ...:
            return {TAG: "constant", "v": str(value)}
        if isinstance(value, PurePath):
            return self._tagged("path", str(value))
        return self._other(value, self)

    def each(self, values: Iterable[Any]) -> list[Any]:
        return [self.encode(value) for value in values]

    def _mapping(self, value: dict[Any, Any]) -> Any:
        if TAG not in value and all(type(key) is str for key in value):
            self._spend(sum(map(len, value)))
            return {key: self.encode(item) for key, item in value.items()}
        pairs = [self.each(pair) for pair in value.items()]
        return {TAG: "dict", "v": pairs}

    def subclass(self, value: Any) -> Any:
        """Return the data of a value by the plain type that it extends.

        What the subclass adds is left out, so that no method of it has a
        say when the value is compared. Raises UnreadableError for a value
        that extends no plain type.
        """
        fields = getattr(type(value), "_fields", None)
        if isinstance(value, tuple) and fields is not None:
            names = [str(name) for name in fields]
            parts = self.each(tuple.__iter__(value))
            name = type(value).__name__
            return {TAG: "namedtuple", "t": name, "f": names, "v": parts}
        for base, plain in _PLAIN_CONTENT.items():
            if issubclass(type(value), base):
                return self.encode(plain(value))
        raise UnreadableError(f"it is a {type(value).__name__}")


_PLAIN_CONTENT: dict[type, Callable[[Any], Any]] = {
    str: lambda value: str.__str__(value)[:],
    int: lambda value: int.__add__(value, 0),
    float: lambda value: float.__add__(value, 0.0),
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    list: lambda value: list(list.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: set(frozenset.__iter__(value)),
    datetime: lambda value: datetime.fromisoformat(datetime.isoformat(value)),
}


_NESTED = (list, dict)


def decode(data: Any, other: Callable[[str, Frame], Any]) -> Any:
    """Return the value of JSON data.

    `other` is asked for what has a tag of its own. Raises GarbledError.
    """
    # As JSON gives them: of subclasses there are none.
    if type(data) is list:
        return [
            decode(item, other) if type(item) in _NESTED else item
            for item in data
        ]
    if type(data) is not dict:
        return data
    tag = data.get(TAG)
    if tag is None:
        return {
            key: decode(item, other) if type(item) in _NESTED else item
            for key, item in data.items()
        }
    try:
        return _decode_tagged(tag, data, other)
    except (TypeError, ValueError, KeyError, ArithmeticError) as error:
        raise GarbledError(f"bad data for {tag!r}") from error


def _decode_tagged(
    tag: str, data: Frame, other: Callable[[str, Frame], Any]
) -> Any:
    if tag in _FROM_TEXT:
        return _FROM_TEXT[tag](data["v"])
    if tag in _CONTAINERS:
        return _CONTAINERS[tag](decode(data["v"], other))
    if tag == "constant":
        return _CONSTANTS[data["v"]]
    if tag == "namedtuple":
        # The name and the fields were Python's own names on the other side.
        kind = namedtuple(data["t"], data["f"])  # type: ignore[misc]
        return kind(*decode(data["v"], other))
    return other(tag, data)


_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": lambda pairs: {key: value for key, value in pairs},
    "timedelta": lambda parts: timedelta(*parts),
    "range": lambda parts: range(*parts),
    "slice": lambda parts: slice(*parts),
}


def copied(value: Any) -> Any:
    """Return a value with its lists, dicts and sets copied."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(map(copied, value))
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    return set(value) if kind is set else value
