"""Exceptions of a learner's process as exceptions of this one.

``pytest.raises`` needs classes, so each class over there gets a local one
with the same name and ancestors; Python's own exceptions are themselves.
"""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from .roots import root_of
from .wire import Frame, GarbledError

if TYPE_CHECKING:
    from .proxies import Link
    from .remote import Remote

# What these raise means something else to the judge than a failing test.
_OURS = frozenset({"pytest", "_pytest", "pluggy", "unittest", "course"})


class RemoteErrorType(type):
    """The class of the local classes: what is asked of one goes over."""

    _class_link: Link

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        link = cls._class_link
        return link.remote.call(link, args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_") or "_class_link" not in cls.__dict__:
            raise AttributeError(name)
        return cls._class_link.remote.get(cls._class_link, name)


class RemoteError(metaclass=RemoteErrorType):
    """What the local exceptions have beside Python's own."""

    _link: Link
    _text: str

    def __str__(self) -> str:
        return self._text

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "_link" not in self.__dict__:
            raise AttributeError(name)
        return self._link.remote.get(self._link, name)


class ErrorClasses:
    """The local classes of one connection, by full name."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._known: dict[str, Any] = {}

    def find(self, ancestry: list[Any]) -> Any:
        """Return the class that an ancestry describes, made if need be."""
        for name, bases in reversed(ancestry):
            if name not in self._known:
                self._known[name] = self._make(name, bases)
        return self._known[ancestry[0][0]]

    def link(self, name: str, link: Link) -> None:
        """Remember which object over there a local class stands for."""
        kind = self._known[name]
        if isinstance(kind, RemoteErrorType):
            kind._class_link = link

    def _make(self, name: str, base_names: list[str]) -> Any:
        module, _, qualname = name.partition(":")
        if module == "builtins":
            return _builtin(qualname)
        own = _loaded(module, qualname)
        described = [self._known.get(base, object) for base in base_names]
        short = qualname.rpartition(".")[2]
        space = {"__module__": module, "__qualname__": qualname}
        for bases in ([own] if own else described, described, [Exception]):
            made = _class_of(short, bases, space)
            if made is not None:
                return made
        raise GarbledError(f"no exception: {name}")


def _class_of(name: str, bases: list[Any], space: dict[str, Any]) -> Any:
    """Return a class with these bases; None if it would have no objects.

    A library's compiled exception may refuse to be derived from, or to be
    made by anybody else.
    """
    if not any(issubclass(base, RemoteError) for base in bases):
        bases = [RemoteError, *bases]
    try:
        made: Any = RemoteErrorType(name, tuple(bases), dict(space))
        _empty(made)
    except TypeError:
        return None
    return made


def _empty(kind: Any) -> Any:
    """Return an exception without arguments. Raises TypeError.

    An OSError can be made by its own `__new__` only.
    """
    own = OSError if issubclass(kind, OSError) else BaseException
    return own.__new__(kind)


def _builtin(name: str) -> Any:
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        raise GarbledError(f"no exception: {name}")
    return kind


def _loaded(module: str, name: str) -> Any:
    """Return a library's exception class if this process has it, too."""
    if root_of(module) or module.partition(".")[0] in _OURS:
        return None
    kind = getattr(sys.modules.get(module), name, None)
    is_error = isinstance(kind, type) and issubclass(kind, Exception)
    return kind if is_error else None


def make_error(kind: Any, args: tuple[Any, ...], text: str) -> Any:
    """Return an exception of a class without running its constructor."""
    error: Any
    try:
        if issubclass(kind, RemoteError):
            error = kind.__new__(kind, *args)
        else:
            error = kind(*args)
    except Exception:
        error = _empty(kind)
    error.args = args
    if isinstance(error, RemoteError):
        error._text = text
    return error


def fill_in(error: Any, data: Frame, decoded: dict[str, Any]) -> None:
    """Set what an exception knows beside its arguments."""
    for name, value in decoded["fields"].items():
        try:
            setattr(error, name, value)
        except (AttributeError, TypeError):
            continue
    error.__context__ = decoded["context"]
    error.__cause__ = decoded["cause"]
    error.__suppress_context__ = bool(data["quiet"])
    for note in data["notes"]:
        error.add_note(note)
