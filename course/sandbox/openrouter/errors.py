"""OpenRouter's errors: a numeric code, the text, and what surrounds it.

Texts and metadata are those of the vendor's documentation and of public
reports, 2026-11; where there is no report, the function says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course.sandbox.wire import REASONS, Reply, json_reply

__all__ = [
    "OpenRouterError",
    "bare_error",
    "error_body",
    "error_reply",
    "invalid",
    "missing_key",
    "no_endpoints",
    "too_long",
    "unknown_model",
    "upstream",
    "wrong_key",
]

UPSTREAM_TEXT = "Provider returned error"
TEXTS = {
    402: "Insufficient credits. Add more using https://openrouter.ai/credits",
    500: "Internal Server Error",
    502: UPSTREAM_TEXT,
    503: "Service temporarily unavailable",
    529: UPSTREAM_TEXT,
}
TYPES = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_unavailable",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}


class OpenRouterError(Exception):
    """An error to answer with.

    `metadata` is left out where it is None; `availability` comes with models
    that cannot be had.
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        metadata: dict[str, Any] | None = None,
        *,
        availability: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            message or TEXTS.get(status) or REASONS.get(status, "Unknown")
        )
        self.status = status
        self.metadata = metadata
        self.availability = availability
        self.headers = headers or {}


def bare_error(error: OpenRouterError) -> dict[str, Any]:
    """Return what stands under ``error``, in a body or in a choice."""
    fields: dict[str, Any] = {"message": str(error), "code": error.status}
    if error.metadata is not None:
        fields["metadata"] = error.metadata
    if error.availability is not None:
        fields["availability"] = error.availability
    return fields


def error_body(error: OpenRouterError) -> dict[str, Any]:
    """Return the JSON that stands for an error; who asked, if it is known."""
    body: dict[str, Any] = {"error": bare_error(error)}
    if error.status != 401:
        body["user_id"] = "user_simulated"
    return body


def error_reply(error: OpenRouterError) -> Reply:
    """Return the reply with an error's status, body and headers."""
    return json_reply(error.status, error_body(error), error.headers)


def missing_key() -> OpenRouterError:
    """Return 401 for a request without a key."""
    return OpenRouterError(401, "Missing Authentication header")


def wrong_key(shown: str = "") -> OpenRouterError:
    """Return 401 for a key that is not known, with what is `shown` of it."""
    tail = f" Key: {shown}" if shown else ""
    return OpenRouterError(401, f"User not found.{tail}")


def invalid(message: str) -> OpenRouterError:
    """Return 400 for a request that cannot be read.

    The texts of these are not from a capture.
    """
    return OpenRouterError(400, message, {"error_type": "invalid_request"})


def upstream(
    status: int, provider: str, raw: str, kind: str | None = None
) -> OpenRouterError:
    """Return an error of the provider behind, its own words in ``raw``."""
    metadata = {
        "raw": raw,
        "provider_name": provider,
        "is_byok": False,
        "error_type": kind or TYPES.get(status, "unmapped"),
    }
    return OpenRouterError(status, UPSTREAM_TEXT, metadata)


def _availability(code: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what is said of models that cannot be had.

    The names of its fields are documented; the codes are not from a capture.
    """
    return {
        "code": code,
        "retryable": False,
        "retry_after": None,
        "requested_models": list(names),
        "fallback_models": list(names[1:]),
    }


def unknown_model(names: Sequence[str]) -> OpenRouterError:
    """Return 400 for ids that do not exist."""
    return OpenRouterError(
        400,
        f"{names[0]} is not a valid model ID",
        availability=_availability("invalid_model", names),
    )


def no_endpoints(
    names: Sequence[str], message: str | None = None
) -> OpenRouterError:
    """Return 404 for a model that nobody serves, or not as it is wanted."""
    return OpenRouterError(
        404,
        message or f"No endpoints found for {names[0]}.",
        availability=_availability("no_endpoints", names),
    )


def too_long(window: int, prompt: int, completion: int) -> OpenRouterError:
    """Return 400 for a prompt that does not fit into the window."""
    return OpenRouterError(
        400,
        f"This endpoint's maximum context length is {window} tokens. However,"
        f" you requested about {prompt + completion} tokens ({prompt} of text"
        f" input, {completion} in the output). Please reduce the length of"
        ' either one, or use the "middle-out" transform to compress your'
        " prompt automatically.",
        {"error_type": "context_length_exceeded"},
    )
