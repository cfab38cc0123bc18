"""Whom a cascade asks, in which order, and what that is expected to cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from llm_providers.catalogue import load_catalogue
from llm_providers.prompts import Prompt
from llm_providers.recommender import costs
from llm_providers.recommender.candidates import Candidate, candidates
from llm_providers.recommender.pareto import front
from llm_providers.recommender.quality import load_quality
from llm_providers.recommender.recommendation import RankedCandidate
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import prompt_tokens, task_type
from llm_providers.recommender.tokens import output_tokens
from llm_providers.router.targets import Target

__all__ = ["cascade_order", "expected_cost"]


def cascade_order(
    ranking: Sequence[RankedCandidate], most_steps: int
) -> list[Target]:
    """Return whom to ask in turn: from the cheapest to the best.

    They are those of the ranking whom nobody beats in quality and cost at
    once, each better than the one before; of more than `most_steps` the
    first, the last, and those evenly between. Whose quality or cost is
    unknown comes in only where that holds for all: then as ranked.
    """
    known = [
        (row.cost.expected, row.probability, row.target)
        for row in ranking
        if row.cost.expected is not None and row.probability is not None
    ]
    best: list[str] = []
    reached = -1.0
    for place in front([(cost, quality) for cost, quality, _ in known]):
        _, quality, target = known[place]
        # The same model at another provider would only fail again.
        if quality > reached:
            best.append(target)
            reached = quality
    names = best or [row.target for row in ranking[:most_steps]]
    return [Target.of(name) for name in _spread(names, most_steps)]


def _spread(names: Sequence[str], most: int) -> list[str]:
    if len(names) <= most:
        return list(names)
    if most == 1:
        return [names[0]]
    step = (len(names) - 1) / (most - 1)
    return [names[round(number * step)] for number in range(most)]


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
