"""How good a model is likely to be at a type of task, by public figures.

``data/quality.json`` has LiveBench's averages by category, in points of 100,
for a maker's model at one effort; all providers' rows of that model share
them. A model without a figure gets a prior, which is no figure of its own.

    load_quality() -> QualityBook -> Measured, Estimate
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import erf, exp, log, sqrt
from pathlib import Path
from statistics import fmean, median, pstdev

from llm_providers.data_files import data_file

__all__ = [
    "Estimate",
    "Measured",
    "QualityBook",
    "expected_elsewhere",
    "filled",
    "load_quality",
    "order_confidence",
    "shrunk",
]

# Of two models that differ by 2 points (1 to 3) in public measurements the
# better one was the better one for a new task in 59 % of cases, of two that
# differ by 20 (10 to 30) in 88 %. Two normal quantiles, joined by a power.
STEP, POWER = 0.1388, 0.713


@dataclass(frozen=True)
class Measured:
    """A maker's model at one effort: points by category, tokens a question.

    `output_tokens` has the thinking in it; None where it was not published.
    """

    model: str
    effort: str | None
    scores: Mapping[str, float]
    output_tokens: int | None
    measured_on: str
    source: str

    @cached_property
    def mean(self) -> float:
        """Its average over all categories."""
        return fmean(self.scores.values())


@dataclass(frozen=True)
class Estimate:
    """What to expect of a model: points of 100; measured, or a prior."""

    points: float
    measured: bool


@dataclass(frozen=True)
class QualityBook:
    """All public figures, and what they say of models that have none."""

    categories: tuple[str, ...]
    by_id: Mapping[str, Measured]
    all: tuple[Measured, ...]

    @cached_property
    def means(self) -> dict[str, float]:
        """The average of all measured models in each category."""
        return {
            category: fmean(each.scores[category] for each in self.all)
            for category in self.categories
        }

    @cached_property
    def mean(self) -> float:
        """The average of all models over all categories."""
        return fmean(self.means.values())

    @cached_property
    def thinking(self) -> tuple[int, int, int]:
        """The least, the median and the most tokens that a question took."""
        known = [each.output_tokens for each in self.all]
        tokens = [count for count in known if count is not None]
        return min(tokens), round(median(tokens)), max(tokens)

    def estimate(
        self,
        measured: Measured | None,
        wanted: Mapping[str, float],
        thinks: bool = True,
    ) -> Estimate:
        """What a model is likely to reach at tasks of these categories.

        `wanted` weighs the categories (none: all count alike). A measured
        model's average there is pulled half-way to its average over all,
        since no two kinds of task are quite the same. A model without a
        figure counts as one standard deviation below the mean of those that
        have one; if it does not think, as the weakest of them, for that is
        how models measured both ways did without thinking. Both priors are
        our assumption.
        """
        weights = wanted or dict.fromkeys(self.categories, 1.0)
        usual = _weighed(self.means, weights)
        if measured is not None:
            there = _weighed(measured.scores, weights)
            own = usual + measured.mean - self.mean
            return Estimate(shrunk([there], own), True)
        values = [_weighed(each.scores, weights) for each in self.all]
        prior = usual - pstdev(values) if thinks else min(values)
        return Estimate(prior, False)


def shrunk(
    figures: Sequence[float], prior: float, prior_weight: float = 1.0
) -> float:
    """Return the mean of the figures, pulled to a prior where they are thin.

    The prior counts like `prior_weight` figures: one figure ends half-way,
    many hardly move, none gives the prior.
    """
    weight = len(figures) + prior_weight
    if weight == 0:
        return prior
    return (sum(figures) + prior_weight * prior) / weight


def expected_elsewhere(
    scores: Mapping[str, float], related: Sequence[str]
) -> float:
    """Return what a model may reach in a category that has no figure yet.

    Three quarters are its average over the categories that have one, a
    quarter that over the `related` ones. On a scale of odds, since from 90
    to 95 points is as far as from 50 to 70.
    """
    odds = {name: _odds(points) for name, points in scores.items()}
    near = [odds[name] for name in related if name in odds]
    everywhere = fmean(odds.values())
    mixed = everywhere + (fmean(near) - everywhere) / 4 if near else everywhere
    return 101 / (1 + exp(-mixed)) - 0.5


def _odds(points: float) -> float:
    """The logarithm of the odds; half a point keeps off their ends."""
    return log((points + 0.5) / (100.5 - points))


def order_confidence(points: float) -> float:
    """How probably a lead of so many points is one for a new task, too.

    0.5 where there is no lead, 0.59 at 2 points, 0.88 at 20; less than 0.5
    where the lead is the other one's.
    """
    size = STEP * abs(points) ** POWER
    normal = 0.5 * (1 + erf(size / sqrt(2)))
    return normal if points >= 0 else 1 - normal


def load_quality(path: Path | str | None = None) -> QualityBook:
    """Return the public figures, read once per file."""
    return _read(Path(path) if path else data_file("quality.json"))


@cache
def _read(path: Path) -> QualityBook:
    content = json.loads(path.read_text(encoding="utf-8"))
    rows, categories = content["models"], tuple(content["categories"])
    known = [row["scores"] for row in rows]
    if any(len(each) < len(categories) for each in known):
        known = filled(known, categories, content["related"])
    all_, by_id = [], {}
    for row, scores in zip(rows, known, strict=True):
        measured = Measured(
            model=row["model"],
            effort=row["effort"],
            scores=scores,
            output_tokens=row["tokens"]["output"],
            measured_on=row["measured_on"],
            source=row["source"],
        )
        all_.append(measured)
        by_id.update(dict.fromkeys(row["ids"], measured))
    return QualityBook(categories, by_id, tuple(all_))


def filled(
    scores: Sequence[Mapping[str, float]],
    categories: Sequence[str],
    related: Mapping[str, Sequence[str]],
) -> list[dict[str, float]]:
    """Return all models' scores, with what is missing as it is expected.

    Where others have a figure in the category, the expectation is moved to
    their level: categories differ in how hard they are.
    """
    made = [dict(each) for each in scores]
    for name in categories:
        if all(name in each for each in scores):
            continue
        near = related.get(name, ())
        guesses = [_elsewhere(each, name, near) for each in scores]
        gaps = [
            each[name] - guess
            for each, guess in zip(scores, guesses, strict=True)
            if name in each
        ]
        level = fmean(gaps) if gaps else 0.0
        for each, guess in zip(made, guesses, strict=True):
            each.setdefault(name, min(100.0, max(0.0, guess + level)))
    return made


def _elsewhere(
    scores: Mapping[str, float], name: str, related: Sequence[str]
) -> float:
    others = {key: points for key, points in scores.items() if key != name}
    return expected_elsewhere(others, related)


def _weighed(
    values: Mapping[str, float], weights: Mapping[str, float]
) -> float:
    total = sum(weights.values())
    return sum(values[name] * weights[name] for name in weights) / total
