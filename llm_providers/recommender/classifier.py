"""Which type of task a prompt is, and how sure that is. Needs numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ridge import Design, Linear, Scales, fit, grams, left_out

__all__ = ["SCALES", "Classifier", "fit_classifier", "softmax"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
SCALES = Scales(text=1.0, shape=0.05, level=0.0)
SHARPNESS = np.geomspace(0.5, 100.0, 60)


@dataclass(frozen=True)
class Classifier:
    """One score a task, about 1 for the right one and 0 for others.

    `sharpness` turns scores into probabilities.
    """

    linear: Linear
    sharpness: float

    def probabilities(self, scores: Array) -> Array:
        """Return rows x tasks; each row adds up to 1."""
        return softmax(self.sharpness * scores)


def softmax(logits: Array) -> Array:
    """Return probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_classifier(
    rows: Design, labels: Places, tasks: int
) -> tuple[Classifier, Array]:
    """Return the classifier, and each row's scores from all other rows.

    The labels are the tasks' places, each of them at least once.
    """
    targets = np.eye(tasks)[labels]
    base = targets.mean(axis=0)
    known = grams(rows)
    linear = fit(rows, known, targets - base, SCALES)
    linear = Linear(linear.text, linear.shape, linear.level + base)
    scores = base + left_out(known, targets - base, SCALES)
    return Classifier(linear, sharpest(scores, labels)), scores


def sharpest(scores: Array, labels: Places) -> float:
    """Return the sharpness under which the labels are least surprising."""
    row = np.arange(len(labels))
    surprises = [
        -np.log(softmax(sharp * scores)[row, labels] + 1e-12).mean()
        for sharp in SHARPNESS
    ]
    return float(SHARPNESS[int(np.argmin(surprises))])
