"""The models whose answers are simulated: ability, habits and prices."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from course.kit import Kit
from llm_providers.catalogue import Catalogue, Model, load_catalogue

__all__ = ["Target", "read_targets"]


@dataclass(frozen=True)
class Target:
    """One model at one provider.

    `quality` has its public figures by category, in percent. `verbosity` is
    the tokens that it writes for a question over the median of all targets,
    0 for a model that does not think.
    """

    name: str
    model: Model
    quality: Mapping[str, float]
    verbosity: float

    def ability(self, skills: Mapping[str, float]) -> float:
        """Return how able it is where these skills count, as log-odds."""
        share = sum(
            weight * self.quality[skill] for skill, weight in skills.items()
        ) / (100 * sum(skills.values()))
        return math.log(share / (1 - share))

    def faults(self) -> float:
        """Return the share of all tasks that it fails at, 0 to 1."""
        return 1 - sum(self.quality.values()) / (100 * len(self.quality))

    def cost_usd(self, prompt_tokens: int, tokens: int, on: date) -> float:
        """Return what a call costs by the prices of a day, in USD."""
        cost = self.model.cost_usd(prompt_tokens, tokens, on=on)
        if cost is None:
            raise ValueError(f"{self.name} has no price on {on}")
        return round(cost, 8)


def read_targets(kit: Kit | None = None) -> list[Target]:
    """Return the targets that data/simulated_targets.json names.

    Raises ValueError, naming the target, for one that the catalogue does not
    know, or of which there are no figures of quality or of length.
    """
    data = (kit or Kit()).data
    names = _read(data / "simulated_targets.json")["targets"]
    figures = _read(data / "quality.json")["models"]
    catalogue = load_catalogue(data / "models.json")
    found = [_target(name, catalogue, figures) for name in names]
    usual = median(each.verbosity for each in found if each.verbosity)
    return [replace(each, verbosity=each.verbosity / usual) for each in found]


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _target(
    name: str, catalogue: Catalogue, figures: Sequence[Mapping[str, Any]]
) -> Target:
    """Return a target, its verbosity still in tokens a question."""
    provider, _, model_id = name.partition("/")
    model = catalogue.find(provider, model_id)
    if model is None:
        raise ValueError(f"The catalogue has no {name}.")
    for row in figures:
        written = row["tokens"]["output"]
        if model_id in row["ids"] and written is not None:
            if not model.reasoning:
                written = 0
            return Target(name, model, row["scores"], float(written))
    raise ValueError(f"There are no public figures of {name}.")
