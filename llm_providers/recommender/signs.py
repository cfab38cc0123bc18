"""The signs by which a prompt's type of task is guessed.

They are looked for word by word: searching a long prompt for each of many
expressions would be most of the work of a decision.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["Signs"]

WORD = re.compile(r"\w+")
# A type's place, and what is looked for.
Sign = tuple[int, re.Pattern[str]]


class Signs:
    """What gives each type away, in lower case; the first of them counts.

    Any of its words; a phrase, which is looked for where its first word
    stands; an expression at the very start, or one anywhere.
    """

    def __init__(self, types: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """Take the signs of ``data/tasks.json``, in the order of the types.

        A phrase is an expression that begins with a whole plain word.
        """
        self._words: dict[str, int] = {}
        self._phrases: dict[str, list[Sign]] = {}
        self._starts: list[Sign] = []
        self._anywhere: list[Sign] = []
        self._none = len(types)
        for place, row in enumerate(types):
            for word in row.get("words", ()):
                self._words.setdefault(word, place)
            for text in row.get("phrases", ()):
                word, sign = _phrase(text)
                self._phrases.setdefault(word, []).append((place, sign))
            for text in row.get("starts", ()):
                self._starts.append((place, re.compile(text)))
            for text in row.get("anywhere", ()):
                self._anywhere.append((place, re.compile(text)))

    def first_in(self, text: str) -> int | None:
        """Return the place of the first type with a sign in a text."""
        words = set(WORD.findall(text))
        least = min(
            [self._words[word] for word in self._words.keys() & words],
            default=self._none,
        )
        for word in self._phrases.keys() & words:
            for place, sign in self._phrases[word]:
                if place < least and sign.search(text):
                    least = place
        for place, sign in self._starts:
            if place < least and sign.match(text):
                least = place
        for place, sign in self._anywhere:
            if place < least and sign.search(text):
                least = place
        return least if least < self._none else None


def _phrase(text: str) -> tuple[str, re.Pattern[str]]:
    """Return a phrase's first word, and what finds the phrase."""
    found = WORD.match(text)
    if found is None:
        raise ValueError(f"tasks.json: {text!r} begins with no plain word")
    word, rest = found[0], text[found.end() :]
    # That no letter stands before it is seen at its end: an expression that
    # begins with plain letters is found five times as fast.
    return word, re.compile(rf"{word}(?<=\b{word}){rest}")
