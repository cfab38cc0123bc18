"""Routers on the same held-out outcomes: curves, shuffles, bootstraps.

All arrays are prompts x models. A router is what it expects: each model's
quality and cost. It is swept over the weight of cost, and judged by what
the models that it picked really did. Needs numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curve import area, hull
from .metrics import Point, lift, quality_at

__all__ = ["Contest", "Shuffle", "Sweep", "interval", "picks", "weights"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def weights(low: float, high: float, count: int = 160) -> Array:
    """Return weights of cost in quality per USD, from none to all.

    They suit mean costs from low to high USD.
    """
    span = max(high - low, 1e-3 * high, 1e-12)
    return np.concatenate([[0.0], np.geomspace(1e-4, 1e4, count)]) / span


def picks(quality: Array, cost: Array, weight: float) -> Places:
    """Return each row's model of most quality less weighted cost."""
    return np.asarray(np.argmax(quality - weight * cost, axis=1))


@dataclass(frozen=True)
class Sweep:
    """What a router's picks cost and were worth: weights x prompts."""

    picks: Places
    costs: Array
    scores: Array

    def points(self, counts: Array | None = None) -> list[Point]:
        """Return the points; `counts` says how often each prompt counts."""
        if counts is None:
            counts = np.ones(self.costs.shape[1])
        share = counts / counts.sum()
        return list(
            zip(
                (self.costs @ share).tolist(),
                (self.scores @ share).tolist(),
                strict=True,
            )
        )


@dataclass(frozen=True)
class Shuffle:
    """A router beside its own mix of models, assigned at random.

    `skill` is in points (0 to 100) of quality; `p` is the share of shuffles
    that are at least as good.
    """

    quality: float
    skill: float
    p: float


@dataclass(frozen=True)
class Contest:
    """The held-out outcomes that routers are compared on."""

    scores: Array
    costs: Array

    @property
    def low(self) -> float:
        """The mean cost of the cheapest single model, in USD."""
        return self.span(None)[0]

    @property
    def high(self) -> float:
        """The mean cost of the dearest single model, in USD."""
        return self.span(None)[1]

    def sweep(self, quality: Array, cost: Array) -> Sweep:
        """Let a router pick by what it expects, at every weight of cost."""
        chosen = np.array(
            [picks(quality, cost, w) for w in weights(self.low, self.high)]
        )
        return self.outcome(chosen)

    def outcome(self, chosen: Places) -> Sweep:
        """Return what picks (weights x prompts) cost and were worth."""
        row = np.arange(len(self.scores))
        return Sweep(chosen, self.costs[row, chosen], self.scores[row, chosen])

    def constant(self, model: int) -> Sweep:
        """Always the cheapest, or always this model."""
        cheapest = int(self.costs.mean(axis=0).argmin())
        shape = (1, len(self.scores))
        return self.outcome(
            np.concatenate([np.full(shape, cheapest), np.full(shape, model)])
        )

    def oracle(self) -> Sweep:
        """Pick by what really happened."""
        return self.sweep(self.scores, self.costs)

    def singles(self) -> Sweep:
        """Always one model: a line of picks for each of them."""
        models = np.arange(self.scores.shape[1])[:, None]
        return self.outcome(np.tile(models, (1, len(self.scores))))

    def area(self, sweep: Sweep, counts: Array | None = None) -> float:
        """Return the area under a sweep's curve (AIQ)."""
        low, high = self.span(counts)
        if high - low < 1e-9 * high:
            return quality_at(sweep.points(counts), 2 * high)
        return area(sweep.points(counts), low, high)

    def span(self, counts: Array | None) -> tuple[float, float]:
        """Return the least and most mean cost of the single models."""
        means = np.average(self.costs, axis=0, weights=counts)
        return float(means.min()), float(means.max())

    def lift(self, sweep: Sweep, counts: Array | None = None) -> float:
        """Return a sweep's lift over the best mix of single models."""
        return lift(
            self.area(sweep, counts),
            self.area(self.singles(), counts),
            self.area(self.oracle(), counts),
        )

    def lifts(
        self, sweeps: Sequence[Sweep], draws: int = 500, seed: int = 0
    ) -> Array:
        """Return draws x sweeps: lifts on prompts drawn with replacement.

        Each draw is the same for all sweeps, so that they can be compared.
        """
        random = np.random.default_rng(seed)
        size = len(self.scores)
        singles, oracle = self.singles(), self.oracle()
        found = np.zeros((draws, len(sweeps)))
        for draw in range(draws):
            drawn = random.integers(0, size, size)
            counts = np.bincount(drawn, minlength=size).astype(float)
            floor = self.area(singles, counts)
            ceiling = self.area(oracle, counts)
            found[draw] = [
                lift(self.area(each, counts), floor, ceiling)
                for each in sweeps
            ]
        return found

    def quarter_quality(self, sweep: Sweep) -> float:
        """Return the curve's quality at a quarter of the cost range."""
        cost = self.low + 0.25 * (self.high - self.low)
        return quality_at(sweep.points(), cost)

    def cost_matched_shuffle(
        self, sweep: Sweep, draws: int = 2000, seed: int = 0
    ) -> Shuffle:
        """Compare with the same mix at random, at a quarter of the cost.

        A way to choose that costs as much is made from the two neighbours
        of that cost on the curve, by tossing a coin for each prompt.
        """
        random = np.random.default_rng(seed)
        chosen = self.mixed(sweep, random)
        row = np.arange(len(chosen))
        quality = float(self.scores[row, chosen].mean())
        shuffled = np.array(
            [
                self.scores[row, random.permutation(chosen)].mean()
                for _ in range(draws)
            ]
        )
        return Shuffle(
            quality,
            100 * (quality - float(shuffled.mean())),
            (1 + int((shuffled >= quality).sum())) / (draws + 1),
        )

    def mixed(self, sweep: Sweep, random: np.random.Generator) -> Places:
        """Return one pick a prompt that costs a quarter of the range."""
        limit = self.low + 0.25 * (self.high - self.low)
        points = sweep.points()
        corners = hull(points)
        places = [points.index(corner) for corner in corners]
        after = next(
            (i for i, (cost, _) in enumerate(corners) if cost > limit),
            len(corners) - 1,
        )
        before = max(after - 1, 0)
        gap = corners[after][0] - corners[before][0]
        share = (limit - corners[before][0]) / gap if gap > 0 else 1.0
        dearer = random.random(len(self.scores)) < min(max(share, 0.0), 1.0)
        pair = sweep.picks[[places[before], places[after]]]
        return np.asarray(np.where(dearer, pair[1], pair[0]))


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the middle `level` of bootstrapped values."""
    edge = 50 * (1 - level)
    low, high = np.percentile(values, [edge, 100 - edge])
    return float(low), float(high)
