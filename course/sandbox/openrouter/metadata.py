"""How a request was routed, for those who ask with a header.

The fields are those of the vendor's SDK (openrouter 1.3.84); the words of the
summary, and that a stream has them in its last chunk, are not from a capture.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Models
from course.sandbox.openrouter.routing import Route, find, names
from course.sandbox.wire import Request

__all__ = ["routing_metadata"]

# The second is the name that it had while it was new.
HEADERS = ("x-openrouter-metadata", "x-openrouter-experimental-metadata")


def routing_metadata(
    request: Request, body: dict[str, Any], route: Route, models: Models
) -> dict[str, Any]:
    """Return what the header adds to an answer; nothing without it.

    `body` is the request's own, before a model has been chosen.
    """
    if all(request.headers.get(name) != "enabled" for name in HEADERS):
        return {}
    requested = names(body)[0]
    endpoint = {
        "provider": route.provider,
        "model": route.model.id,
        "selected": True,
    }
    return {
        "openrouter_metadata": {
            "requested": requested,
            "strategy": _strategy(requested, route, models),
            "region": None,
            "summary": f"available=1, selected={route.provider}",
            "attempt": 1,
            "is_byok": False,
            "endpoints": {"total": 1, "available": [endpoint]},
        }
    }


def _strategy(requested: str, route: Route, models: Models) -> str:
    """Return how the model was found; a moving name is its family's latest."""
    if find(requested, models) != route.model:
        return "fallback"
    return "latest" if requested.startswith("~") else "direct"
