"""Circuit breakers: who fails again and again is left alone for a while.

    closed ──── too many failures in a row ───▶ open
      ▲         or told to wait for long          │ cooldown is over
      │                                           ▼
      └───────────── the probe succeeds ────── half-open
                                                  │ the probe fails:
                                                  ▼ open again, for longer
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from llm_providers.router.targets import Target

__all__ = ["Breaker", "BreakerPolicy", "Breakers", "Permit", "State"]

# Callers may name any model, so those of which nothing is to be remembered
# are forgotten when there are so many.
MOST_KEPT = 1000

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True)
class BreakerPolicy:
    """When a breaker opens, and for how long. All times are seconds.

    It opens after `failures` in a row. It stays open as long as the provider
    asks, up to `longest_asked_for`; without word from the provider for
    `cooldown`, doubled with each probe that fails, up to `longest_cooldown`.
    """

    failures: int = 3
    cooldown: float = 30.0
    longest_cooldown: float = 300.0
    longest_asked_for: float = 86_400.0


class Breaker:
    """Decides whether one target may be asked. For many threads at once.

    `clock` gives seconds that never go back.
    """

    def __init__(
        self,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy = policy or BreakerPolicy()
        self.clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._openings = 0
        self._open_until: float | None = None
        self._probe: Permit | None = None

    def __repr__(self) -> str:
        return f"Breaker({self.state})"

    @property
    def state(self) -> State:
        """``closed``, ``open``, or ``half_open``: a probe is due or out."""
        with self._lock:
            if self._open_until is None:
                return "closed"
            return "open" if self._seconds_left() > 0 else "half_open"

    @property
    def seconds_left(self) -> float:
        """How long the breaker stays open yet; 0.0 where it is not open."""
        with self._lock:
            return self._seconds_left()

    def _seconds_left(self) -> float:
        if self._open_until is None:
            return 0.0
        return max(0.0, self._open_until - self.clock())

    @property
    def is_well(self) -> bool:
        """Whether the target has not failed since it last answered."""
        with self._lock:
            return self._open_until is None and self._failures == 0

    @property
    def would_permit(self) -> bool:
        """Whether `enter` would give a permit now; takes none."""
        with self._lock:
            return self._open_until is None or (
                self._probe is None and self._seconds_left() == 0.0
            )

    def enter(self) -> Permit | None:
        """Return a permit to ask the target, or None: leave it alone.

        When the cooldown is over, one caller is let through as the probe,
        and nobody else until its permit is given back.
        """
        with self._lock:
            if self._open_until is None:
                return Permit(self)
            if self._probe is not None or self._seconds_left() > 0:
                return None
            self._probe = Permit(self)
            return self._probe

    def _succeeded(self, permit: Permit) -> None:
        """Close, if it was the probe; forget the failures of a closed one."""
        with self._lock:
            if self._open_until is None or permit is self._probe:
                self._failures = self._openings = 0
                self._open_until = self._probe = None

    def _answering(self, permit: Permit) -> None:
        with self._lock:
            if permit is not self._probe:
                return
        self._succeeded(permit)

    def _failed(
        self,
        permit: Permit,
        retry_after: float | None,
        times: int,
        at_once: bool,
    ) -> None:
        with self._lock:
            self._failures += times
            if permit is self._probe:
                self._probe = None
                self._open(retry_after)
            elif self._open_until is None:
                if at_once or self._failures >= self.policy.failures:
                    self._open(retry_after)
            elif retry_after:
                # Sent before the breaker opened; may know of a longer wait.
                until = self.clock() + self._cooldown(retry_after)
                self._open_until = max(self._open_until, until)

    def _open(self, retry_after: float | None) -> None:
        self._open_until = self.clock() + self._cooldown(retry_after)
        self._openings += 1

    def _cooldown(self, retry_after: float | None) -> float:
        # Who fails and asks for no wait at all is not believed.
        if retry_after:
            return min(retry_after, self.policy.longest_asked_for)
        doubled = self.policy.cooldown * 2.0 ** min(self._openings, 60)
        return min(self.policy.longest_cooldown, doubled)

    def _released(self, permit: Permit) -> None:
        with self._lock:
            if permit is self._probe:
                self._probe = None


class Permit:
    """The right to ask a target once; tell how it went, or release it."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def succeed(self) -> None:
        """The target answered: the breaker closes, or stays closed."""
        self._breaker._succeeded(self)

    def answering(self) -> None:
        """An answer has begun: that is all that a probe is to find out.

        Otherwise it tells nothing: the answer may yet break off.
        """
        self._breaker._answering(self)

    def fail(
        self,
        retry_after: float | None = None,
        *,
        times: int = 1,
        at_once: bool = False,
    ) -> None:
        """The target failed, `times` in a row, by no fault of the caller's.

        `retry_after` is in seconds, as the provider asked. With `at_once`
        the breaker opens, however few the failures were.
        """
        self._breaker._failed(self, retry_after, times, at_once)

    def release(self) -> None:
        """Nothing was learned of the target; another may be the probe.

        To be called at the end in any case: after a verdict it does nothing.
        """
        self._breaker._released(self)


class Breakers:
    """One breaker for each target, made when it is first asked for."""

    def __init__(
        self,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy = policy or BreakerPolicy()
        self.clock = clock
        self._lock = threading.Lock()
        self._made: dict[Target, Breaker] = {}

    def __getitem__(self, target: Target) -> Breaker:
        with self._lock:
            if target not in self._made:
                if len(self._made) >= MOST_KEPT:
                    self._forget_the_well()
                self._made[target] = Breaker(self.policy, self.clock)
            return self._made[target]

    def _forget_the_well(self) -> None:
        self._made = {
            target: breaker
            for target, breaker in self._made.items()
            if not breaker.is_well
        }

    def states(self) -> dict[str, State]:
        """Return the state of each target asked so far, by its name."""
        with self._lock:
            made = dict(self._made)
        return {str(target): one.state for target, one in made.items()}
