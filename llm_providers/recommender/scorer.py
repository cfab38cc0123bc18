"""Level 1: every candidate of the catalogue, checked and scored.

What does not depend on a task's size is worked out once for a day, or once
for a kind of request, and kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import inf

from llm_providers.catalogue import Catalogue
from llm_providers.recommender.candidates import Candidate, candidates
from llm_providers.recommender.choice import Entrant, Scored
from llm_providers.recommender.constraints import (
    LASTING,
    SIZED,
    Demand,
    amount,
    first_rejection,
    rejections,
    too_dear,
)
from llm_providers.recommender.costs import cost_range
from llm_providers.recommender.field import Field, Standing
from llm_providers.recommender.pareto import front
from llm_providers.recommender.quality import (
    Estimate,
    QualityBook,
    load_quality,
)
from llm_providers.recommender.recommendation import CostRange, Rejected
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import (
    TaskType,
    guess_type,
    task_type,
)
from llm_providers.recommender.tokens import (
    TokenRange,
    output_tokens,
    prompt_size,
)

__all__ = ["Fitting", "Refused", "Scorer"]

# Kinds of request that are kept; each holds a row for each candidate.
MOST_KEPT = 256
NOTHING = Demand(0, TokenRange(0, 0, 0), CostRange(0.0, 0.0, 0.0))


@dataclass(frozen=True)
class Refused:
    """A candidate with all that keeps it out; the estimates are its own."""

    candidate: Candidate
    rejections: tuple[Rejected, ...]
    output_tokens: int
    high_usd: float | None


@dataclass(frozen=True)
class Fitting:
    """Who fits a task, and who does not.

    `task` has its size and providers filled in, `guessed` says that its type
    was not given. `dear` have nothing against them but the budget.
    `providers` are those of whoever may fit, for a smaller task.
    """

    task: Task
    kind: TaskType
    guessed: bool
    standing: Standing
    dear: Standing
    rejected: tuple[Rejected, ...]
    providers: Set[str]

    def output_of(self, one: Scored) -> TokenRange:
        """What it is expected to write, unless the task says so itself."""
        asked = self.task.output_tokens
        if asked is None:
            return one.entrant.output
        return TokenRange(asked, asked, asked)

    @cached_property
    def found(self) -> tuple[Scored, ...]:
        """All that fit, in no order to rely on."""
        return self.standing.every()

    @cached_property
    def front(self) -> tuple[Scored, ...]:
        """Those whom nobody beats in quality and cost at once."""
        points = [(one.cost_order, one.points) for one in self.found]
        return tuple(self.found[i] for i in front(points))

    def best(self, count: int) -> list[Scored]:
        """Return the first so many of those who fit, best first."""
        return self.standing.best(count)


_Split = tuple[Field, tuple[Rejected, ...]]


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
        self._by_kind: dict[str, list[tuple[Estimate, TokenRange]]] = {}
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
        prompt, output = prompt_size(task), task.output_tokens
        providers = self._allowed(task.providers)
        task = task.filled(task.type or kind.name, prompt, providers)
        field, out = self._field(task, kind)
        roomy = field.standing(prompt, output, task.quality_weight)
        small: list[Rejected] = []
        if len(roomy) < len(field.entrants):
            small = _too_small(field.entrants, roomy.places, task)
        fit, dear = roomy.within(task.max_cost_usd)
        return Fitting(
            task=task,
            kind=kind,
            guessed=guessed,
            standing=fit,
            dear=dear,
            rejected=(*out, *small, *_over(task.max_cost_usd, dear)),
            providers=field.providers,
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

    def _field(self, task: Task, kind: TaskType) -> _Split:
        """Those whom only the size of a task may keep out; the others."""
        key = (
            kind.name,
            task.needs,
            task.providers,
            task.days_ahead,
            task.max_cost_usd == 0,
            task.context_tokens,
            task.max_latency_seconds,
            bisect_left(self._steps, task.prompt_tokens or 0),
        )
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._split(task, kind)
        return self._kept[key]

    def _split(self, task: Task, kind: TaskType) -> _Split:
        entrants, out = [], []
        expected = self._expected(kind)
        for candidate, (estimate, output) in zip(
            self.candidates, expected, strict=True
        ):
            against = first_rejection(candidate, task, NOTHING, LASTING)
            if against is not None:
                out.append(against)
                continue
            rate = candidate.rate(task.prompt_tokens or 0)
            window = candidate.context_window or 0
            entrants.append(
                Entrant(
                    candidate.target,
                    estimate.points,
                    window,
                    candidate.max_input_tokens or window,
                    candidate.max_output_tokens or 0,
                    rate.input if rate else None,
                    rate.output if rate else None,
                    _needed(candidate, output),
                    output.high,
                    candidate,
                    estimate.measured,
                    output,
                )
            )
        return Field(entrants), tuple(out)

    def _expected(self, kind: TaskType) -> list[tuple[Estimate, TokenRange]]:
        """What each candidate is likely to reach and to write, once a kind."""
        if kind.name not in self._by_kind:
            usual, estimate = Task(kind.name), self.quality.estimate
            priors = [
                estimate(None, kind.quality, thinks)
                for thinks in (False, True)
            ]
            self._by_kind[kind.name] = [
                (
                    estimate(one.measured, kind.quality)
                    if one.measured
                    else priors[one.thinks],
                    output_tokens(usual, kind, one, self.quality.thinking),
                )
                for one in self.candidates
            ]
        return self._by_kind[kind.name]

    def _demand(
        self, candidate: Candidate, task: Task, kind: TaskType
    ) -> Demand:
        prompt = task.prompt_tokens or 0
        output = output_tokens(task, kind, candidate, self.quality.thinking)
        cost = cost_range(candidate.rate(prompt), prompt, output)
        return Demand(prompt, output, cost)


def _needed(candidate: Candidate, output: TokenRange) -> int:
    """The tokens that its answer takes: too many for any window if cut off."""
    most = candidate.max_output_tokens
    if most is not None and output.expected > most:
        return (candidate.context_window or 0) + 1
    return output.expected


def _too_small(
    entrants: Sequence[Entrant], roomy: Sequence[int], task: Task
) -> list[Rejected]:
    """Say of those who have no room for the task that they have not."""
    prompt, asked = task.prompt_tokens or 0, task.output_tokens
    given = None if asked is None else TokenRange(asked, asked, asked)
    free, there, found = NOTHING.cost, set(roomy), []
    for place, one in enumerate(entrants):
        if place not in there:
            demand = Demand(prompt, given or one.output, free)
            found.append(first_rejection(one.candidate, task, demand, SIZED))
    return [each for each in found if each is not None]


def _over(budget: float | None, dear: Standing) -> list[Rejected]:
    """Say of those who are too dear that they are."""
    if budget is None or not dear:
        return []
    said, entrants = amount(budget), dear.columns.entrants
    reasons = [
        too_dear(None if high == inf else high, said)
        for high in dear.high_by_tariff
    ]
    of = dear.tariffs.of
    return [
        Rejected(entrants[at].target, "max_cost_usd", reasons[of[at]])
        for at in dear.places
    ]
