"""What a model of prompts sees: hashed words and pairs, and the shape.

Only the first `READ` characters are read, so that a huge prompt costs no
more than a long one; its whole length is a figure of the shape. Needs numpy.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["READ", "SHAPE", "Features", "Vocabulary", "shape", "terms"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Terms = NDArray[np.uint32]
READ = 1_500
# In UTF-8, where all bytes of a letter that is not ASCII count as letters.
TOKEN = re.compile(rb"[\w\x80-\xff]+|[^\w\s\x80-\xff]")
PAIR = np.uint32(0x9E3779B1)
NUMBER = re.compile(r"\d+")
SENTENCE_END = re.compile(r"[.!?] ")
OPTION = re.compile(r"(?:^|\s)\(?[A-E1-5][).:]\s")
CAPITAL = re.compile(r"\b[A-Z]")
DIGITS, CAPITALS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
QUESTION_WORDS = ("who", "what", "when", "where", "which", "how", "why")
CODE = ("```", "def ", "class ", "return ", "import ", "function")
SHAPE = (
    "characters",
    "words",
    "letters_a_word",
    "digits",
    "numbers",
    "capital_letters",
    "capitalised_words",
    "starts_capitalised",
    "question_mark",
    "ends_in_question_mark",
    "ends_in_full_stop",
    "starts_with_question_word",
    "sentences",
    "lines",
    "several_lines",
    "commas",
    "quoted",
    "gap_to_fill",
    "dollars",
    "backslashes",
    "options",
    "code",
)


def terms(prompt: str) -> tuple[Terms, Array]:
    """Return the prompt's words, signs and pairs of these, and their counts.

    They are hashed to 32 bits, and sorted.
    """
    tokens = TOKEN.findall(prompt[:READ].lower().encode(errors="replace"))
    hashes = np.array([zlib.crc32(token) for token in tokens], dtype=np.uint32)
    pairs = hashes[:-1] * PAIR + hashes[1:]
    every = np.concatenate([hashes, pairs])
    # As np.unique does it, in half the time for so few.
    every.sort()
    first = np.flatnonzero(every[1:] != every[:-1]) + 1
    edges = np.concatenate([[0], first, [len(every)]])
    counts = np.diff(edges) if len(every) else edges[:0]
    return every[edges[: len(counts)]], counts.astype(np.float64)


def count(text: bytes, letters: bytes) -> int:
    """Count the letters that are one of these."""
    return len(text) - len(text.translate(None, letters))


def shape(prompt: str) -> list[float]:
    """Return the figures that `SHAPE` names; counts as log(1 + count)."""
    text = prompt[:READ]
    length = max(len(text), 1)
    words = text.split()
    plain = text.encode("ascii", errors="replace")
    ending = prompt[-20:].rstrip()
    start = text[:20].lstrip().lower()
    return [
        math.log1p(len(prompt)),
        math.log1p(len(words)),
        len("".join(words)) / max(len(words), 1),
        count(plain, DIGITS) / length,
        math.log1p(len(NUMBER.findall(text))),
        count(plain, CAPITALS) / length,
        math.log1p(len(CAPITAL.findall(text))),
        float(text[:1].isupper()),
        float("?" in text),
        float(ending.endswith("?")),
        float(ending.endswith(".")),
        float(start.startswith(QUESTION_WORDS)),
        math.log1p(len(SENTENCE_END.findall(text))),
        math.log1p(text.count("\n")),
        float("\n" in text),
        text.count(",") / max(len(words), 1),
        float('"' in text),
        float("_" in text),
        float("$" in text),
        math.log1p(text.count("\\")),
        math.log1p(len(OPTION.findall(text))),
        float(any(mark in text for mark in CODE)),
    ]


@dataclass(frozen=True)
class Features:
    """One prompt: columns of known terms, their weights, and its shape.

    The weights are of length 1 over all terms, unknown ones included.
    """

    columns: Places
    weights: Array
    shape: Sequence[float]


@dataclass(frozen=True)
class Vocabulary:
    """The terms that at least two training prompts share, and how rare.

    The terms are sorted; a term's place among them is its column.
    """

    terms: Terms
    rarity: Array
    unknown_rarity: float

    @classmethod
    def fit(cls, prompts: Sequence[str], most: int = 12_000) -> Vocabulary:
        """Return the `most` frequent shared terms of these prompts."""
        found, times = np.unique(
            np.concatenate([terms(prompt)[0] for prompt in prompts]),
            return_counts=True,
        )
        frequent = np.lexsort((found, -times))[:most]
        kept = np.sort(frequent[times[frequent] > 1])
        count = len(prompts)
        return cls(
            found[kept], rarity(times[kept], count), float(rarity(1, count))
        )

    def features(self, prompt: str) -> Features:
        """Return what a prompt is to this vocabulary."""
        found, times = terms(prompt)
        loud = 1.0 + np.log(times)
        columns = np.searchsorted(self.terms, found)
        columns[columns == len(self.terms)] = 0
        if not len(self.terms):
            return Features(columns[:0], loud[:0], shape(prompt))
        known = self.terms[columns] == found
        columns = columns[known]
        weights = loud[known] * self.rarity[columns]
        unknown = loud[~known] * self.unknown_rarity
        length = math.sqrt(weights @ weights + unknown @ unknown)
        return Features(columns, weights / (length or 1.0), shape(prompt))


def rarity(times: Places | int, prompts: int) -> Array:
    """Return terms' weights: the rarer, the more (smoothed log)."""
    return np.asarray(np.log((1 + prompts) / (1 + np.asarray(times))) + 1.0)
