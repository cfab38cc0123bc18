"""OpenAI's errors: status, type, param, code, text and headers.

The texts are the vendor's own, since clients match on them; they are taken
from public error reports and the vendor's error-codes page, 2026-11.
"""

from __future__ import annotations

import time
from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model
from course.sandbox.wire import Reply, json_reply

__all__ = [
    "ERROR_FAULTS",
    "OpenAIError",
    "error_reply",
    "masked",
    "planned_error",
]

INVALID = "invalid_request_error"

# The limits of the simulated account, per minute.
REQUEST_LIMIT = 500
TOKEN_LIMIT = 200_000

QUOTA_TEXTS = {
    "credit_balance_exhausted": (
        "Your credit balance is exhausted. Add credits to continue:"
        " https://platform.openai.com/settings/organization/billing."
    ),
    "organization_spend_limit_exceeded": (
        "Your organization has reached its spend limit."
    ),
    "project_spend_limit_exceeded": (
        "Your project has reached its spend limit."
    ),
    "organization_usage_limit_exceeded": (
        "Your organization has reached its usage limit."
    ),
    "insufficient_quota": (
        "You exceeded your current quota, please check your plan and billing"
        " details. For more information on this error, read the docs:"
        " https://platform.openai.com/docs/guides/error-codes/api-errors."
    ),
}


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
    return OpenAIError(
        401,
        "You didn't provide an API key. You need to provide your API key in"
        " an Authorization header using Bearer auth (i.e. Authorization:"
        " Bearer YOUR_KEY). You can obtain an API key from"
        " https://platform.openai.com/account/api-keys.",
    )


def wrong_key(shown: str) -> OpenAIError:
    return OpenAIError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at"
        " https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def unknown_model(name: str) -> OpenAIError:
    return OpenAIError(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def retired_model(name: str) -> OpenAIError:
    return OpenAIError(
        404,
        f"The model `{name}` has been deprecated, learn more here:"
        " https://platform.openai.com/docs/deprecations",
        code="model_not_found",
    )


def unsupported_parameter(name: str, hint: str = "") -> OpenAIError:
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


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def http_date(moment: float) -> str:
    """Return Unix time as an HTTP date, whatever the locale."""
    t = time.gmtime(moment)
    return (
        f"{DAYS[t.tm_wday]}, {t.tm_mday:02} {MONTHS[t.tm_mon - 1]} {t.tm_year}"
        f" {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"
    )


def waiting(
    fault: PlannedFault, default: int | None
) -> tuple[float, dict[str, str]]:
    """Return the seconds to wait, and the headers that say so."""
    wait = fault.options.get("retry_after", default)
    milliseconds = fault.options.get("retry_after_ms")
    if wait == "ms" or milliseconds is not None:
        number = 250 if milliseconds is None else milliseconds
        return number / 1_000, {"retry-after-ms": f"{number:g}"}
    if wait == "date":
        seconds = fault.number("seconds", 2.0)
        now = int(time.time())
        # The date counts from this one, whatever the client's clock says.
        return seconds, {
            "Date": http_date(now),
            "Retry-After": http_date(now + seconds),
        }
    if wait is None:
        return fault.number("seconds", 1.0), {}
    seconds = float(wait) if isinstance(wait, int) else 1.0
    return seconds, {"Retry-After": str(wait)}


def rate_limit(fault: PlannedFault, model: str, tokens: int) -> OpenAIError:
    wait, headers = waiting(fault, 1)
    kind = "requests" if fault.options.get("limit") == "requests" else "tokens"
    if kind == "requests":
        numbers = f"Limit {REQUEST_LIMIT}, Used {REQUEST_LIMIT}, Requested 1"
        per = "requests per min (RPM)"
    else:
        used = max(0, TOKEN_LIMIT - tokens // 2)
        numbers = f"Limit {TOKEN_LIMIT}, Used {used}, Requested {tokens}"
        per = "tokens per min (TPM)"
    return OpenAIError(
        429,
        f"Rate limit reached for {model} in organization org-simulated on"
        f" {per}: {numbers}. Please try again in {duration(wait)}. Visit"
        " https://platform.openai.com/account/rate-limits to learn more.",
        kind=kind,
        code="rate_limit_exceeded",
        headers=headers | rate_headers(tokens, kind, wait),
    )


def slow_down(fault: PlannedFault) -> OpenAIError:
    return OpenAIError(
        429,
        "Your request rate has increased too quickly. Please slow down: ramp"
        " up gradually and keep a steady rate.",
        kind="rate_limit_error",
        code="slow_down",
        headers=waiting(fault, 1)[1],
    )


def quota_exhausted(fault: PlannedFault) -> OpenAIError:
    code = str(fault.options.get("code", "credit_balance_exhausted"))
    text = QUOTA_TEXTS.get(code, QUOTA_TEXTS["insufficient_quota"])
    return OpenAIError(429, text, kind="insufficient_quota", code=code)


def server_error(fault: PlannedFault | None = None) -> OpenAIError:
    text = (
        "The server had an error while processing your request. Sorry about"
        " that! Please contact us through our help center at help.openai.com"
        " if the error persists."
    )
    said = fault.options.get("message") if fault else None
    return OpenAIError(500, str(said or text), kind="server_error")


def overloaded(fault: PlannedFault) -> OpenAIError:
    return OpenAIError(
        503,
        "The engine is currently overloaded, please try again later.",
        kind="service_unavailable_error",
        code="server_is_overloaded",
        headers=waiting(fault, None)[1],
    )


def forbidden() -> OpenAIError:
    return OpenAIError(
        403,
        "Country, region, or territory not supported",
        kind="request_forbidden",
        code="unsupported_country_region_territory",
    )


ERROR_FAULTS = frozenset(
    {
        "bad_parameter",
        "context_length",
        "echo_key",
        "error_in_200",
        "forbidden",
        "overloaded",
        "quota_exhausted",
        "rate_limit",
        "retired_model",
        "server_error",
        "slow_down",
        "unknown_model",
        "wrong_key",
    }
)


def planned_error(
    fault: PlannedFault, key: str, name: str, model: Model | None, tokens: int
) -> OpenAIError:
    """Return the error that a planned fault means for this request."""
    match fault.name:
        case "bad_parameter":
            parameter = fault.options.get("parameter", "temperature")
            return unsupported_parameter(str(parameter))
        case "context_length":
            new = fault.options.get("wording") == "new"
            window = model.context_window if model else 0
            return context_length(None if new else model, window + tokens)
        case "echo_key":
            return wrong_key(key)
        case "forbidden":
            return forbidden()
        case "overloaded":
            return overloaded(fault)
        case "quota_exhausted":
            return quota_exhausted(fault)
        case "rate_limit":
            return rate_limit(fault, name, tokens)
        case "retired_model":
            return retired_model(name)
        case "slow_down":
            return slow_down(fault)
        case "unknown_model":
            return unknown_model(name)
        case "wrong_key":
            return wrong_key(masked(key))
    return server_error(fault)
