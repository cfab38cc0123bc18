"""What the router's endpoints share: agents, fallback, settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from functools import cached_property

from llm_providers.agent import Agent
from llm_providers.agents import agent_for
from llm_providers.calls import go_on, pause
from llm_providers.router.breaker import Breakers
from llm_providers.router.fallback import Fallback
from llm_providers.router.settings import RouterSettings, load_router_settings
from llm_providers.router.targets import Target
from llm_providers.settings import PROVIDERS, Settings, load_settings

__all__ = ["AUTO", "Service"]

# The model's name that leaves the choice to the router.
AUTO = "auto"


class Service:
    """The agents behind the router, each made at its first request.

    `statuses` are the HTTP statuses for each kind of error; `environ` and
    `env_file` are those of `load_settings`, and are read when first needed.
    """

    def __init__(
        self,
        statuses: Mapping[str, int],
        environ: Mapping[str, str] | None = None,
        env_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self.statuses = statuses
        self._environ = environ
        self._env_file = env_file
        self._made: dict[str, Agent] = {}
        self._lock = threading.RLock()
        self.breakers = Breakers()
        self.fallback = Fallback(self.agent_for, self.breakers)

    @cached_property
    def providers(self) -> Settings:
        """The settings of all providers."""
        return load_settings(self._environ, self._env_file)

    @cached_property
    def settings(self) -> RouterSettings:
        """The router's own settings. Raises as `load_router_settings`."""
        return load_router_settings(self._environ, self._env_file)

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

    @property
    def with_key(self) -> list[str]:
        """The providers that have a key, in order."""
        return [name for name in PROVIDERS if self.providers[name].api_key]

    @property
    def auto(self) -> list[Target]:
        """The targets that ``auto`` means, in order.

        Where no provider has a key they are all named: the answer tells
        which key is missing.
        """
        names = self.settings.auto or self.with_key or PROVIDERS
        return [Target.of(name) for name in names]

    def targets(self, names: Iterable[str]) -> list[Target]:
        """Return the targets that names mean, in order, each once.

        Raises ValueError, which says what is valid, for one that means none.
        """
        found: dict[Target, None] = {}
        for name in names:
            means = self.auto if name == AUTO else [Target.of(name)]
            found.update(dict.fromkeys(means))
        return list(found)
