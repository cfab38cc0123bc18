"""What a fallback did: all tries of all targets, and one response."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

from llm_providers.errors import ProviderUnavailableError, RequestTimeoutError
from llm_providers.responses import (
    Attempt,
    ErrorInfo,
    StandardResponse,
    Usage,
    total_usd,
)
from llm_providers.router.targets import Target
from llm_providers.watching import noted, request_id

__all__ = ["MISSING_KEY", "NO_TIME", "OPEN_BREAKER", "FallbackRecord"]

log = logging.getLogger("llm_providers.attempts")

# Why a target was passed over without any request: the row's error kind.
MISSING_KEY = "skipped_missing_key"
NO_TIME = "skipped_no_time"
OPEN_BREAKER = "skipped_open_breaker"

# What is asked of a caller where a breaker's probe is under way: seconds.
SHORTEST_WAIT = 1.0


@dataclass
class FallbackRecord:
    """The tries of one call, in order, and what the targets answered.

    `keyless` is the answer of the last target that has no key, `waits` are
    the seconds until an open breaker lets somebody through.
    """

    attempts: list[Attempt] = field(default_factory=list)
    responses: list[StandardResponse] = field(default_factory=list)
    keyless: StandardResponse | None = None
    waits: list[float] = field(default_factory=list)
    outcomes: list[tuple[Target, str]] = field(default_factory=list)

    def add(self, target: Target, response: StandardResponse) -> None:
        """Note what a target answered, with all of its tries."""
        if response.error is not None and response.error.kind == "missing_key":
            self.keyless = response
            self.skip(target, MISSING_KEY)
            return
        kind = response.error.kind if response.error else "success"
        self.outcomes.append((target, kind))
        self.attempts.extend(response.attempts)
        self.responses.append(response)

    def skip(self, target: Target, kind: str) -> None:
        """Note and log that a target was not asked."""
        self.outcomes.append((target, kind))
        row = Attempt(
            model=target.model,
            status="skipped",
            error_kind=kind,
            wait_seconds=0.0,
            latency_seconds=0.0,
            provider=target.provider,
        )
        self.attempts.append(row)
        noted(row)
        names = ("provider", "model", "status", "error_kind")
        fields = {name: getattr(row, name) for name in names}
        if request_id.get():
            fields["request_id"] = request_id.get()
        text = "%s %s: %s"
        told = (target.provider, target.model, kind)
        log.warning(text, *told, extra={"fields": fields})

    @property
    def cost_usd(self) -> float | None:
        """What all targets cost together, in USD; None where one is unknown.

        A target that used nothing costs nothing.
        """
        costs = [
            response.cost_usd
            for response in self.responses
            if response.cost_usd is not None or response.usage != Usage()
        ]
        return total_usd(costs) if costs else None

    def response(self) -> StandardResponse:
        """Return the last target's answer, with the tries of all.

        Where none could be asked: that there is no key, no time, or how long
        to wait for a breaker.
        """
        last = self.responses[-1] if self.responses else self._not_asked()
        if self.responses and len(self.outcomes) == 1:
            return last
        error = last.error
        if error is not None and len(self.outcomes) > 1:
            reason = f"{error.reason} In turn: {self._in_turn()}."
            error = replace(error, reason=reason)
        return replace(
            last,
            message=last.message if error is None else error.reason,
            error=error,
            attempts=tuple(self.attempts),
            usage=reduce(add, (one.usage for one in self.responses), Usage()),
            cost_usd=self.cost_usd,
        )

    def _in_turn(self) -> str:
        return "; ".join(
            f"{target}: {kind.replace('_', ' ')}"
            for target, kind in self.outcomes
        )

    def _not_asked(self) -> StandardResponse:
        if self.keyless is not None and not self.waits:
            return self.keyless
        target, _ = self.outcomes[0]
        retry_after = None
        fault: type[RequestTimeoutError | ProviderUnavailableError]
        if self.waits:
            fault = ProviderUnavailableError
            retry_after = max(SHORTEST_WAIT, min(self.waits))
            reason = f"Failed lately, asked again in {retry_after:.0f} s."
        else:
            fault = RequestTimeoutError
            reason = "There was no time left to ask anybody."
        info = ErrorInfo(
            kind=fault.kind,
            retryable=fault.retryable,
            reason=reason,
            what_to_do=fault.advice,
            retry_after=retry_after,
        )
        return StandardResponse(
            status="error",
            message=reason,
            model=target.model,
            usage=Usage(),
            provider=target.provider,
            error=info,
        )
