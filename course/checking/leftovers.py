"""What a test of one's own leaves behind: the next one may stand on it."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest

_PLAIN = (bool, bytes, dict, float, int, list, set, str, tuple, type(None))
_UNKNOWN = itertools.count()


def left_behind(item: pytest.Item) -> dict[str, str]:
    """Return the data in the module of a test, as text by name.

    That is what its names stand for, what its classes hold, and what its
    functions have as defaults, since those stay from call to call. A test
    that changes none of it may run before as well as after the others.
    """
    module = getattr(item, "module", None)
    return dict(_data(vars(module), module.__name__)) if module else {}


class Beginning:
    """What a module's names stood for at first, to begin there again.

    That goes for numbers, texts, lists and the like: where one process has
    to run the tests on one package after another.
    """

    def __init__(self, module: ModuleType) -> None:
        self._namespace = vars(module)
        self._data: dict[str, Any] = {}
        for name, value in self._namespace.items():
            if type(value) in _PLAIN and not name.startswith("__"):
                with suppress(Exception):
                    self._data[name] = copy.deepcopy(value)

    def again(self) -> None:
        """Put everything back."""
        self._namespace.update(copy.deepcopy(self._data))


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
