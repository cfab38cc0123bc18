"""Requesty's errors: status, origin and text, without type or code.

The texts are those of the vendor's page of error codes, 2026-11; errors of
the model's provider are passed on in its own words.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model
from course.sandbox.openai.errors import (
    context_length,
    unsupported_parameter,
)
from course.sandbox.openai.errors import retired_model as provider_retired
from course.sandbox.openai.faults import moderation as provider_moderation
from course.sandbox.waiting import waiting
from course.sandbox.wire import REASONS, Reply, json_reply

__all__ = [
    "RequestyError",
    "broken_stream",
    "error_body",
    "error_reply",
    "missing_key",
    "passed_on",
    "planned_error",
    "retired_model",
    "unknown_model",
    "wrong_key",
]

ROUTER, PROVIDER = "router", "provider"
TEXTS = {
    402: ("Insufficient balance, top up at: https://app.requesty.ai/settings"),
    403: "Provider blocked by policy",
    404: "Provider and/or model not supported",
    412: "Reached monthly spend limit for API key",
    424: "Invalid provider response format",
    429: "Too many requests",
    500: "Internal server error",
    502: "Provider is down: Bad Gateway",
    503: "The provider timed out, please try again",
    529: "The provider is overloaded, please try again later",
}
FROM_PROVIDER = frozenset({424, 429, 502, 503, 529})


class RequestyError(Exception):
    """An error to answer with; `origin` is ``router`` or ``provider``."""

    def __init__(
        self,
        status: int,
        message: str = "",
        origin: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            message or TEXTS.get(status) or REASONS.get(status, "Unknown")
        )
        self.status = status
        guess = PROVIDER if status in FROM_PROVIDER else ROUTER
        self.origin = origin or guess
        self.headers = headers or {}


def error_body(error: RequestyError) -> dict[str, Any]:
    """Return the JSON that stands for an error."""
    return {"error": {"origin": error.origin, "message": str(error)}}


def error_reply(error: RequestyError) -> Reply:
    """Return the reply with an error's status, body and headers."""
    return json_reply(error.status, error_body(error), error.headers)


def passed_on(error: Exception, status: int = 400) -> RequestyError:
    """Return the provider's error in the router's shape.

    The words of such errors are not from a capture.
    """
    return RequestyError(status, str(error), PROVIDER)


def missing_key() -> RequestyError:
    """Return 401 for a request without a key."""
    return RequestyError(401, "Unauthorized")


def wrong_key(shown: str = "") -> RequestyError:
    """Return 403 for a key that is not known, with what is `shown` of it."""
    tail = f": {shown}" if shown else ""
    return RequestyError(403, f"Invalid authorization token{tail}")


def unknown_model() -> RequestyError:
    """Return 404 for a model that the router does not have."""
    return RequestyError(404)


def retired_model(name: str) -> RequestyError:
    """Return 404 for a model that its provider has shut down."""
    return passed_on(provider_retired(name.partition("/")[2] or name), 404)


def broken_stream() -> RequestyError:
    """Return what a stream says when the provider's stream has broken."""
    text = "There was a problem with the provider stream"
    return RequestyError(502, text, ROUTER)


def planned_error(
    fault: PlannedFault, key: str, name: str, model: Model | None, tokens: int
) -> RequestyError:
    """Return the error that a planned fault means for this request."""
    options = fault.options
    match fault.name:
        case "bad_parameter":
            parameter = str(options.get("parameter", "temperature"))
            return passed_on(unsupported_parameter(parameter))
        case "context_length":
            window = model.context_window if model else 0
            return passed_on(context_length(model, window + tokens))
        case "echo_key":
            return wrong_key(key)
        case "moderation":
            return passed_on(provider_moderation(fault))
        case "quota_exhausted":
            spent = options.get("code") == "spend_limit"
            return RequestyError(412 if spent else 402)
        case "rate_limit":
            headers = waiting(fault, 1)[1]
            return RequestyError(429, headers=headers)
        case "retired_model":
            return retired_model(name)
        case "wrong_key":
            return wrong_key()
    status = int(options.get("status", STATUSES.get(fault.name, 500)))
    headers = waiting(fault, None)[1]
    return RequestyError(status, options.get("message", ""), None, headers)


STATUSES = {
    "dependency_failed": 424,
    "forbidden": 403,
    "overloaded": 529,
    "unknown_model": 404,
}
