"""Whose turn it is: the targets that may be asked now, one by one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from llm_providers.agent import Agent
from llm_providers.copies import changed
from llm_providers.deadlines import Deadline, hurried
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse
from llm_providers.router.breaker import Breakers, Permit
from llm_providers.router.fallback_record import (
    NO_TIME,
    OPEN_BREAKER,
    FallbackRecord,
)
from llm_providers.router.targets import Target

__all__ = ["SHARE", "Turn", "Turns"]

# How much of the time left a target may take, unless it is told otherwise.
SHARE = 0.5


@dataclass(frozen=True)
class Turn:
    """One target's turn: whom to ask what, and the permit to do so.

    `seconds` is the time that is left for it; `longest_wait` is how long
    its agent would wait where the provider asks it to.
    """

    target: Target
    agent: Agent
    prompt: Prompt
    permit: Permit
    deadline: Deadline
    seconds: float
    longest_wait: float

    def judge(self, response: StandardResponse, *, begun: bool) -> None:
        """Tell the target's breaker how it went.

        Only a provider's own fault counts, once for each try. A timeout
        does not where our deadline ended an answer that had `begun`, or had
        left less than half of its time for it.
        """
        error = response.error
        if error is None:
            self.permit.succeed()
        elif error.retryable and not (
            error.kind == "timeout"
            and self.deadline.is_over
            and (begun or self.seconds < self.deadline.whole.seconds / 2)
        ):
            wait = error.retry_after
            self.permit.fail(
                wait,
                times=max(1, len(response.attempts)),
                at_once=wait is not None and wait > self.longest_wait,
            )


@dataclass(frozen=True)
class Turns:
    """Gives targets their turns, as their breakers and the time allow.

    As long as another target could be asked, one gets `share` of the time
    that is left, so that one that hangs leaves time for the others. A stream
    that has begun may go on to the end of the whole time.
    `sleep`, if given, is used for waits in place of the agents' own.
    """

    agents_for: Callable[[str], Agent]
    breakers: Breakers
    sleep: Callable[[float], object] | None = None
    share: Callable[[], float] = lambda: SHARE

    def of(
        self,
        targets: Sequence[Target],
        prompt: Prompt,
        deadline: Deadline,
        record: FallbackRecord,
    ) -> Generator[Turn, None, None]:
        """Yield the turn of each target that may be asked; note the others.

        A turn ends when the next one is asked for, or with the iteration.
        """
        for number, target in enumerate(targets, start=1):
            agent = self.agents_for(target.provider)
            if deadline.is_over:
                record.skip(target, NO_TIME)
                continue
            permit = self.breakers[target].enter()
            if permit is None:
                record.waits.append(self.breakers[target].seconds_left)
                record.skip(target, OPEN_BREAKER)
                continue
            try:
                once = any(map(self.could_answer, targets[number:]))
                mine = deadline.part(self.share()) if once else deadline
                yield Turn(
                    target=target,
                    agent=hurried(agent, mine, once, self.sleep),
                    prompt=changed(prompt, model=target.model),
                    permit=permit,
                    deadline=mine,
                    seconds=mine.seconds_left,
                    longest_wait=agent.policy.longest_retry_after,
                )
            finally:
                permit.release()

    def could_answer(self, target: Target) -> bool:
        """Whether a target has a key and no breaker in its way."""
        agent = self.agents_for(target.provider)
        has_key = bool(agent.settings.api_key)
        return has_key and self.breakers[target].would_permit
