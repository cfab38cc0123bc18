"""The child's side of values: what a learner's objects look like from afar.

Dataclasses and pydantic models are sent as records, exceptions with their
ancestors, everything else as a handle: a number in this table.
"""

from __future__ import annotations

import enum
import itertools
import logging
import sys
from typing import Any

from .borrowed import Borrowed, BorrowedIterator, CallBack
from .classes import (
    ancestors,
    at_default,
    dataclass_fields,
    equality,
    field_names,
    key,
    named,
    nearest,
    offered,
    uncompared,
)
from .wire import TAG, Encoder, Frame, UnreadableError, decode

# An exception knows its causes, which know theirs: so many are enough.
LONGEST_CHAIN = 8

_UNSET = object()
_PLAIN = (str, int, float, bytes, list, dict, tuple, set, frozenset)


def _numpy_scalars() -> Any:
    """Return numpy's class of single numbers, once numpy is loaded."""
    return getattr(sys.modules.get("numpy"), "generic", ())


class Exports:
    """The objects of this process that the other side holds a number of."""

    def __init__(self, call_back: CallBack) -> None:
        self._call_back = call_back
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = itertools.count(1)
        self._borrowed: dict[int, Any] = {}
        self._kinds: dict[int, tuple[type, Frame]] = {}

    # -- outward -----------------------------------------------------------

    def encode(self, value: Any) -> Any:
        """Return a value's data. Raises UnreadableError."""
        return Encoder(self._other).encode(value)

    def number(self, value: Any) -> int:
        """Return the number of an object, the same one every time."""
        known = self._numbers.get(id(value))
        if known is None:
            known = self._numbers[id(value)] = next(self._next)
            self._objects[known] = value
        return known

    def _other(self, value: Any, encoder: Encoder) -> Any:
        kind = type(value)
        if issubclass(kind, Borrowed | BorrowedIterator):
            return {TAG: "yours", "n": value.number}
        if issubclass(kind, BaseException):
            return self._exception(value, encoder)
        if issubclass(kind, enum.Enum):
            return self._member(value, encoder)
        names = field_names(kind)
        if names is not None:
            return self._record(value, names, encoder)
        if issubclass(kind, type):
            return self._class(value, encoder)
        if issubclass(kind, _numpy_scalars()):
            return encoder.encode(value.item())
        try:
            return encoder.subclass(value)
        except UnreadableError:
            if issubclass(kind, _PLAIN):
                raise
        return {TAG: "object", **self.described(value)}

    def described(self, value: Any) -> Frame:
        kind = type(value)
        # By its number, since a class need not be hashable.
        known = self._kinds.get(id(kind))
        if known is None:
            known = self._kinds[id(kind)] = kind, _described(kind)
        return {"h": self.number(value), **known[1]}

    def forget_classes(self) -> None:
        """Look at classes anew: the other side has changed something."""
        self._kinds.clear()

    def _record(self, value: Any, names: list[str], encoder: Encoder) -> Any:
        fields = {
            name: encoder.encode(found)
            for name in names
            for found in (getattr(value, name, _UNSET),)
            if found is not _UNSET
        }
        return {
            TAG: "record",
            **self.described(value),
            "f": fields,
            "fields": dataclass_fields(type(value)),
            "not": uncompared(type(value)),
            "default": at_default(value),
        }

    def _member(self, value: enum.Enum, encoder: Encoder) -> Any:
        return {
            TAG: "member",
            **self.described(value),
            "name": value.name,
            "value": encoder.encode(value._value_),
        }

    def _class(self, value: type, encoder: Encoder) -> Any:
        data = {
            TAG: "class",
            "h": self.number(value),
            "type": key(value),
            "mro": [key(each) for each in value.__mro__],
            "fields": dataclass_fields(value),
        }
        if issubclass(value, BaseException):
            data["error"] = ancestors(value)
        return data

    def _exception(self, value: BaseException, encoder: Encoder) -> Any:
        borrowed = value.__dict__.get("_of_the_judge")
        if borrowed is not None:
            return {TAG: "yours", "n": borrowed}
        return {
            TAG: "error",
            "h": self.number(value),
            "type": key(type(value)),
            "error": ancestors(type(value)),
            "args": [self._or_text(arg, encoder) for arg in value.args],
            "text": safe_text(value),
            "f": self._public_fields(value, encoder),
            "cause": self._chained(value.__cause__, encoder),
            "context": self._chained(value.__context__, encoder),
            "quiet": bool(value.__suppress_context__),
            "notes": [str(n) for n in getattr(value, "__notes__", ())],
        }

    def _public_fields(self, value: BaseException, encoder: Encoder) -> Frame:
        return {
            name: self._or_text(item, encoder)
            for name, item in vars(value).items()
            if not name.startswith("_")
        }

    def _or_text(self, value: Any, encoder: Encoder) -> Any:
        """Return the data of a detail that may be left out."""
        try:
            return encoder.encode(value)
        except UnreadableError as error:
            return f"<{error}>"

    def _chained(self, value: BaseException | None, encoder: Encoder) -> Any:
        if value is None or encoder.depth > LONGEST_CHAIN:
            return None
        try:
            return encoder.encode(value)
        except UnreadableError:
            # Two of them may be each other's cause; a text is nobody's.
            return None

    # -- inward ------------------------------------------------------------

    def decode(self, data: Any) -> Any:
        """Return the value of data that the other side sent."""
        return decode(data, self._decode_other)

    def _decode_other(self, tag: str, data: Frame) -> Any:
        if tag == "ref":
            return self._objects[data["h"]]
        if tag == "callback":
            return self._borrow(Borrowed, data)
        if tag == "iterator":
            return self._borrow(BorrowedIterator, data)
        if tag == "class":
            return named(data["type"])
        if tag == "record":
            return named(data["type"])(**self.decode(data["f"]))
        if tag == "error":
            return self._borrowed_error(data)
        if tag == "logrecord":
            return self._log_record(data)
        raise ValueError(tag)

    def _borrow(self, kind: Any, data: Frame) -> Any:
        number = data["n"]
        if number not in self._borrowed:
            made = kind(number, data["name"], self._call_back)
            self._borrowed[number] = made
        return self._borrowed[number]

    def _borrowed_error(self, data: Frame) -> BaseException:
        """Return an exception that the other side's callback raised."""
        kind = nearest(data["error"])
        args = self.decode(data["args"])
        try:
            error: BaseException = kind(*args)
        except Exception:
            error = Exception(*args)
        error.__dict__["_of_the_judge"] = data["n"]
        return error

    def _log_record(self, data: Frame) -> logging.LogRecord:
        fields = self.decode(data["f"])
        error = self.decode(data["exc"])
        if error is not None:
            fields["exc_info"] = (type(error), error, error.__traceback__)
        return logging.makeLogRecord(fields)


def _described(kind: type) -> Frame:
    return {
        "type": key(kind),
        "mro": [key(each) for each in kind.__mro__],
        "can": offered(kind),
        "eq": equality(kind),
    }


def safe_text(value: object) -> str:
    """Return ``str(value)``, or what became of the attempt."""
    try:
        return str(value)[:20_000]
    except Exception as error:
        return f"<str() raised {type(error).__name__}>"
