"""What the router's endpoints share: agents, fallback, settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_providers.agent import Agent
from llm_providers.agents import agent_for
from llm_providers.calls import OneAnswer, go_on, pause
from llm_providers.loop_calls import LoopAnswer, can_share
from llm_providers.prompts import Prompt
from llm_providers.router.bills import Bill
from llm_providers.router.books import Books
from llm_providers.router.breaker import Breakers
from llm_providers.router.fallback import Fallback
from llm_providers.router.ledger_upkeep import Upkeep
from llm_providers.router.metering import (
    MeteredAgent,
    MeteredFallback,
    booked,
)
from llm_providers.router.recommending import Choice, Recommending
from llm_providers.router.settings import RouterSettings, load_router_settings
from llm_providers.router.targets import Target
from llm_providers.router.usage_ledger import UsageLedger
from llm_providers.settings import PROVIDERS, Settings, load_settings

if TYPE_CHECKING:
    from llm_providers.router.metrics import Metrics
    from llm_providers.router.telemetry import Telemetry

__all__ = ["AUTO", "Service"]

# The model's name that leaves the choice to the router.
AUTO = "auto"


class Service:
    """The agents behind the router, each made at its first request.

    `statuses` are the HTTP statuses for each kind of error; `environ` and
    `env_file` are those of `load_settings`, and are read when first needed.
    `ledger` is the usage ledger's file where the settings name none; without
    either there is none.

    Whatever asks a provider for a caller does so through `fallback` or
    `metered`: both ask the caller's budget and are booked.
    """

    def __init__(
        self,
        statuses: Mapping[str, int],
        environ: Mapping[str, str] | None = None,
        env_file: str | os.PathLike[str] | None = None,
        ledger: str = "",
    ) -> None:
        self.statuses = statuses
        self._default_ledger = ledger
        self._environ = environ
        self._env_file = env_file
        self._made: dict[str, Agent] = {}
        self._upkeep: Upkeep | None = None
        self._lock = threading.RLock()
        self.breakers = Breakers()
        self.fallback = MeteredFallback(
            Fallback(
                self.agent_for,
                self.breakers,
                share=lambda: self.settings.share,
            ),
            lambda: self.books,
        )

    @cached_property
    def providers(self) -> Settings:
        """The settings of all providers."""
        return load_settings(self._environ, self._env_file)

    @cached_property
    def settings(self) -> RouterSettings:
        """The router's own settings. Raises as `load_router_settings`."""
        return load_router_settings(self._environ, self._env_file)

    @cached_property
    def ledger(self) -> UsageLedger | None:
        """The usage ledger, if there is one; opened when first needed."""
        path = self.settings.ledger_path(self._default_ledger)
        if not path:
            return None
        ledger = UsageLedger(path, keep_days=self.settings.ledger_days)
        self._upkeep = Upkeep(ledger)
        return ledger

    @cached_property
    def books(self) -> Books:
        """What is asked before a call, and told after it."""
        found = [one for one in (self.metrics, self.telemetry) if one]
        return Books(
            self.ledger, self.settings.answer_tokens, tuple(found)
        )

    @cached_property
    def metrics(self) -> Metrics | None:
        """The metrics; None where prometheus-client is not installed."""
        try:
            from llm_providers.router.metrics import Metrics
        except ImportError:
            return None
        named = map(Target.of, self.settings.auto)
        return Metrics(
            self,
            frozenset((one.provider, one.model) for one in named),
        )

    @cached_property
    def telemetry(self) -> Telemetry | None:
        """Traces; None where OpenTelemetry's API is not installed."""
        try:
            from llm_providers.router.telemetry import Telemetry
        except ImportError:
            return None
        return Telemetry()

    def came(self) -> None:
        """Count a request that has arrived."""
        if self.metrics is not None:
            self.metrics.came()

    def left(self, endpoint: str, status: int | None) -> None:
        """Count a request that has ended."""
        if self.metrics is not None:
            self.metrics.left(endpoint, status)

    def breaker_states(self) -> dict[tuple[str, str], str]:
        """Return the state of each target's breaker, for the metrics."""
        states = self.breakers.states().items()
        named = ((Target.of(name), state) for name, state in states)
        return {(one.provider, one.model): state for one, state in named}

    def budgets(self) -> list[tuple[str, float, float]]:
        """Return callers with a budget: USD a day, and USD left of them."""
        found = []
        for caller in self.settings.callers:
            limit = caller.budget_usd
            spent = self.books.spending(caller.fingerprint)
            if limit is not None and spent is not None:
                left = limit - spent.charged - spent.reserved
                found.append((caller.name, limit, left))
        return found

    def close(self) -> None:
        """Close the ledger; nothing of it waits to be written."""
        if self._upkeep is not None:
            self._upkeep.stop()
        if self.books.ledger is not None:
            self.books.ledger.close()

    @contextmanager
    def booked(
        self, prompt: Prompt, targets: list[Target]
    ) -> Generator[Bill, None, None]:
        """Book whatever agents do until the end, in this thread, as one call.

        For what asks several agents by itself, such as a cascade: set the
        bill's `response`, and ask nobody where it has a `refusal`.
        """
        with booked(self.books, prompt, targets) as bill:
            yield bill

    def metered(self, provider: str) -> MeteredAgent:
        """Return the agent of a provider, its calls booked."""
        return MeteredAgent(self.agent_for(provider), lambda: self.books)

    def agent_for(self, provider: str) -> Agent:
        """Return the agent of a provider, always the same one.

        Raises CallStopped in a call for which nobody waits any more.
        """
        go_on()
        with self._lock:
            if provider not in self._made:
                settings = self.providers[provider]
                self._made[provider] = agent_for(
                    provider, settings=settings, sleep=pause
                )
            return self._made[provider]

    def shares_thread(self, targets: Iterable[Target]) -> bool:
        """Whether asking these targets leaves its thread to others.

        Not the first time: an agent loads much before its first request.
        """
        agents = (self._made.get(target.provider) for target in targets)
        return all(agent and agent.shares_thread for agent in agents)

    def way_to_ask(self, provider: str) -> type[OneAnswer[Any]]:
        """Return how to call a provider's agent from a loop's thread."""
        agent = self._made.get(provider)
        shares = agent is not None and agent.shares_thread and can_share()
        return LoopAnswer if shares else OneAnswer

    @property
    def with_key(self) -> list[str]:
        """The providers that have a key, in order."""
        return [name for name in PROVIDERS if self.providers[name].api_key]

    @cached_property
    def recommending(self) -> Recommending:
        """The recommender behind ``auto``; made when first needed."""
        return Recommending(self.settings.recommender, lambda: self.with_key)

    def has_to_load(self, names: Iterable[str]) -> bool:
        """Whether `targets_for` these names would load the recommender."""
        asked = AUTO in names and not self.settings.auto
        return asked and not self.recommending.is_ready

    def targets_for(
        self,
        prompt: Prompt,
        task: Mapping[str, Any] | None = None,
        names: Iterable[str] = (AUTO,),
    ) -> Choice:
        """Return whom to ask a prompt: what names mean, in order, each once.

        ``auto`` is what the settings say it is, or else what is recommended
        for the prompt; `task` has what is known of it beside, as fields of a
        Task. Where no provider has a key they are all named: the answer
        tells which key is missing. Raises ValueError, which says what is
        valid, for a name that means nothing, and as `Recommending.recommend`.
        """
        found: dict[Target, None] = {}
        recommendation = None
        for name in names:
            if name != AUTO:
                means = [Target.of(name)]
            elif self.settings.auto or not self.with_key:
                fixed = self.settings.auto or PROVIDERS
                means = [Target.of(one) for one in fixed]
            else:
                chosen = self.recommending.choice(prompt, task)
                means, recommendation = chosen.targets, chosen.recommendation
            found.update(dict.fromkeys(means))
        return Choice(list(found), recommendation)
