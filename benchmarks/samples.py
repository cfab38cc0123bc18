"""Taking samples in turn, and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

__all__ = ["in_turn", "paired_differences", "paired_ratios", "percentile"]

T = TypeVar("T")


def in_turn(
    subjects: Mapping[str, Callable[[], T]],
    rounds: int,
    slow: Collection[str] = (),
) -> dict[str, list[T]]:
    """Return each subject's samples, one a round.

    Those in `slow` take part in every third round only.

    Every round asks all of them, so that what slows the machine for a while
    slows them all. It begins with another one than the last, and every
    second round goes backwards, so that none always has the same neighbour.
    """
    names = list(subjects)
    taken: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        order = names[first:] + names[:first]
        for name in reversed(order) if number % 2 else order:
            if name not in slow or number % 3 == 0:
                taken[name].append(subjects[name]())
    return taken


def paired_differences(
    ours: Sequence[float], theirs: Sequence[float]
) -> list[float]:
    """Return by how much each sample exceeds that of the same round."""
    return [a - b for a, b in zip(ours, theirs, strict=True)]


def paired_ratios(
    ours: Sequence[float], theirs: Sequence[float]
) -> list[float]:
    """Return how many times that of the same round each sample is."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the smallest sample that so many per cent do not exceed.

    Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("there are no samples")
    place = math.ceil(len(samples) * percent / 100)
    return sorted(samples)[max(place, 1) - 1]
