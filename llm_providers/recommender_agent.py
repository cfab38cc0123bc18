"""The recommender: which provider and which model to take for a task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal

from llm_providers.catalogue import Catalogue
from llm_providers.recommender.recommendation import Recommendation
from llm_providers.recommender.task import Task

__all__ = ["LEVELS", "Level", "RecommenderAgent"]

Level = Literal["table", "scorer", "learned", "judge"]
LEVELS: tuple[Level, ...] = ("table", "scorer", "learned", "judge")


class RecommenderAgent:
    """Recommends a model for a task; no level ever breaks a constraint.

    `level` is one of ``LEVELS``; "learned" needs `learned`, "judge" needs
    `judge`. `providers` are those at hand (None: those with a key in the
    settings); `today` decides prices and ends (None: the day of the call).
    `latencies` are measured seconds by ``provider/model``.
    """

    def __init__(
        self,
        level: Level = "scorer",
        catalogue: Catalogue | None = None,
        learned: Any = None,
        judge: Any = None,
        providers: Collection[str] | None = None,
        today: date | None = None,
        latencies: Mapping[str, float] | None = None,
    ) -> None:
        raise NotImplementedError

    def recommend_model(
        self, task: str | Mapping[str, Any] | Task = "default"
    ) -> Recommendation:
        """Return the model to take, with reasons, costs and confidence."""
        raise NotImplementedError
