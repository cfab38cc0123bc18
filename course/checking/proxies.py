"""Local stand-ins for objects that live in a learner's process.

A proxy has the special methods that its object's class has, so that what is
no iterator here is none there either. Two values are compared on this side;
only when both live over there are they asked, and only if of one class.
"""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, Any

from .roots import short_name
from .wire import GarbledError

if TYPE_CHECKING:
    from .calls import Call
    from .declared import RecordClass
    from .remote import Remote

Shown = Callable[[Any], str]

# Attributes with a meaning to Python that are read from over there.
_READABLE = ("__name__", "__qualname__", "__doc__", "__all__", "__version__")

# Their use of `repr` is for messages: no call of the test's own.
_REPORTERS = ("_pytest", "pytest", "reprlib", "pprint", "checking")


@dataclass
class Link:
    """Which object a proxy stands for, and how it is called in messages."""

    remote: Remote
    number: int
    type: str
    ancestors: tuple[str, ...]
    equality: str = "identity"
    name: str = ""
    shown: str = ""

    @property
    def type_name(self) -> str:
        """The class's name without its modules."""
        return self.type.rpartition(":")[2].rpartition(".")[2]

    @property
    def dotted(self) -> str:
        """The class's name with the module, as modules are named here."""
        module, _, name = self.type.partition(":")
        return f"{short_name(module) or module}.{name}"

    @property
    def target(self) -> dict[str, Any]:
        return {"h": self.number}

    @property
    def declared(self) -> list[RecordClass]:
        """What the kit's text says of the class, if it is a record's."""
        return self.remote.declared.records((self.type, *self.ancestors))


def note(proxy: Proxy | ModuleProxy, **notes: Any) -> None:
    """Write something down at a proxy, where its own `setattr` asks remote."""
    for name, value in notes.items():
        object.__setattr__(proxy, name, value)


class Proxy:
    """Any object over there.

    It has no `__dict__`: pytest's monkeypatch would take what is on this side
    for the object's own attributes, and delete these over there at the end.
    """

    __slots__ = ("_entry", "_link", "_made_by")

    _link: Link
    _made_by: tuple[Call, list[Any]]  # by which call, given which arguments
    _entry: Call  # an iterator's, which lists what it has given

    def __init__(self, *args: Any, **fields: Any) -> None:
        # As `dataclasses.replace` would; proxies are made without it.
        raise TypeError(
            f"a {type(self).__name__} is made by its class in the package; "
            "its objects here only stand for those there"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _READABLE:
            raise AttributeError(name)
        if name in Proxy.__slots__:
            raise AttributeError(name)
        return self._link.remote.get(self._link, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.remote.set(self._link, name, value)

    def __delattr__(self, name: str) -> None:
        self._link.remote.delete(self._link, name)

    def __dir__(self) -> list[str]:
        return list(self._special("dir"))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        link = self._link
        if isinstance(other, dict) and _is_mapping(link):
            return {key: self[key] for key in self} == other  # type: ignore
        if not isinstance(other, Proxy) or link.equality == "identity":
            return False
        if other._link.type != link.type or link.declared:
            return False
        return self._special("eq", other) is True

    def __hash__(self) -> int:
        if self._link.equality == "identity":
            return self._link.number
        return int(self._special("hash"))

    def __repr__(self) -> str:
        if _asked_by_reporter():
            return self._shown(repr)
        return str(self._special("repr"))

    def __str__(self) -> str:
        if _asked_by_reporter():
            return self._shown(repr)
        return str(self._special("str"))

    def __format__(self, spec: str) -> str:
        if _asked_by_reporter():
            return self._shown(repr)
        return str(self._special("format", spec))

    def __copy__(self) -> Proxy:
        raise TypeError(f"a {self._link.type_name} cannot be copied from here")

    def __deepcopy__(self, known: dict[int, Any]) -> Proxy:
        return self.__copy__()

    def _special(self, name: str, *args: Any) -> Any:
        return self._link.remote.special(self, name, args)

    def _shown(self, show: Shown) -> str:
        return f"<{self._link.shown or self._link.type_name}>"


class Record(Proxy):
    """A dataclass or model: its fields are here, its methods over there."""

    __slots__ = ("_at_default", "_fields", "_uncompared")

    _fields: dict[str, Any]
    _uncompared: frozenset[str]
    _at_default: frozenset[str]

    def __getattr__(self, name: str) -> Any:
        if name in Record.__slots__:
            raise AttributeError(name)
        if name in self._fields:
            return self._fields[name]
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._fields[name] = value

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Record):
            return super().__eq__(other)
        if self._link.type != other._link.type:
            return False
        if not self._declared() <= self._fields.keys():
            return False
        if self._link.equality == "fields":
            return self._compared() == other._compared()
        # Code that calls two of them equal is believed only if they may be.
        return self._fields == other._fields and super().__eq__(other)

    def __hash__(self) -> int:
        if self._link.equality != "fields":
            return super().__hash__()
        return hash((self._link.type, tuple(self._compared().items())))

    def __copy__(self) -> Record:
        """Return one whose fields stay what they are now."""
        return self._with(dict(self._fields))

    def __deepcopy__(self, known: dict[int, Any]) -> Record:
        return self._with(copy.deepcopy(self._fields, known))

    def _with(self, fields: dict[str, Any]) -> Record:
        copied = object.__new__(type(self))
        note(
            copied,
            _link=self._link,
            _fields=fields,
            _uncompared=self._uncompared,
            _at_default=self._at_default,
        )
        return copied

    def _compared(self) -> dict[str, Any]:
        left_out = self._uncompared - self._declared()
        return {
            name: value
            for name, value in self._fields.items()
            if name not in left_out
        }

    def _declared(self) -> frozenset[str]:
        """Return the fields that are compared, whatever the class says."""
        declared = self._link.declared
        return frozenset().union(*(each.compared for each in declared))

    def _shown(self, show: Shown) -> str:
        fields = [
            f"{name}={show(value)}"
            for name, value in self._fields.items()
            if name not in self._at_default
        ]
        return f"{self._link.type_name}({', '.join(fields)})"


class Member(Proxy):
    """A member of an enumeration."""

    __slots__ = ("name", "value")

    name: str
    value: Any

    def __copy__(self) -> Member:
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Member):
            return self._key() == other._key()
        plain = ("builtins:str", "builtins:int")
        has_plain = any(base in self._link.ancestors for base in plain)
        return has_plain and bool(self.value == other)

    def __hash__(self) -> int:
        return hash(self.value)

    def _key(self) -> tuple[str, str]:
        return self._link.type, self.name

    def _shown(self, show: Shown) -> str:
        return f"{self._link.type_name}.{self.name}"


class ClassProxy(Proxy):
    """A class over there: it can be called, and asked for its instances."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.remote.build(self._link, args, kwargs)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, Proxy) and (
            self._link.type in instance._link.ancestors
        )

    def __subclasscheck__(self, subclass: object) -> bool:
        return isinstance(subclass, ClassProxy) and (
            self._link.type in subclass._link.ancestors
        )

    def _shown(self, show: Shown) -> str:
        return self._link.type_name


class ModuleProxy:
    """A module of the learner's package."""

    __slots__ = ("_kept", "_name", "_remote")

    _remote: Remote
    _name: str
    _kept: dict[str, Any]

    def __init__(self, remote: Remote, name: str) -> None:
        note(self, _remote=remote, _name=name, _kept={})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _READABLE:
            raise AttributeError(name)
        if name in self._kept:
            return self._kept[name]
        value = self._remote.get(self._name, name)
        # What a `def`, a `class` or an import made is asked for once.
        if isinstance(value, ModuleProxy | ClassProxy) or callable(value):
            self._kept[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._kept.clear()
        self._remote.set(self._name, name, value)

    def __delattr__(self, name: str) -> None:
        self._kept.clear()
        self._remote.delete(self._name, name)

    def __repr__(self) -> str:
        return f"<module {short_name(self._name)}>"


def _is_mapping(link: Link) -> bool:
    return "collections.abc:Mapping" in link.ancestors


def _asked_by_reporter() -> bool:
    caller = sys._getframe(2).f_globals.get("__name__", "")
    return caller.partition(".")[0] in _REPORTERS or caller.startswith(
        "course.checking"
    )


def _call(self: Proxy, *args: Any, **kwargs: Any) -> Any:
    return self._link.remote.call(self._link, args, kwargs)


def _next(self: Proxy) -> Any:
    found = self._link.remote.next(self)
    if not found:
        raise StopIteration
    return found[0]


def _iter(self: Proxy) -> Any:
    return self._link.remote.iterate(self)


def _exit(self: Proxy, kind: Any, error: Any, traceback: Any) -> Any:
    return self._special("exit", kind, error, None)


def _other_special(name: str) -> Callable[..., Any]:
    def method(self: Proxy, *args: Any) -> Any:
        return self._special(name, *args)

    method.__name__ = f"__{name}__"
    return method


_WRITTEN = {"call": _call, "next": _next, "iter": _iter, "exit": _exit}


@functools.cache
def proxy_class(
    base: type[Proxy],
    name: str,
    specials: frozenset[str],
    fields: tuple[str, ...] = (),
) -> type[Proxy]:
    """Return a subclass of `base` with these special methods.

    With the `fields` of a dataclass it is one to the functions of that
    module, such as ``asdict``.
    """
    methods = {
        f"__{special}__": _WRITTEN.get(special) or _other_special(special)
        for special in specials - {"hash"}
    }
    own: dict[str, Any] = {"__module__": __name__, "__slots__": ()}
    if fields:
        own["__dataclass_fields__"] = _dataclass_fields(fields)
    return type(name, (base,), {**methods, **own})


def _dataclass_fields(names: tuple[str, ...]) -> Any:
    try:
        like = make_dataclass("Fields", names, init=False, repr=False)
    except TypeError:
        raise GarbledError("no names of fields") from None
    return vars(like)["__dataclass_fields__"]
