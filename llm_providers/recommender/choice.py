"""The choice between quality and cost, which one number decides.

A utility weighs points of quality against the cost's order of magnitude,
since prices differ by factors of hundreds. It does not depend on who else
is there: taking a candidate away never changes the order of the others.
"""

from __future__ import annotations

from math import inf, log, log1p
from typing import NamedTuple

from llm_providers.recommender.candidates import Candidate
from llm_providers.recommender.tokens import TokenRange

__all__ = [
    "SCALE",
    "SMALL_USD",
    "Entrant",
    "Scored",
    "cost_score",
    "utility",
]

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
    that is None makes the cost unknown.
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


class Scored(NamedTuple):
    """A candidate that fits; in order, the best one is the least.

    Its place is given by its utility, then by quality, then by cost, then by
    name; what falls with rank stands negated. `high_order` is the high
    estimate of its cost; an unknown cost is infinite here. `learned` says
    that the points come from outcomes, not from public figures.
    """

    loss: float
    minus_points: float
    cost_order: float
    target: str
    high_order: float
    entrant: Entrant
    learned: bool = False

    @property
    def candidate(self) -> Candidate:
        """Who it is."""
        return self.entrant.candidate

    @property
    def measured(self) -> bool:
        """Whether anybody has measured its quality."""
        return self.learned or self.entrant.measured

    @property
    def points(self) -> float:
        """The quality that is expected, in points of 100."""
        return -self.minus_points

    @property
    def cost_usd(self) -> float | None:
        """What a call is expected to cost; None where it is unknown."""
        return None if self.cost_order == inf else self.cost_order

    @property
    def high_usd(self) -> float | None:
        """What a call costs at the most; None where it is unknown."""
        return None if self.high_order == inf else self.high_order
