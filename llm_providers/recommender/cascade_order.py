"""Whom a cascade asks, in which order, and what that is expected to cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from llm_providers.catalogue import load_catalogue
from llm_providers.prompts import Prompt
from llm_providers.recommender import costs
from llm_providers.recommender.candidates import Candidate, candidates
from llm_providers.recommender.pareto import front
from llm_providers.recommender.quality import load_quality
from llm_providers.recommender.recommendation import (
    CostRange,
    RankedCandidate,
    Recommendation,
)
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import prompt_tokens, task_type
from llm_providers.recommender.tokens import output_tokens
from llm_providers.router.targets import Target

__all__ = ["MOST_STEPS", "cascaded", "expected_cost", "ordered"]

MOST_STEPS = 3


def cascaded(
    base: Recommendation, task: Task, most_steps: int = MOST_STEPS
) -> Recommendation:
    """Return the recommendation of a cascade over another's ranking.

    Its choice is who is asked first, its ranking the order. The cost is that
    of all: at least one call, at most one of each, and what is expected if
    the next is asked as often as an answer is not good. A limit in USD holds
    for the sum; where there is one in seconds only one is asked, since times
    add up.
    """
    rows = ordered(base.ranking, most_steps)
    if task.max_latency_seconds is not None:
        rows = rows[:1]
    while len(rows) > 1 and _is_above(_bill(rows).high, task.max_cost_usd):
        rows.pop()
    provider, _, model = rows[0].target.partition("/")
    names = [row.target for row in rows]
    said = (
        f"Ask in turn until an answer passes your check: {', '.join(names)}."
    )
    return replace(
        base,
        provider=provider,
        model=model,
        probability=rows[-1].probability,
        cost=_bill(rows),
        reasons=(said, *rows[0].reasons),
        runner_up=names[1] if len(names) > 1 else None,
        counterfactual=None,
        level="cascade",
        ranking=tuple(rows),
    )


def _is_above(usd: float | None, limit: float | None) -> bool:
    return limit is not None and (usd is None or usd > limit)


def _bill(rows: Sequence[RankedCandidate]) -> CostRange:
    """Return what asking these in turn costs."""
    expected: float | None = 0.0
    high: float | None = 0.0
    reached = 1.0
    for row in rows:
        cost = row.cost
        if cost.expected is None or expected is None:
            expected = None
        else:
            expected += reached * cost.expected
        high = None if cost.high is None or high is None else high + cost.high
        reached *= 1.0 - (row.probability or 0.0)
    return CostRange(rows[0].cost.low, expected, high)


def ordered(
    ranking: Sequence[RankedCandidate], most_steps: int = MOST_STEPS
) -> list[RankedCandidate]:
    """Return whom to ask in turn: from the cheapest to the best.

    They are those of the ranking whom nobody beats in quality and cost at
    once, each better than the one before; of more than `most_steps` the
    first, the last, and those evenly between. Whose quality or cost is
    unknown comes in only where that holds for all: then as ranked.
    """
    known = [
        (row.cost.expected, row.probability, row)
        for row in ranking
        if row.cost.expected is not None and row.probability is not None
    ]
    best: list[RankedCandidate] = []
    reached = -1.0
    for place in front([(cost, quality) for cost, quality, _ in known]):
        _, quality, row = known[place]
        # The same model at another provider would only fail again.
        if quality > reached:
            best.append(row)
            reached = quality
    return _spread(best or list(ranking[:most_steps]), most_steps)


def _spread(rows: list[RankedCandidate], most: int) -> list[RankedCandidate]:
    if len(rows) <= most:
        return rows
    if most == 1:
        return rows[:1]
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(number * step)] for number in range(most)]


def expected_cost(target: Target, prompt: Prompt) -> float | None:
    """Return what a call is expected to cost in USD; None where unknown.

    By the catalogue's prices of today; the answer is taken to be as long as
    that to a task of no special type, or as long as the prompt lets it be.
    """
    found = _candidates(date.today()).get(str(target))
    if found is None:
        return None
    size = prompt_tokens(" " * prompt.characters)
    usual = load_quality().thinking
    answer = output_tokens(Task(), task_type("default"), found, usual)
    length = min(answer.expected, prompt.max_tokens or answer.expected)
    return costs.expected_cost(found.rate(size), size, length)


@cache
def _candidates(day: date) -> Mapping[str, Candidate]:
    known = candidates(load_catalogue(), day, load_quality())
    return {one.target: one for one in known}
