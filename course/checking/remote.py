"""The judge's side of values: a learner's package, from afar.

`Remote` stands for one child. It turns values into data for the child and
back, lends it what can only be called here, and logs every call.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from .calls import Call, function_call, special_call
from .connection import CALL_SECONDS, Connection, FaultError
from .exports import ancestors, key
from .proxies import (
    ClassProxy,
    Link,
    Member,
    ModuleProxy,
    Proxy,
    Record,
    proxy_class,
)
from .remote_errors import (
    ErrorClasses,
    RemoteError,
    RemoteErrorType,
    fill_in,
    make_error,
)
from .wire import TAG, Encoder, Frame, GarbledError, UnreadableError, decode

# Seconds for what may import a module first.
IMPORT_SECONDS = 4.0

# Operators and functions whose use is no step of a test's own: a `list`,
# for one, asks for the length first.
_UNLOGGED = frozenset({"dir", "hash", "enter", "exit", "eq", "len", "bool"})

Place = Mapping[str, Any]


class Remote:
    """A learner's package in one child, and all that came from it.

    `log` gets every call, `blanks` the exercises whose blanks ran.
    """

    def __init__(
        self,
        connect: Callable[[Callable[[Frame], Frame]], Connection],
        log: list[Call],
    ) -> None:
        self.log = log
        self.blanks: list[str] = []
        self.connection = connect(self._answer)
        # The learner's package; its modules are attributes.
        self.package = ModuleProxy(self, "")
        self._errors = ErrorClasses(self)
        self._objects: dict[int, Any] = {}
        self._lent: dict[int, Any] = {}
        self._lent_numbers: dict[int, int] = {}
        self._next = itertools.count(1)

    # -- what proxies ask --------------------------------------------------

    def get(self, owner: Link | str, name: str) -> Any:
        """Return an attribute of an object or module."""
        frame = {"op": "get", "name": name, **_target(owner)}
        value = self._carry_out(frame, None, IMPORT_SECONDS)
        link = _link_of(value)
        if link is not None and not isinstance(value, Record | Member):
            link.name, link.shown = _names(owner, name)
        return value

    def set(self, owner: Link | str, name: str, value: Any) -> None:
        frame = {"op": "set", "name": name, **_target(owner)}
        self._carry_out({**frame, "value": self.encode(value)}, None)

    def delete(self, owner: Link | str, name: str) -> None:
        self._carry_out({"op": "del", "name": name, **_target(owner)}, None)

    def call(self, link: Link, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """Call a function, method or class over there."""
        shown = link.shown or link.type_name
        entry = function_call(link.name or link.dotted, shown, args, kwargs)
        self.log.append(entry)
        lists = [list(args), dict(kwargs)]
        frame = {"op": "call", "args": self.encode(lists[0])}
        frame |= {"kwargs": self.encode(lists[1]), **link.target}
        return self._carry_out(frame, entry, CALL_SECONDS, lists)

    def special(self, proxy: Proxy, name: str, args: Any) -> Any:
        """Apply an operator or a built-in function over there."""
        link = proxy._link
        entry = None
        if name not in _UNLOGGED:
            entry = special_call(proxy, link.dotted, name, args)
            self.log.append(entry)
        frame = {"op": "special", "name": name, **link.target}
        frame["args"] = self.encode(list(args))
        return self._carry_out(frame, entry)

    def iterate(self, proxy: Proxy) -> Any:
        """Return an iterator over an object, and log what it gives."""
        link = proxy._link
        entry = special_call(proxy, link.dotted, "iter", ())
        if link.name:
            entry.name, entry.text = link.name, f"list({link.shown})"
        self.log.append(entry)
        frame = {"op": "special", "name": "iter", "args": [], **link.target}
        iterator = self._carry_out(frame, None)
        entry.returned = []
        if isinstance(iterator, Proxy):
            iterator.__dict__["_entry"] = entry
        return iterator

    def next(self, proxy: Proxy) -> Any:
        """Return the next item in a list, an empty list at the end."""
        entry = proxy.__dict__.get("_entry")
        frame = {"op": "special", "name": "next", "args": []}
        items = entry.returned if entry else []
        found = self._carry_out({**frame, **proxy._link.target}, entry)
        if entry:
            entry.returned = [*items, *found]
        return found

    def ask(self, op: str, **fields: Any) -> Frame:
        """Return the whole reply to a request about the process."""
        seconds = fields.pop("seconds", IMPORT_SECONDS)
        reply = self.connection.request({"op": op, **fields}, seconds)
        self.blanks += _blanks(reply)
        if "ok" not in reply:
            raise self.problem(reply, None)
        return reply

    def _carry_out(
        self,
        frame: Frame,
        entry: Call | None,
        seconds: float = CALL_SECONDS,
        lists: list[Any] | None = None,
    ) -> Any:
        reply = self.connection.request(frame, seconds)
        try:
            self.blanks += _blanks(reply)
            if "ok" not in reply:
                raise self.problem(reply, entry or self._attribute(frame))
            value = self.decode(reply["ok"])
            if lists is not None and "after" in reply:
                _update(lists, self.decode(reply["after"]))
        except (GarbledError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, GarbledError):
                raise self.connection.garbled() from None
            raise
        if entry is not None:
            entry.returned = value
        return value

    def _attribute(self, frame: Frame) -> Call:
        """Return a new entry for an attribute that could not be read."""
        name = frame.get("name", frame["op"])
        if "module" in frame:
            name = f"{frame['module'] or 'llm_providers'}.{name}"
        entry = Call(name, name)
        self.log.append(entry)
        return entry

    def problem(self, reply: Frame, entry: Call | None) -> BaseException:
        """Return what a reply without a value has to raise here."""
        where = reply.get("where")
        if "unreadable" in reply:
            return FaultError(
                "failed", f"What came back cannot be read: {reply['unreadable']}."
            )
        if "exit" in reply:
            return FaultError(
                "ended", f"Your code called for an exit: {reply['exit']}"
            )
        if "import" in reply:
            error = self.decode(reply["import"])
            return ImportFaultError(error, where)
        error = self.decode(reply["raised"])
        if entry is not None:
            entry.failed_with(error, where)
        raised: BaseException = error
        return raised

    # -- outward -----------------------------------------------------------

    def encode(self, value: Any) -> Any:
        """Return a value's data. Raises TypeError if it cannot travel."""
        try:
            return Encoder(self._encode_other).encode(value)
        except UnreadableError as error:
            raise TypeError(f"a test cannot pass this: {error}") from error

    def _encode_other(self, value: Any, encoder: Encoder) -> Any:
        link = _link_of(value)
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
        if link.remote is self:
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

    def _answer(self, request: Frame) -> Frame:
        """Return the reply to a callback."""
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

    # -- inward ------------------------------------------------------------

    def decode(self, data: Any) -> Any:
        """Return the value of data from the child. Raises GarbledError."""
        return decode(data, self._decode_other)

    def _decode_other(self, tag: str, data: Frame) -> Any:
        if tag == "module":
            return ModuleProxy(self, data["name"])
        if tag == "yours":
            return self._lent[data["n"]]
        known = self._objects.get(data["h"])
        if known is None:
            known = self._objects[data["h"]] = self._new(tag, data)
        if tag == "record":
            fields = {k: self.decode(v) for k, v in data["f"].items()}
            known.__dict__["_fields"] = fields
            known.__dict__["_uncompared"] = frozenset(data["not"])
        return known

    def _new(self, tag: str, data: Frame) -> Any:
        if tag == "error":
            return self._new_error(data)
        link = Link(self, data["h"], data["type"], tuple(data.get("mro", ())))
        link.equality = data.get("eq", "identity")
        if tag == "class" and "error" in data:
            kind = self._errors.find(data["error"])
            self._errors.link(data["type"], link)
            return kind
        bases = {"object": Proxy, "record": Record, "member": Member}
        base = ClassProxy if tag == "class" else bases[tag]
        specials = frozenset(map(str, data.get("can", ())))
        proxy = object.__new__(proxy_class(base, link.type_name, specials))
        proxy.__dict__["_link"] = link
        if tag == "member":
            value = self.decode(data["value"])
            proxy.__dict__.update(name=data["name"], value=value)
        return proxy

    def _new_error(self, data: Frame) -> Any:
        kind = self._errors.find(data["error"])
        args = tuple(self.decode(arg) for arg in data["args"])
        error = make_error(kind, args, data["text"])
        link = Link(self, data["h"], data["type"], ())
        if isinstance(error, RemoteError):
            error.__dict__["_link"] = link
        parts = {
            "fields": {k: self.decode(v) for k, v in data["f"].items()},
            "cause": self.decode(data["cause"]),
            "context": self.decode(data["context"]),
        }
        fill_in(error, data, parts)
        return error


class ImportFaultError(FaultError):
    """A module of the learner's package could not be imported."""

    def __init__(self, error: BaseException, where: Place | None) -> None:
        super().__init__("import_error", f"{type(error).__name__}: {error}")
        self.error = error
        self.where = where


def _blanks(reply: Frame) -> list[str]:
    return [str(number) for number in reply.get("blanks", ())]


def _target(owner: Link | str) -> dict[str, Any]:
    return {"module": owner} if isinstance(owner, str) else owner.target


def _names(owner: Link | str, name: str) -> tuple[str, str]:
    """Return the dotted and the short name of an attribute."""
    if isinstance(owner, str):
        return f"{owner}.{name}".lstrip("."), name
    return f"{owner.dotted}.{name}", f"{owner.type_name}.{name}"


def _link_of(value: Any) -> Link | None:
    kind = type(value)
    if issubclass(kind, Proxy) or issubclass(kind, RemoteError):
        link: Link | None = value.__dict__.get("_link")
        return link
    if issubclass(kind, RemoteErrorType):
        link = value.__dict__.get("_class_link")
        return link
    return None


def _update(lists: list[Any], after: list[Any]) -> None:
    """Change the arguments of a call as the code over there did."""
    pairs = list(zip(lists[0], after[0], strict=True))
    pairs += [(item, after[1][name]) for name, item in lists[1].items()]
    for ours, theirs in pairs:
        if isinstance(ours, list):
            ours[:] = theirs
        elif isinstance(ours, dict | set):
            ours.clear()
            ours.update(theirs)
