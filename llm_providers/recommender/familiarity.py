"""Whether likeness to known tasks is of any use for new ones.

Each known task in turn is taken for a new one. Needs numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .classifier import fit_classifier
from .evaluation import Contest
from .novelty import UNSEEN, fit_familiar
from .ridge import Design, Linear

__all__ = ["Known", "likeness_helps"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
# From fewer tasks nothing can be told of another one.
FEWEST_TASKS = 4
MOST_TASKS = 24
MOST_ROWS, MOST_ROWS_OF_TASK = 1_000, 150


@dataclass(frozen=True)
class Known:
    """Training rows; scores and costs are rows x models."""

    rows: Design
    scores: Array
    costs: Array
    labels: Places

    def at(self, places: Places) -> Known:
        return Known(
            self.rows.rows(places),
            self.scores[places],
            self.costs[places],
            self.labels[places],
        )


def likeness_helps(
    known: Known, specialists: Sequence[Linear], random: np.random.Generator
) -> bool:
    """Tell whether prompts of a new task are served by like tasks.

    That is, better on average over the tasks than by the overall means; no
    row of the task that is taken for new is used to serve it.
    """
    tasks = np.unique(known.labels[known.labels >= 0])
    if len(tasks) < FEWEST_TASKS:
        return False
    tried = random.permutation(tasks)[:MOST_TASKS]
    gains = [
        gain(known, specialists, int(task), random) for task in np.sort(tried)
    ]
    return float(np.mean(gains)) > 0


def gain(
    known: Known,
    specialists: Sequence[Linear],
    task: int,
    random: np.random.Generator,
) -> float:
    """Return by how much the area grows over that of the overall means."""
    own = np.flatnonzero(known.labels == task)
    others = np.flatnonzero((known.labels >= 0) & (known.labels != task))
    own = random.permutation(own)[:MOST_ROWS_OF_TASK]
    overall = known.scores[others].mean(axis=0)
    served = known.at(random.permutation(others)[:MOST_ROWS])
    new = known.at(own)
    contest = Contest(new.scores, new.costs)
    plain = np.tile(overall, (len(own), 1))
    ours = by_likeness(served, new.rows, specialists, plain)
    area = contest.area(contest.sweep(ours, new.costs))
    return area - contest.area(contest.sweep(plain, new.costs))


def by_likeness(
    known: Known, new: Design, specialists: Sequence[Linear], plain: Array
) -> Array:
    """Return the specialists' quality where a prompt is familiar."""
    tasks, labels = np.unique(known.labels, return_inverse=True)
    classifier, apart = fit_classifier(known.rows, labels, len(tasks))
    scores = classifier.linear(new)
    likely = classifier.probabilities(scores)
    found = sum(
        likely[:, [place]] * specialists[task](new)
        for place, task in enumerate(tasks)
    )
    best = scores.argmax(axis=1)
    shapes = known.rows.shape
    familiar = [
        fit_familiar(shapes[labels == place], apart[labels == place, place])
        for place in range(len(tasks))
    ]
    is_new = [
        familiar[place].is_new(shape, float(row[place]), UNSEEN)
        for place, shape, row in zip(best, new.shape, scores, strict=True)
    ]
    return np.where(np.array(is_new)[:, None], plain, found)
