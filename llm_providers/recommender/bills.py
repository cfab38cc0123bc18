"""What each model's answer to a prompt costs, learned from outcomes.

A line over the prompt's length for each model, times a factor for each task:
tasks differ in how much is written. Needs numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bills", "fit_bills"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
PRIOR_ROWS = 10.0


@dataclass(frozen=True)
class Bills:
    """USD: `fixed` and `each` (a character) by model, factors task x model.

    No answer is expected to cost less than `least`.
    """

    fixed: Array
    each: Array
    least: Array
    factors: Array

    def expected(self, characters: Array, likely: Array) -> Array:
        """Return prompts x models, by how likely each task is.

        A row of `likely` that is all 0 stands for a task that is unknown.
        """
        line = self.fixed + np.asarray(characters)[:, None] * self.each
        unknown = 1.0 - likely.sum(axis=1, keepdims=True)
        factor = likely @ self.factors + unknown
        return np.asarray(np.maximum(line, self.least) * factor)

    def one(self, characters: float, likely: Array) -> Array:
        """Return what is expected of one prompt, by how likely tasks are."""
        line = self.fixed + characters * self.each
        factor = likely @ self.factors + (1.0 - float(np.add.reduce(likely)))
        return np.asarray(np.maximum(line, self.least) * factor)


def fit_bills(
    characters: Array, costs: Array, labels: Places, tasks: int
) -> Bills:
    """Fit lines and factors; costs are rows x models, NaN where missing.

    The labels are the tasks' places, -1 where the task is unknown.
    """
    models = costs.shape[1]
    fixed, each = np.zeros(models), np.zeros(models)
    for model in range(models):
        there = ~np.isnan(costs[:, model])
        fixed[model], each[model] = line(
            characters[there], costs[there, model]
        )
    least = 0.5 * np.nanmin(costs, axis=0)
    bills = Bills(fixed, each, least, np.ones((tasks, models)))
    expected = bills.expected(characters, np.zeros((len(costs), tasks)))
    expected[np.isnan(costs)] = np.nan
    prior = PRIOR_ROWS * np.nanmean(costs, axis=0) + 1e-12
    for task in range(tasks):
        own = labels == task
        bills.factors[task] = (np.nansum(costs[own], axis=0) + prior) / (
            np.nansum(expected[own], axis=0) + prior
        )
    return bills


def line(lengths: Array, costs: Array) -> tuple[float, float]:
    """Return the least-squares line: at length 0, and for each character.

    A cost never falls with the length.
    """
    middle = lengths - lengths.mean()
    spread = float((middle**2).sum())
    slope = float((middle * costs).sum()) / spread if spread > 0 else 0.0
    slope = max(slope, 0.0)
    return float(costs.mean() - slope * lengths.mean()), slope
