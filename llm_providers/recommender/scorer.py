"""Level 1: every candidate of the catalogue, checked and scored.

What does not depend on a task's size is worked out once for a day, or once
for a kind of request, and kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from heapq import nsmallest
from math import inf

from llm_providers.catalogue import Catalogue
from llm_providers.recommender.candidates import Candidate, candidates
from llm_providers.recommender.choice import Entrant, Scored, scored
from llm_providers.recommender.constraints import (
    Demand,
    amount,
    rejections,
    too_dear,
)
from llm_providers.recommender.costs import cost_range
from llm_providers.recommender.pareto import front
from llm_providers.recommender.quality import QualityBook, load_quality
from llm_providers.recommender.recommendation import Rejected
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import (
    TaskType,
    guess_type,
    task_type,
)
from llm_providers.recommender.tokens import output_tokens, prompt_size

__all__ = ["Fitting", "Refused", "Scorer"]

# Kinds of request that are kept; each holds a row for each candidate.
MOST_KEPT = 256


@dataclass(frozen=True)
class Refused:
    """A candidate with all that keeps it out; the estimates are its own."""

    candidate: Candidate
    rejections: tuple[Rejected, ...]
    output_tokens: int
    high_usd: float | None


@dataclass(frozen=True)
class Fitting:
    """Who fits a task, in no order, and who does not.

    `task` has its size and providers filled in, `guessed` says that its type
    was not given. `dear` have nothing against them but the budget.
    """

    task: Task
    kind: TaskType
    guessed: bool
    found: tuple[Scored, ...]
    dear: tuple[Scored, ...]
    rejected: tuple[Rejected, ...]

    @cached_property
    def front(self) -> tuple[Scored, ...]:
        """Those whom nobody beats in quality and cost at once."""
        points = [(one.cost_order, one.points) for one in self.found]
        return tuple(self.found[i] for i in front(points))

    def best(self, count: int) -> list[Scored]:
        """Return the first so many of those who fit, best first."""
        if count == 1:
            return [min(self.found)] if self.found else []
        return nsmallest(count, self.found)


_Split = tuple[tuple[Entrant, ...], tuple[Rejected, ...]]


class Scorer:
    """The candidates of one day, ready to be scored.

    `at_hand` are the providers that may be taken (None: all).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        day: date,
        at_hand: Collection[str] | None = None,
        latencies: Mapping[str, float] | None = None,
        quality: QualityBook | None = None,
    ) -> None:
        self.day = day
        self.quality = quality or load_quality()
        self.candidates = candidates(catalogue, day, self.quality, latencies)
        self._at_hand = None if at_hand is None else tuple(at_hand)
        self._kept: dict[object, _Split] = {}
        # Between these sizes of a prompt no price changes.
        self._steps = sorted(
            {
                rate.above_input_tokens
                for one in self.candidates
                for rate in one.rates
            }
        )

    def fit(self, task: Task) -> Fitting:
        """Return who fits a task, and what keeps the others out."""
        guessed = task.type is None
        kind = task_type(guess_type(task.prompt) if guessed else task.type)
        task = replace(
            task,
            type=task.type or kind.name,
            prompt_tokens=prompt_size(task),
            providers=self._allowed(task.providers),
        )
        entrants, out = self._entrants(task, kind)
        prompt = task.prompt_tokens or 0
        found = scored(entrants, prompt, task.quality_weight)
        small: tuple[Rejected, ...] = ()
        if len(found) < len(entrants):
            small = self._too_small(entrants, task, kind)
        fit, dear, late = _within(found, task)
        return Fitting(
            task=task,
            kind=kind,
            guessed=guessed,
            found=tuple(fit),
            dear=tuple(dear),
            rejected=(*out, *small, *late),
        )

    def refused(self, task: Task, kind: TaskType) -> list[Refused]:
        """Return all candidates with all that keeps each of them out."""
        return [self._refused(one, task, kind) for one in self.candidates]

    def _refused(
        self, candidate: Candidate, task: Task, kind: TaskType
    ) -> Refused:
        demand = self._demand(candidate, task, kind)
        return Refused(
            candidate,
            tuple(rejections(candidate, task, demand)),
            demand.output.expected,
            demand.cost.high,
        )

    def _allowed(
        self, providers: tuple[str, ...] | None
    ) -> tuple[str, ...] | None:
        if providers is None or self._at_hand is None:
            return self._at_hand if providers is None else providers
        return tuple(one for one in providers if one in self._at_hand)

    def _entrants(self, task: Task, kind: TaskType) -> _Split:
        """Those whom only the prompt's size may yet keep out; the others."""
        key = (
            kind.name,
            task.needs,
            task.providers,
            task.days_ahead,
            task.context_tokens,
            task.max_latency_seconds,
            task.output_tokens,
            bisect_left(self._steps, task.prompt_tokens or 0),
        )
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._split(task, kind)
        return self._kept[key]

    def _split(self, task: Task, kind: TaskType) -> _Split:
        smallest = replace(task, prompt_tokens=0, max_cost_usd=None)
        entrants, out = [], []
        for candidate in self.candidates:
            against = self._against(candidate, smallest, kind)
            if against:
                out.append(against[0])
            else:
                entrants.append(self._entrant(candidate, task, kind))
        return tuple(entrants), tuple(out)

    def _too_small(
        self, entrants: Iterable[Entrant], task: Task, kind: TaskType
    ) -> tuple[Rejected, ...]:
        prompt = task.prompt_tokens or 0
        return tuple(
            self._against(one.candidate, task, kind)[0]
            for one in entrants
            if prompt > one.room
        )

    def _against(
        self, candidate: Candidate, task: Task, kind: TaskType
    ) -> list[Rejected]:
        demand = self._demand(candidate, task, kind)
        return rejections(candidate, task, demand)

    def _demand(
        self, candidate: Candidate, task: Task, kind: TaskType
    ) -> Demand:
        prompt = task.prompt_tokens or 0
        output = output_tokens(task, kind, candidate, self.quality.thinking)
        cost = cost_range(candidate.rate(prompt), prompt, output)
        return Demand(prompt, output, cost)

    def _entrant(
        self, candidate: Candidate, task: Task, kind: TaskType
    ) -> Entrant:
        output = output_tokens(task, kind, candidate, self.quality.thinking)
        window = candidate.context_window or 0
        estimate = self.quality.estimate(
            candidate.measured, kind.quality, candidate.thinks
        )
        rate = candidate.rate(task.prompt_tokens or 0)
        price = None if rate is None or rate.output is None else rate.output
        return Entrant(
            target=candidate.target,
            points=estimate.points,
            room=min(
                window - output.expected, candidate.max_input_tokens or window
            ),
            input_rate=rate.input if rate and price is not None else None,
            output_cost=output.expected * (price or 0.0),
            high_output_cost=output.high * (price or 0.0),
            candidate=candidate,
            measured=estimate.measured,
            output=output,
        )


def _within(
    found: list[Scored], task: Task
) -> tuple[list[Scored], list[Scored], list[Rejected]]:
    """Split them into those within the budget, and the others, with words."""
    budget = task.max_cost_usd
    if budget is None:
        return found, [], []
    fit = [one for one in found if one.high_order <= budget]
    dear = [one for one in found if one.high_order > budget]
    said = amount(budget)
    return (
        fit,
        dear,
        [
            Rejected(
                one.target,
                "max_cost_usd",
                too_dear(
                    None if one.high_order == inf else one.high_order, said
                ),
            )
            for one in dear
        ],
    )
