"""The judge's side of values: proxies for what lives over there.

What can only be called here, such as a test's ``waits.append``, is lent to
the child by a number.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .calls import ANSWERING
from .classes import ancestors, key
from .proxies import (
    ClassProxy,
    Link,
    Member,
    ModuleProxy,
    Proxy,
    Record,
    note,
    proxy_class,
)
from .remote_errors import (
    ErrorClasses,
    RemoteError,
    RemoteErrorType,
    fill_in,
    make_error,
)
from .wire import TAG, Encoder, Frame, UnreadableError, decode

if TYPE_CHECKING:
    from .remote import Remote


class Values:
    """The values that go to and come from one child."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._errors = ErrorClasses(remote)
        self._objects: dict[int, Any] = {}
        self._lent: dict[int, Any] = {}
        self._lent_numbers: dict[int, int] = {}
        self._next = itertools.count(1)

    # -- outward -----------------------------------------------------------

    def encode(self, value: Any) -> Any:
        """Return a value's data. Raises TypeError if it cannot travel."""
        try:
            return Encoder(self._encode_other).encode(value)
        except UnreadableError as error:
            raise TypeError(f"a test cannot pass this: {error}") from error

    def _encode_other(self, value: Any, encoder: Encoder) -> Any:
        link = link_of(value)
        if link is not None:
            return self._encode_link(value, link, encoder)
        if isinstance(value, type):
            return {TAG: "class", "type": key(value)}
        if isinstance(value, BaseException):
            return self._encode_error(value, encoder)
        if isinstance(value, logging.LogRecord):
            return self._encode_log_record(value, encoder)
        if hasattr(value, "__next__"):
            return self._lend("iterator", value)
        if callable(value):
            return self._lend("callback", value)
        if isinstance(value, Mapping):
            return encoder.encode(dict(value))
        return encoder.subclass(value)

    def _encode_link(self, value: Any, link: Link, encoder: Encoder) -> Any:
        if link.remote is self._remote:
            return {TAG: "ref", "h": link.number}
        if isinstance(value, Record):
            fields = encoder.encode(value._fields)
            return {TAG: "record", "type": link.type, "f": fields}
        raise UnreadableError("it belongs to a process that has ended")

    def _encode_error(self, value: BaseException, encoder: Encoder) -> Any:
        return {
            **self._lend("error", value),
            "error": ancestors(type(value)),
            "args": encoder.each(value.args),
        }

    def _encode_log_record(
        self, value: logging.LogRecord, encoder: Encoder
    ) -> Any:
        fields = dict(vars(value))
        error = fields.pop("exc_info", None)
        error = error[1] if error else None
        parts = {"f": encoder.encode(fields), "exc": encoder.encode(error)}
        return {TAG: "logrecord", **parts}

    def _lend(self, tag: str, value: Any) -> Frame:
        number = self._lent_numbers.get(id(value))
        if number is None:
            number = self._lent_numbers[id(value)] = next(self._next)
            self._lent[number] = value
        name = getattr(value, "__name__", type(value).__name__)
        return {TAG: tag, "n": number, "name": str(name)}

    def answer(self, request: Frame) -> Frame:
        """Return the reply to a callback."""
        outside = ANSWERING.set(True)
        try:
            lent = self._lent[request["n"]]
            if request["how"] == "next":
                result: Any = list(itertools.islice(lent, 1))
            else:
                args = self.decode(request["args"])
                result = lent(*args, **self.decode(request["kwargs"]))
            return {"ok": self.encode(result)}
        except BaseException as error:
            return {"raised": self.encode(error)}
        finally:
            ANSWERING.reset(outside)

    # -- inward ------------------------------------------------------------

    def decode(self, data: Any) -> Any:
        """Return the value of data from the child. Raises GarbledError."""
        return decode(data, self._decode_other)

    def decode_built(self, data: Any, given: Mapping[str, Any]) -> Any:
        """Return a new record, whose class has been given these fields.

        A test compares with records that it builds: they have what the test
        gave them, whatever the class makes of it, and are no others.
        """
        if isinstance(data, dict) and isinstance(data.get("h"), int):
            self._objects.pop(data["h"], None)
        value = self.decode(data)
        if isinstance(value, Record):
            value._fields.update(given)
        return value

    def _decode_other(self, tag: str, data: Frame) -> Any:
        if tag == "module":
            return ModuleProxy(self._remote, data["name"])
        if tag == "yours":
            return self._lent[data["n"]]
        known = self._objects.get(data["h"])
        if known is None:
            known = self._objects[data["h"]] = self._new(tag, data)
        if tag == "record":
            fields = {k: self.decode(v) for k, v in data["f"].items()}
            note(
                known,
                _fields=fields,
                _uncompared=frozenset(data["not"]),
                _at_default=frozenset(data["default"]),
            )
        return known

    def _new(self, tag: str, data: Frame) -> Any:
        if tag == "error":
            return self._new_error(data)
        mro = tuple(data.get("mro", ()))
        link = Link(self._remote, data["h"], data["type"], mro)
        link.equality = data.get("eq", "identity")
        if tag == "class" and "error" in data:
            kind = self._errors.find(data["error"])
            self._errors.link(data["type"], link)
            return kind
        bases = {"object": Proxy, "record": Record, "member": Member}
        base = ClassProxy if tag == "class" else bases[tag]
        specials = frozenset(map(str, data.get("can", ())))
        fields = tuple(map(str, data.get("fields", ())))
        made = proxy_class(base, link.type_name, specials, fields)
        proxy = object.__new__(made)
        note(proxy, _link=link)
        if tag == "member":
            note(proxy, name=data["name"], value=self.decode(data["value"]))
        return proxy

    def _new_error(self, data: Frame) -> Any:
        kind = self._errors.find(data["error"])
        args = tuple(self.decode(arg) for arg in data["args"])
        error = make_error(kind, args, data["text"])
        link = Link(self._remote, data["h"], data["type"], ())
        if isinstance(error, RemoteError):
            error.__dict__["_link"] = link
        parts = {
            "fields": {k: self.decode(v) for k, v in data["f"].items()},
            "cause": self.decode(data["cause"]),
            "context": self.decode(data["context"]),
        }
        fill_in(error, data, parts)
        return error


def link_of(value: Any) -> Link | None:
    kind = type(value)
    if issubclass(kind, Proxy):
        link: Link | None = getattr(value, "_link", None)
        return link
    if issubclass(kind, RemoteError):
        link = value.__dict__.get("_link")
        return link
    if issubclass(kind, RemoteErrorType):
        link = value.__dict__.get("_class_link")
        return link
    return None
