"""OpenAI's errors on request: what each planned fault is answered with."""

from __future__ import annotations

from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model
from course.sandbox.openai.errors import (
    INVALID,
    REQUEST_LIMIT,
    TOKEN_LIMIT,
    OpenAIError,
    context_length,
    duration,
    masked,
    rate_headers,
    retired_model,
    unknown_model,
    unsupported_parameter,
    wrong_key,
)
from course.sandbox.waiting import waiting
from course.sandbox.wire import REASONS

__all__ = ["planned_error", "server_error"]

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


def rate_limit(fault: PlannedFault, model: str, tokens: int) -> OpenAIError:
    """Return 429 for too many requests or tokens in a minute."""
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
    """Return 429 for traffic that grew too fast."""
    return OpenAIError(
        429,
        "Your request rate has increased too quickly. Please slow down: ramp"
        " up gradually and keep a steady rate.",
        kind="rate_limit_error",
        code="slow_down",
        headers=waiting(fault, 1)[1],
    )


def quota_exhausted(fault: PlannedFault) -> OpenAIError:
    """Return 429 for a used-up credit, which no waiting brings back."""
    code = str(fault.options.get("code", "credit_balance_exhausted"))
    text = QUOTA_TEXTS.get(code, QUOTA_TEXTS["insufficient_quota"])
    return OpenAIError(429, text, kind="insufficient_quota", code=code)


def server_error(fault: PlannedFault | None = None) -> OpenAIError:
    """Return 500, in the vendor's words or in the fault's."""
    text = (
        "The server had an error while processing your request. Sorry about"
        " that! Please contact us through our help center at help.openai.com"
        " if the error persists."
    )
    said = fault.options.get("message") if fault else None
    return OpenAIError(500, str(said or text), kind="server_error")


def overloaded(fault: PlannedFault) -> OpenAIError:
    """Return 503 for a provider under too much load."""
    return OpenAIError(
        503,
        "The engine is currently overloaded, please try again later.",
        kind="service_unavailable_error",
        code="server_is_overloaded",
        headers=waiting(fault, None)[1],
    )


def forbidden() -> OpenAIError:
    """Return 403 for a country that is not served."""
    return OpenAIError(
        403,
        "Country, region, or territory not supported",
        kind="request_forbidden",
        code="unsupported_country_region_territory",
    )


def moderation(fault: PlannedFault) -> OpenAIError:
    """Return 400 for a prompt that breaks the usage policies.

    The code is the documented one; the text is not from a capture.
    """
    return OpenAIError(
        400,
        "Your request was rejected: the prompt was flagged as potentially"
        " violating our usage policies.",
        param="messages",
        code=str(fault.options.get("code", "content_policy_violation")),
    )


def error_status(fault: PlannedFault) -> OpenAIError:
    """Return any status in the vendor's shape, in HTTP's own words."""
    status = int(fault.options.get("status", 500))
    text = str(fault.options.get("message", REASONS.get(status, "Unknown")))
    return OpenAIError(
        status,
        text,
        kind="server_error" if status >= 500 else INVALID,
        headers=waiting(fault, None)[1],
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
        case "error_status":
            return error_status(fault)
        case "forbidden":
            return forbidden()
        case "moderation":
            return moderation(fault)
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
