"""A learner's package, from afar: every use of it is a request to a child."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from .calls import NOTHING, Call, function_call, special_call
from .connection import CALL_SECONDS, Connection, FaultError
from .declared import Declared
from .proxies import Link, Member, ModuleProxy, Proxy, Record, note
from .roots import FIRST, short_name
from .values import Values, link_of
from .wire import Frame, GarbledError, copied

# Seconds for what may import a module first.
IMPORT_SECONDS = 1.6 * CALL_SECONDS

# Operators and functions whose use is no step of a test's own: a `list`,
# for one, asks for the length first.
_UNLOGGED = frozenset({"dir", "hash", "enter", "exit", "eq", "len", "bool"})

_MUTABLE = (list, dict, set)
_ENDING = (SystemExit, KeyboardInterrupt, GeneratorExit)

Place = Mapping[str, Any]


class Remote:
    """A learner's package in one child, and all that came from it.

    `log` gets every call, `blanks` the exercises whose blanks ran. `declared`
    has the records of the kit's own package. `restore` gets a function for
    each argument that code over there has changed: it makes it as it was.
    """

    def __init__(
        self,
        connect: Callable[[Callable[[Frame], Frame]], Connection],
        log: list[Call],
        declared: Declared | None = None,
        restore: list[Callable[[], None]] | None = None,
    ) -> None:
        self.log = log
        self._restore = [] if restore is None else restore
        self.declared = declared or Declared()
        self.blanks: list[str] = []
        values = Values(self)
        self.encode = values.encode
        self.decode = values.decode
        self._decode_built = values.decode_built
        self.connection = connect(values.answer)
        # The learner's package; its modules are attributes.
        self.package = ModuleProxy(self, FIRST)
        self._roots = {FIRST: self.package}

    def root(self, name: str) -> ModuleProxy:
        """Return a package of the learner's by its name."""
        return self._roots.setdefault(name, ModuleProxy(self, name))

    # -- what proxies ask --------------------------------------------------

    def get(self, owner: Link | str, name: str) -> Any:
        """Return an attribute of an object or module."""
        frame = {"op": "get", "name": name, **_target(owner)}
        value = self._carry_out(frame, None, IMPORT_SECONDS)
        link = link_of(value)
        if link is not None and not isinstance(value, Record | Member):
            link.name, link.shown = _names(owner, name)
        if link is not None and isinstance(owner, str):
            self.declared.note(owner, name, link.type)
        return value

    def set(self, owner: Link | str, name: str, value: Any) -> None:
        frame = {"op": "set", "name": name, **_target(owner)}
        self._carry_out({**frame, "value": self.encode(value)}, None)

    def delete(self, owner: Link | str, name: str) -> None:
        self._carry_out({"op": "del", "name": name, **_target(owner)}, None)

    def build(self, link: Link, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """Call a class over there.

        Where it makes a record, what is given is what the record has.
        """
        frozen = [each for each in link.declared if each.frozen]
        if not frozen:
            return self.call(link, args, kwargs)
        given: dict[str, Any] = {}
        for each in reversed(frozen):
            given |= each.given(*copied((args, dict(kwargs))))
        decode = partial(self._decode_built, given=given)
        value = self.call(link, args, kwargs, decode)
        if isinstance(value, Proxy):
            # A value to ask with or to compare with: no step of its own.
            value._made_by[0].inner = True
        return value

    def call(
        self,
        link: Link,
        args: Any,
        kwargs: Mapping[str, Any],
        decode: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Call a function, method or class over there."""
        shown = link.shown or link.type_name
        entry = function_call(link.name or link.dotted, shown, args, kwargs)
        self.log.append(entry)
        lists = [list(args), dict(kwargs)]
        frame = {"op": "call", "args": self.encode(lists[0])}
        frame |= {"kwargs": self.encode(lists[1]), **link.target}
        value = self._carry_out(frame, entry, CALL_SECONDS, lists, decode)
        if isinstance(value, Proxy):
            note(value, _made_by=(entry, lists))
        return value

    def special(self, proxy: Proxy, name: str, args: Any) -> Any:
        """Apply an operator or a built-in function over there."""
        link = proxy._link
        entry = special_call(proxy, link.dotted, name, args)
        lists = None
        if name == "enter" and hasattr(proxy, "_made_by"):
            made_by, lists = proxy._made_by
            text = f"with {made_by.text}: ..."
            entry = replace(made_by, text=text, returned=NOTHING)
        if name not in _UNLOGGED:
            self.log.append(entry)
        frame = {"op": "special", "name": name, **link.target}
        frame["args"] = self.encode(list(args))
        return self._carry_out(frame, entry, lists=lists)

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
            note(iterator, _entry=entry)
        return iterator

    def next(self, proxy: Proxy) -> Any:
        """Return the next item in a list, an empty list at the end."""
        entry = getattr(proxy, "_entry", None)
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
        decode: Callable[[Any], Any] | None = None,
    ) -> Any:
        reply = self.connection.request(frame, seconds)
        self.blanks += _blanks(reply)
        try:
            if "ok" not in reply:
                entry = entry or _attribute(frame)
                if not any(entry is known for known in self.log):
                    self.log.append(entry)
                raise self.problem(reply, entry)
            value = (decode or self.decode)(reply["ok"])
            if lists is not None and "after" in reply:
                self._update(lists, self.decode(reply["after"]))
        except GarbledError:
            raise self.connection.garbled() from None
        if entry is not None:
            entry.returned = value
        return value

    def _update(self, lists: list[Any], after: list[Any]) -> None:
        """Change the arguments of a call as the code over there did."""
        pairs = list(zip(lists[0], after[0], strict=True))
        pairs += [(item, after[1][name]) for name, item in lists[1].items()]
        for ours, theirs in pairs:
            kind = next((k for k in _MUTABLE if isinstance(ours, k)), None)
            if kind is None:
                continue
            if not isinstance(theirs, kind):
                raise GarbledError("an argument became another kind of thing")
            self._restore.append(partial(_change, ours, copy.copy(ours)))
            _change(ours, theirs)

    def problem(self, reply: Frame, entry: Call | None) -> BaseException:
        """Return what a reply without a value has to raise here."""
        where = place_of(reply.get("where"))
        if "unreadable" in reply:
            reason = str(reply["unreadable"])[:200]
            text = f"What came back cannot be read: {reason}."
            return FaultError("failed", text)
        if "exit" in reply:
            reason = str(reply["exit"])[:200]
            text = f"Your code called for an exit: {reason}"
            return FaultError("ended", text)
        if "import" in reply:
            error = self.decode(reply["import"])
            return ImportFaultError(error, where)
        error = self.decode(reply["raised"])
        if not isinstance(error, BaseException):
            raise GarbledError("no exception was raised")
        if isinstance(error, _ENDING):
            # Said as any other exception it would end the judge.
            return FaultError("ended", "Your code called for an exit.")
        if entry is not None:
            entry.failed_with(error, where)
        raised: BaseException = error
        return raised


class ImportFaultError(FaultError):
    """A module of the learner's package could not be imported."""

    def __init__(self, error: BaseException, where: Place | None) -> None:
        super().__init__("import_error", f"{type(error).__name__}: {error}")
        self.error = error
        self.where = where


def _attribute(frame: Frame) -> Call:
    """Return the entry for an attribute that could not be used."""
    name = str(frame.get("name", frame["op"]))
    if "module" in frame:
        module = str(frame["module"])
        name = f"{short_name(module) or module}.{name}"
    return Call(name, name)


def _blanks(reply: Frame) -> list[str]:
    found = reply.get("blanks", ())
    return [str(number)[:20] for number in found][:100]


def place_of(where: Any) -> Place | None:
    """Return a place as it should be told, whatever the child told."""
    if not isinstance(where, dict):
        return None
    texts = {
        name: str(where.get(name, ""))[:200]
        for name in ("file", "line", "function", "text")
    }
    line = where.get("line")
    return {**texts, "line": line if isinstance(line, int) else 0}


def _target(owner: Link | str) -> dict[str, Any]:
    return {"module": owner} if isinstance(owner, str) else owner.target


def _names(owner: Link | str, name: str) -> tuple[str, str]:
    """Return the dotted and the short name of an attribute."""
    if isinstance(owner, str):
        return f"{short_name(owner)}.{name}".lstrip("."), name
    return f"{owner.dotted}.{name}", f"{owner.type_name}.{name}"


def _change(ours: Any, theirs: Any) -> None:
    """Let a container hold what another one of its kind does."""
    if isinstance(ours, list):
        ours[:] = theirs
    else:
        ours.clear()
        ours.update(theirs)
