"""The choice between quality and cost, which one number decides.

A utility weighs points of quality against the cost's order of magnitude,
since prices differ by factors of hundreds. It does not depend on who else
is there: taking a candidate away never changes the order of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log, log1p
from typing import NamedTuple

from llm_providers.recommender.candidates import Candidate
from llm_providers.recommender.costs import MILLION
from llm_providers.recommender.tokens import TokenRange

__all__ = ["Entrant", "Field", "Scored", "cost_score", "utility"]

# A hundredth of a cent: differences far below it matter to nobody. At equal
# weights a call that costs ten times as much has to be 10 points better. Both
# are our choice.
SMALL_USD = 1e-4
DECADES = 10
SCALE = DECADES * log(10)
# What an unknown cost counts like; few calls cost so much.
UNKNOWN_USD = 1.0


def cost_score(usd: float | None) -> float:
    """How much a cost hurts: 0 for nothing, 0.1 more for ten times as much."""
    return log1p((UNKNOWN_USD if usd is None else usd) / SMALL_USD) / SCALE


def utility(points: float, usd: float | None, weight: float) -> float:
    """Return what a candidate is worth; the highest is the best choice.

    `points` are quality of 100, `weight` is that of quality, from 0 (cost
    alone) to 1 (quality alone).
    """
    return weight * points / 100 - (1 - weight) * cost_score(usd)


class Entrant(NamedTuple):
    """What is known of a candidate for all tasks of a kind.

    `window`, `most_input` and `most_output` are tokens, `expected` and
    `high` those of the answer. The rates are USD per million tokens; one
    that is None makes the cost unknown. `learned` says that the points come
    from outcomes, not from public figures.
    """

    target: str
    points: float
    window: int
    most_input: int
    most_output: int
    input_rate: float | None
    output_rate: float | None
    expected: int
    high: int
    candidate: Candidate
    measured: bool
    output: TokenRange
    learned: bool = False


class Scored(NamedTuple):
    """A candidate that fits; in order, the best one is the least.

    Its place is given by its utility, then by quality, then by cost, then by
    name; what falls with rank stands negated. `high_usd` is the high
    estimate of its cost; an unknown cost is infinite here.
    """

    loss: float
    minus_points: float
    cost_order: float
    target: str
    high_order: float
    entrant: Entrant

    @property
    def candidate(self) -> Candidate:
        """Who it is."""
        return self.entrant.candidate

    @property
    def points(self) -> float:
        """The quality that is expected, in points of 100."""
        return -self.minus_points

    @property
    def cost_usd(self) -> float | None:
        """What a call is expected to cost; None where it is unknown."""
        return None if self.cost_order == inf else self.cost_order


# Target, points, prompt's rate, cost of the answer as expected and as high,
# entrant; a rate and costs that are unknown are infinite.
_Row = tuple[str, float, float, float, float, Entrant]


class Field:
    """All entrants of a kind of request, ready to be scored.

    Written for hundreds of entrants in a fraction of a millisecond: what
    does not depend on the prompt is worked out once.
    """

    def __init__(self, entrants: Iterable[Entrant]) -> None:
        self.entrants = tuple(entrants)
        self.providers = {one.candidate.provider for one in self.entrants}
        self._usual = [
            _row(one, one.expected, one.high) for one in self.entrants
        ]
        self._unpriced = any(row[3] == inf for row in self._usual)
        self._least_room = min(map(_room, self.entrants), default=0)

    def scored(
        self, prompt_tokens: int, output_tokens: int | None, weight: float
    ) -> list[Scored]:
        """Return the entrants that have room for a task, with their places.

        `output_tokens` go before what an entrant is expected to write. The
        cost is that of `costs.expected_cost`, the loss a `utility` negated.
        """
        # A named tuple's own constructor takes three times as long.
        new, log_of = tuple.__new__, log1p
        quality, price = weight / 100, (1 - weight) / SCALE
        prompt, unknown = prompt_tokens, (1 - weight) * cost_score(None)
        known = [
            new(
                Scored,
                (
                    price
                    * log_of(
                        (usd := (prompt * rate + cost) / MILLION) / SMALL_USD
                    )
                    - quality * points,
                    -points,
                    usd,
                    target,
                    (prompt * rate + high) / MILLION,
                    entrant,
                ),
            )
            for target, points, rate, cost, high, entrant in self._rows(
                prompt_tokens, output_tokens
            )
        ]
        if not self._unpriced:
            return known
        return [
            one._replace(loss=unknown - quality * one.points)
            if one.cost_order == inf
            else one
            for one in known
        ]

    def _rows(self, prompt: int, output: int | None) -> list[_Row]:
        """The rows of those that have room for a prompt and an answer."""
        if output is not None:
            return [
                _row(one, output, output)
                for one in self.entrants
                if output <= one.most_output
                and prompt + output <= one.window
                and prompt <= one.most_input
            ]
        if prompt <= self._least_room:
            return self._usual
        return [row for row in self._usual if prompt <= _room(row[5])]


def _room(entrant: Entrant) -> int:
    return min(entrant.window - entrant.expected, entrant.most_input)


def _row(entrant: Entrant, expected: int, high: int) -> _Row:
    rate, output_rate = entrant.input_rate, entrant.output_rate
    if rate is None or output_rate is None:
        costs = 0.0, inf, inf
    else:
        costs = rate, expected * output_rate, high * output_rate
    return entrant.target, entrant.points, *costs, entrant
