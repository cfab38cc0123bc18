"""What stands in the usage ledger: a row per request, one per try.

Texts are made such that SQLite can hold them: a caller may send halves of
characters, and a provider any number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from llm_providers.responses import Usage

__all__ = ["AttemptRow", "RequestRow", "Tokens", "day_of", "utc"]

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Tokens:
    """Counts of tokens; None is unknown."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    @classmethod
    def of(cls, usage: Usage) -> Tokens:
        """Return the counts of a usage that the ledger keeps."""
        return cls(*(_whole(getattr(usage, one.name)) for one in fields(cls)))


@dataclass(frozen=True)
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
            *vars(self.tokens).values(),
            self.cost_usd,
            self.charged_usd,
            self.wait_seconds,
            self.latency_seconds,
        )


@dataclass(frozen=True)
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

    def values(self, day: str) -> Sequence[Any]:
        """Return the row of the table `requests`."""
        return (
            utc(self.started),
            day,
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
            *vars(self.tokens).values(),
            self.cost_usd,
            self.charged_usd,
            self.latency_seconds,
            self.first_token_seconds,
            int(self.simulated),
        )


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as the ledger writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(seconds: float) -> str:
    """Return the UTC day of a time, as the ledger writes it."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:500]


def _whole(count: int | None) -> int | None:
    return None if count is None else max(-LARGEST, min(LARGEST, int(count)))
