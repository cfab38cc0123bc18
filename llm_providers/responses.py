"""The standard response: what every agent gives back, success or error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "Attempt",
    "ErrorInfo",
    "Reply",
    "StandardResponse",
    "Usage",
    "total_usd",
]


@dataclass(frozen=True)
class Usage:
    """Tokens that a call used. A count that the wire left out is None.

    `cached_tokens` are part of `prompt_tokens`, `reasoning_tokens` part of
    `completion_tokens`: neither is added to the total again.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """Return the counts of both; unknown on both sides stays unknown.

        A count that only one side knows is that side's: what is known to
        have been used is never lost.
        """

        def add(ours: int | None, theirs: int | None) -> int | None:
            if ours is None or theirs is None:
                return theirs if ours is None else ours
            return ours + theirs

        return Usage(
            prompt_tokens=add(self.prompt_tokens, other.prompt_tokens),
            completion_tokens=add(
                self.completion_tokens, other.completion_tokens
            ),
            total_tokens=add(self.total_tokens, other.total_tokens),
            cached_tokens=add(self.cached_tokens, other.cached_tokens),
            reasoning_tokens=add(
                self.reasoning_tokens, other.reasoning_tokens
            ),
        )


@dataclass(frozen=True)
class Reply:
    """What one successful call said, translated from the wire."""

    text: str
    model: str
    finish_reason: str
    usage: Usage = field(default_factory=Usage)
    id: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    cost_usd: float | None = None
    simulated: bool = False
    upstream: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One line of the ledger: a single try and how it went.

    `wait_seconds` is the pause before the try, `latency_seconds` the time
    from sending to the verdict, `cost_usd` what the wire said that it cost.
    What a fallback passed over, sending nothing, has the status "skipped".
    """

    model: str
    status: Literal["success", "error", "skipped"]
    error_kind: str | None
    wait_seconds: float
    latency_seconds: float
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    provider: str = ""


@dataclass(frozen=True)
class ErrorInfo:
    """Why there is no answer, in words for people and fields for code.

    `retry_after` is in seconds, as the provider asked, or None.
    """

    kind: str
    retryable: bool
    reason: str
    what_to_do: str
    retry_after: float | None = None
    partial_text: str = ""


@dataclass(frozen=True)
class StandardResponse:
    """The same shape from every provider, for success and for error.

    `message` is the answer, or the plain reason of the error. `model` is
    the one that really served. `usage` adds up all attempts, `cost_usd` is
    what they cost in USD: None where a price or a count is unknown, never
    0 for that reason. `adjustments` says in words what was left out of the
    request because the model does not take it. `simulated` is true when a
    sandbox answered. `upstream` is the provider that really served behind a
    router, where the router tells.
    """

    status: Literal["success", "error"]
    message: str
    model: str
    usage: Usage
    provider: str
    finish_reason: str | None = None
    error: ErrorInfo | None = None
    attempts: tuple[Attempt, ...] = ()
    cost_usd: float | None = None
    request_id: str | None = None
    simulated: bool = False
    adjustments: tuple[str, ...] = ()
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    upstream: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the response as plain data, ready for JSON."""
        return asdict(self)


def total_usd(costs: Iterable[float | None]) -> float | None:
    """Return the costs' sum in USD; None where one of them is unknown."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
