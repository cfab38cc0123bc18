"""Ridge regression in closed form: weights, and what each row would get
from the others.

It is solved over rows, not columns: there are fewer rows than words. Needs
numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .features import SHAPE, Features

__all__ = [
    "Design",
    "Grams",
    "Linear",
    "Scales",
    "design",
    "fit",
    "grams",
    "joined",
    "left_out",
    "limited",
    "parted",
    "standardised",
    "unit",
]

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Places = NDArray[np.int64]
FURTHEST = 3.0


@dataclass(frozen=True)
class Scales:
    """How much words, shape and the common level may explain.

    They are prior variances; the noise of a row is 1.
    """

    text: float
    shape: float
    level: float


@dataclass(frozen=True)
class Design:
    """Prompts as rows: words and shape (standardised)."""

    text: Floats
    shape: Array

    def rows(self, places: Places) -> Design:
        return Design(self.text[places], self.shape[places])


@dataclass(frozen=True)
class Linear:
    """Weights of words and shape, and a constant, for each target."""

    text: Floats
    shape: Array
    level: Array

    def __call__(self, rows: Design) -> Array:
        """Return rows x targets."""
        found = rows.text @ self.text + rows.shape @ self.shape + self.level
        return np.asarray(found, dtype=np.float64)

    def one(self, columns: Places, weights: Floats, shape: Array) -> Array:
        """Return the targets of one prompt, by its words and shape."""
        level = shape @ self.shape + self.level
        if not len(columns):
            return np.asarray(level)
        return np.asarray(level + weights @ self.text.take(columns, axis=0))


def joined(found: Sequence[Linear]) -> Linear:
    """Return one that has the targets of all, in their order."""
    return Linear(
        np.concatenate([each.text for each in found], axis=1),
        np.concatenate([each.shape for each in found], axis=1),
        np.concatenate([each.level for each in found]),
    )


def parted(linear: Linear, sizes: Sequence[int]) -> list[Linear]:
    """Return one for each number of targets: what was joined.

    Each has its weights side by side in memory: those of a prompt's words
    are all over the rows.
    """
    ends = np.cumsum(sizes)[:-1]
    parts = zip(
        np.split(linear.text, ends, axis=1),
        np.split(linear.shape, ends, axis=1),
        np.split(linear.level, ends),
        strict=True,
    )
    return [
        Linear(np.ascontiguousarray(text), np.ascontiguousarray(shape), level)
        for text, shape, level in parts
    ]


def standardised(shape: Array, middle: Array, spread: Array) -> Array:
    """Return figures in spreads from their middle, at most three of them.

    A figure that was the same in all training prompts says nothing: 0.
    """
    return limited((shape - middle) / unit(spread))


def unit(spread: Array) -> Array:
    """Return what a figure counts in: infinite where it never differs."""
    return np.where(spread > 0, spread, np.inf)


def limited(far: Array) -> Array:
    """Return figures with none beyond the furthest, on either side."""
    return np.asarray(np.maximum(np.minimum(far, FURTHEST), -FURTHEST))


def design(
    found: Sequence[Features], columns: int, middle: Array, spread: Array
) -> Design:
    """Return prompts' features as rows."""
    text = np.zeros((len(found), columns), dtype=np.float32)
    for row, each in enumerate(found):
        text[row, each.columns] = each.weights
    shape = np.array([each.shape for each in found]).reshape(-1, len(SHAPE))
    return Design(text, standardised(shape, middle, spread))


@dataclass(frozen=True)
class Grams:
    """How alike each two rows are: by words, and by shape."""

    text: Array
    shape: Array

    def scaled(self, scales: Scales) -> Array:
        """Return the rows' covariance, their noise included."""
        found = scales.text * self.text + scales.shape * self.shape
        found += scales.level
        found[np.diag_indices(len(found))] += 1.0
        return found


def grams(rows: Design) -> Grams:
    """Return how alike rows are."""
    return Grams(
        (rows.text @ rows.text.T).astype(np.float64),
        rows.shape @ rows.shape.T / len(SHAPE),
    )


def left_out(known: Grams, targets: Array, scales: Scales) -> Array:
    """Return each row's prediction from all the other rows."""
    inverse = np.linalg.inv(known.scaled(scales))
    dual = inverse @ targets
    return np.asarray(targets - dual / np.diag(inverse)[:, None])


def fit(rows: Design, known: Grams, targets: Array, scales: Scales) -> Linear:
    """Return the weights; `known` are the rows' grams."""
    dual = np.linalg.solve(known.scaled(scales), targets)
    return Linear(
        (scales.text * rows.text.T) @ dual.astype(np.float32),
        scales.shape / len(SHAPE) * (rows.shape.T @ dual),
        scales.level * dual.sum(axis=0),
    )
