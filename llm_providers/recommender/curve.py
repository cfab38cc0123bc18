"""A recommender's curve, quality over cost, and what to hold it against.

Plain Python on plain numbers. Costs are USD for a prompt, on average over
the prompts; qualities are scores from 0 to 1, on average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

__all__ = [
    "area",
    "calibration_error",
    "height",
    "hull",
    "matched_shuffle",
    "mean_of",
    "sweep",
]

Point = tuple[float, float]
Figures = Mapping[str, float]

# The prices of a point of quality, in USD, at which a recommender is asked
# for its choices: from "quality is all" to "cost is all".
STEPS = 120
CHEAPEST, DEAREST = 1e-2, 1e7


def sweep(
    quality: Sequence[Figures],
    expected_cost: Sequence[Figures],
    scores: Sequence[Figures],
    costs: Sequence[Figures],
) -> list[Point]:
    """Return the (cost, quality) points that a recommender can reach.

    For each prompt there is what it expects, quality and cost by model, and
    what came of it, scores and costs. The more a USD weighs, the cheaper are
    its choices; each weight is a point.
    """
    ratio = (DEAREST / CHEAPEST) ** (1 / (STEPS - 1))
    weights = [0.0, *(CHEAPEST * ratio**step for step in range(STEPS))]
    points = []
    for weight in weights:
        choices = [
            max(good, key=lambda model: good[model] - weight * dear[model])
            for good, dear in zip(quality, expected_cost, strict=True)
        ]
        points.append((mean_of(choices, costs), mean_of(choices, scores)))
    return list(dict.fromkeys(points))


def mean_of(choices: Sequence[str], figures: Sequence[Figures]) -> float:
    """Return the mean figure of what was chosen, prompt by prompt."""
    return fmean(
        row[model] for model, row in zip(choices, figures, strict=True)
    )


def matched_shuffle(
    choices: Sequence[str], figures: Sequence[Figures]
) -> float:
    """Return the mean figure of the same choices, dealt out at random.

    Each model is used as often as it was chosen, only not for the prompts
    that it was chosen for. So the bill is about the same, and whatever a
    recommender reaches beyond it is what it knows of the prompts. It is the
    mean over all ways of dealing, nothing is drawn.
    """
    return sum(
        times / len(choices) * fmean(row[model] for row in figures)
        for model, times in Counter(choices).items()
    )


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the points that no mix of the others beats, cheapest first.

    Who takes one of two models by the toss of a coin reaches every point on
    the line between them, so that points below such a line are worth
    nothing. What is dearer and no better is left out, too.
    """
    kept: list[Point] = []
    for cost, quality in sorted(points, key=lambda one: (one[0], -one[1])):
        if kept and quality <= kept[-1][1]:
            continue
        while len(kept) > 1 and _is_below(kept[-1], kept[-2], (cost, quality)):
            kept.pop()
        kept.append((cost, quality))
    return kept


def _is_below(point: Point, left: Point, right: Point) -> bool:
    """Tell whether a point is not above the line between two others."""
    rise = (right[1] - left[1]) * (point[0] - left[0])
    return (point[1] - left[1]) * (right[0] - left[0]) <= rise


def area(points: Sequence[Point], low: float, high: float) -> float:
    """Return the mean quality of the hull over the costs `low` to `high`.

    Left of its first point the hull has that point's quality, and right of
    its last point that one's: money that nobody needs is not spent.
    """
    line = hull(points)
    cuts = sorted({low, high, *(c for c, _ in line if low < c < high)})
    total = sum(
        (height(line, left) + height(line, right)) / 2 * (right - left)
        for left, right in pairwise(cuts)
    )
    return total / (high - low)


def height(line: Sequence[Point], cost: float) -> float:
    """Return a hull's quality at a mean cost; flat beyond its ends."""
    if cost <= line[0][0]:
        return line[0][1]
    for (left, low), (right, high) in pairwise(line):
        if cost <= right:
            return low + (high - low) * (cost - left) / (right - left)
    return line[-1][1]


def calibration_error(
    forecasts: Sequence[float], scores: Sequence[float], bins: int = 10
) -> float:
    """Return by how much forecasts are off, on average: 0 to 1.

    Forecasts from 0 to 1 are put into bins of equal width. In each, the mean
    forecast is held against the mean score that came of it; the differences
    count by the number of forecasts (expected calibration error). 0 where
    there are none.
    """
    held: dict[int, list[tuple[float, float]]] = {}
    for forecast, score in zip(forecasts, scores, strict=True):
        number = min(int(forecast * bins), bins - 1)
        held.setdefault(number, []).append((forecast, score))
    off = [
        abs(fmean(f for f, _ in pairs) - fmean(s for _, s in pairs))
        * len(pairs)
        for pairs in held.values()
    ]
    return sum(off) / len(forecasts) if forecasts else 0.0
