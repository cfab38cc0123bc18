"""The Pareto front: whom nobody beats in quality and cost at once."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["front"]


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the positions of the (cost, quality) points that are worth it.

    A point is worth it when no other is at least as cheap and at least as
    good, and better in one of the two. Cheapest first; of equal points all
    stay, in their order.
    """
    order = sorted(
        range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)
    )
    kept: list[int] = []
    for i in order:
        if not kept:
            kept.append(i)
            continue
        best = points[kept[-1]]
        if points[i][1] > best[1] or tuple(points[i]) == tuple(best):
            kept.append(i)
    return kept
