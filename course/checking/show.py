"""Values as short text for people: the same on every machine and day."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

LONGEST_TEXT = 160
LONGEST_VALUE = 600
MOST_ITEMS = 12
DEEPEST = 5

_ADDRESS = re.compile(r"\b(?:127\.0\.0\.1|localhost):\d+")
_PORT = re.compile(r"\bport=\d+")
_MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

_PAIRS: Mapping[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


def show(value: Any, longest: int = LONGEST_VALUE) -> str:
    """Return a value as Python would write it, shortened."""
    return shortened(plain(_show(value, 0)), longest)


def show_call(
    name: str, args: Iterable[Any], kwargs: Mapping[str, Any]
) -> str:
    """Return a call as it would be written."""
    parts = [show(arg, LONGEST_TEXT) for arg in args]
    parts += [f"{k}={show(v, LONGEST_TEXT)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def shortened(text: str, longest: int) -> str:
    """Return a text with its middle left out if it is too long."""
    if len(text) <= longest:
        return text
    tail = longest // 4
    return f"{text[: longest - tail - 3]} … {text[-tail:]}"


def plain(text: str) -> str:
    """Return a text without ports and memory addresses."""
    text = _PORT.sub("port=PORT", _ADDRESS.sub("127.0.0.1:PORT", text))
    return _MEMORY_ADDRESS.sub("", text)


def placeless(text: str, *folders: Path) -> str:
    """Return a text without what is this machine's own.

    Paths below `folders` become relative.
    """
    for folder in folders:
        text = text.replace(f"{folder}{os.sep}", "")
    return plain(text.replace(sys.prefix, "…"))


def _show(value: Any, depth: int) -> str:
    kind = type(value)
    described = getattr(kind, "_shown", None)
    if described is not None:
        return str(described(value, lambda part: _show(part, depth + 1)))
    if depth >= DEEPEST and kind in (list, tuple, dict, set, frozenset):
        return "…"
    if kind is str:
        return repr(shortened(value, LONGEST_TEXT))
    if kind is bytes:
        return repr(value[:LONGEST_TEXT]) + "…" * (len(value) > LONGEST_TEXT)
    if kind is dict or kind is MappingProxyType:
        return _show_mapping(value, depth)
    if kind in _PAIRS:
        return _show_items(value, kind, depth)
    return _show_other(value, depth)


def _show_mapping(value: Mapping[Any, Any], depth: int) -> str:
    parts = [
        f"{_show(key, depth + 1)}: {_show(item, depth + 1)}"
        for key, item in list(value.items())[:MOST_ITEMS]
    ]
    if len(value) > MOST_ITEMS:
        parts.append("…")
    return "{" + ", ".join(parts) + "}"


def _show_items(value: Any, kind: type, depth: int) -> str:
    if not value and kind in (set, frozenset):
        return f"{kind.__name__}()"
    opening, closing = _PAIRS[kind]
    shown = sorted(value, key=repr) if kind in (set, frozenset) else value
    parts = [_show(item, depth + 1) for item in list(shown)[:MOST_ITEMS]]
    if len(value) > MOST_ITEMS:
        parts.append("…")
    comma = "," if kind is tuple and len(value) == 1 else ""
    return f"{opening}{', '.join(parts)}{comma}{closing}"


def _show_other(value: Any, depth: int) -> str:
    if isinstance(value, BaseException):
        return f"{type(value).__name__}({_show(str(value), depth + 1)})"
    if isinstance(value, date | time):
        return _show_time(value)
    if isinstance(value, type) or callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return shortened(text, LONGEST_VALUE)


def _show_time(value: date | time) -> str:
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return f"<{value.isoformat(sep=' ')}>"
    return f"<{value}>"


Shown = Callable[[Any], str]
