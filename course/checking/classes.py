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
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        return list(vars(kind)["__pydantic_fields__"])
    return None


def uncompared(kind: type) -> list[str]:
    if not dataclasses.is_dataclass(kind):
        return []
    return [f.name for f in dataclasses.fields(kind) if not f.compare]


def at_default(value: Any) -> list[str]:
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


def offers(kind: type, name: str) -> bool:
    """Return whether a class has a special method of its own.

    Its ancestors are looked into: asked by `getattr`, every class is
    callable, since it can be called itself.
    """
    for each in kind.__mro__[:-1]:
        if f"__{name}__" in vars(each):
            return vars(each)[f"__{name}__"] is not None
    return False


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
