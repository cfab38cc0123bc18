"""Which model and which provider a request to OpenRouter comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course.sandbox.models import Model, Models
from course.sandbox.openrouter.errors import (
    OpenRouterError,
    invalid,
    no_endpoints,
    unknown_model,
)

__all__ = ["Route", "find", "names", "provider_of", "route", "slug"]

# Suffixes that choose how a model is served; ``:free`` is a model of its own.
SUFFIXES = ("batch", "exacto", "floor", "nitro", "online", "thinking")

PROVIDERS = {
    "anthropic": "Anthropic",
    "google": "Google AI Studio",
    "mistralai": "Mistral",
    "openai": "OpenAI",
    "x-ai": "xAI",
}


@dataclass(frozen=True)
class Route:
    """The model that answers, and who serves it."""

    model: Model
    provider: str


def provider_of(name: str) -> str:
    """Return the name of the provider that serves a model."""
    maker = name.removeprefix("~").partition("/")[0]
    return PROVIDERS.get(maker, maker.title() or "Unknown")


def slug(provider: str) -> str:
    """Return a provider's name as it stands in routing preferences."""
    return provider.lower().replace(" ", "-")


def permanent_slug(model: Model) -> str:
    """Return the id with the day of release, which never moves on."""
    name, _, variant = model.id.partition(":")
    if model.released_on is None:
        return name
    day = f"{name}-{model.released_on:%Y%m%d}"
    return f"{day}:{variant}" if variant else day


def find(name: str, models: Models) -> Model | None:
    """Return the model for an id, a permanent slug or a moving alias."""
    known = models.known()
    if name in known:
        return known[name]
    plain, colon, suffix = name.rpartition(":")
    if colon and suffix in SUFFIXES:
        return find(plain, models)
    if name.startswith("~"):
        return _latest(name[1:], models)
    for model in known.values():
        if permanent_slug(model) == name:
            return model
    return None


def _latest(alias: str, models: Models) -> Model | None:
    """Return the newest model of a family, for ``~vendor/family-latest``."""
    family, dash, _ = alias.rpartition("-latest")
    if not dash:
        return None
    newest = (one for one in models.served() if ":" not in one.id)
    return next((one for one in newest if one.id.startswith(family)), None)


def names(body: dict[str, Any]) -> list[str]:
    """Return the ids that a body asks for, the first choice first."""
    others = body.get("models") or []
    asked = [body.get("model"), *(others if isinstance(others, list) else ())]
    given = [name for name in asked if name]
    if not given:
        raise invalid("No models provided")
    if not all(isinstance(name, str) for name in given):
        raise invalid("Invalid input: expected string at 'model'")
    return list(dict.fromkeys(given))


def route(body: dict[str, Any], models: Models) -> Route:
    """Return the first of the asked-for models that can answer.

    Raises the error of the first where none can.
    """
    asked = names(body)
    first: OpenRouterError | None = None
    for name in asked:
        try:
            return _served(name, asked, body, models)
        except OpenRouterError as error:
            first = first or error
    assert first is not None
    raise first


def _served(
    name: str, asked: Sequence[str], body: dict[str, Any], models: Models
) -> Route:
    model = find(name, models)
    if model is None:
        raise unknown_model(asked)
    if models.is_shut_down(model):
        raise no_endpoints(asked)
    provider = provider_of(model.id)
    wanted = body.get("provider") or {}
    only, ignored = wanted.get("only"), wanted.get("ignore") or ()
    if slug(provider) in ignored or only and not _allows(only, provider):
        raise no_endpoints(
            asked,
            "No allowed providers are available for the selected model.",
        )
    if _has_image(body) and "image" not in model.input_modalities:
        text = "No endpoints found that support image input"
        raise no_endpoints(asked, text)
    return Route(model, provider)


def _allows(only: Sequence[Any], provider: str) -> bool:
    return any(str(one).split("/")[0] == slug(provider) for one in only)


def _has_image(body: dict[str, Any]) -> bool:
    return any(
        part.get("type") == "image_url"
        for message in body["messages"]
        if isinstance(message.get("content"), list)
        for part in message["content"]
    )
