"""The tests with other values than a learner saw, drawn by a seed.

`tests/drawn.txt` lists values that are arbitrary: names, keys, prompts. In a
copy of the tests each becomes another of the same length and shape, wherever
it stands in a text, so that an answer which holds a test's value fails. A
verdict is told with the values that learners know.
"""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import tokenize
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from course.checking.roots import ROOTS

__all__ = ["Drawn", "drawn_root"]

LIST = "drawn.txt"
# Read by processes that follow no link.
_COPIED = (*ROOTS, "data")
# From Python 3.12 on, an f-string is more than one token.
_TEXTS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
_GROUPS = ("aeiou", "bcdfghjklmnpqrstvwxyz", "123456789")


class Drawn:
    """Each value of a list with the one that is drawn in its place."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self._back = {new: old for old, new in values.items()}

    @classmethod
    def by(cls, seed: int, lines: list[str]) -> Drawn:
        """Return what a seed draws; 0 draws nothing."""
        if not seed:
            return cls({})
        table = _alphabet(random.Random(seed))
        values = {}
        for line in lines:
            fixed, bar, rest = line.rpartition("|")
            if line and not line.startswith("#"):
                values[fixed + rest] = fixed + rest.translate(table)
        return cls(values)

    def source(self, text: str) -> str:
        """Return a test file with other values in its texts."""
        if not self.values:
            return text
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        parts, done = [], 0
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in _TEXTS:
                first = starts[token.start[0] - 1] + token.start[1]
                last = starts[token.end[0] - 1] + token.end[1]
                parts += [text[done:first], self.text(text[first:last])]
                done = last
        return "".join([*parts, text[done:]])

    def text(self, text: str) -> str:
        """Return any text with other values."""
        return _replaced(text, self.values)

    def as_seen(self, told: Any) -> Any:
        """Return plain data with the values that learners know."""
        if isinstance(told, str):
            return _replaced(told, self._back)
        if isinstance(told, Mapping):
            return {name: self.as_seen(each) for name, each in told.items()}
        if isinstance(told, list | tuple):
            return type(told)(self.as_seen(each) for each in told)
        return told


def drawn_root(root: Path, folder: Path, seed: int) -> tuple[Path, Drawn]:
    """Return a copy of a kit whose tests have other values, and these.

    The copy lies in `folder`; what holds no such value is only linked to.
    """
    try:
        lines = (root / "tests" / LIST).read_text("utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    drawn = Drawn.by(seed, lines)
    if not drawn.values:
        return root, drawn
    copy = folder / "drawn"
    _link_all(root, copy, besides={"tests", "course", *_COPIED})
    for name in _COPIED:
        if (root / name).is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / name, copy / name, ignore=skipped)
    _link_all(root / "course", copy / "course", besides={"answers"})
    for place in ("tests", "course/answers"):
        for path in sorted((root / place).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                target = copy / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy(path, target, drawn)
    return copy, drawn


def _link_all(source: Path, target: Path, besides: set[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir() if source.is_dir() else ():
        if path.name not in besides and not path.name.startswith("."):
            os.symlink(path, target / path.name)


def _copy(path: Path, target: Path, drawn: Drawn) -> None:
    data = path.read_bytes()
    if path.suffix == ".yaml":
        data = drawn.text(data.decode()).encode()
    elif path.suffix == ".py" and b"mark.exercise(" in data:
        data = drawn.source(data.decode()).encode()
    target.write_bytes(data)


def _alphabet(chance: random.Random) -> dict[int, str]:
    """Return another letter for each, a vowel for a vowel."""
    table: dict[int, str] = {}
    for group in _GROUPS:
        others = list(group)
        while any(a == b for a, b in zip(group, others, strict=True)):
            chance.shuffle(others)
        for old, new in zip(group, others, strict=True):
            table[ord(old)] = new
            table[ord(old.upper())] = new.upper()
    return table


def _replaced(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return text
    pattern = _pattern(tuple(values))
    return pattern.sub(lambda found: values[found[0]], text)


@lru_cache(maxsize=4)
def _pattern(values: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(values, key=len, reverse=True)
    either = "|".join(map(re.escape, longest_first))
    return re.compile(f"(?<![A-Za-z])(?:{either})(?![A-Za-z])")
