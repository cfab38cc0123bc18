"""What a model of prompts sees: hashed words and pairs, and the shape.

Only the first `READ` characters are read, so that a huge prompt costs no
more than a long one; its whole length is a figure of the shape. Needs numpy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = ["READ", "SHAPE", "Features", "Vocabulary", "shape", "terms"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Terms = NDArray[np.uint32]
READ = 1_500
# In UTF-8, where all bytes of a letter that is not ASCII count as letters.
# All letters spelled out, which is faster than by their kind.
TOKEN = re.compile(rb"[0-9A-Z_a-z\x80-\xff]+|[^ \t\n\r\f\v]")
PAIR = np.uint32(0x9E3779B1)
SENTENCE_ENDS = (". ", "! ", "? ")
# What stands before is asked last: expressions that begin with a letter of
# a few are found in half the time.
NUMBER = re.compile(r"\d(?<!\d\d)")
OPTION = re.compile(
    r"[A-E1-5][).:]\s(?:(?<=\s...)|(?<=\s\(...)|(?<=\A...)|(?<=\A\(...))",
    re.DOTALL,
)
CAPITAL = re.compile(r"[A-Z](?<=\b.)")
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
    count = len(tokens)
    # One array, without copies of copies: this is done for each decision.
    every = np.empty(max(2 * count - 1, 0), dtype=np.uint32)
    every[:count] = hashes = np.fromiter(map(crc32, tokens), np.uint32, count)
    np.add(hashes[:-1] * PAIR, hashes[1:], out=every[count:])
    # As np.unique does it, in half the time for so few.
    every.sort()
    is_last = np.empty(len(every), dtype=np.bool_)
    is_last[-1:] = True
    np.not_equal(every[1:], every[:-1], out=is_last[:-1])
    last = is_last.nonzero()[0]
    counts = (last + 1).astype(np.float64)
    counts[1:] -= counts[:-1].copy()
    return every[last], counts


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
    digits, capitals = count(plain, DIGITS), count(plain, CAPITALS)
    return [
        math.log1p(len(prompt)),
        math.log1p(len(words)),
        len("".join(words)) / max(len(words), 1),
        digits / length,
        math.log1p(len(NUMBER.findall(text))),
        capitals / length,
        math.log1p(len(CAPITAL.findall(text)) if capitals else 0),
        float(text[:1].isupper()),
        float("?" in text),
        float(ending.endswith("?")),
        float(ending.endswith(".")),
        float(start.startswith(QUESTION_WORDS)),
        math.log1p(sum(map(text.count, SENTENCE_ENDS))),
        math.log1p(text.count("\n")),
        float("\n" in text),
        text.count(",") / max(len(words), 1),
        float('"' in text),
        float("_" in text),
        float("$" in text),
        math.log1p(text.count("\\")),
        math.log1p(options(text)),
        float(any([mark in text for mark in CODE])),
    ]


def options(text: str) -> int:
    """Count marks such as "A)" and "(1)" with space on both sides.

    The space between two of them belongs to the first.
    """
    found = end = 0
    for mark in OPTION.finditer(text):
        before = mark.start() - 1
        if text[before : before + 1] == "(":
            before -= 1
        if max(before, 0) >= end:
            found, end = found + 1, mark.end()
    return found


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
        columns = self.terms.searchsorted(found)
        if not len(self.terms):
            return Features(columns[:0], loud[:0], shape(prompt))
        # A term beyond the last one has no column: the last isn't it.
        known = self.terms.take(columns, mode="clip") == found
        columns, own = columns[known], loud[known]
        weights = own * self.rarity.take(columns)
        unknown = max(float(loud @ loud - own @ own), 0.0)
        length = math.sqrt(
            float(weights @ weights) + self.unknown_rarity**2 * unknown
        )
        return Features(columns, weights / (length or 1.0), shape(prompt))


def rarity(times: Places | int, prompts: int) -> Array:
    """Return terms' weights: the rarer, the more (smoothed log)."""
    return np.asarray(np.log((1 + prompts) / (1 + np.asarray(times))) + 1.0)
