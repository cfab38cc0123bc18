"""What stands in the usage ledger: a row per request, one per try.

Texts are made such that SQLite can hold them: a caller may send halves of
characters, and a provider any number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from llm_providers.responses import Usage

__all__ = ["AttemptRow", "RequestRow", "Tokens", "day_of", "utc"]

LARGEST = 2**63 - 1
LONGEST = 500
DAY = len("YYYY-MM-DD")
COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
)


@dataclass(slots=True)
class Tokens:
    """Counts of tokens; None is unknown."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    @classmethod
    def of(cls, usage: Usage) -> Tokens:
        """Return the counts of a usage that the ledger keeps."""
        return cls(
            _whole(usage.prompt_tokens),
            _whole(usage.completion_tokens),
            _whole(usage.cached_tokens),
            _whole(usage.reasoning_tokens),
        )

    def counts(self) -> tuple[int | None, ...]:
        """Return them in the order of the tables' columns."""
        return (
            self.prompt_tokens,
            self.completion_tokens,
            self.cached_tokens,
            self.reasoning_tokens,
        )

    def known(self) -> Iterator[tuple[str, int]]:
        """Yield the name and the count of those that are known."""
        for name, count in zip(COUNTS, self.counts(), strict=True):
            if count is not None:
                yield name, count


@dataclass(slots=True)
class AttemptRow:
    """One try, or a target that was skipped: `error_kind` says why.

    `ended` is in seconds since 1970. `cost_usd` None is unknown; what it is
    counted as against a budget is `charged_usd`.
    """

    ended: float
    provider: str
    model: str
    status: str
    error_kind: str | None
    tokens: Tokens
    cost_usd: float | None
    charged_usd: float
    wait_seconds: float
    latency_seconds: float

    def values(self, request: int | None, number: int) -> Sequence[Any]:
        """Return the row of the table `attempts`."""
        return (
            request,
            number,
            utc(self.ended),
            _text(self.provider),
            _text(self.model),
            self.status,
            self.error_kind,
            *self.tokens.counts(),
            self.cost_usd,
            self.charged_usd,
            self.wait_seconds,
            self.latency_seconds,
        )


@dataclass(slots=True)
class RequestRow:
    """One request, with its tries in order.

    `caller` is the fingerprint of the caller's key, never the key.
    `position` is the place of who answered among the targets: 0 where no
    fallback was needed, None where nobody answered.
    """

    started: float
    request_id: str
    endpoint: str
    caller: str
    caller_name: str
    asked_for: str
    provider: str
    model: str
    status: str
    error_kind: str | None
    streamed: bool
    position: int | None
    tokens: Tokens
    cost_usd: float | None
    charged_usd: float
    latency_seconds: float
    first_token_seconds: float | None
    simulated: bool
    attempts: tuple[AttemptRow, ...] = ()

    def values(self) -> Sequence[Any]:
        """Return the row of the table `requests`."""
        started = utc(self.started)
        return (
            started,
            started[:DAY],
            _text(self.request_id),
            self.endpoint,
            self.caller,
            _text(self.caller_name),
            _text(self.asked_for),
            _text(self.provider),
            _text(self.model),
            self.status,
            self.error_kind,
            int(self.streamed),
            self.position,
            *self.tokens.counts(),
            self.cost_usd,
            self.charged_usd,
            self.latency_seconds,
            self.first_token_seconds,
            int(self.simulated),
        )


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as the ledger writes it."""
    whole, thousandths = divmod(int(seconds * 1000), 1000)
    return f"{_second(whole)}.{thousandths:03d}Z"


def day_of(seconds: float) -> str:
    """Return the UTC day of a time, as the ledger writes it."""
    return _second(int(seconds))[:DAY]


@lru_cache(64)
def _second(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _text(text: str) -> str:
    if len(text) <= LONGEST and text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")[:LONGEST]


def _whole(count: int | None) -> int | None:
    return None if count is None else max(-LARGEST, min(LARGEST, int(count)))
