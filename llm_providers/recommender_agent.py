"""The recommender: which provider and which model to take for a task.

    RecommenderAgent.recommend_model(task) -> Recommendation

Its levels, each of which chooses only among the candidates that the hard
constraints let through: "table" (0), "scorer" (1), "learned" (2), "judge" (3)
and "cascade" (4), which recommends whom to ask in turn; what asks them and
checks their answers is ``recommender.cascade.Cascade``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

from llm_providers.catalogue import Catalogue, load_catalogue
from llm_providers.recommender.answer import answer
from llm_providers.recommender.cascade_order import cascaded
from llm_providers.recommender.levels import (
    by_outcomes,
    by_table,
    first_and_doors,
)
from llm_providers.recommender.lookup_table import (
    LookupTable,
    load_lookup_table,
)
from llm_providers.recommender.nothing_fits import nothing_fits
from llm_providers.recommender.recommendation import Recommendation
from llm_providers.recommender.scorer import Fitting, Scorer
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import task_types
from llm_providers.settings import PROVIDERS, load_settings

if TYPE_CHECKING:
    from llm_providers.recommender.judge import Judge

__all__ = ["LEVELS", "Level", "RecommenderAgent"]

Level = Literal["table", "scorer", "learned", "judge", "cascade"]
LEVELS: tuple[Level, ...] = get_args(Level)

NO_KEY = "No provider has a key: a call needs one first."


class RecommenderAgent:
    """Recommends a model for a task; no level ever breaks a constraint.

    `level` is one of ``LEVELS``; "learned" takes a fitted recommender as
    `learned`, "judge" a `judge`, and both abstain without one. "judge" and
    "cascade" start from what was learned, if anything was. `providers`
    are those at hand; None means those with a key in the settings, or all
    of them where there is no key at all. `today` decides prices and ends
    (None: the day of each call). `latencies` are measured seconds by
    ``provider/model``. A ranking has the `most_ranked` best, and the best of
    every provider that is not among them.
    """

    def __init__(
        self,
        level: Level = "scorer",
        catalogue: Catalogue | None = None,
        learned: Any = None,
        judge: Judge | None = None,
        providers: Collection[str] | None = None,
        today: date | None = None,
        latencies: Mapping[str, float] | None = None,
        *,
        table: LookupTable | None = None,
        most_ranked: int = 10,
    ) -> None:
        if level not in LEVELS:
            raise ValueError(
                f"level: there is no {level!r}; there are: {', '.join(LEVELS)}"
            )
        self.level = level
        self.catalogue = catalogue or load_catalogue()
        self.learned = learned
        self.judge = judge
        self.most_ranked = most_ranked
        self._today = today
        self._latencies = dict(latencies or {})
        self._names = {*PROVIDERS, *(r.provider for r in self.catalogue.rows)}
        at_hand = _with_key() if providers is None else list(providers)
        self._check_providers(at_hand)
        self._notes = () if at_hand or providers is not None else (NO_KEY,)
        self._at_hand = None if self._notes else at_hand
        self._table = table
        self._scorer: Scorer | None = None

    def __repr__(self) -> str:
        names = "all" if self._at_hand is None else ", ".join(self._at_hand)
        return f"RecommenderAgent(level={self.level!r}, providers: {names})"

    @property
    def task_types(self) -> tuple[str, ...]:
        """The types of task that it knows, the learned ones among them."""
        learned = getattr(self.learned, "tasks", None) or ()
        return tuple(sorted({*task_types(), *learned}))

    def recommend_model(
        self, task: str | Mapping[str, Any] | Task = "default"
    ) -> Recommendation:
        """Return the model to take, with reasons, costs and confidence.

        Raises NothingFitsError, which names the tightest constraint, where
        nothing fits; TypeError or ValueError for a task that makes no sense.
        """
        fitting = self.fit(task)
        if self.level == "table":
            return self._by_table(fitting)
        if self.level == "scorer":
            return self._by_score(fitting)
        if self.level == "learned":
            return self._by_outcomes(fitting)
        below = self._below(fitting)
        if self.level == "judge":
            return self._judged(below, fitting)
        return cascaded(below, fitting.task)

    def fit(self, task: str | Mapping[str, Any] | Task) -> Fitting:
        """Return all that fit a task, scored. Raises as `recommend_model`."""
        wanted = Task.of(task)
        self._check(wanted)
        scorer = self.scorer()
        fitting = scorer.fit(wanted)
        if not fitting.standing:
            refused = scorer.refused(fitting.task, fitting.kind)
            raise nothing_fits(fitting.task, refused)
        return fitting

    def scorer(self) -> Scorer:
        """Return the scorer of the day, made once for it."""
        day = self._today or date.today()
        if self._scorer is None or self._scorer.day != day:
            self._scorer = Scorer(
                self.catalogue, day, self._at_hand, self._latencies
            )
        return self._scorer

    def _by_score(self, fitting: Fitting, *notes: str) -> Recommendation:
        """Return the scorer's; with notes, in place of a level above it."""
        return answer(
            fitting,
            first_and_doors(fitting, self.most_ranked),
            level="scorer",
            day=self.scorer().day,
            notes=(*self._notes, *notes),
            abstained=bool(notes),
        )

    def _by_table(self, fitting: Fitting) -> Recommendation:
        if self._table is None:
            self._table = load_lookup_table(self.catalogue)
        order, note = by_table(fitting, self._table, self.most_ranked)
        return answer(
            fitting,
            order,
            level="table",
            day=self.scorer().day,
            notes=(*self._notes, note),
        )

    def _by_outcomes(self, fitting: Fitting) -> Recommendation:
        order, note = by_outcomes(fitting, self.learned, self.most_ranked)
        if not order:
            return self._by_score(fitting, note)
        return answer(
            fitting,
            order,
            level="learned",
            day=self.scorer().day,
            notes=(*self._notes, note),
        )

    def _below(self, fitting: Fitting) -> Recommendation:
        """Return what the levels above start from: 2 if it is there, or 1."""
        if self.learned is None:
            return self._by_score(fitting)
        return self._by_outcomes(fitting)

    def _judged(
        self, made: Recommendation, fitting: Fitting
    ) -> Recommendation:
        if self.judge is None:
            note = "There is no judge to ask."
            return replace(made, reasons=(*made.reasons, note), abstained=True)
        # Only who asks a model needs what asking takes.
        from llm_providers.recommender.judging import judged

        return judged(made, fitting.task, self.judge)

    def _check(self, task: Task) -> None:
        if task.type is not None and task.type not in task_types():
            if task.type not in self.task_types:
                raise ValueError(
                    f"type: there is no {task.type!r}; "
                    f"there are: {', '.join(self.task_types)}"
                )
        self._check_providers(task.providers or ())

    def _check_providers(self, names: Collection[str]) -> None:
        for name in names:
            if name not in self._names:
                raise ValueError(
                    f"providers: there is no {name!r}; "
                    f"there are: {', '.join(sorted(self._names))}"
                )


def _with_key() -> list[str]:
    settings = load_settings()
    return [name for name in settings if settings[name].api_key]
