"""What the explorer asks the learner's recommender, and what it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from course.kit import Kit
from course.views.pages import Page, Say
from course.views.plots import money
from course.views.recommendation import (
    nothing_fits_page,
    recommendation_page,
)

__all__ = [
    "NEEDS",
    "Choices",
    "Recommend",
    "Wish",
    "explored_page",
    "learners_recommender",
    "read_choices",
]

TITLE = "Explorer"
NEEDS = {"vision": "images", "tools": "tools", "json_schema": "JSON schema"}
# Older price steps are history: most models of today had no price then.
LOOK_BACK = timedelta(days=120)

Recommend = Callable[[Mapping[str, Any], date], Any]


@dataclass(frozen=True)
class Choices:
    """What the controls offer; the first of `days` is the catalogue's."""

    types: Sequence[str]
    providers: Sequence[str]
    days: Sequence[date]


@dataclass(frozen=True)
class Wish:
    """What is asked: a task, and the day whose prices hold."""

    day: date
    type: str = "default"
    prompt_tokens: int = 1_000
    quality_weight: float = 0.5
    max_cost_usd: float | None = None
    needs: Sequence[str] = ()
    providers: Sequence[str] = field(default=())

    @classmethod
    def of(cls, wish: Mapping[str, Any]) -> Wish:
        """Return the wish; raises ValueError for a field that is none."""
        known = [one.name for one in fields(cls)]
        for name in wish:
            if name not in known:
                raise ValueError(
                    f"{name}: the explorer has no such field; "
                    f"it has: {', '.join(known)}"
                )
        return cls(**wish)

    def task(self) -> dict[str, Any]:
        """Return the task as RecommenderAgent takes it."""
        return {
            "type": self.type,
            "prompt_tokens": self.prompt_tokens,
            "quality_weight": self.quality_weight,
            "max_cost_usd": self.max_cost_usd,
            "needs": frozenset(self.needs),
            "providers": tuple(self.providers),
        }

    def words(self) -> str:
        """Return it as a sentence."""
        limit = (
            "no limit of cost"
            if self.max_cost_usd is None
            else f"at most {money(self.max_cost_usd)}"
        )
        needs = ", ".join(NEEDS[need] for need in self.needs) or "text only"
        return (
            f"{self.type}, {self.prompt_tokens:,} prompt tokens, {limit}, "
            f"quality weight {self.quality_weight:.2f}, {needs}, "
            f"{', '.join(self.providers) or 'no provider'}, "
            f"prices of {self.day}"
        )


def read_choices(kit: Kit | None = None) -> Choices:
    """Return what the catalogue and the task types offer."""
    data = (kit or Kit()).data
    tasks = json.loads((data / "tasks.json").read_text("utf-8"))
    catalogue = json.loads((data / "models.json").read_text("utf-8"))
    known = date.fromisoformat(catalogue["as_of"])
    steps = {
        date.fromisoformat(price["from"])
        for model in catalogue["models"]
        for price in model["prices"]
    }
    others = {day for day in steps if day > known - LOOK_BACK} - {known}
    types = [name for name in tasks["types"] if name != "default"]
    providers = sorted({row["provider"] for row in catalogue["models"]})
    return Choices(
        ["default", *sorted(types)], providers, [known, *sorted(others)]
    )


def learners_recommender(providers: Sequence[str]) -> Recommend:
    """Return a function that asks the learner's own RecommenderAgent.

    It is imported anew each time, so that a moved slider shows what the
    learner has written since.
    """
    agents: dict[tuple[type, date], Any] = {}

    def recommend(task: Mapping[str, Any], day: date) -> Any:
        from llm_providers.recommender_agent import RecommenderAgent

        key = (RecommenderAgent, day)
        if key not in agents:
            agents[key] = RecommenderAgent(
                level="scorer", providers=providers, today=day
            )
        return agents[key].recommend_model(task).to_dict()

    return recommend


def explored_page(
    wish: Wish, recommend: Recommend, *, live: bool = False
) -> Page:
    """Return what is recommended for a wish; never raises.

    What is not written yet, or breaks, is told in words.
    """
    asked = wish.words()
    try:
        found = recommend(wish.task(), wish.day)
        return recommendation_page(TITLE, found, asked, live=live)
    except NotImplementedError as error:
        problem = f"Not written yet: {error}."
    except Exception as error:
        # Known by what it has: the learner's class may be loaded anew.
        kept_out = getattr(error, "rejected", None)
        if kept_out is not None:
            rejected = [_rejected(each) for each in kept_out]
            return nothing_fits_page(TITLE, str(error), rejected, asked)
        problem = f"{type(error).__name__}: {error}"
    blocks = [Say(asked, "Asked"), Say(problem)]
    return Page(TITLE, "no recommendation", "open", blocks)


def _rejected(each: Any) -> dict[str, str]:
    names = ("target", "constraint", "reason")
    return {name: getattr(each, name) for name in names}
