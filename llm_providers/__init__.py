"""One interface to several LLM providers.

Public names load when they are first used, so that ``import llm_providers``
stays quick and no SDK is imported before it is needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_providers.agent import Agent, Stream
    from llm_providers.catalogue import Catalogue, load_catalogue
    from llm_providers.errors import ProviderError
    from llm_providers.logs import configure_logging
    from llm_providers.openai_agent import OpenAIAgent
    from llm_providers.prompts import Prompt
    from llm_providers.responses import StandardResponse, Usage
    from llm_providers.retry import RetryPolicy
    from llm_providers.settings import Secret, Settings, load_settings

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Catalogue",
    "OpenAIAgent",
    "Prompt",
    "ProviderError",
    "RetryPolicy",
    "Secret",
    "Settings",
    "StandardResponse",
    "Stream",
    "Usage",
    "configure_logging",
    "load_catalogue",
    "load_settings",
]

_MODULE_OF = {
    "Agent": "agent",
    "Catalogue": "catalogue",
    "OpenAIAgent": "openai_agent",
    "Prompt": "prompts",
    "ProviderError": "errors",
    "RetryPolicy": "retry",
    "Secret": "settings",
    "Settings": "settings",
    "StandardResponse": "responses",
    "Stream": "agent",
    "Usage": "responses",
    "configure_logging": "logs",
    "load_catalogue": "catalogue",
    "load_settings": "settings",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULE_OF[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
