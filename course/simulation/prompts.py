"""Prompts that people might write, put together from prompts.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from course.simulation.draws import Draws

__all__ = ["Prompt", "write_prompt"]

FILE = Path(__file__).with_name("prompts.yaml")
SLOT = re.compile(r"\{(\w+)\}")
MONTHS = ("January", "February", "March", "April", "May", "June", "July")


@dataclass(frozen=True)
class Prompt:
    """A text, and what it says of its difficulty: -1 easy, 0 nothing, 1."""

    text: str
    says_hard: int


@cache
def _texts() -> Mapping[str, Any]:
    texts: Mapping[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return texts


def write_prompt(
    task: str, hard: bool, settings: Mapping[str, Any], draws: Draws
) -> Prompt:
    """Return a prompt of a task type.

    Where it says how hard it is, it says it of itself: `hard` or easy. Some
    are so vague that nobody could tell their type.
    """
    texts = _texts()
    vague = draws.happens(settings["vague_share"])
    pattern = draws.one_of(texts["vague"] if vague else texts["tasks"][task])
    parts = [pattern]
    if draws.happens(settings["opener_share"]):
        parts.insert(0, draws.one_of(texts["openers"]))
    says_hard = 0
    if draws.happens(settings["hardness_share"]):
        says_hard = 1 if hard else -1
        parts.append(draws.one_of(texts["hard" if hard else "easy"]))
    text = _Writer(draws, settings["passage"]).fill(" ".join(parts))
    return Prompt(text, says_hard)


class _Writer:
    """Fills in the slots of one prompt, no word twice as long as it lasts."""

    def __init__(
        self, draws: Draws, lengths: Sequence[tuple[int, float]]
    ) -> None:
        self._draws = draws
        self._lengths = lengths
        self._decks: dict[str, list[str]] = {}

    def fill(self, pattern: str) -> str:
        # YAML folds the line break after a paragraph's end into a space.
        whole = pattern.replace("\n ", "\n")
        return SLOT.sub(lambda slot: self._word(slot[1]), whole)

    def _word(self, slot: str) -> str:
        if slot == "passage":
            return self._passage()
        if slot == "table":
            return self._table()
        if slot == "snippet":
            return self._filled(_texts()["snippets"])
        deck = self._decks.get(slot)
        if not deck:
            deck = self._decks[slot] = list(_texts()["words"][slot])
        return deck.pop(self._draws.index(len(deck)))

    def _filled(self, patterns: Sequence[str]) -> str:
        pattern = self._draws.one_of(patterns)
        return SLOT.sub(lambda slot: self._word(slot[1]), pattern)

    def _passage(self) -> str:
        length = self._draws.weighted(self._lengths)
        patterns = _texts()["passages"]
        return " ".join(self._filled(patterns) for _ in range(length))

    def _table(self) -> str:
        length = self._draws.weighted(self._lengths)
        rows = ["name,month,visitors,income"]
        for _ in range(length):
            name = self._word("person")
            month = self._draws.one_of(MONTHS)
            figures = (self._draws.index(900), self._draws.index(9000))
            rows.append(f"{name},{month},{figures[0]},{figures[1]}")
        return "\n".join(rows)
