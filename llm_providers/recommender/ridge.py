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

__all__ = ["Design", "Linear", "Scales", "design", "fit", "standardised"]

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
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

    def rows(self, places: NDArray[np.int64]) -> Design:
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


def standardised(shape: Array, middle: Array, spread: Array) -> Array:
    """Return figures in spreads from their middle, at most three of them.

    A figure that was the same in all training prompts says nothing: 0.
    """
    safe = np.where(spread > 0, spread, 1.0)
    far = np.clip((shape - middle) / safe, -FURTHEST, FURTHEST)
    return np.where(spread > 0, far, 0.0)


def design(
    found: Sequence[Features], columns: int, middle: Array, spread: Array
) -> Design:
    """Return prompts' features as rows."""
    text = np.zeros((len(found), columns), dtype=np.float32)
    for row, each in enumerate(found):
        text[row, each.columns] = each.weights
    shape = np.array([each.shape for each in found]).reshape(-1, len(SHAPE))
    return Design(text, standardised(shape, middle, spread))


def fit(rows: Design, targets: Array, scales: Scales) -> tuple[Linear, Array]:
    """Return the weights, and each row's prediction from all the others."""
    per_figure = scales.shape / len(SHAPE)
    gram = scales.text * (rows.text @ rows.text.T).astype(np.float64)
    gram += per_figure * (rows.shape @ rows.shape.T) + scales.level
    gram[np.diag_indices(len(gram))] += 1.0
    inverse = np.linalg.inv(gram)
    dual = inverse @ targets
    left_out = targets - dual / np.diag(inverse)[:, None]
    linear = Linear(
        (scales.text * rows.text.T) @ dual.astype(np.float32),
        per_figure * (rows.shape.T @ dual),
        scales.level * dual.sum(axis=0),
    )
    return linear, left_out
