"""What to say when no candidate passes all constraints."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from llm_providers.recommender.recommendation import (
    NothingFitsError,
    Rejected,
)
from llm_providers.recommender.scorer import Refused
from llm_providers.recommender.task import NEEDS, Task

__all__ = ["nothing_fits"]

ADVICE = {
    "context_tokens": "Ask for a smaller context window.",
    "days_ahead": "Look less far ahead.",
    "free": "Set a budget of 0, or allow more providers.",
    "max_cost_usd": "Raise the budget, or shorten prompt or answer.",
    "max_latency_seconds": "Allow more time, or measure latencies.",
    "output_tokens": "Expect a shorter answer.",
    "prompt_tokens": "Shorten the prompt.",
    "providers": "Allow another provider, or set its key.",
    "released": "Look at a later day.",
    "retired": "Update the model catalogue.",
} | {
    need: f"Do without {need.replace('_', ' ')}, or allow more providers."
    for need in NEEDS
}


def nothing_fits(task: Task, refused: Sequence[Refused]) -> NothingFitsError:
    """Return the error that names the tightest constraint.

    Tightest is the one whose lifting lets a candidate through: with the
    fewest others to lift beside it, and of several with the least change, as
    a share of what was asked for.
    """
    named = [each for each in refused if each.rejections]
    if not named:
        return NothingFitsError("The catalogue has no models.", "released")
    nearest = min(named, key=lambda each: _far(each, task))
    changes = [_change(one, nearest, task) for one in nearest.rejections]
    worst = nearest.rejections[changes.index(max(changes))]
    text = (
        f"None of {len(named)} candidates fits. The tightest constraint is "
        f"{worst.constraint}. The nearest candidate is {worst.target}: "
        f"{worst.reason} {ADVICE[worst.constraint]}"
    )
    rejected = [each.rejections[0] for each in named]
    return NothingFitsError(text, worst.constraint, rejected)


def _far(each: Refused, task: Task) -> tuple[int, float, str]:
    changes = [_change(one, each, task) for one in each.rejections]
    return len(changes), max(changes), each.candidate.target


def _change(one: Rejected, each: Refused, task: Task) -> float:
    """How far a limit has to move, as a share; infinite if nothing helps.

    A need that is dropped, or a provider that is added, counts like a limit
    that is doubled: our assumption.
    """
    if one.constraint in ("released", "retired"):
        return inf
    limits: dict[str, tuple[float | None, float | None]] = {
        "context_tokens": (task.context_tokens, each.candidate.context_window),
        "max_cost_usd": (each.high_usd, task.max_cost_usd),
        "max_latency_seconds": (
            each.candidate.latency_seconds,
            task.max_latency_seconds,
        ),
        "output_tokens": (
            each.output_tokens,
            each.candidate.max_output_tokens,
        ),
        "prompt_tokens": (
            (task.prompt_tokens or 0) + each.output_tokens,
            each.candidate.context_window,
        ),
        "days_ahead": (task.days_ahead, each.candidate.days_left),
    }
    if one.constraint not in limits:
        return 1.0
    wanted, there = limits[one.constraint]
    if wanted is None or not there:
        return inf
    return max(0.0, wanted / there - 1)
