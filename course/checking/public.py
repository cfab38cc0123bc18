"""A package of which a hostile client sees no more than its public names.

The client may send whatever it likes: every name, class and object that it
asks for is looked at here, on the package's side.
"""

from __future__ import annotations

from types import (
    BuiltinMethodType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any

from .classes import named
from .exports import Exports
from .operations import Operations
from .roots import ROOTS
from .wire import Frame

_ABOUT = frozenset(
    {"__name__", "__qualname__", "__doc__", "__all__", "__version__"}
)
_OPS = frozenset({"get", "set", "del", "call", "special"})
_PLAIN = (str, int, float, bytes, bool, tuple, list, dict, set, type(None))
_BUILTIN = frozenset(
    {"str", "int", "float", "bool", "bytes", "list", "dict", "tuple", "set"}
)


class HiddenError(AttributeError):
    """What was asked for is no public name of the package."""


class PublicExports(Exports):
    """Takes classes by name only if they are the package's, or harmless."""

    def _decode_other(self, tag: str, data: Frame) -> Any:
        if tag in ("class", "record"):
            self._require_known(str(data["type"]), tag == "record")
        if tag == "error":
            for name, _ in data["error"]:
                module, _, short = str(name).partition(":")
                if module != "builtins" or not short.isidentifier():
                    continue
                kind = named(name)
                if isinstance(kind, type) and issubclass(kind, Exception):
                    only = {**data, "error": [[name, []]]}
                    return super()._decode_other(tag, only)
            raise ValueError(tag)
        return super()._decode_other(tag, data)

    def _require_known(self, name: str, as_record: bool) -> None:
        module, _, path = name.partition(":")
        if not all(p.isidentifier() and p[0] != "_" for p in path.split(".")):
            raise ValueError(name)
        kind = named(name)
        if not isinstance(kind, type):
            raise ValueError(name)
        ours = module.partition(".")[0] in ROOTS and is_ours(kind)
        plain = module == "builtins" and (
            path in _BUILTIN or issubclass(kind, BaseException)
        )
        if not ours and (as_record or not plain):
            raise ValueError(name)


class PublicOperations(Operations):
    """Performs requests on public names; others have the whole of it."""

    def __init__(self, served: Operations) -> None:
        super().__init__()
        self.folder = served.folder
        self._blanks = served._blanks
        self._all = served

    def perform(self, request: Frame, exports: Exports) -> Frame:
        if request["op"] not in _OPS:
            raise HiddenError(str(request["op"]))
        if request["op"] in ("set", "del"):
            # Whoever serves has to know that this package is another now.
            self._all._changed = True
        return super().perform(request, exports)

    def _do_get(self, request: Frame, exports: Exports) -> Frame:
        self._require_public(request)
        target = self._target(request, exports)
        value = getattr(target, str(request["name"]), None)
        if isinstance(target, ModuleType):
            _require_of_package(value, str(request["name"]))
        return super()._do_get(request, exports)

    def _do_set(self, request: Frame, exports: Exports) -> Frame:
        self._require_public(request)
        return super()._do_set(request, exports)

    def _do_del(self, request: Frame, exports: Exports) -> Frame:
        self._require_public(request)
        return super()._do_del(request, exports)

    def _require_public(self, request: Frame) -> None:
        name = request["name"]
        if type(name) is not str or (name[:1] == "_" and name not in _ABOUT):
            raise HiddenError(str(name))

    def _target(self, request: Frame, exports: Exports) -> Any:
        if "module" in request:
            parts = str(request["module"]).split(".")
            hidden = any(part[:1] == "_" for part in parts)
            if hidden or parts[0] not in ROOTS:
                raise HiddenError(str(request["module"]))
        target = super()._target(request, exports)
        simple = request["op"] not in ("call", "special")
        if not is_ours(target) or (simple and _is_code(target, request)):
            raise HiddenError(type(target).__name__)
        return target


def _is_code(target: Any, request: Frame) -> bool:
    """Return whether a request looks into a function or a generator."""
    kinds = (FunctionType, MethodType, BuiltinMethodType, GeneratorType)
    allowed = _ABOUT | {"close", "send", "throw"}
    return isinstance(target, kinds) and request["name"] not in allowed


def _require_of_package(value: Any, name: str) -> None:
    """Raise HiddenError for what a module has imported from elsewhere."""
    if isinstance(value, _PLAIN) or is_ours(value):
        return
    if isinstance(value, type) and issubclass(value, BaseException):
        return
    raise HiddenError(name)


def is_ours(value: Any) -> bool:
    """Return whether an object is one of the package's own.

    Iterators of Python's own are, too: they say nothing but their items.
    """
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] in ROOTS
    if isinstance(value, BuiltinMethodType):
        return value.__self__ is not None and is_ours(value.__self__)
    if isinstance(value, type | FunctionType | MethodType):
        return _of_package(getattr(value, "__module__", None))
    if isinstance(value, BaseException):
        return True
    if hasattr(type(value), "__next__") and type(value).__module__ in (
        "builtins",
        "itertools",
    ):
        return True
    return _of_package(type(value).__module__)


def _of_package(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in ROOTS
