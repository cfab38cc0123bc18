"""Requesty's models: how they are named and listed."""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Model, Models
from course.sandbox.prices import Price

__all__ = ["listed", "named"]

POLICY = "policy/"
MILLION = 1_000_000


def named(name: str, models: Models) -> Model | None:
    """Return the model for an id, which may end in a region.

    A policy is the account's own list of models. Here every name stands for
    one that takes the cheapest, but a name with ``wrong`` in it for none.
    """
    known = models.known()
    if name.startswith(POLICY):
        cheapest = sorted(models.served(), key=lambda one: _order(one, models))
        return cheapest[0] if cheapest and "wrong" not in name else None
    return known.get(name) or known.get(name.partition("@")[0])


def _order(model: Model, models: Models) -> tuple[float, str]:
    price = models.price(model)
    return (price.output if price else float("inf"), model.id)


def listed(models: Models) -> dict[str, Any]:
    """Return the list of models; prices are USD per token, as numbers."""
    rows = [_row(one, models.price(one)) for one in models.served()]
    return {"object": "list", "data": rows}


def _row(model: Model, price: Price | None) -> dict[str, Any]:
    prices = {
        "input": price.input if price else None,
        "output": price.output if price else None,
        "cached": price.cached_input if price else None,
        "caching": price.input if price else None,
    }
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": "system",
        "api": "chat",
        "description": f"{model.id} (simulated)",
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        **{f"{name}_price": _each(value) for name, value in prices.items()},
        "supports_caching": bool(price and price.cached_input is not None),
        "supports_vision": "image" in model.input_modalities,
        "supports_computer_use": False,
        "supports_reasoning": model.reasoning,
        "supports_tool_calling": True,
        "supports_image_generation": False,
        "geolocation": "global",
        "data_retention": "default",
    }


def _each(per_million: float | None) -> float | None:
    return None if per_million is None else round(per_million / MILLION, 15)
