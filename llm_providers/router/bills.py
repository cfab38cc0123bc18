"""A bill: one call from its reservation to its rows in the books."""

from __future__ import annotations

import time
from functools import cached_property

from llm_providers.prompts import Prompt
from llm_providers.responses import (
    Attempt,
    ErrorInfo,
    StandardResponse,
    Usage,
    total_usd,
)
from llm_providers.router.charges import (
    ABANDONED,
    Charge,
    charge,
    worst_case,
)
from llm_providers.router.request_context import RequestContext
from llm_providers.router.targets import Target
from llm_providers.router.usage_rows import AttemptRow, RequestRow, Tokens
from llm_providers.watching import Seen, Watch

__all__ = ["Bill"]


class Bill:
    """One call, and all that is to be booked of it.

    `refusal` is set where nobody may be asked; `response` once there is one;
    `abandoned` where the caller left in the middle.
    """

    def __init__(
        self,
        context: RequestContext,
        prompt: Prompt,
        targets: list[Target],
        streamed: bool,
        answer_tokens: int,
    ) -> None:
        self.context = context
        self.prompt = prompt
        self.targets = targets
        self.streamed = streamed
        self.watch = Watch()
        self.started = time.time()
        self.reservation: int | None = None
        self.refusal: StandardResponse | None = None
        self.response: StandardResponse | None = None
        self.first_token_seconds: float | None = None
        self.abandoned = False
        self._answer_tokens = answer_tokens
        self._clock = time.perf_counter()

    @cached_property
    def worst_usd(self) -> float:
        """The most that one answer may cost."""
        return worst_case(self.prompt, self.targets, self._answer_tokens)

    @property
    def answer(self) -> StandardResponse:
        """What the caller gets."""
        found = self.refusal or self.response
        assert found is not None
        return found

    def begun(self) -> None:
        """Note that a piece of a stream is there."""
        if self.first_token_seconds is None:
            self.first_token_seconds = time.perf_counter() - self._clock

    def refuse(self, info: ErrorInfo) -> None:
        """Answer with this error, asking nobody."""
        target = self.targets[0]
        self.refusal = StandardResponse(
            status="error",
            message=info.reason,
            model=target.model,
            usage=Usage(),
            provider=target.provider,
            error=info,
        )

    def row(self) -> RequestRow:
        """Return what the ledger gets."""
        seen = self.tries
        rows = tuple(map(self._attempt, seen))
        response = self.refusal or self.response
        target = self.targets[0]
        kind = self._error_kind(response)
        return RequestRow(
            started=self.started,
            request_id=self.context.id,
            endpoint=self.context.path,
            caller=self.context.fingerprint,
            caller_name=self.context.caller.name,
            asked_for=str(target),
            provider=response.provider if response else target.provider,
            model=response.model if response else target.model,
            status="error" if kind else "success",
            error_kind=kind,
            streamed=self.streamed,
            position=None if kind else self._position(seen),
            tokens=Tokens.of(_usage(seen)),
            cost_usd=total_usd(row.cost_usd for row in rows),
            charged_usd=sum(row.charged_usd for row in rows),
            latency_seconds=time.perf_counter() - self._clock,
            first_token_seconds=self.first_token_seconds,
            simulated=response is not None and response.simulated,
            attempts=rows,
        )

    def _error_kind(self, response: StandardResponse | None) -> str | None:
        if response is None or self.abandoned:
            return ABANDONED
        return None if response.error is None else response.error.kind

    @cached_property
    def tries(self) -> list[Seen]:
        """All tries, with one that had not ended when the call did."""
        watch = self.watch
        if watch.asking is None or self.response is not None:
            return watch.seen
        provider, model = watch.asking
        now = watch.clock()
        row = Attempt(
            model=model,
            status="error",
            error_kind=ABANDONED,
            wait_seconds=0.0,
            latency_seconds=now - watch.asking_since,
            provider=provider,
        )
        return [*watch.seen, Seen(row, model, now)]

    def _attempt(self, seen: Seen) -> AttemptRow:
        row = seen.row
        paid = self._charge(row)
        return AttemptRow(
            ended=seen.ended,
            provider=row.provider,
            model=row.model,
            status=row.status,
            error_kind=row.error_kind,
            tokens=Tokens.of(row.usage),
            cost_usd=paid.cost_usd,
            charged_usd=paid.charged_usd,
            wait_seconds=row.wait_seconds,
            latency_seconds=row.latency_seconds,
        )

    def _charge(self, row: Attempt) -> Charge:
        response = self.response
        if response is not None and len(self.tries) == 1:
            # It is the response's, which has been worked out already.
            cost = response.cost_usd
            if cost is not None and cost >= 0:
                return Charge(cost, cost)
        return charge(row, lambda: self.worst_usd)

    def _position(self, seen: list[Seen]) -> int | None:
        """Return the place of who answered among the targets."""
        if not seen:
            return None
        last = Target(seen[-1].row.provider, seen[-1].asked)
        return self.targets.index(last) if last in self.targets else None


def _usage(seen: list[Seen]) -> Usage:
    """Return the tokens of all tries together."""
    if len(seen) == 1:
        return seen[0].row.usage
    return sum((one.row.usage for one in seen), Usage())
