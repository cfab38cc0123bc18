"""Level 3: a language model is asked which of the candidates to take.

It is asked only where the level below is unsure, it can choose only among
the candidates that fit, and what it says counts only once it is validated.
Whatever goes wrong with it, the level below has already answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from llm_providers.agent import Agent
from llm_providers.deadlines import Deadline, hurried
from llm_providers.prompts import Prompt
from llm_providers.recommender.judge_prompt import judge_prompt
from llm_providers.recommender.recommendation import RankedCandidate
from llm_providers.recommender.task import Task
from llm_providers.responses import StandardResponse

__all__ = ["Judge", "Judgement", "Verdict", "bill", "read_verdict"]

# Efforts that are enough for a choice, the least first.
LITTLE_EFFORT = ("none", "minimal", "low")
FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """A judge's choice: ``provider/model``, how sure (0 to 1), and why.

    The confidence is the judge's own word, which nobody has measured.
    """

    target: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Judgement:
    """A verdict, or in `trouble` why there is none; and what it cost.

    `cost_usd` is 0 where nothing was sent, None where it is unknown.
    """

    verdict: Verdict | None
    cost_usd: float | None
    trouble: str = ""


def read_verdict(text: str, allowed: Collection[str]) -> Verdict | None:
    """Return the verdict in a judge's answer; None where it is nonsense.

    It is a JSON object with `target`, one of the `allowed`, `confidence`, a
    number from 0 to 1, and `reason`, a text. One Markdown fence around the
    whole of it is taken off, since many models add one and what is within
    is checked all the same. Anything else is nonsense: words beside the
    JSON, a field that is missing or of another type, a target that is not
    allowed. Further fields do no harm.
    """
    fenced = FENCE.match(text)
    try:
        said = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    target, sure = said.get("target"), said.get("confidence")
    reason = said.get("reason")
    if not isinstance(target, str) or target not in allowed:
        return None
    # True is a number to Python, and NaN one to its JSON; neither passes.
    if not isinstance(sure, int | float) or isinstance(sure, bool):
        return None
    if not 0 <= sure <= 1 or not isinstance(reason, str):
        return None
    return Verdict(target, float(sure), reason)


class Judge:
    """Asks an agent's model which candidate to take.

    `model` is the agent's own unless told; a small one does. `ask_below` is
    the confidence of the level below from which on it is not asked: where
    two models are 10 to 30 points apart in public measurements, the better
    one is better for a new task in 88 % of cases, where they are 1 to 3
    points apart in 59 %; at 0.75 only the close calls are paid for. It sees
    the first `most_candidates`, and has `deadline_seconds` for all its tries.
    """

    def __init__(
        self,
        agent: Agent,
        model: str | None = None,
        *,
        ask_below: float = 0.75,
        most_candidates: int = 8,
        deadline_seconds: float = 10.0,
        max_tokens: int = 1_000,
    ) -> None:
        self.agent = agent
        self.model = model or agent.model
        self.ask_below = ask_below
        self.most_candidates = most_candidates
        self.deadline_seconds = deadline_seconds
        self.max_tokens = max_tokens

    def __repr__(self) -> str:
        return f"Judge({self.agent!r}, model={self.model!r})"

    def ask(
        self, task: Task, candidates: Sequence[RankedCandidate]
    ) -> Judgement:
        """Return the judgement on who should do the task.

        Where there is nothing to choose from, nobody is asked. Never raises
        for a provider's fault.
        """
        shown = candidates[: self.most_candidates]
        if len(shown) < 2:
            return Judgement(None, 0.0, "there is nothing to choose from")
        deadline = Deadline(self.deadline_seconds, self.agent.clock)
        agent = hurried(self.agent, deadline, once=False)
        response = agent.process_prompt(self._prompt(task, shown))
        if response.error is not None:
            kind = response.error.kind.replace("_", " ")
            return Judgement(None, bill(response), f"it failed ({kind})")
        allowed = [candidate.target for candidate in shown]
        verdict = read_verdict(response.message, allowed)
        trouble = "" if verdict else "it talked nonsense"
        return Judgement(verdict, bill(response), trouble)

    def _prompt(
        self, task: Task, candidates: Sequence[RankedCandidate]
    ) -> Prompt:
        efforts = self.agent.parameters(self.model).reasoning_efforts
        effort = [one for one in LITTLE_EFFORT if one in efforts]
        return Prompt.of(
            judge_prompt(task, candidates),
            model=self.model,
            max_tokens=self.max_tokens,
            reasoning_effort=effort[0] if effort else None,
        )


def bill(response: StandardResponse) -> float | None:
    """Return what a call cost in USD: 0 where nothing was sent."""
    return response.cost_usd if response.attempts else 0.0
