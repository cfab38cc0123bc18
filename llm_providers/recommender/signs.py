"""The signs by which a prompt's type of task is guessed.

They are looked for word by word: searching a long prompt for each of many
expressions would be most of the work of a decision.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

__all__ = ["Signs", "words_of"]

WORD = re.compile(r"\w+")


def words_of(text: str) -> set[str]:
    """Return the words that stand in a text, as they are written there."""
    return set(WORD.findall(text))


@dataclass(frozen=True)
class Signs:
    """What gives a type away, in lower case.

    Any of the `words`; an expression that follows one of the words beside
    which it stands, with that word; one at the very start; one anywhere.
    """

    words: Set[str]
    phrases: Sequence[tuple[str, re.Pattern[str]]]
    starts: Sequence[re.Pattern[str]]
    anywhere: Sequence[re.Pattern[str]]

    @classmethod
    def of(cls, row: Mapping[str, Sequence[str]]) -> Signs:
        """Return those of a row of ``data/tasks.json``.

        A phrase is an expression that begins with a whole plain word.
        """
        return cls(
            frozenset(row.get("words", ())),
            tuple(map(_phrase, row.get("phrases", ()))),
            tuple(map(re.compile, row.get("starts", ()))),
            tuple(map(re.compile, row.get("anywhere", ()))),
        )

    def are_in(self, text: str, words: Set[str]) -> bool:
        """Tell whether one of them is in a text, whose words are given."""
        if not self.words.isdisjoint(words):
            return True
        for word, phrase in self.phrases:
            if word in words and phrase.search(text):
                return True
        for sign in self.starts:
            if sign.match(text):
                return True
        return any([sign.search(text) for sign in self.anywhere])


def _phrase(text: str) -> tuple[str, re.Pattern[str]]:
    """Return a phrase's first word, and what finds the phrase."""
    found = WORD.match(text)
    if found is None:
        raise ValueError(f"tasks.json: {text!r} begins with no plain word")
    word, rest = found[0], text[found.end() :]
    # That no letter stands before it is seen at its end: an expression that
    # begins with plain letters is found five times as fast.
    return word, re.compile(rf"{word}(?<=\b{word}){rest}")
