"""The OpenRouter agent: hundreds of models behind one router."""

from __future__ import annotations

from llm_providers.chat_completions_agent import ChatCompletionsAgent

__all__ = ["OpenRouterAgent"]


class OpenRouterAgent(ChatCompletionsAgent):
    """OpenRouter, through `requests`.

    Reads ``OPENROUTER_API_KEY`` and ``OPENROUTER_BASE_URL``.
    """

    provider = "openrouter"
