"""Where all entrants of a kind of request stand for one task.

Written for hundreds of entrants in a fraction of a millisecond: their figures
are columns, what does not depend on the task is worked out once, and only who
is asked for becomes a `Scored`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from math import inf, log1p

from llm_providers.recommender.choice import (
    SCALE,
    SMALL_USD,
    Entrant,
    Scored,
    cost_score,
)
from llm_providers.recommender.costs import MILLION

__all__ = ["Columns", "Field", "Standing"]


@dataclass(frozen=True)
class Columns:
    """Entrants from most to least quality, and what they charge.

    `rates` are USD per million tokens of the prompt, `answers` and `highs`
    millionths of a USD for the answer as expected and as high. Where a rate
    is unknown, the answers are infinite.
    """

    entrants: Sequence[Entrant]
    providers: Sequence[str]
    minus_points: Sequence[float]
    rates: Sequence[float]
    answers: Sequence[float]
    highs: Sequence[float]

    @cached_property
    def by_provider(self) -> Mapping[str, Sequence[int]]:
        """The places of each provider's entrants."""
        found: dict[str, list[int]] = {name: [] for name in self.providers}
        for place, name in enumerate(self.providers):
            found[name].append(place)
        return found

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each entrant, by target."""
        return {one.target: at for at, one in enumerate(self.entrants)}

    def some(self, kept: Sequence[bool]) -> Columns:
        """Return those that are kept, in the same order."""
        return Columns(
            list(compress(self.entrants, kept)),
            list(compress(self.providers, kept)),
            list(compress(self.minus_points, kept)),
            list(compress(self.rates, kept)),
            list(compress(self.answers, kept)),
            list(compress(self.highs, kept)),
        )


@dataclass(frozen=True)
class Standing:
    """Entrants with what a task costs (USD) and loses at each of them.

    An unknown cost is infinite.
    """

    columns: Columns
    prompt_tokens: int
    costs: Sequence[float]
    losses: Sequence[float]

    def __len__(self) -> int:
        return len(self.losses)

    def one(self, place: int) -> Scored:
        """Return the entrant at a place."""
        columns = self.columns
        entrant = columns.entrants[place]
        high = self.prompt_tokens * columns.rates[place] + columns.highs[place]
        return Scored(
            self.losses[place],
            columns.minus_points[place],
            self.costs[place],
            entrant.target,
            high / MILLION,
            entrant,
        )

    def every(self) -> tuple[Scored, ...]:
        """Return all entrants, in no order to rely on."""
        return tuple(map(self.one, range(len(self))))

    def best(self, count: int) -> list[Scored]:
        """Return the first so many, best first."""
        losses = self.losses
        if count >= len(losses):
            return sorted(self.every())
        limit = min(losses) if count == 1 else sorted(losses)[count - 1]
        close = [at for at, loss in enumerate(losses) if loss <= limit]
        return sorted(map(self.one, close))[:count]

    def best_of(self, provider: str) -> Scored | None:
        """Return the best of one provider; None where it has none."""
        places = self.columns.by_provider.get(provider)
        if not places:
            return None
        losses = self.losses
        least = min([losses[at] for at in places])
        return min(self.one(at) for at in places if losses[at] == least)

    def cheapest(self) -> Scored:
        """Return who costs least, of several the first by name."""
        least = min(self.costs)
        places = [at for at, cost in enumerate(self.costs) if cost == least]
        return min(map(self.one, places), key=lambda one: one.target)

    def better(self, points: float) -> int:
        """Return how many have more points: they are the first ones."""
        return bisect_left(self.columns.minus_points, -points)

    def cheaper(self, cost: float) -> int:
        """Return how many cost less than so many USD."""
        return len([1 for own in self.costs if own < cost])

    def within(
        self, budget: float | None
    ) -> tuple[Standing, tuple[Scored, ...]]:
        """Return who is within a budget by the high estimate; the others."""
        if budget is None:
            return self, ()
        prompt, columns = self.prompt_tokens, self.columns
        kept = [
            (prompt * rate + high) / MILLION <= budget
            for rate, high in zip(columns.rates, columns.highs, strict=True)
        ]
        if all(kept):
            return self, ()
        fit = Standing(
            columns.some(kept),
            prompt,
            list(compress(self.costs, kept)),
            list(compress(self.losses, kept)),
        )
        return fit, tuple(
            self.one(at) for at, within in enumerate(kept) if not within
        )


class Field:
    """All entrants of a kind of request, ready for its tasks."""

    def __init__(self, entrants: Iterable[Entrant]) -> None:
        self.entrants = sorted(entrants, key=lambda one: -one.points)
        self._usual = _columns(self.entrants)
        self.providers = frozenset(self._usual.providers)
        self._rooms = [
            min(one.window - one.expected, one.most_input)
            for one in self.entrants
        ]
        self._least_room = min(self._rooms, default=0)
        self._unpriced = inf in self._usual.answers

    def standing(
        self, prompt_tokens: int, output_tokens: int | None, weight: float
    ) -> Standing:
        """Return who has room for a task, and where each of them stands.

        `output_tokens` go before what an entrant is expected to write. The
        cost is that of `costs.expected_cost`, the loss a `utility` negated.
        """
        columns = self._with_room(prompt_tokens, output_tokens)
        costs = [
            (prompt_tokens * rate + answer) / MILLION
            for rate, answer in zip(
                columns.rates, columns.answers, strict=True
            )
        ]
        quality, price, log_of = weight / 100, (1 - weight) / SCALE, log1p
        losses = [
            price * log_of(cost / SMALL_USD) + quality * minus
            for cost, minus in zip(costs, columns.minus_points, strict=True)
        ]
        if self._unpriced:
            unknown = (1 - weight) * cost_score(None)
            for at, cost in enumerate(costs):
                if cost == inf:
                    losses[at] = unknown + quality * columns.minus_points[at]
        return Standing(columns, prompt_tokens, costs, losses)

    def _with_room(self, prompt: int, output: int | None) -> Columns:
        if output is not None:
            return _columns(
                [
                    one
                    for one in self.entrants
                    if output <= one.most_output
                    and prompt + output <= one.window
                    and prompt <= one.most_input
                ],
                output,
            )
        if prompt <= self._least_room:
            return self._usual
        return self._usual.some([prompt <= room for room in self._rooms])


def _columns(
    entrants: Sequence[Entrant], output: int | None = None
) -> Columns:
    """Return the columns; `output` tokens go before their own estimates."""
    rates, answers, highs = [], [], []
    for one in entrants:
        if one.input_rate is None or one.output_rate is None:
            rate, answer, high = 0.0, inf, inf
        else:
            rate, each = one.input_rate, one.output_rate
            answer = each * (one.expected if output is None else output)
            high = each * (one.high if output is None else output)
        rates.append(rate)
        answers.append(answer)
        highs.append(high)
    return Columns(
        entrants,
        [one.candidate.provider for one in entrants],
        [-one.points for one in entrants],
        rates,
        answers,
        highs,
    )
