"""Level 4: a cheap model answers, a check decides, the next one is asked.

The check looks at the answer itself, which no guess from the prompt does.
What it costs: a prompt that is hard is paid for more than once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llm_providers.agent import Agent
from llm_providers.deadlines import Deadline, hurried
from llm_providers.prompts import Prompt
from llm_providers.recommender.cascade_answer import (
    CascadeAnswer,
    Step,
    best_answer,
    spent_usd,
)
from llm_providers.recommender.cascade_order import (
    MOST_STEPS,
    expected_cost,
    ordered,
)
from llm_providers.recommender.checks import Check, Checked, checked
from llm_providers.recommender.recommendation import Recommendation
from llm_providers.router.targets import Target

__all__ = ["Cascade"]

AgentFor = Callable[[str], Agent]
CostOf = Callable[[Target, Prompt], "float | None"]


class Cascade:
    """Asks `targets` in order until an answer passes the `check`.

    `agents` gives a provider's agent. At most `most_steps` targets are
    asked. `budget_usd` bounds what it costs in all: nobody is asked who is
    expected to exceed it, and where a cost is unknown, spent or expected, a
    budget admits nobody further. `cost_of` says what a call is expected to
    cost in USD. The `deadline_seconds` cover all answers; a check has its
    own time. A check's score passes from `pass_at` on.
    """

    def __init__(
        self,
        targets: Iterable[Target | str],
        check: Check,
        agents: AgentFor | Mapping[str, Agent],
        *,
        most_steps: int = MOST_STEPS,
        budget_usd: float | None = None,
        deadline_seconds: float | None = None,
        pass_at: float = 0.5,
        cost_of: CostOf | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.targets = list(dict.fromkeys(map(Target.of, targets)))
        if not self.targets or most_steps < 1:
            raise ValueError("A cascade needs a target and a step.")
        self.targets = self.targets[:most_steps]
        self.check = check
        self.agents = agents
        self.budget_usd = budget_usd
        self.deadline_seconds = deadline_seconds
        self.pass_at = pass_at
        self.cost_of = cost_of or expected_cost
        self.clock = clock

    @classmethod
    def of(
        cls,
        recommendation: Recommendation,
        check: Check,
        agents: AgentFor | Mapping[str, Agent],
        *,
        most_steps: int = MOST_STEPS,
        **options: Any,
    ) -> Cascade:
        """Return the cascade over those who fit a task: cheapest first.

        `options` are those of the class.
        """
        rows = ordered(recommendation.ranking, most_steps)
        targets = [row.target for row in rows]
        return cls(targets, check, agents, most_steps=most_steps, **options)

    def ask(self, prompt: Any, **options: Any) -> CascadeAnswer:
        """Return the first answer that passes the check.

        `prompt` and `options` are those of an agent's `process_prompt`; a
        model in them has no say. The answer tells who was asked, what the
        check said of each, and what it cost in all. Where none has passed,
        or no more may be asked, it is the best one there is, and says that
        it is not verified.
        """
        asked = Prompt.of(prompt, **options)
        deadline = Deadline(self.deadline_seconds, self.clock)
        steps: list[Step] = []
        for target in self.targets:
            obstacle = self.obstacle(target, asked, steps, deadline)
            if obstacle is not None:
                return best_answer(steps, obstacle)
            steps.append(self.step(target, asked, deadline))
            if steps[-1].checked.passed:
                return best_answer(steps, "it passed the check")
        return best_answer(steps, "no answer passed the check")

    def step(self, target: Target, prompt: Prompt, deadline: Deadline) -> Step:
        """Return a target's answer and what the check says of it.

        While there is another target it is asked once; the last one is
        asked as often as its agent's policy says.
        """
        once = target != self.targets[-1]
        agent = hurried(self.agent_for(target.provider), deadline, once)
        response = agent.process_prompt(replace(prompt, model=target.model))
        if response.error is not None:
            kind = response.error.kind.replace("_", " ")
            verdict = Checked(False, 0.0, f"there is no answer ({kind})")
        else:
            verdict = checked(self.check, response, self.pass_at)
        return Step(target, response, verdict)

    def obstacle(
        self,
        target: Target,
        prompt: Prompt,
        steps: Sequence[Step],
        deadline: Deadline,
    ) -> str | None:
        """Return in words why a target may not be asked; None if it may."""
        if deadline.is_over:
            return "there was no time left"
        if steps and steps[-1].was_blocked:
            return "the prompt was blocked, and is shown to nobody else"
        if self.budget_usd is None:
            return None
        spent = spent_usd(steps)
        if spent is None:
            return "what was spent is unknown, and there is a budget"
        expected = self.cost_of(target, prompt)
        if expected is None:
            return f"what {target} costs is unknown, and there is a budget"
        if spent + expected > self.budget_usd:
            return (
                f"{target} is expected to cost ${expected:.6f}, which the "
                f"budget of ${self.budget_usd:.6f} does not allow"
            )
        return None

    def agent_for(self, provider: str) -> Agent:
        """Return a provider's agent."""
        if isinstance(self.agents, Mapping):
            return self.agents[provider]
        return self.agents(provider)
