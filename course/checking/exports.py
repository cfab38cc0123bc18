"""The child's side of values: what a learner's objects look like from afar.

Dataclasses and pydantic models are sent as records, exceptions with their
ancestors, everything else as a handle: a number in this table.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import itertools
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .wire import TAG, Encoder, Frame, UnreadableError, decode

# What a proxy can offer beside attributes, if the object's class does.
SPECIALS = (
    *("call", "iter", "next", "len", "getitem", "setitem", "delitem"),
    *("contains", "enter", "exit", "bool", "hash", "lt", "le", "gt", "ge"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "neg"),
    *("or", "ror", "and", "mod", "int", "float", "index"),
)

# An exception knows its causes, which know theirs: so many are enough.
LONGEST_CHAIN = 8

CallBack = Callable[[int, str, list[Any], dict[str, Any]], Any]


class Exports:
    """The objects of this process that the other side holds a number of."""

    def __init__(self, call_back: CallBack) -> None:
        self._call_back = call_back
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = itertools.count(1)
        self._borrowed: dict[int, Any] = {}

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
        try:
            return encoder.subclass(value)
        except UnreadableError:
            if issubclass(kind, _PLAIN):
                raise
        return {TAG: "object", **self.described(value)}

    def described(self, value: Any) -> Frame:
        kind = type(value)
        return {
            "h": self.number(value),
            "type": key(kind),
            "mro": [key(each) for each in kind.__mro__],
            "can": [name for name in SPECIALS if _offers(kind, name)],
            "eq": _equality(kind),
        }

    def _record(self, value: Any, names: list[str], encoder: Encoder) -> Any:
        fields = {
            name: encoder.encode(getattr(value, name))
            for name in names
            if hasattr(value, name)
        }
        return {
            TAG: "record",
            **self.described(value),
            "f": fields,
            "not": _uncompared(type(value)),
            "default": _at_default(value),
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
        return self._or_text(value, encoder)

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
        kind = _nearest(data["error"])
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


_PLAIN = (str, int, float, bytes, list, dict, tuple, set, frozenset)


class Borrowed:
    """A callable of the other side."""

    def __init__(self, number: int, name: str, call_back: CallBack) -> None:
        self.number = number
        self.__name__ = self.__qualname__ = name
        self._call_back = call_back

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call_back(self.number, "call", list(args), kwargs)


class BorrowedIterator(Borrowed):
    """An iterator of the other side."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        found = self._call_back(self.number, "next", [], {})
        if not found:
            raise StopIteration
        return found[0]


def key(kind: type) -> str:
    """Return a class's full name, such as ``builtins:ValueError``."""
    return f"{kind.__module__}:{kind.__qualname__}"


def ancestors(kind: type) -> list[Any]:
    """Return the names of a class and its ancestors, each with its bases."""
    return [
        [key(each), [key(base) for base in each.__bases__]]
        for each in kind.__mro__
        if each is not object
    ]


def named(name: str) -> Any:
    """Return the class with a full name. Raises ValueError."""
    module, _, path = name.partition(":")
    try:
        return functools.reduce(getattr, path.split("."), sys.modules[module])
    except (KeyError, AttributeError):
        raise ValueError(name) from None


def _nearest(lines: list[Any]) -> Any:
    """Return the first class of an ancestry that exists here."""
    for name, _ in lines:
        try:
            return named(name)
        except ValueError:
            continue
    return Exception


def field_names(kind: type) -> list[str] | None:
    """Return the fields of a dataclass or pydantic model; None of others."""
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        return list(vars(kind)["__pydantic_fields__"])
    return None


def _uncompared(kind: type) -> list[str]:
    if not dataclasses.is_dataclass(kind):
        return []
    return [f.name for f in dataclasses.fields(kind) if not f.compare]


def _at_default(value: Any) -> list[str]:
    """Return the fields of a dataclass that still have their default.

    Only plain values are looked at, which have no say in the comparison.
    """
    if not dataclasses.is_dataclass(value):
        return []
    found = []
    for field in dataclasses.fields(value):
        now = getattr(value, field.name, dataclasses.MISSING)
        empty = type(now) in (list, dict, tuple, set) and not now
        same = type(now) is type(field.default) and (
            now is None or (type(now) in _SIMPLE and now == field.default)
        )
        made = field.default_factory is not dataclasses.MISSING
        if same or (empty and (made or field.default == now)):
            found.append(field.name)
    return found


_SIMPLE = (str, int, float, bool, bytes)


def _offers(kind: type, name: str) -> bool:
    """Return whether a class has a special method of its own.

    Its ancestors are looked into: asked by `getattr`, every class is
    callable, since it can be called itself.
    """
    for each in kind.__mro__[:-1]:
        if f"__{name}__" in vars(each):
            return vars(each)[f"__{name}__"] is not None
    return False


def _equality(kind: type) -> str:
    """Return how a class's objects are compared.

    ``identity``, ``fields`` (the comparison that a dataclass or a pydantic
    model gets by itself) or ``own``.
    """
    method: Any = kind.__eq__
    if method is object.__eq__:
        return "identity"
    code = getattr(method, "__code__", None)
    generated = getattr(code, "co_filename", "").startswith("<string>")
    of_pydantic = getattr(method, "__module__", "").startswith("pydantic")
    return "fields" if generated or of_pydantic else "own"


def safe_text(value: object) -> str:
    """Return ``str(value)``, or what became of the attempt."""
    try:
        return str(value)[:20_000]
    except Exception as error:
        return f"<str() raised {type(error).__name__}>"
