"""Random draws that come out the same on every machine and Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

__all__ = ["Draws"]

Item = TypeVar("Item")
NORMAL = NormalDist()


class Draws:
    """A stream of draws of its own for each name.

    Only ``random.random`` is promised to give the same numbers in later
    versions of Python, so everything here is made from it.
    """

    def __init__(self, *name: object) -> None:
        self._random = random.Random("/".join(map(str, name)))

    def uniform(self) -> float:
        """A number from 0 up to, but not including, 1."""
        return self._random.random()

    def happens(self, probability: float) -> bool:
        """True with that probability."""
        return self.uniform() < probability

    def index(self, length: int) -> int:
        """A place in a sequence of that length."""
        return int(self.uniform() * length)

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as the others."""
        return items[self.index(len(items))]

    def weighted(self, items: Sequence[tuple[Item, float]]) -> Item:
        """One of the items, by its weight."""
        left = self.uniform() * sum(weight for _, weight in items)
        for item, weight in items:
            left -= weight
            if left < 0:
                return item
        return items[-1][0]

    def normal(self) -> float:
        """A draw of the standard normal distribution."""
        # Never 0 or 1, where the quantile would be infinite.
        return NORMAL.inv_cdf((self.uniform() + 2**-54) / (1 + 2**-52))
