"""What entrants charge; many charge the same, and share a tariff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

from llm_providers.recommender.choice import Entrant
from llm_providers.recommender.costs import MILLION

__all__ = ["Tariffs"]


@dataclass(frozen=True)
class Tariffs:
    """Columns by tariff, and the tariff `of` each entrant, by its place.

    `rates` are USD per million tokens of the prompt, `answers` and `highs`
    millionths of a USD for the answer as expected and as high. Where a rate
    is unknown, the answers are infinite. `sizes` is how many entrants have
    the tariff.
    """

    of: Sequence[int]
    sizes: Sequence[int]
    rates: Sequence[float]
    answers: Sequence[float]
    highs: Sequence[float]

    @classmethod
    def usual(cls, entrants: Sequence[Entrant]) -> Tariffs:
        """Return those for answers as long as they are likely to be."""
        return cls._shared(
            [_charges(one, one.expected, one.high) for one in entrants]
        )

    @classmethod
    def by_rates(cls, entrants: Sequence[Entrant]) -> Tariffs:
        """Return those for an answer of one token."""
        return cls._shared([_charges(one, 1, 1) for one in entrants])

    @classmethod
    def _shared(cls, rows: Sequence[tuple[float, float, float]]) -> Tariffs:
        places: dict[tuple[float, float, float], int] = {}
        of = [places.setdefault(row, len(places)) for row in rows]
        sizes = [0] * len(places)
        for place in of:
            sizes[place] += 1
        rates, answers, highs = (
            [row[at] for row in places] for at in range(3)
        )
        return cls(of, sizes, rates, answers, highs)

    def asked(self, tokens: int) -> Tariffs:
        """Return them for an answer of so many tokens instead of one."""
        answers = [
            each if each == inf else each * tokens for each in self.answers
        ]
        return replace(self, answers=answers, highs=answers)

    @cached_property
    def unpriced(self) -> bool:
        """Whether any of them is unknown."""
        return inf in self.answers

    def expected(self, prompt_tokens: int) -> list[float]:
        """Return what a prompt and its answer cost by each, in USD."""
        return [
            (prompt_tokens * rate + answer) / MILLION
            for rate, answer in zip(self.rates, self.answers, strict=True)
        ]

    def highest(self, prompt_tokens: int) -> list[float]:
        """Return what they cost at the most by each, in USD."""
        return [
            (prompt_tokens * rate + high) / MILLION
            for rate, high in zip(self.rates, self.highs, strict=True)
        ]

    def high(self, tariff: int, prompt_tokens: int) -> float:
        """Return what they cost at the most by one of them, in USD."""
        whole = prompt_tokens * self.rates[tariff] + self.highs[tariff]
        return whole / MILLION

    def within(self, prompt_tokens: int, budget: float) -> list[bool]:
        """Tell of each whether that is within a budget in USD."""
        return [cost <= budget for cost in self.highest(prompt_tokens)]


def _charges(
    one: Entrant, expected: int, high: int
) -> tuple[float, float, float]:
    rate, each = one.input_rate, one.output_rate
    if rate is None or each is None:
        return 0.0, inf, inf
    return rate, each * expected, each * high
