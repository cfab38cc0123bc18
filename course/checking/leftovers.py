"""What a test of one's own leaves behind: the next one may stand on it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

_UNKNOWN = itertools.count()


def left_behind(item: pytest.Item) -> dict[str, str]:
    """Return the data in the module of a test, as text by name.

    That is what its names stand for, what its classes hold, and what its
    functions have as defaults, since those stay from call to call. A test
    that changes none of it may run before as well as after the others.
    """
    module = getattr(item, "module", None)
    return dict(_data(vars(module), module.__name__)) if module else {}


def _data(
    namespace: Mapping[str, Any], module: str, prefix: str = ""
) -> Iterator[tuple[str, str]]:
    for name, value in namespace.items():
        if name.startswith("__") or inspect.ismodule(value):
            continue
        yield prefix + name, _text(value)
        if inspect.isfunction(value):
            defaults = (value.__defaults__, value.__kwdefaults__)
            yield f"{prefix}{name}()", _text((*defaults, vars(value)))
        elif not inspect.isclass(value):
            yield f"{prefix}{name}.", _text(getattr(value, "__dict__", ""))
        elif value.__module__ == module:
            yield from _data(vars(value), module, f"{prefix}{name}.")


def _text(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        # Nobody knows then, so it counts as another each time.
        return f"unknown {next(_UNKNOWN)}"
