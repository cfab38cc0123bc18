"""What a learned recommender knows, and predicts from. Needs numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bills import Bills
from .features import Vocabulary
from .novelty import Familiar
from .ridge import Linear

__all__ = ["Knowledge"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Knowledge:
    """All that was learned; one specialist and one `Familiar` a task.

    `classifier` has scores, one a task, whose `sharpness` turns them into
    probabilities; each of the `specialists` qualities, one a model.
    `overall` is each model's mean score over the rows, `even` over the
    tasks. `tasks` is empty where no row named one: then there is one
    specialist, for everything. `trusts_likeness` says that new tasks, too,
    are served by the known ones that they are like.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    vocabulary: Vocabulary
    middle: Array
    spread: Array
    overall: Array
    even: Array
    classifier: Linear
    specialists: tuple[Linear, ...]
    sharpness: float
    familiar: tuple[Familiar, ...]
    bills: Bills
    trusts_likeness: bool
