"""The recommender's answer, which is the same at every level.

Recommendation -> CostRange, Rejected, RankedCandidate
NothingFitsError -> Rejected
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

__all__ = [
    "CostRange",
    "NothingFitsError",
    "RankedCandidate",
    "Recommendation",
    "Rejected",
]


@dataclass(frozen=True)
class CostRange:
    """What one call costs in USD; unknown is None, never 0."""

    low: float | None
    expected: float | None
    high: float | None


@dataclass(frozen=True)
class Rejected:
    """A candidate that a constraint keeps out.

    `target` is written ``provider/model``, `constraint` is the name of a
    task's field or of a need, `reason` says it in plain words with figures.
    """

    target: str
    constraint: str
    reason: str


@dataclass(frozen=True)
class RankedCandidate:
    """One candidate that fits, in the order in which to fall back.

    `probability` is that of a good answer; None where nothing is known.
    """

    target: str
    probability: float | None
    cost: CostRange
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """Which model to take for a task, why, and how sure that is.

    `probability` is that of a good answer. `confidence`, from 0 to 1, is the
    probability that the choice is better than the runner-up for this task.
    `abstained` says that a level did not trust itself and a simpler one
    decided; `level` names the one that did. `ranking` begins with the choice
    and is the order in which to fall back. `decision_cost_usd` is what
    deciding cost: 0 where nobody was asked, None where it is unknown.
    """

    provider: str
    model: str
    probability: float | None
    cost: CostRange
    reasons: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    runner_up: str | None
    counterfactual: str | None
    confidence: float
    abstained: bool
    prices_of: date
    level: str
    ranking: tuple[RankedCandidate, ...] = ()
    decision_cost_usd: float | None = 0.0

    @property
    def target(self) -> str:
        """The choice, written ``provider/model``."""
        return f"{self.provider}/{self.model}"

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON can hold it, dates as texts."""
        plain: dict[str, Any] = _plain(asdict(self))
        return {"target": self.target, **plain}


class NothingFitsError(ValueError):
    """No candidate passes all constraints.

    `tightest` names the one whose lifting lets a candidate through at the
    least change; `rejected` has every candidate with what keeps it out.
    """

    def __init__(
        self, message: str, tightest: str, rejected: Sequence[Rejected] = ()
    ) -> None:
        super().__init__(message)
        self.tightest = tightest
        self.rejected = tuple(rejected)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
