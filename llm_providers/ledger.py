"""The ledger of a call: every try, what it used and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache, reduce
from operator import add

from llm_providers.catalogue import CatalogueError, Model, load_catalogue
from llm_providers.errors import ProviderError
from llm_providers.responses import Attempt, Reply, Usage, total_usd
from llm_providers.watching import noted, request_id

__all__ = ["MAY_BE_BILLED", "Ledger", "known_cost"]

# Failures after which the provider may have worked, and may bill it, though
# it told no tokens. All others are refusals, or never got there.
MAY_BE_BILLED = frozenset(
    {
        "content_blocked",
        "empty_response",
        "malformed_response",
        "stream_interrupted",
        "timeout",
    }
)

log = logging.getLogger("llm_providers.attempts")
# A library is silent until its user configures logging.
log.addHandler(logging.NullHandler())


class Ledger:
    """Collects the attempts of one call and logs each as it ends."""

    def __init__(self, provider: str, clock: Callable[[], float]) -> None:
        self._provider = provider
        self._clock = clock
        self._attempts: list[Attempt] = []

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(self._attempts)

    @property
    def usage(self) -> Usage:
        """The tokens of all attempts together."""
        if len(self._attempts) == 1:
            return self._attempts[0].usage
        return reduce(add, (row.usage for row in self._attempts), Usage())

    def cost_usd(
        self, price: Callable[[str, Usage], float | None]
    ) -> float | None:
        """Return what all attempts cost together, in USD.

        As the wire said, or else by `price` of a model's usage. None where
        one that used tokens has no known cost, or where none used any.
        """
        costs = [
            price(row.model, row.usage)
            if row.cost_usd is None
            else row.cost_usd
            for row in self._attempts
            if row.cost_usd is not None or row.usage != Usage()
        ]
        return total_usd(costs) if costs else None

    def note(
        self,
        model: str,
        wait: float,
        started: float,
        outcome: Reply | ProviderError,
    ) -> None:
        """Add a try that began at `started`, after `wait` seconds.

        A request that never left is no try, and is not noted.
        """
        error = outcome if isinstance(outcome, ProviderError) else None
        if error is not None and not error.sent:
            return
        row = Attempt(
            model=(isinstance(outcome, Reply) and outcome.model) or model,
            status="success" if error is None else "error",
            error_kind=None if error is None else error.kind,
            wait_seconds=wait,
            latency_seconds=self._clock() - started,
            usage=outcome.usage or Usage(),
            cost_usd=outcome.cost_usd,
            provider=self._provider,
        )
        self._attempts.append(row)
        noted(row)
        self._log(row)

    def _log(self, row: Attempt) -> None:
        level = logging.INFO if row.status == "success" else logging.WARNING
        if not log.isEnabledFor(level):
            return
        fields = {
            "provider": self._provider,
            "model": row.model,
            "status": row.status,
            "error_kind": row.error_kind,
            "attempt": len(self._attempts),
            "wait_seconds": round(row.wait_seconds, 3),
            "latency_seconds": round(row.latency_seconds, 3),
            "prompt_tokens": row.usage.prompt_tokens,
            "completion_tokens": row.usage.completion_tokens,
            "cached_tokens": row.usage.cached_tokens,
            "cost_usd": known_cost(row),
        }
        if request_id.get():
            fields["request_id"] = request_id.get()
        outcome = row.error_kind or "success"
        log.log(
            level,
            "%s %s: %s",
            self._provider,
            row.model,
            outcome,
            extra={"fields": fields},
        )


def known_cost(row: Attempt) -> float | None:
    """Return what a try cost, in USD, or None where nobody knows.

    As the wire said, or else by the catalogue's price of today. A refusal
    that used nothing costs nothing.
    """
    if row.cost_usd is not None:
        return row.cost_usd
    if row.usage == Usage():
        refused = row.status == "error" and row.error_kind not in MAY_BE_BILLED
        return 0.0 if refused else None
    try:
        model = _listed(row.provider, row.model)
    except CatalogueError:
        # The answer does not wait for a price.
        return None
    if model is None:
        return None
    return model.cost_usd(
        row.usage.prompt_tokens,
        row.usage.completion_tokens,
        row.usage.cached_tokens or 0,
    )


@lru_cache(1000)
def _listed(provider: str, model: str) -> Model | None:
    return load_catalogue().find(provider, model)
