"""A table learned from outcomes: how well each model does each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm_providers.recommender.quality import shrunk

__all__ = ["TaskTable", "fit_table"]

# A type of task, or None where it is unknown, and a figure for each model.
Row = tuple[str | None, Mapping[str, float]]


@dataclass(frozen=True)
class TaskTable:
    """Mean figures by model: over all rows, and for each type of task.

    Scores from 0 to 1, or costs in USD; whatever the rows held.
    """

    overall: Mapping[str, float]
    by_task: Mapping[str, Mapping[str, float]]

    def expected(self, task: str | None) -> Mapping[str, float]:
        """Return each model's figure for a task: overall if it is new."""
        if task is None:
            return self.overall
        return self.by_task.get(task, self.overall)


def fit_table(rows: Sequence[Row], prior_weight: float = 10.0) -> TaskTable:
    """Return each model's mean figure, overall and by type of task.

    A row is a type of task (None: unknown) and the models' figures. Where a
    type has few rows its means are pulled to the model's overall mean, which
    counts like `prior_weight` rows. A model without a row is left out of
    that mean.
    """
    overall = {
        model: shrunk(figures, 0.0, 0.0)
        for model, figures in _by_model(rows).items()
    }
    by_task = {
        task: {
            model: shrunk(figures, overall[model], prior_weight)
            for model, figures in _by_model(
                [row for row in rows if row[0] == task]
            ).items()
        }
        for task in dict.fromkeys(row[0] for row in rows)
        if task is not None
    }
    return TaskTable(overall, by_task)


def _by_model(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return the figures of each model, in the order of the rows."""
    found: dict[str, list[float]] = {}
    for _, figures in rows:
        for model, figure in figures.items():
            found.setdefault(model, []).append(figure)
    return found
