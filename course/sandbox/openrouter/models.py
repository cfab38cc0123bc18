"""OpenRouter's list of models, as its own SDK (1.3) wants the rows."""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Model, Models
from course.sandbox.openrouter.routing import permanent_slug, provider_of
from course.sandbox.prices import per_token

__all__ = ["listed", "row"]

ALWAYS = [
    "frequency_penalty",
    "logit_bias",
    "max_completion_tokens",
    "max_tokens",
    "presence_penalty",
    "response_format",
    "seed",
    "structured_outputs",
    "tool_choice",
    "tools",
]
TOKENIZERS = {
    "anthropic": "Claude",
    "google": "Gemini",
    "mistralai": "Mistral",
    "openai": "GPT",
    "x-ai": "Grok",
}
# The catalogue calls documents by their format, the list by their kind.
MODALITIES = {"pdf": "file"}


def listed(models: Models) -> dict[str, Any]:
    """Return the list of models, all on one page."""
    rows = [row(one, models) for one in models.served()]
    return {
        "data": rows,
        "total_count": len(rows),
        "links": {"next": None},
    }


def row(model: Model, models: Models) -> dict[str, Any]:
    """Return what the list says of a model."""
    limit = model.max_output_tokens
    end = model.shutdown_on
    return {
        "id": model.id,
        "canonical_slug": permanent_slug(model),
        "hugging_face_id": None,
        "name": f"{provider_of(model.id)}: {model.id} (simulated)",
        "created": model.created,
        "description": "A simulated model.",
        "context_length": model.context_window,
        "architecture": _architecture(model),
        "pricing": _pricing(model, models),
        "top_provider": {
            "context_length": model.context_window,
            "max_completion_tokens": limit,
            "is_moderated": model.id.startswith("openai/"),
        },
        "per_request_limits": None,
        "supported_parameters": _parameters(model),
        "supported_voices": None,
        "default_parameters": None,
        "knowledge_cutoff": None,
        "expiration_date": end.isoformat() if end else None,
        "links": {"details": f"/api/v1/models/{model.id}/endpoints"},
    } | _reasoning(model)


def _architecture(model: Model) -> dict[str, Any]:
    inputs = [MODALITIES.get(m, m) for m in model.input_modalities]
    return {
        "modality": f"{'+'.join(inputs)}->text",
        "input_modalities": inputs,
        "output_modalities": ["text"],
        "tokenizer": TOKENIZERS.get(model.id.partition("/")[0], "Other"),
        "instruct_type": None,
    }


def _pricing(model: Model, models: Models) -> dict[str, Any]:
    """Return USD per token, as texts; long prompts' in ``overrides``."""
    price = models.price(model)
    if price is None:
        return {"prompt": "-1", "completion": "-1"}
    pricing = _texts(price.input, price.cached_input, price.output)
    longer = [
        {"min_prompt_tokens": step["input_tokens"] + 1}
        | _texts(step["input"], step.get("cached_input"), step["output"])
        for step in models.longer_prices(model)
    ]
    return pricing | ({"overrides": longer} if longer else {})


def _texts(
    prompt: float, cached: float | None, completion: float
) -> dict[str, Any]:
    texts = {"prompt": per_token(prompt), "completion": per_token(completion)}
    if cached is not None:
        texts["input_cache_read"] = per_token(cached)
    return texts


def _parameters(model: Model) -> list[str]:
    some = []
    if model.temperature == "any":
        some += ["temperature", "top_p"]
    if model.stop:
        some += ["stop"]
    if model.reasoning:
        some += ["include_reasoning", "reasoning", "reasoning_effort"]
    return sorted(ALWAYS + some)


def _reasoning(model: Model) -> dict[str, Any]:
    if not model.reasoning:
        return {}
    efforts = list(model.reasoning_efforts)
    reasoning = {
        "mandatory": "none" not in efforts,
        "default_enabled": True,
        "default_effort": "medium",
        "supported_efforts": efforts[::-1] or None,
        "supports_max_tokens": True,
    }
    return {"reasoning": reasoning}
