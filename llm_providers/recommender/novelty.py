"""Whether a prompt is like those that were learned from. Needs numpy.

A prompt is held against the training prompts of the task that it looks like
most: is its shape farther from theirs, or its score for the task lower, than
almost all of theirs are from and for each other? How often that is so by
chance is known, whatever the new prompt is: no prompt of an unknown task is
needed to set the limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SEEN", "UNSEEN", "Familiar", "Limits", "fit_familiar"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
NEIGHBOURS = 3


@dataclass(frozen=True)
class Limits:
    """Below which share of the training prompts a prompt is new.

    They are also the shares of familiar prompts that are taken for new.
    """

    shape: float
    score: float


# A prompt without a task is probably of a known one; one whose given task is
# unknown is probably not.
SEEN = Limits(shape=0.03, score=0.05)
UNSEEN = Limits(shape=0.1, score=0.1)


@dataclass(frozen=True)
class Familiar:
    """One task's training prompts: shapes, distances and scores.

    Distances (to the nearest others) and scores are sorted, ascending.
    """

    shapes: Array
    distances: Array
    scores: Array

    def shares(self, shape: Array, score: float) -> Limits:
        """Return the shares of training prompts that are no less unusual."""
        apart = self.shapes - shape
        away = np.einsum("ij,ij->i", apart, apart)
        distance = float(nearest(away))
        rows = len(self.scores)
        farther = rows - int(self.distances.searchsorted(distance, "left"))
        lower = int(self.scores.searchsorted(score, "right"))
        return Limits((1 + farther) / (1 + rows), (1 + lower) / (1 + rows))

    def is_new(self, shape: Array, score: float, limits: Limits) -> bool:
        """Tell whether a prompt is too unusual."""
        shares = self.shares(shape, score)
        return shares.shape < limits.shape or shares.score < limits.score


def nearest(distances: Array) -> Array:
    """Return each row's mean of the least few; 0 where there are none."""
    count = min(NEIGHBOURS, distances.shape[-1])
    if not count:
        return np.zeros(distances.shape[:-1])
    least = np.partition(distances, count - 1, axis=-1)[..., :count]
    return np.asarray(np.add.reduce(least, axis=-1) / count)


def fit_familiar(shapes: Array, scores: Array) -> Familiar:
    """Return what one task's prompts are like.

    The scores are those that each prompt gets from all the others.
    """
    squares = (shapes**2).sum(axis=1)
    away = squares[:, None] + squares[None] - 2 * shapes @ shapes.T
    others = ~np.eye(len(shapes), dtype=bool)
    apart = np.maximum(away, 0.0)[others].reshape(len(shapes), -1)
    return Familiar(shapes, np.sort(nearest(apart)), np.sort(scores))
