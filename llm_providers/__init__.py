"""One interface to several LLM providers.

Public names load when they are first used, so that ``import llm_providers``
stays quick and no SDK is imported before it is needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_providers.agent import Agent, Stream
    from llm_providers.agents import agent_for
    from llm_providers.catalogue import Catalogue, load_catalogue
    from llm_providers.chat_completions_agent import ChatCompletionsAgent
    from llm_providers.errors import ProviderError
    from llm_providers.gemini_agent import GeminiAgent
    from llm_providers.logs import configure_logging
    from llm_providers.openai_agent import OpenAIAgent
    from llm_providers.openrouter_agent import OpenRouterAgent
    from llm_providers.prompts import Prompt
    from llm_providers.recommender.cascade import Cascade
    from llm_providers.recommender.judge import Judge
    from llm_providers.recommender.recommendation import Recommendation
    from llm_providers.recommender.task import Task
    from llm_providers.recommender_agent import RecommenderAgent
    from llm_providers.requestry_agent import RequestryAgent
    from llm_providers.responses import StandardResponse, Usage
    from llm_providers.retry import RetryPolicy
    from llm_providers.router.fallback import Fallback
    from llm_providers.router.targets import Target
    from llm_providers.settings import Secret, Settings, load_settings

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Cascade",
    "Catalogue",
    "ChatCompletionsAgent",
    "Fallback",
    "GeminiAgent",
    "Judge",
    "OpenAIAgent",
    "OpenRouterAgent",
    "Prompt",
    "ProviderError",
    "Recommendation",
    "RecommenderAgent",
    "RequestryAgent",
    "RetryPolicy",
    "Secret",
    "Settings",
    "StandardResponse",
    "Stream",
    "Target",
    "Task",
    "Usage",
    "agent_for",
    "configure_logging",
    "load_catalogue",
    "load_settings",
]

_MODULE_OF = {
    "Agent": "agent",
    "Cascade": "recommender.cascade",
    "Catalogue": "catalogue",
    "ChatCompletionsAgent": "chat_completions_agent",
    "Fallback": "router.fallback",
    "GeminiAgent": "gemini_agent",
    "Judge": "recommender.judge",
    "OpenAIAgent": "openai_agent",
    "OpenRouterAgent": "openrouter_agent",
    "Prompt": "prompts",
    "ProviderError": "errors",
    "Recommendation": "recommender.recommendation",
    "RecommenderAgent": "recommender_agent",
    "RequestryAgent": "requestry_agent",
    "RetryPolicy": "retry",
    "Secret": "settings",
    "Settings": "settings",
    "StandardResponse": "responses",
    "Stream": "agent",
    "Target": "router.targets",
    "Task": "recommender.task",
    "Usage": "responses",
    "agent_for": "agents",
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
