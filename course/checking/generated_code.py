"""The code that Python writes for a dataclass: compiled once per text.

Dataclasses write text for each of their methods and compile it, each time
that a module is imported. In a fork of a process that has compiled the same
text before, nothing is left to do but to run the code.
"""

from __future__ import annotations

import builtins
import dataclasses
from types import CodeType
from typing import Any

__all__ = ["remember_generated_code"]

_known: dict[str, CodeType] = {}


def remember_generated_code() -> None:
    """Keep what dataclasses compile in this process and in its forks."""
    # A module's own name goes before a built-in function's.
    vars(dataclasses)["exec"] = _run


def _run(text: str, *namespaces: dict[str, Any]) -> None:
    code = _known.get(text)
    if code is None:
        made: CodeType = compile(text, "<string>", "exec", dont_inherit=True)
        code = _known[text] = made
    builtins.exec(code, *namespaces)
