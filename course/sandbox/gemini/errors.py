"""Gemini's errors: HTTP status, status word, text and details.

The texts are the vendor's own where clients match on them; they are taken
from public error reports, 2026-11. Those that are not from a capture say so.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.wire import Reply, json_reply

__all__ = [
    "GeminiError",
    "bad_request",
    "context_length",
    "error_body",
    "error_info",
    "error_reply",
    "missing_key",
    "oauth_key",
    "retired_model",
    "typed",
    "unknown_field",
    "unknown_model",
    "wrong_key",
]

SERVICE = "generativelanguage.googleapis.com"
NOT_VALID = "API key not valid. Please pass a valid API key."

STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GeminiError(Exception):
    """An error to answer with; its status word follows from its status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        word: str | None = None,
        details: tuple[dict[str, Any], ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.word = word or STATUS_WORDS.get(status, "UNKNOWN")
        self.details = details
        self.headers = headers or {}


def error_body(error: GeminiError) -> dict[str, Any]:
    """Return the JSON that stands for an error."""
    fields: dict[str, Any] = {
        "code": error.status,
        "message": str(error),
        "status": error.word,
    }
    if error.details:
        fields["details"] = list(error.details)
    return {"error": fields}


def error_reply(error: GeminiError, *, wrapped: bool = False) -> Reply:
    """Return the reply with an error; `wrapped` puts it into an array."""
    body = error_body(error)
    return json_reply(error.status, [body] if wrapped else body, error.headers)


def typed(name: str, **fields: Any) -> dict[str, Any]:
    """Return one of an error's details with its type's address."""
    return {"@type": f"type.googleapis.com/google.rpc.{name}"} | fields


def error_info(reason: str) -> dict[str, Any]:
    """Return the detail that names an error's reason for programs."""
    return typed(
        "ErrorInfo",
        reason=reason,
        domain="googleapis.com",
        metadata={"service": SERVICE},
    )


def missing_key() -> GeminiError:
    """Return 403 for a request without a key."""
    return GeminiError(
        403,
        "Method doesn't allow unregistered callers (callers without"
        " established identity). Please use API Key or other form of API"
        " consumer identity to call this API.",
    )


def oauth_key() -> GeminiError:
    """Return 401 for a bearer token, which is no API key.

    Not from a capture.
    """
    return GeminiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2"
        " access token, login cookie or other valid authentication"
        " credential. See"
        " https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details=(error_info("ACCESS_TOKEN_TYPE_UNSUPPORTED"),),
    )


def wrong_key(key: str | None = None) -> GeminiError:
    """Return 400 for a key that is not valid, with the `key` if given."""
    text = NOT_VALID if key is None else f"{NOT_VALID} (key: {key})"
    localized = typed("LocalizedMessage", locale="en-US", message=text)
    return GeminiError(
        400, text, details=(error_info("API_KEY_INVALID"), localized)
    )


def unknown_model(name: str, version: str, method: str) -> GeminiError:
    """Return 404 for a model that does not exist or lacks the method."""
    return GeminiError(
        404,
        f"models/{name} is not found for API version {version}, or is not"
        f" supported for {method}. Call ListModels to see the list of"
        " available models and their supported methods.",
    )


def retired_model(name: str, replacement: str | None) -> GeminiError:
    """Return 404 for a model that is closed."""
    newer = f"models/{replacement}" if replacement else "a newer model"
    return GeminiError(
        404,
        f"This model models/{name} is no longer available to new users."
        f" Please update your code to use {newer} for the latest features"
        " and improvements.",
    )


def context_length(limit: int) -> GeminiError:
    """Return 400 for a prompt longer than a model's `limit` of tokens."""
    return GeminiError(
        400,
        "The input token count exceeds the maximum number of tokens allowed"
        f" ({limit}).",
    )


def bad_request(*violations: tuple[str, str]) -> GeminiError:
    """Return 400 for fields that cannot be read: paths and descriptions."""
    rows = [
        {"field": path, "description": text} if path else {"description": text}
        for path, text in violations
    ]
    return GeminiError(
        400,
        "\n".join(text for _, text in violations),
        details=(typed("BadRequest", fieldViolations=rows),),
    )


def unknown_field(name: str, path: str) -> tuple[str, str]:
    """Return the path and the description of a field that there is not."""
    where = f" at '{path}'" if path else ""
    return path, (
        f'Invalid JSON payload received. Unknown name "{name}"{where}:'
        " Cannot find field."
    )
