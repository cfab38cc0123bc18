"""Level 2: quality and cost learned from outcomes.

A given task has a specialist: the task's means, moved by the prompt's words
and shape. Where the task is not given, a classifier says how likely each
task is, and the specialists answer in these shares. A prompt that is unlike
all that was learned from gets the means over all tasks, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .classifier import softmax
from .knowledge import Knowledge
from .knowledge_file import read_knowledge, write_knowledge
from .novelty import SEEN, UNSEEN, Limits
from .outcomes import Outcome
from .ridge import Floats, Places, limited, unit

__all__ = ["Estimates", "LearnedRecommender"]

Array = NDArray[np.float64]
# A prompt: columns and weights of its words, and its shape (standardised).
Seen = tuple[Places, Floats, Array]
# A task less likely than this is not asked.
UNLIKELY = 0.01
# How much of the level that the likely tasks suggest is believed of a prompt
# that is new; the order of the models is then that of the overall means.
LEVEL_OF_NEW = 0.5


@dataclass(frozen=True)
class Estimates:
    """What is expected of each model, in the order of `models`.

    `quality` from 0 to 1, `cost_usd` of one answer. `novelty` is the share
    of training prompts that are less unusual; `abstained` says that it was
    too much, so that the means over all tasks stand. `task_probabilities`
    has every task; a given task that is known has 1.
    """

    models: tuple[str, ...]
    quality: tuple[float, ...]
    cost_usd: tuple[float, ...]
    novelty: float
    task_probabilities: dict[str, float]
    abstained: bool

    @property
    def quality_by_model(self) -> dict[str, float]:
        """The expected quality, from 0 to 1, of each model by name."""
        return dict(zip(self.models, self.quality, strict=True))

    @property
    def cost_by_model(self) -> dict[str, float]:
        """The expected cost, in USD, of each model by name."""
        return dict(zip(self.models, self.cost_usd, strict=True))


class LearnedRecommender:
    """Predicts from what was learned; never changes, so threads share it."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._unit = unit(knowledge.spread)
        self._places = {
            name: place for place, name in enumerate(knowledge.tasks)
        }

    @classmethod
    def fit(
        cls, outcomes: Sequence[Outcome], seed: int = 0
    ) -> LearnedRecommender:
        """Learn from rows of outcomes; the same rows give the same.

        Raises OutcomeError where there are none.
        """
        # Who only predicts needs nothing of what learning takes.
        from .learning import learn

        return cls(learn(outcomes, seed))

    @classmethod
    def load(cls, path: str | Path) -> LearnedRecommender:
        """Return what `save` wrote; raises ValueError for another file."""
        return cls(read_knowledge(path))

    def save(self, path: str | Path) -> None:
        """Write everything as arrays (.npz, no pickle)."""
        write_knowledge(self.knowledge, path)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that something was learned of, sorted."""
        return self.knowledge.models

    @property
    def tasks(self) -> tuple[str, ...]:
        """The types of task that something was learned of, sorted."""
        return self.knowledge.tasks

    def predict(self, task: str | None, prompt: str) -> Estimates:
        """Return what to expect of each model for a prompt.

        A task that was not learned of counts as a new one, unless the
        prompt is very much like those of a known one, and that was of use
        when known tasks were taken for new.
        """
        known = self.knowledge
        found = known.vocabulary.features(prompt)
        shape = limited((np.array(found.shape) - known.middle) / self._unit)
        seen = found.columns, found.weights.astype(np.float32), shape
        place = self._places.get(task) if task is not None else None
        if place is not None:
            likely = np.zeros(len(known.tasks))
            likely[place] = 1.0
            novelty, abstained = 0.0, False
        else:
            scores = known.classifier.one(*seen)
            likely = softmax(known.sharpness * scores)
            limits = SEEN if task is None else UNSEEN
            novelty, abstained = self._novelty(scores, shape, limits)
            if task is not None and not known.trusts_likeness:
                abstained = True
        quality = self._mixed(likely, seen)
        if abstained:
            quality = self._of_new(quality)
        shares = np.zeros_like(likely) if abstained else likely
        cost = known.bills.one(float(len(prompt)), shares)
        return Estimates(
            known.models,
            tuple(np.maximum(np.minimum(quality, 1.0), 0.0).tolist()),
            tuple(cost.tolist()),
            novelty,
            dict(zip(known.tasks, likely.tolist(), strict=False)),
            abstained,
        )

    def _novelty(
        self, scores: Array, shape: Array, limits: Limits
    ) -> tuple[float, bool]:
        """Return how unusual a prompt is, and whether that is too much."""
        best = int(scores.argmax())
        shares = self.knowledge.familiar[best].shares(
            shape, float(scores[best])
        )
        new = shares.shape < limits.shape or shares.score < limits.score
        return 1.0 - min(shares.shape, shares.score), new

    def _mixed(self, likely: Array, seen: Seen) -> Array:
        """Mix what the specialists say, in the shares of their tasks."""
        shares = likely.tolist()
        least = min(UNLIKELY, max(shares))
        total, asked = 0.0, []
        for specialist, share in zip(
            self.knowledge.specialists, shares, strict=True
        ):
            if share >= least:
                total += share
                asked.append(share * specialist.one(*seen))
        return np.asarray(sum(asked[1:], asked[0]) / total)

    def _of_new(self, mixed: Array) -> Array:
        """Return the overall means, on a level between theirs and ours."""
        known = self.knowledge
        overall = known.overall
        suggested = LEVEL_OF_NEW * float((mixed - overall).mean())
        return overall + float((known.even - overall).mean()) + suggested
