"""One retry layer: who tries again, when, and who does not."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from llm_providers.errors import ProviderError

__all__ = ["RetryPolicy", "call_with_retries", "retry_after_seconds"]

T = TypeVar("T")


def retry_after_seconds(
    headers: Mapping[str, str], now: datetime | None = None
) -> float | None:
    """Return how many seconds the provider asks to wait, or None.

    Reads ``retry-after-ms`` first, since it is the exact one, then
    ``retry-after``: seconds or an HTTP date, which counts from `now`, by
    default the present moment. Header names are matched in any case. A date
    in the past asks for 0 seconds; a value that means nothing is the same as
    no header.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    seconds = _number(lower.get("retry-after-ms"), scale=0.001)
    if seconds is None:
        seconds = _number(lower.get("retry-after"))
    if seconds is None and "retry-after" in lower:
        seconds = _until(lower["retry-after"], now or datetime.now(UTC))
    return seconds


def _number(text: str | None, scale: float = 1.0) -> float | None:
    """Return a header's finite, non-negative number times `scale`."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number * scale if 0 <= number < float("inf") else None


def _until(http_date: str, now: datetime) -> float | None:
    """Return the seconds from `now` to an HTTP date, at least 0."""
    try:
        then = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a call is tried again.

    All times are seconds. Without word from the provider the wait doubles
    from `first_wait` to `longest_wait`, less a random share of at most
    `jitter`, so that many clients do not come back at the same moment. A
    provider that asks for more than `longest_retry_after` is not waited for.
    """

    attempts: int = 3
    first_wait: float = 0.5
    longest_wait: float = 8.0
    longest_retry_after: float = 60.0
    jitter: float = 0.25

    def wait_before_next(
        self, tries: int, error: ProviderError
    ) -> float | None:
        """Return the seconds to wait after `tries` tries; None to give up."""
        if not error.retryable or tries >= self.attempts:
            return None
        if error.retry_after is not None:
            patient = error.retry_after <= self.longest_retry_after
            return error.retry_after if patient else None
        wait = min(self.longest_wait, self.first_wait * 2.0 ** (tries - 1))
        return wait * (1 - self.jitter * random.random())


def call_with_retries(
    call: Callable[[float], T],
    policy: RetryPolicy,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Return what `call` returns, trying again as `policy` allows.

    `call` is given the seconds that were waited before it, 0.0 at first.
    Raises the last ProviderError when the policy gives up; any other
    exception at once.
    """
    tries = 0
    wait = 0.0
    while True:
        try:
            return call(wait)
        except ProviderError as error:
            tries += 1
            next_wait = policy.wait_before_next(tries, error)
            if next_wait is None:
                raise
            wait = next_wait
        sleep(wait)
