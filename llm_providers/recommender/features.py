"""What a model of prompts sees: hashed words and pairs, and the shape.

Only the first `READ` characters are read, so that a huge prompt costs no
more than a long one; its whole length is a figure of the shape.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["READ", "SHAPE", "Features", "Vocabulary", "shape", "terms"]

READ = 1_500
TOKEN = re.compile(r"\w+|[^\w\s]")
NUMBER = re.compile(r"\d+")
SENTENCE_END = re.compile(r"[.!?] ")
OPTION = re.compile(r"(?:^|\s)\(?[A-E1-5][).:]\s")
CAPITAL = re.compile(r"\b[A-Z]")
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


def terms(prompt: str) -> Counter[int]:
    """Count the prompt's words, signs and pairs of these, as CRC-32s."""
    hashes = [
        zlib.crc32(token.encode(errors="replace"))
        for token in TOKEN.findall(prompt[:READ].lower())
    ]
    found = Counter(hashes)
    found.update(
        (first * 0x9E3779B1 + second) & 0xFFFFFFFF
        for first, second in zip(hashes, hashes[1:], strict=False)
    )
    return found


def shape(prompt: str) -> list[float]:
    """Return the figures that `SHAPE` names; counts as log(1 + count)."""
    text = prompt[:READ]
    length = max(len(text), 1)
    words = text.split()
    ending = prompt[-20:].rstrip()
    start = text[:20].lstrip().lower()
    return [
        math.log1p(len(prompt)),
        math.log1p(len(words)),
        sum(map(len, words)) / max(len(words), 1),
        sum(map(str.isdigit, text)) / length,
        math.log1p(len(NUMBER.findall(text))),
        sum(map(str.isupper, text)) / length,
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

    The weights are of length 1 over all terms, unknown ones included;
    `known` is the share of that length (squared) that the columns hold.
    """

    columns: Sequence[int]
    weights: Sequence[float]
    shape: Sequence[float]
    known: float


@dataclass(frozen=True)
class Vocabulary:
    """The terms that at least two training prompts share, and how rare."""

    columns: Mapping[int, int]
    rarity: Sequence[float]
    unknown_rarity: float

    @classmethod
    def fit(cls, prompts: Iterable[str], most: int = 12_000) -> Vocabulary:
        """Return the `most` frequent shared terms of these prompts."""
        found: Counter[int] = Counter()
        count = 0
        for prompt in prompts:
            found.update(terms(prompt).keys())
            count += 1
        shared = sorted(
            (term for term, times in found.items() if times > 1),
            key=lambda term: (-found[term], term),
        )[:most]
        return cls(
            {term: column for column, term in enumerate(shared)},
            [rarity(found[term], count) for term in shared],
            rarity(1, count),
        )

    def features(self, prompt: str) -> Features:
        """Return what a prompt is to this vocabulary."""
        columns, weights = [], []
        unknown = 0.0
        for term, times in terms(prompt).items():
            column = self.columns.get(term)
            loud = 1.0 if times == 1 else 1.0 + math.log(times)
            if column is None:
                unknown += (loud * self.unknown_rarity) ** 2
            else:
                columns.append(column)
                weights.append(loud * self.rarity[column])
        known = sum(weight * weight for weight in weights)
        length = math.sqrt(known + unknown) or 1.0
        return Features(
            columns,
            [weight / length for weight in weights],
            shape(prompt),
            known / (length * length),
        )


def rarity(found: int, prompts: int) -> float:
    """Return a term's weight: the rarer, the more (smoothed log)."""
    return math.log((1 + prompts) / (1 + found)) + 1.0
