"""Metrics for Prometheus, of all calls and of how the router is.

Models are named only where the catalogue or the settings name them, and paths
as the router declares them; all others are counted as "other", so that no
caller can make new series.

In several processes each tells its own, unless PROMETHEUS_MULTIPROC_DIR names
an empty folder that they share: then each tells the sum of all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from llm_providers.catalogue import load_catalogue
from llm_providers.router.bills import Bill
from llm_providers.router.usage_rows import AttemptRow, RequestRow

__all__ = ["BudgetState", "Metrics", "State"]

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
OTHER = "other"
# Seconds; answers of models take between a tenth of one and minutes.
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)
STATES = {"closed": 0, "half_open": 1, "open": 2}
# Caller, USD a day, USD left.
BudgetState = tuple[str, float, float]


class State(Protocol):
    """What is looked up when somebody asks for the metrics."""

    def breaker_states(self) -> dict[tuple[str, str], str]:
        """Return the state by provider and model."""

    def budgets(self) -> list[BudgetState]:
        """Return the callers that have a budget, as far as it is known."""


class Metrics:
    """The metrics of one router.

    `named` are models beyond the catalogue's that may be named, as provider
    and model.
    """

    def __init__(
        self,
        state: State,
        named: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._named = named
        self._registry = CollectorRegistry()
        self._state = CollectorRegistry()
        self._state.register(_StateCollector(state, self._model))
        self._model_of = lru_cache(1000)(self._model)
        self._series: dict[tuple[Any, tuple[str, ...]], Any] = {}
        self._define()

    def _define(self) -> None:
        def made(kind: Any, name: str, told: str, *labels: str, **more: Any):  # type: ignore[no-untyped-def]
            name = f"llm_router_{name}"
            return kind(name, told, labels, registry=self._registry, **more)

        self._http = made(
            Counter, "http_requests", "HTTP requests", "path", "status"
        )
        self._in_flight = made(
            Gauge,
            "in_flight",
            "HTTP requests under way",
            multiprocess_mode="livesum",
        )
        who = ("provider", "model")
        self._requests = made(
            Counter, "requests", "Calls by who answered or failed last and "
            "how: success or the error's kind", "endpoint", *who, "status",
        )  # fmt: skip
        self._seconds = made(
            Histogram, "request_seconds", "Seconds until the whole answer",
            "endpoint", *who, buckets=SECONDS,
        )  # fmt: skip
        self._first = made(
            Histogram, "first_token_seconds", "Seconds until a stream began",
            *who, buckets=SECONDS,
        )  # fmt: skip
        self._attempts = made(
            Counter, "attempts", "Tries, and targets skipped", *who, "status"
        )
        self._tokens = made(Counter, "tokens", "Tokens used", *who, "type")
        self._cost = made(Counter, "cost_usd", "Known cost in USD", *who)
        self._unknown = made(
            Counter, "unknown_costs", "Tries whose cost nobody knows", *who
        )

    def came(self) -> None:
        """Count a request that has arrived."""
        self._in_flight.inc()

    def left(self, endpoint: str, status: int | None) -> None:
        """Count a request that has ended."""
        self._in_flight.dec()
        labels = (endpoint or OTHER, str(status or "none"))
        self._of(self._http, *labels).inc()

    def observe(self, bill: Bill, row: RequestRow) -> None:
        """Count a call that has ended."""
        who = (row.provider, self._model_of(row.provider, row.model))
        endpoint = row.endpoint or OTHER
        kind = row.error_kind or row.status
        self._of(self._requests, endpoint, *who, kind).inc()
        whole = self._of(self._seconds, endpoint, *who)
        whole.observe(row.latency_seconds)
        if row.first_token_seconds is not None:
            self._of(self._first, *who).observe(row.first_token_seconds)
        for attempt in row.attempts:
            self._count(attempt)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        counted = self._registry
        if os.environ.get(SHARED_FOLDER):
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(self._state)

    def _count(self, row: AttemptRow) -> None:
        who = (row.provider, self._model_of(row.provider, row.model))
        kind = row.error_kind or row.status
        self._of(self._attempts, *who, kind).inc()
        for name, count in row.tokens.known():
            if count > 0:
                short = name.removesuffix("_tokens")
                self._of(self._tokens, *who, short).inc(count)
        if row.cost_usd is None:
            self._of(self._unknown, *who).inc()
        elif row.cost_usd > 0:
            self._of(self._cost, *who).inc(row.cost_usd)

    def _of(self, metric: Any, *labels: str) -> Any:
        """Return a metric's series; the library takes long to find it."""
        key = (metric, labels)
        if key not in self._series:
            self._series[key] = metric.labels(*labels)
        return self._series[key]

    def _model(self, provider: str, model: str) -> str:
        listed = load_catalogue().find(provider, model)
        if listed is not None:
            return listed.id
        return model if (provider, model) in self._named else OTHER


class _StateCollector:
    """Looks up breakers and budgets when the metrics are asked for."""

    def __init__(
        self, state: State, model: Callable[[str, str], str]
    ) -> None:
        self._state = state
        self._model = model

    def collect(self) -> Iterator[GaugeMetricFamily]:
        breakers = GaugeMetricFamily(
            "llm_router_breaker_state",
            "0 closed, 1 a probe is due, 2 open; the worst where several "
            "models are other",
            labels=("provider", "model"),
        )
        worst: dict[tuple[str, str], int] = {}
        for (provider, model), state in self._state.breaker_states().items():
            who = (provider, self._model(provider, model))
            worst[who] = max(worst.get(who, 0), STATES[state])
        for who, number in worst.items():
            breakers.add_metric(who, number)
        yield breakers
        limit = GaugeMetricFamily(
            "llm_router_budget_usd", "USD a day", labels=("caller",)
        )
        left = GaugeMetricFamily(
            "llm_router_budget_left_usd",
            "USD left until midnight UTC, less what is reserved",
            labels=("caller",),
        )
        for caller, usd, rest in self._state.budgets():
            limit.add_metric((caller,), usd)
            left.add_metric((caller,), rest)
        yield limit
        yield left
