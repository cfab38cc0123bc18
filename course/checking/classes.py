"""What there is to know about a class: its names, fields and abilities."""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import Any

# What a proxy can offer beside attributes, if the object's class does.
SPECIALS = (
    *("call", "iter", "next", "len", "getitem", "setitem", "delitem"),
    *("contains", "enter", "exit", "bool", "hash", "lt", "le", "gt", "ge"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "neg"),
    *("or", "ror", "and", "mod", "int", "float", "index"),
)


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


def nearest(lines: list[Any]) -> Any:
    """Return the first class of an ancestry that exists here."""
    for name, _ in lines:
        try:
            return named(name)
        except ValueError:
            continue
    return Exception


def field_names(kind: type) -> list[str] | None:
    """Return the fields of a dataclass or pydantic model; None of others."""
    fields = _fields(kind)
    if fields is not None:
        return [field.name for field in fields]
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        return list(vars(kind)["__pydantic_fields__"])
    return None


def dataclass_fields(kind: type) -> list[str]:
    """Return the names of a dataclass's fields; none of other classes."""
    return [field.name for field in _fields(kind) or ()]


def uncompared(kind: type) -> list[str]:
    return [field.name for field in _fields(kind) or () if not field.compare]


def _fields(kind: type) -> tuple[dataclasses.Field[Any], ...] | None:
    """Return the fields of a dataclass, which stay; None of others.

    They are found by the number of the class, which may not be hashable.
    """
    known = _known.get(id(kind))
    if known is None and dataclasses.is_dataclass(kind):
        known = _known[id(kind)] = kind, dataclasses.fields(kind)
    return known[1] if known else None


_known: dict[int, tuple[type, tuple[dataclasses.Field[Any], ...]]] = {}


def at_default(value: Any) -> list[str]:
    """Return the fields of a dataclass that still have their default.

    Only plain values are looked at, which have no say in the comparison.
    """
    found = []
    for field in _fields(type(value)) or ():
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


def offered(kind: type) -> list[str]:
    """Return the special methods that a class has of its own.

    Its ancestors are looked into: asked by `getattr`, every class is
    callable, since it can be called itself.
    """
    found: dict[str, Any] = {}
    for each in kind.__mro__[-2::-1]:
        names = vars(each)
        for method in _METHODS & names.keys():
            found[method] = names[method]
    return [
        name
        for name in SPECIALS
        if found and found.get(f"__{name}__") is not None
    ]


_METHODS = frozenset(f"__{name}__" for name in SPECIALS)


def equality(kind: type) -> str:
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
