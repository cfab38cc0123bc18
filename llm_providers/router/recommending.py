"""The recommender behind the router: what ``auto`` means for a prompt."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from llm_providers.prompts import Prompt
from llm_providers.recommender.recommendation import (
    NothingFitsError,
    RankedCandidate,
    Recommendation,
)
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import prompt_tokens
from llm_providers.router.targets import Target

if TYPE_CHECKING:
    from llm_providers.recommender.learned import LearnedRecommender
    from llm_providers.recommender_agent import Level, RecommenderAgent

__all__ = [
    "Choice",
    "Recommending",
    "WrongTaskError",
    "fallback_order",
    "task_of",
    "why",
]

log = logging.getLogger("llm_providers.recommender")

# So many targets are asked in turn at most: beyond that a caller has waited
# long enough for an error.
MOST_TARGETS = 6
# What a recommender reads of the last turn, in characters.
MOST_READ = 20_000
NEED_OF_MODALITY: Mapping[str, str] = {
    "audio": "audio",
    "image": "vision",
    "video": "video",
}


class WrongTaskError(Exception):
    """A task that makes no sense; the text names the field."""


@dataclass(frozen=True)
class Choice:
    """Whom to ask, in order; the recommendation behind it, if there is one."""

    targets: list[Target]
    recommendation: Recommendation | None = None


class Recommending:
    """The recommender, made at its first use and kept.

    `path` is the file of a learned recommender, empty: there is none, and
    the catalogue decides. So it does where the file cannot be used: `fault`
    then says why, once that was tried. `with_key` gives the providers at
    hand.
    """

    def __init__(self, path: str, with_key: Callable[[], list[str]]) -> None:
        self.path = path
        self.fault: str | None = None
        self._with_key = with_key
        self._lock = threading.Lock()
        self._made: RecommenderAgent | None = None

    @property
    def level(self) -> Level:
        """The level that decides."""
        return "learned" if self.path and not self.fault else "scorer"

    @property
    def is_ready(self) -> bool:
        """Whether it is made; making it takes longer than asking it."""
        return self._made is not None

    def agent(self) -> RecommenderAgent:
        """Return the recommender, always the same one."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> RecommenderAgent:
        # A router that is only ever told whom to ask starts without it.
        from llm_providers.recommender_agent import RecommenderAgent

        learned = None
        if self.path:
            try:
                learned = _learned(self.path)
            except Exception as error:
                name = os.path.basename(self.path)
                said = str(error).replace(self.path, name)
                self.fault = f"{type(error).__name__}: {said}"
                log.error("%s cannot be used: %s", name, self.fault)
        return RecommenderAgent(
            # Without what was learned it says that the catalogue decided.
            level="learned" if self.path else "scorer",
            learned=learned,
            providers=self._with_key(),
        )

    def recommend(self, task: Task) -> Recommendation:
        """Return the recommendation.

        Raises NothingFitsError, or WrongTaskError.
        """
        try:
            return self.agent().recommend_model(task)
        except NothingFitsError:
            raise
        except (TypeError, ValueError) as error:
            raise WrongTaskError(str(error)) from None

    def choice(
        self, prompt: Prompt, task: Mapping[str, Any] | None = None
    ) -> Choice:
        """Return whom to ask a prompt. Raises as `recommend`.

        `task` are fields of a Task; what the prompt itself tells is added.
        """
        made = self.recommend(task_of(prompt, task or {}))
        return Choice(fallback_order(made.ranking), made)


def _learned(path: str) -> LearnedRecommender:
    # Only who has learned something needs numpy.
    from llm_providers.recommender.learned import LearnedRecommender

    return LearnedRecommender.load(path)


def task_of(prompt: Prompt, given: Mapping[str, Any]) -> Task:
    """Return the task that a prompt is, with what is said of it.

    The size of the prompt, and what it needs, are those of the prompt; all
    else is as `given`. Where no type is given it is guessed.
    """
    task = Task.of({"type": None, **given})
    needs = {NEED_OF_MODALITY[name] for name in prompt.modalities}
    if prompt.tools:
        needs.add("tools")
    if (prompt.response_format or {}).get("type") == "json_schema":
        needs.add("json_schema")
    tokens = prompt_tokens(" " * prompt.characters)
    if prompt.tools:
        tokens += prompt_tokens(json.dumps(prompt.tools))
    return replace(
        task,
        prompt=task.prompt or _last_words(prompt),
        prompt_tokens=max(tokens, task.prompt_tokens or 0),
        needs=task.needs | needs,
    )


def _last_words(prompt: Prompt) -> str:
    """Return the text of the user's last turn, or the beginning of it."""
    for message in reversed(prompt.messages):
        if message["role"] != "user":
            continue
        content = message.get("content")
        if isinstance(content, str):
            return content[:MOST_READ]
        parts = content if isinstance(content, Sequence) else ()
        texts = (p.get("text") for p in parts if isinstance(p, Mapping))
        return "\n".join(t for t in texts if isinstance(t, str))[:MOST_READ]
    return ""


def fallback_order(
    ranking: Sequence[RankedCandidate], most: int = MOST_TARGETS
) -> list[Target]:
    """Return the first of a ranking, with every provider among them.

    The better half stays as it is. A provider that is not among the others
    takes the place of the last ones with its best: where one provider fails,
    its other models often fail with it.
    """
    targets = [Target.of(row.target) for row in ranking]
    chosen = targets[:most]
    best_of: dict[str, Target] = {}
    for target in targets:
        best_of.setdefault(target.provider, target)
    there = {target.provider for target in chosen}
    missing = [t for name, t in best_of.items() if name not in there]
    room = min(len(missing), most // 2)
    kept = chosen[: most - room] if missing else chosen
    return [*kept, *missing[:room]]


def why(choice: Recommendation) -> dict[str, Any]:
    """Return what an answer tells of the recommendation behind it."""
    return {
        "target": choice.target,
        "level": choice.level,
        "reasons": list(choice.reasons),
        "probability": choice.probability,
        "confidence": choice.confidence,
        "cost": asdict(choice.cost),
        "runner_up": choice.runner_up,
        "abstained": choice.abstained,
        "prices_of": choice.prices_of.isoformat(),
        "decision_cost_usd": choice.decision_cost_usd,
    }
