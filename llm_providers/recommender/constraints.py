"""The hard constraints: what keeps a candidate out, in plain words.

A figure that is unknown never satisfies a limit. Every level chooses only
among the candidates that nothing here keeps out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import floor, log10

from llm_providers.recommender.candidates import Candidate
from llm_providers.recommender.recommendation import CostRange, Rejected
from llm_providers.recommender.task import NEEDS, Task
from llm_providers.recommender.tokens import TokenRange

__all__ = [
    "CONSTRAINTS",
    "LASTING",
    "SIZED",
    "Constraint",
    "Demand",
    "amount",
    "first_rejection",
    "rejections",
    "too_dear",
]


@dataclass(frozen=True)
class Demand:
    """What a task asks of one candidate: tokens, and what they cost."""

    prompt_tokens: int
    output: TokenRange
    cost: CostRange


@dataclass(frozen=True)
class Constraint:
    """`says` gives the reason why a candidate is kept out, or None."""

    name: str
    says: Callable[[Candidate, Task, Demand], str | None]


def rejections(
    candidate: Candidate, task: Task, demand: Demand
) -> list[Rejected]:
    """Return every constraint that keeps this candidate out, in order.

    An empty list means that it fits.
    """
    found = []
    for constraint in CONSTRAINTS:
        reason = constraint.says(candidate, task, demand)
        if reason is not None:
            found.append(Rejected(candidate.target, constraint.name, reason))
    return found


def first_rejection(
    candidate: Candidate,
    task: Task,
    demand: Demand,
    constraints: Iterable[Constraint],
) -> Rejected | None:
    """Return the first of these constraints that keeps a candidate out."""
    for constraint in constraints:
        reason = constraint.says(candidate, task, demand)
        if reason is not None:
            return Rejected(candidate.target, constraint.name, reason)
    return None


def amount(usd: float) -> str:
    """Return an amount of USD with three digits that say something."""
    # Most amounts are of this size, where Python's own format is the same.
    if 1e-4 <= usd < 99.5:
        return f"${usd:.3g}"
    if usd == 0:
        return "$0"
    if usd >= 100:
        return f"${usd:,.0f}"
    decimals = max(2 - floor(log10(usd)), 0)
    shown = f"{usd:.{decimals}f}"
    return f"${shown.rstrip('0').rstrip('.') if decimals else shown}"


def _released(one: Candidate, task: Task, demand: Demand) -> str | None:
    return None if one.released else "It is not released yet."


def _retired(one: Candidate, task: Task, demand: Demand) -> str | None:
    if one.days_left is None or one.days_left > 0:
        return None
    instead = one.replacement
    return "It is shut down" + (f"; instead: {instead}." if instead else ".")


def _days_ahead(one: Candidate, task: Task, demand: Demand) -> str | None:
    left = one.days_left
    if left is None or left <= 0 or left > task.days_ahead:
        return None
    return f"It is shut down in {left} days, within {task.days_ahead}."


def _providers(one: Candidate, task: Task, demand: Demand) -> str | None:
    if task.providers is None or one.provider in task.providers:
        return None
    allowed = ", ".join(task.providers) or "none"
    return f"Of the providers there is only: {allowed}."


def _free(one: Candidate, task: Task, demand: Demand) -> str | None:
    """Free variants stand for a trial: OpenRouter's take 50 calls a day."""
    if task.max_cost_usd == 0 or not one.is_free:
        return None
    return "It is free, but for few calls a day; a budget of 0 asks for it."


def _need(need: str, one: Candidate, task: Task, demand: Demand) -> str | None:
    if need not in task.needs or need in one.able:
        return None
    return f"It is not known to do {need.replace('_', ' ')}."


def _latency(one: Candidate, task: Task, demand: Demand) -> str | None:
    limit, seconds = task.max_latency_seconds, one.latency_seconds
    if limit is None or (seconds is not None and seconds <= limit):
        return None
    took = "not measured" if seconds is None else f"{seconds:g} s"
    return f"Its latency is {took}, the limit {limit:g} s."


def _window(one: Candidate, task: Task, demand: Demand) -> str | None:
    wanted, window = task.context_tokens, one.context_window
    if wanted is None or (window is not None and window >= wanted):
        return None
    return f"Its context window is {_tokens(window)}, wanted: {wanted:,}."


def _prompt(one: Candidate, task: Task, demand: Demand) -> str | None:
    prompt, output = demand.prompt_tokens, demand.output.expected
    window, most = one.context_window, one.max_input_tokens
    if window is None or prompt + output > window:
        return (
            f"Prompt and answer take about {prompt + output:,} tokens, its "
            f"context window has {_tokens(window)}."
        )
    if most is not None and prompt > most:
        return f"A prompt has at most {most:,} tokens, this one {prompt:,}."
    return None


def _output(one: Candidate, task: Task, demand: Demand) -> str | None:
    most, wanted = one.max_output_tokens, demand.output.expected
    if most is None:
        # Only a length that was asked for is a limit to be kept.
        unknown = task.output_tokens
        return "Its output limit is unknown." if unknown else None
    if wanted > most:
        return f"It writes at most {most:,} tokens, expected: {wanted:,}."
    return None


def _budget(one: Candidate, task: Task, demand: Demand) -> str | None:
    """The high estimate counts: a limit should hold on a bad day, too."""
    limit, high = task.max_cost_usd, demand.cost.high
    if limit is None or (high is not None and high <= limit):
        return None
    return too_dear(high, amount(limit))


def too_dear(high_usd: float | None, budget: str) -> str:
    """Return the words for a call that may cost more than the budget."""
    if high_usd is None:
        return f"The cost of a call is unknown, the budget is {budget}."
    return f"A call may cost {amount(high_usd)}, the budget is {budget}."


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


# What holds for a candidate whatever the size of the task.
LASTING = (
    Constraint("released", _released),
    Constraint("retired", _retired),
    Constraint("providers", _providers),
    Constraint("free", _free),
    *(Constraint(need, partial(_need, need)) for need in NEEDS),
    Constraint("days_ahead", _days_ahead),
    Constraint("context_tokens", _window),
    Constraint("max_latency_seconds", _latency),
)
SIZED = (
    Constraint("prompt_tokens", _prompt),
    Constraint("output_tokens", _output),
    Constraint("max_cost_usd", _budget),
)
CONSTRAINTS = (*LASTING, *SIZED)
