"""What OpenRouter tells of its models, one by one and by provider."""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Model, Models
from course.sandbox.openrouter.errors import OpenRouterError
from course.sandbox.openrouter.models import listed, row
from course.sandbox.openrouter.routing import find, provider_of, slug

__all__ = ["looked_up"]

ENDPOINTS = "/endpoints"


def looked_up(path: str, models: Models) -> dict[str, Any] | None:
    """Return what is listed under a path; None where nothing is.

    Raises the 404 for a model that does not exist.
    """
    match path:
        case "/models" | "/models/user":
            return listed(models)
        case "/models/count":
            return {"data": {"count": len(models.served())}}
        case "/providers":
            return {"data": _providers(models)}
    if path.startswith("/models/") and path.endswith(ENDPOINTS):
        name = path.removeprefix("/models/").removesuffix(ENDPOINTS)
        return {"data": _endpoints(_model(name, models), models)}
    if path.startswith("/model/"):
        model = _model(path.removeprefix("/model/"), models)
        return {"data": row(model, models)}
    return None


def _model(name: str, models: Models) -> Model:
    model = find(name, models)
    if model is None or models.is_shut_down(model):
        raise OpenRouterError(404, f"Model {name} not found")
    return model


def _providers(models: Models) -> list[dict[str, Any]]:
    names = sorted({provider_of(one.id) for one in models.served()})
    nothing = dict.fromkeys(
        ("privacy_policy_url", "terms_of_service_url", "status_page_url")
    )
    return [{"name": one, "slug": slug(one)} | nothing for one in names]


def _endpoints(model: Model, models: Models) -> dict[str, Any]:
    """Return the one endpoint that serves a model here."""
    shown = row(model, models)
    kept = ("id", "name", "created", "description", "architecture")
    return {name: shown[name] for name in kept} | {
        "endpoints": [_endpoint(model, shown)]
    }


def _endpoint(model: Model, shown: dict[str, Any]) -> dict[str, Any]:
    provider = provider_of(model.id)
    return {
        "name": f"{provider} | {shown['canonical_slug']}",
        "model_id": model.id,
        "model_name": shown["name"],
        "context_length": model.context_window,
        "pricing": {"discount": 0} | shown["pricing"],
        "provider_name": provider,
        "tag": slug(provider),
        "quantization": None,
        "max_completion_tokens": model.max_output_tokens,
        "max_prompt_tokens": model.max_input_tokens,
        "supported_parameters": shown["supported_parameters"],
        "supports_implicit_caching": True,
        "supports_diarization": False,
        "supports_tool_choice": dict.fromkeys(
            ("auto", "none", "required", "function"), True
        ),
        "native_tools": {},
        "service_tier": None,
        "status": 0,
        **dict.fromkeys(("uptime_last_5m", "uptime_last_30m"), 100.0),
        "uptime_last_1d": 100.0,
        **dict.fromkeys(("latency_last_30m", "throughput_last_30m")),
    }
