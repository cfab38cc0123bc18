"""OpenAI's errors: status, type, param, code, text and headers.

The texts are the vendor's own, since clients match on them; they are taken
from public error reports and the vendor's error-codes page, 2026-11.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.models import Model
from course.sandbox.wire import Reply, json_reply

__all__ = [
    "OpenAIError",
    "context_length",
    "error_body",
    "error_reply",
    "masked",
    "missing_key",
    "rate_headers",
    "retired_model",
    "unknown_model",
    "unsupported_parameter",
    "wrong_key",
]

INVALID = "invalid_request_error"

# The limits of the simulated account, per minute.
REQUEST_LIMIT = 500
TOKEN_LIMIT = 200_000


class OpenAIError(Exception):
    """An error to answer with, in the vendor's four fields."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers or {}


def error_body(error: OpenAIError) -> dict[str, Any]:
    """Return the JSON that stands for an error, all four keys in it."""
    return {
        "error": {
            "message": str(error),
            "type": error.kind,
            "param": error.param,
            "code": error.code,
        }
    }


def error_reply(error: OpenAIError) -> Reply:
    """Return the reply with an error's status, body and headers."""
    return json_reply(error.status, error_body(error), error.headers)


def masked(key: str) -> str:
    """Return a key as the vendor echoes it: its first and last characters."""
    if len(key) < 16:
        return key[:3] + "***"
    return f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"


def missing_key() -> OpenAIError:
    """Return 401 for a request without a key."""
    return OpenAIError(
        401,
        "You didn't provide an API key. You need to provide your API key in"
        " an Authorization header using Bearer auth (i.e. Authorization:"
        " Bearer YOUR_KEY). You can obtain an API key from"
        " https://platform.openai.com/account/api-keys.",
    )


def wrong_key(shown: str) -> OpenAIError:
    """Return 401 for a key that is not valid, with what is `shown` of it."""
    return OpenAIError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at"
        " https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def unknown_model(name: str) -> OpenAIError:
    """Return 404 for a model that does not exist."""
    return OpenAIError(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def retired_model(name: str) -> OpenAIError:
    """Return 404 for a model that has been shut down."""
    return OpenAIError(
        404,
        f"The model `{name}` has been deprecated, learn more here:"
        " https://platform.openai.com/docs/deprecations",
        code="model_not_found",
    )


def unsupported_parameter(name: str, hint: str = "") -> OpenAIError:
    """Return 400 for a parameter that the model does not take."""
    return OpenAIError(
        400,
        f"Unsupported parameter: '{name}' is not supported with this model."
        + hint,
        param=name,
        code="unsupported_parameter",
    )


def context_length(
    model: Model | None, used: int, completion: int = 0
) -> OpenAIError:
    """Return the error in the wording that the model's family has."""
    if model is None or model.reasoning:
        text = (
            "Your input exceeds the context window of this model. Please"
            " adjust your input and try again."
        )
    elif completion:
        text = (
            "This model's maximum context length is"
            f" {model.context_window} tokens. However, you requested"
            f" {used + completion} tokens ({used} in the messages,"
            f" {completion} in the completion). Please reduce the length of"
            " the messages or completion."
        )
    else:
        text = (
            "This model's maximum context length is"
            f" {model.context_window} tokens. However, your messages resulted"
            f" in {used} tokens. Please reduce the length of the messages."
        )
    return OpenAIError(
        400, text, param="messages", code="context_length_exceeded"
    )


def duration(seconds: float) -> str:
    """Return seconds as the rate limit headers give them: 6ms, 1m0.5s."""
    if seconds < 1:
        return f"{round(seconds * 1_000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"


def rate_headers(
    tokens: int, exhausted: str | None = None, wait: float = 0.0
) -> dict[str, str]:
    """Return the rate limit headers that success and 429 carry alike."""
    headers = {}
    for name, limit, used in (
        ("requests", REQUEST_LIMIT, 1),
        ("tokens", TOKEN_LIMIT, min(tokens, TOKEN_LIMIT)),
    ):
        left = 0 if name == exhausted else limit - used
        reset = wait if name == exhausted else used / limit * 60
        headers[f"x-ratelimit-limit-{name}"] = str(limit)
        headers[f"x-ratelimit-remaining-{name}"] = str(left)
        headers[f"x-ratelimit-reset-{name}"] = duration(reset)
    return headers
