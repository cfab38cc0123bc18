"""The providers that are spoken here: their paths, and where to load them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import cast

from course.sandbox.gemini.calls import is_for_google
from course.sandbox.models import PathText
from course.sandbox.protocol import ProviderProtocol
from course.sandbox.wire import Request

__all__ = ["PROVIDERS", "Protocols", "Provider", "row_of"]


@dataclass(frozen=True)
class Provider:
    """Where a protocol answers, and the class that speaks it.

    `base_path` is what a client's base URL ends in; `roots` are all paths
    under which it answers.
    """

    module: str
    protocol: str
    base_path: str
    roots: tuple[str, ...]


# OpenAI and Google answer at the host's root too, where some clients call.
PROVIDERS = {
    "openai": Provider(
        "openai", "OpenAIProtocol", "/openai/v1", ("/openai/v1", "/v1")
    ),
    "gemini": Provider(
        "gemini", "GeminiProtocol", "/gemini", ("/gemini", "/v1beta")
    ),
    "requestry": Provider(
        "requesty", "RequestyProtocol", "/requestry/v1", ("/requestry/v1",)
    ),
    "openrouter": Provider(
        "openrouter",
        "OpenRouterProtocol",
        "/openrouter/api/v1",
        ("/openrouter/api/v1",),
    ),
}


class Protocols:
    """One sandbox's protocols, each loaded when first needed.

    Most that use a sandbox call one provider, and start often.
    """

    def __init__(self, models: PathText | None, today: date | None) -> None:
        self._models = models
        self._today = today
        self._lock = threading.Lock()
        self._loaded: dict[str, ProviderProtocol] = {}

    def __getitem__(self, name: str) -> ProviderProtocol:
        """Return the protocol; ValueError names those that there are."""
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(row_of(name))
            return self._loaded[name]

    def _load(self, row: Provider) -> ProviderProtocol:
        module = import_module(f"course.sandbox.{row.module}.protocol")
        protocol = getattr(module, row.protocol)
        return cast(ProviderProtocol, protocol(self._models, self._today))

    def for_request(self, request: Request) -> ProviderProtocol | None:
        """Return the protocol of a request's path; None where it is none's."""
        if is_for_google(request):
            return self["gemini"]
        for name, row in PROVIDERS.items():
            if request.path.startswith(tuple(f"{r}/" for r in row.roots)):
                return self[name]
        return None


def row_of(name: str) -> Provider:
    """Return a provider's row; ValueError names those that there are."""
    if name not in PROVIDERS:
        raise ValueError(
            f"There is no provider {name!r}; there are:"
            f" {', '.join(PROVIDERS)}."
        )
    return PROVIDERS[name]
