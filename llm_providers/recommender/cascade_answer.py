"""What a cascade gives back: an answer, who was asked, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from llm_providers.recommender.checks import Checked
from llm_providers.recommender.judge import bill
from llm_providers.responses import (
    ErrorInfo,
    StandardResponse,
    Usage,
    total_usd,
)
from llm_providers.router.targets import Target

__all__ = ["CascadeAnswer", "Step", "best_answer", "spent_usd"]


@dataclass(frozen=True)
class Step:
    """One target's answer and what the check said of it."""

    target: Target
    response: StandardResponse
    checked: Checked

    @property
    def cost_usd(self) -> float | None:
        """What answer and check cost in USD; None where one is unknown."""
        return total_usd((bill(self.response), self.checked.cost_usd))

    @property
    def was_blocked(self) -> bool:
        """Whether the provider refused the prompt for what it says."""
        error = self.response.error
        return error is not None and error.kind == "content_blocked"


@dataclass(frozen=True)
class CascadeAnswer:
    """A cascade's answer; `verified` says whether it passed the check.

    `response` has the tries, the usage and the cost of all answers, and one
    that is not verified says so in its `adjustments`. `target` gave it, None
    where nobody could be asked. `cost_usd` is the bill of all answers and
    checks, None where a part is unknown; `reason` says why it ended.
    """

    response: StandardResponse
    verified: bool
    reason: str
    steps: tuple[Step, ...]
    target: Target | None
    cost_usd: float | None


def spent_usd(steps: Sequence[Step]) -> float | None:
    """Return what all steps cost in USD; None where one is unknown."""
    return total_usd(step.cost_usd for step in steps)


def best_answer(steps: Sequence[Step], reason: str) -> CascadeAnswer:
    """Return the answer that passed, or else the best one, marked as such.

    An answer goes before an error, a higher score before a lower one, and a
    later target, which is the more able one, before an earlier.
    """
    if not steps:
        return CascadeAnswer(_nobody(reason), False, reason, (), None, 0.0)
    ranked = sorted(enumerate(steps), key=lambda row: _worth(*row))
    best = ranked[-1][1]
    verified = best.checked.passed
    response = best.response
    if not verified and response.error is None:
        note = f"The answer is not verified: {reason}."
        response = replace(response, adjustments=(*response.adjustments, note))
    response = replace(
        response,
        attempts=tuple(
            row for step in steps for row in step.response.attempts
        ),
        usage=reduce(add, (step.response.usage for step in steps), Usage()),
        cost_usd=spent_usd(steps),
    )
    return CascadeAnswer(
        response, verified, reason, tuple(steps), best.target, spent_usd(steps)
    )


def _worth(number: int, step: Step) -> tuple[bool, bool, float, int]:
    answered = step.response.error is None
    return (step.checked.passed, answered, step.checked.score, number)


def _nobody(reason: str) -> StandardResponse:
    """Return the error of a cascade that could ask nobody."""
    info = ErrorInfo(
        kind="nothing_fits",
        retryable=False,
        reason=f"Nobody was asked: {reason}.",
        what_to_do="Raise the budget or the deadline, or name other models.",
    )
    return StandardResponse(
        status="error",
        message=info.reason,
        model="",
        usage=Usage(),
        provider="",
        error=info,
    )
