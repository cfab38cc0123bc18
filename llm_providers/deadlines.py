"""One deadline for many tries: each takes only the time that is left."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from llm_providers.agent import Agent
from llm_providers.copies import changed
from llm_providers.errors import ProviderError
from llm_providers.retry import RetryPolicy

__all__ = ["Deadline", "hurried"]

# Seconds. No time at all is no timeout to an HTTP library, but a mistake.
SHORTEST_TRY = 0.001


class Deadline:
    """The end of the time for a call; `seconds` from now, None: no end.

    `clock` gives seconds that never go back. `whole` is the deadline that
    this one is a part of, or itself.
    """

    def __init__(
        self, seconds: float | None, clock: Callable[[], float]
    ) -> None:
        self.seconds = float("inf") if seconds is None else seconds
        self.whole = self
        self._clock = clock
        self._end = clock() + self.seconds

    @property
    def seconds_left(self) -> float:
        """How much time is left, at least 0.0."""
        return max(0.0, self._end - self._clock())

    def part(self, share: float) -> Deadline:
        """Return the deadline for a share of the time that is left."""
        made = Deadline(share * self.seconds_left, self._clock)
        made.whole = self.whole
        return made

    @property
    def is_over(self) -> bool:
        return self.seconds_left == 0.0


class PolicyUntil(RetryPolicy):
    """A policy that does not wait where no time would be left after it."""

    _policy: RetryPolicy
    _deadline: Deadline

    @classmethod
    def of(cls, policy: RetryPolicy, deadline: Deadline) -> PolicyUntil:
        """Return a policy, with a deadline."""
        made = object.__new__(cls)
        vars(made).update(vars(policy), _policy=policy, _deadline=deadline)
        return made

    def wait_before_next(
        self, tries: int, error: ProviderError
    ) -> float | None:
        """Return the seconds to wait after `tries` tries; None to give up."""
        wait = self._policy.wait_before_next(tries, error)
        if wait is not None and wait >= self._deadline.seconds_left:
            return None
        return wait


def hurried(
    agent: Agent,
    deadline: Deadline,
    once: bool,
    sleep: Callable[[float], object] | None = None,
) -> Agent:
    """Return `agent` for one call that has to end by the deadline.

    It is a copy that shares the agent's client and connections. A try may
    take what is left of the time when it begins; with `once` there is but
    one. A stream may take what is left of the `whole` deadline, if its
    pieces come in time. `sleep` is used in place of the agent's own. A single
    silence in the middle of a body is cut only when it is as long as the time
    that was left at the beginning, so that a call may take twice that at
    most.
    """
    with suppress(ProviderError):  # The call itself will meet it again.
        agent.connect()
    policy = replace(agent.policy, attempts=1) if once else agent.policy
    made = changed(agent, policy=PolicyUntil.of(policy, deadline))
    _hurry(made, deadline)
    wait_for = sleep or agent.sleep
    # In a circle with its own sleep it would outlive the call, and with it
    # the connections that it shares.
    reference = weakref.ref(made)

    def sleep_and_hurry(seconds: float) -> None:
        wait_for(seconds)
        if (waiting := reference()) is not None:
            _hurry(waiting, deadline)

    made.sleep = sleep_and_hurry
    return made


def _hurry(agent: Agent, deadline: Deadline) -> None:
    whole = max(SHORTEST_TRY, deadline.whole.seconds_left)
    agent.limit_time(max(SHORTEST_TRY, deadline.seconds_left), whole)
