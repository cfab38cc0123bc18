"""Which agent speaks to which provider; its module loads when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llm_providers.settings import PROVIDERS

if TYPE_CHECKING:
    from llm_providers.agent import Agent

__all__ = ["agent_class", "agent_for"]


def agent_class(provider: str) -> type[Agent]:
    """Return the class of a provider's agent.

    Raises ValueError, which names the providers there are, for another
    name.
    """
    if provider not in PROVIDERS:
        raise ValueError(
            f"There is no provider {provider!r}; "
            f"there are: {', '.join(PROVIDERS)}."
        )
    module, _, name = PROVIDERS[provider].agent.partition(".")
    found: type[Agent] = getattr(
        import_module(f"llm_providers.{module}"), name
    )
    return found


def agent_for(provider: str, **options: Any) -> Agent:
    """Return a new agent for a provider; `options` are its constructor's."""
    return agent_class(provider)(**options)
