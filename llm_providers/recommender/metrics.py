"""Single figures of a recommender's curve, quality over cost.

What a point and a hull are, `curve` says; areas and lift follow RouterBench
(arXiv 2403.12031). Costs are USD, qualities go from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .curve import area, calibration_error, height, hull

__all__ = [
    "area",
    "calibration_error",
    "cost_share",
    "hull",
    "lift",
    "quality_at",
    "regret",
]

Point = tuple[float, float]


def lift(router: float, singles: float, oracle: float) -> float:
    """Return a router's area on a scale from 0 to 100.

    0 is the area of the best mix of single models in hindsight, 100 that of
    an oracle that knows each prompt's outcomes. Where even the oracle is no
    better than the singles there is nothing to gain: 0.
    """
    to_gain = oracle - singles
    if to_gain <= 0:
        return 0.0
    return 100 * (router - singles) / to_gain


def quality_at(points: Sequence[Point], cost: float) -> float:
    """Return the hull's quality at a mean cost; flat beyond its ends."""
    return height(hull(points), cost)


def cost_share(points: Sequence[Point], quality: float, full: float) -> float:
    """Return the least cost of this quality, as a share of `full` USD.

    It is infinite where the hull never gets there.
    """
    line = hull(points)
    if quality <= line[0][1]:
        return line[0][0] / full
    for (left, low), (right, high) in pairwise(line):
        if quality <= high:
            share = (quality - low) / (high - low)
            return (left + share * (right - left)) / full
    return float("inf")


def regret(
    qualities: Sequence[Sequence[float]], chosen: Sequence[int]
) -> float:
    """Return the points (0 to 100) by which the best choices were missed.

    One row of qualities a prompt, and the place of the one that was chosen.
    0 where there are no prompts.
    """
    lost = [
        max(row) - row[choice]
        for row, choice in zip(qualities, chosen, strict=True)
    ]
    return 100 * sum(lost) / len(lost) if lost else 0.0
