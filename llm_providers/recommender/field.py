"""Where all entrants of a kind of request stand for one task.

Written for hundreds of entrants in a fraction of a millisecond: their figures
are columns, what does not depend on the task is worked out once, who can't be
among the best is not looked at, and only who is asked for becomes a `Scored`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log1p

from llm_providers.recommender.choice import (
    SCALE,
    SMALL_USD,
    Entrant,
    Scored,
    cost_score,
)
from llm_providers.recommender.contenders import MOST, contenders
from llm_providers.recommender.tariffs import Tariffs

__all__ = ["Columns", "Field", "Standing"]

Places = Sequence[int]

# For prompts and answers up to these sizes, in tokens, it is known who may be
# among the best; beyond them, too many differ in what they have room for.
USUAL_PROMPT, USUAL_ANSWER = 100_000, 16_000
# A kind of request that comes but once or twice is not worth finding that out.
SOME_USES = 2
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Columns:
    """Entrants from most to least quality, in points of 100 (negated)."""

    entrants: Sequence[Entrant]
    providers: Sequence[str]
    minus_points: Sequence[float]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each entrant, by target."""
        return {one.target: at for at, one in enumerate(self.entrants)}


@dataclass(frozen=True)
class Standing:
    """The places of those who fit a task, ascending, and what it costs there.

    `first` are those of them who may be among the best, or all. An unknown
    cost is infinite. `weight` is that of quality, from 0 to 1.
    """

    columns: Columns
    tariffs: Tariffs
    places: Places
    first: Places
    prompt_tokens: int
    weight: float

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def costs(self) -> Sequence[float]:
        """What the task is expected to cost by each tariff, in USD."""
        return self.tariffs.expected(self.prompt_tokens)

    @cached_property
    def losses(self) -> Sequence[float]:
        """The utility of each of the `first`, negated."""
        return self._losses(self.first)

    def one(self, place: int) -> Scored:
        """Return the entrant at a place."""
        return self._scored(place, self._losses([place])[0])

    def learned(
        self, targets: Sequence[str], quality: Sequence[float]
    ) -> list[Scored]:
        """Return those who are here, by quality (0 to 1) that was learned."""
        entrants, weight = self.columns.entrants, self.weight
        prompt = self.prompt_tokens
        places, tariffs, costs = self.columns.places, self.tariffs, self.costs
        is_whole = self._is_whole
        found = []
        for target, share in zip(targets, quality, strict=True):
            place = places.get(target)
            if place is None or not (is_whole or self._has(place)):
                continue
            tariff, minus = tariffs.of[place], -100 * float(share)
            cost, high = costs[tariff], tariffs.high(tariff, prompt)
            loss = _loss(cost, minus, weight)
            found.append(
                Scored(loss, minus, cost, target, high, entrants[place], True)
            )
        return found

    def targets(self) -> Sequence[str]:
        """Return the names of all."""
        entrants = self.columns.entrants
        return [entrants[place].target for place in self.places]

    def every(self) -> tuple[Scored, ...]:
        """Return all entrants, in no order to rely on."""
        losses = self._losses(self.places)
        return tuple(map(self._scored, self.places, losses))

    def best(self, count: int, besides: Set[str] = NOBODY) -> list[Scored]:
        """Return the first so many, best first, besides some by target."""
        places = self.columns.places
        known = {places[name] for name in besides}
        pool, losses = self.first, self.losses
        if count + len(known) > min(MOST, len(self)):
            pool = self.places
            losses = self._losses(pool)
        pairs = zip(losses, pool, strict=True)
        every = [pair for pair in pairs if pair[1] not in known]
        if len(every) > count:
            limit = min(every) if count == 1 else sorted(every)[count - 1]
            every = [pair for pair in every if pair[0] <= limit[0]]
        return sorted([self._scored(at, loss) for loss, at in every])[:count]

    def best_of_others(self, known: Collection[str]) -> list[Scored]:
        """Return the best of each provider that is not known, best first."""
        providers = self.columns.providers
        best: dict[str, Scored] = {}
        for place, loss in zip(self.first, self.losses, strict=True):
            name = providers[place]
            if name in known:
                continue
            if name not in best or loss <= best[name].loss:
                one = self._scored(place, loss)
                best[name] = min(best.get(name, one), one)
        return sorted(best.values())

    def cheapest(self) -> Scored:
        """Return who costs least, of several the first by name."""
        costs, of = self.costs, self.tariffs.of
        least = min(costs[of[place]] for place in self.places)
        return min(
            (self.one(at) for at in self.places if costs[of[at]] == least),
            key=lambda one: one.target,
        )

    def better(self, points: float) -> int:
        """Return how many have more points: they are the first ones."""
        place = bisect_left(self.columns.minus_points, -points)
        return bisect_left(self.places, place)

    def cheaper(self, cost: float) -> int:
        """Return how many cost less than so many USD."""
        costs, tariffs = self.costs, self.tariffs
        if self._is_whole:
            sizes = zip(costs, tariffs.sizes, strict=True)
            return sum([size for own, size in sizes if own < cost])
        of = tariffs.of
        return len([1 for place in self.places if costs[of[place]] < cost])

    def within(self, budget: float | None) -> tuple[Standing, Standing]:
        """Return who is within a budget by the high estimate; the others."""
        if budget is None:
            return self, replace(self, places=(), first=())
        fits = self.tariffs.within(self.prompt_tokens, budget)
        if all(fits):
            return self, replace(self, places=(), first=())
        fit, dear = self._split(fits, True), self._split(fits, False)
        return (fit if dear.places else self), dear

    @cached_property
    def high_by_tariff(self) -> Sequence[float]:
        """What the task costs at the most by each tariff, in USD."""
        return self.tariffs.highest(self.prompt_tokens)

    @property
    def _is_whole(self) -> bool:
        return len(self.places) == len(self.columns.entrants)

    def _has(self, place: int) -> bool:
        at = bisect_left(self.places, place)
        return at < len(self.places) and self.places[at] == place

    def _split(self, fits: Sequence[bool], kept: bool) -> Standing:
        of = self.tariffs.of
        places = [at for at in self.places if fits[of[at]] is kept]
        first = [at for at in self.first if fits[of[at]] is kept]
        return replace(self, places=places, first=first)

    def _losses(self, places: Places) -> list[float]:
        """Return what the task loses at places: a `utility` negated."""
        costs, of = self.costs, self.tariffs.of
        minus, weight = self.columns.minus_points, self.weight
        if self.tariffs.unpriced:
            return [_loss(costs[of[at]], minus[at], weight) for at in places]
        quality, price, log_of = weight / 100, (1 - weight) / SCALE, log1p
        return [
            price * log_of(costs[of[at]] / SMALL_USD) + quality * minus[at]
            for at in places
        ]

    def _scored(self, place: int, loss: float) -> Scored:
        columns, tariff = self.columns, self.tariffs.of[place]
        entrant = columns.entrants[place]
        return Scored(
            loss,
            columns.minus_points[place],
            self.costs[tariff],
            entrant.target,
            self.tariffs.high(tariff, self.prompt_tokens),
            entrant,
        )


def _loss(cost: float, minus_points: float, weight: float) -> float:
    quality = weight / 100
    if cost == inf:
        return (1 - weight) * cost_score(None) + quality * minus_points
    price = (1 - weight) / SCALE
    return price * log1p(cost / SMALL_USD) + quality * minus_points


class Field:
    """All entrants of a kind of request, ready for its tasks."""

    def __init__(self, entrants: Iterable[Entrant]) -> None:
        self.entrants = sorted(entrants, key=lambda one: -one.points)
        self._columns = Columns(
            self.entrants,
            [one.candidate.provider for one in self.entrants],
            [-one.points for one in self.entrants],
        )
        self.providers = frozenset(self._columns.providers)
        self._all = range(len(self.entrants))
        self._usual = Tariffs.usual(self.entrants)
        self._rooms = [
            min(one.window - one.expected, one.most_input)
            for one in self.entrants
        ]
        self._least_room = min(self._rooms, default=0)
        self._uses = 0

    def standing(
        self, prompt_tokens: int, output_tokens: int | None, weight: float
    ) -> Standing:
        """Return who has room for a task, and where each of them stands.

        `output_tokens` go before what an entrant is expected to write. The
        cost is that of `costs.expected_cost`.
        """
        if output_tokens is None:
            tariffs, places = self._usual, self._with_room(prompt_tokens)
        else:
            tariffs = self._asked.asked(output_tokens)
            places = self._with_room_for(prompt_tokens, output_tokens)
        first = self._first(prompt_tokens, output_tokens)
        if first is None:
            first = places
        elif len(places) < len(self.entrants):
            there = set(places)
            first = [place for place in first if place in there]
        return Standing(
            self._columns, tariffs, places, first, prompt_tokens, weight
        )

    def _with_room(self, prompt: int) -> Places:
        if prompt <= self._least_room:
            return self._all
        return [at for at, room in enumerate(self._rooms) if prompt <= room]

    def _with_room_for(self, prompt: int, output: int) -> Places:
        both = prompt + output
        found = [
            at
            for at, one in enumerate(self.entrants)
            if output <= one.most_output
            and both <= one.window
            and prompt <= one.most_input
        ]
        return found if len(found) < len(self.entrants) else self._all

    def _first(self, prompt: int, output: int | None) -> Places | None:
        """Return who may be among the best; None where that is not known."""
        if prompt + (output or 0) > USUAL_PROMPT:
            return None
        if (output or 0) > USUAL_ANSWER:
            return None
        self._uses += 1
        if self._uses <= SOME_USES:
            return None
        return self._usual_first if output is None else self._asked_first

    @cached_property
    def _asked(self) -> Tariffs:
        return Tariffs.by_rates(self.entrants)

    @cached_property
    def _usual_first(self) -> Places:
        """Those who may be among the best by what they are likely to write."""
        rooms = [-min(room, USUAL_PROMPT) for room in self._rooms]
        return self._contenders(self._usual, [rooms])

    @cached_property
    def _asked_first(self) -> Places:
        """Those who may be among the best where the task says its length."""
        known = self.entrants
        return self._contenders(
            self._asked,
            [
                [-min(one.most_output, USUAL_ANSWER) for one in known],
                [-min(one.window, USUAL_PROMPT) for one in known],
                [-min(one.most_input, USUAL_PROMPT) for one in known],
            ],
        )

    def _contenders(
        self, tariffs: Tariffs, rooms: Sequence[Sequence[int]]
    ) -> Places:
        """Less of any of these is never worse: for no task and no budget."""
        of = tariffs.of
        figures = zip(
            self._columns.minus_points,
            [tariffs.rates[at] for at in of],
            [tariffs.answers[at] for at in of],
            [tariffs.highs[at] for at in of],
            *rooms,
            strict=True,
        )
        names = [one.target for one in self.entrants]
        return contenders(list(figures), names, self._columns.providers)
