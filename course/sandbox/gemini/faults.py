"""Gemini's errors on request: what each planned fault is answered with."""

from __future__ import annotations

from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.gemini.errors import (
    SERVICE,
    GeminiError,
    bad_request,
    context_length,
    error_info,
    retired_model,
    typed,
    unknown_field,
    unknown_model,
    wrong_key,
)
from course.sandbox.models import Model
from course.sandbox.waiting import waiting
from course.sandbox.wire import REASONS

__all__ = ["planned_error", "server_error"]

# What a Duration stands for where nobody asks for another: the minute's is
# short, so that a lesson need not wait; the day's is from a capture.
MINUTE_DELAY = "1s"
DAY_DELAY = "31167s"

METRIC = f"{SERVICE}/generate_content_free_tier_requests"
TOKEN_METRIC = f"{SERVICE}/generate_content_free_tier_input_token_count"
# Metric, quota id and value of each limit; the day's row is from a capture.
QUOTAS = {
    "day": (
        METRIC,
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
        "20",
    ),
    "requests": (
        METRIC,
        "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
        "10",
    ),
    "tokens": (
        TOKEN_METRIC,
        "GenerateContentInputTokensPerModelPerMinute-FreeTier",
        "250000",
    ),
}


def exhausted(
    limit: str,
    model: str,
    delay: str | None,
    headers: dict[str, str],
) -> GeminiError:
    """Return 429 for one of the limits, to be retried after a Duration."""
    metric, quota, value = QUOTAS[limit]
    said = (
        "You exceeded your current quota, please check your plan and billing"
        " details. For more information on this error, head to:"
        " https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your"
        " current usage, head to: https://ai.dev/rate-limit.\n* Quota"
        f" exceeded for metric: {metric}, limit: {value}, model: {model}"
    )
    link = {
        "description": "Learn more about Gemini API quotas",
        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
    }
    violation = {
        "quotaMetric": metric,
        "quotaId": quota,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": value,
    }
    details: list[dict[str, Any]] = [
        typed("Help", links=[link]),
        typed("QuotaFailure", violations=[violation]),
    ]
    if delay is not None:
        said += f"\nPlease retry in {delay}."
        details.append(typed("RetryInfo", retryDelay=delay))
    return GeminiError(429, said, details=tuple(details), headers=headers)


def rate_limit(fault: PlannedFault, model: str) -> GeminiError:
    """Return 429 for too many requests or tokens in a minute.

    RetryInfo comes unless another wait, or none, was asked for.
    """
    asked = {"retry_after", "retry_after_ms"} & fault.options.keys()
    delay = fault.options.get("retry_delay", None if asked else MINUTE_DELAY)
    limit = str(fault.options.get("limit", "requests"))
    return exhausted(limit, model, delay, waiting(fault, None)[1])


def quota_exhausted(fault: PlannedFault, model: str) -> GeminiError:
    """Return 429 for the day's limit, which only the quota's id tells."""
    delay = fault.options.get("retry_delay", DAY_DELAY)
    return exhausted("day", model, delay, {})


def server_error(fault: PlannedFault | None = None) -> GeminiError:
    """Return 500, in the vendor's words or in the fault's.

    The text is not from a capture.
    """
    text = (
        "An internal error has occurred. Please retry or report in"
        " https://developers.generativeai.google/guide/troubleshooting"
    )
    said = fault.options.get("message") if fault else None
    return GeminiError(500, str(said or text))


def overloaded(fault: PlannedFault) -> GeminiError:
    """Return 503 for a model under too much load."""
    return GeminiError(
        503,
        "This model is currently experiencing high demand. Spikes in demand"
        " are usually temporary. Please try again later.",
        headers=waiting(fault, None)[1],
    )


def forbidden(fault: PlannedFault) -> GeminiError:
    """Return 403 for a project without the API, or 400 for a region.

    The text of the 403 is not from a capture.
    """
    if fault.options.get("reason") == "region":
        return GeminiError(
            400,
            "User location is not supported for the API use.",
            word="FAILED_PRECONDITION",
        )
    return GeminiError(
        403,
        "Generative Language API has not been used in project simulated"
        " before or it is disabled.",
        details=(error_info("SERVICE_DISABLED"),),
    )


def error_status(fault: PlannedFault) -> GeminiError:
    """Return any status in the vendor's shape, in HTTP's own words."""
    status = int(fault.options.get("status", 500))
    text = str(fault.options.get("message", REASONS.get(status, "Unknown")))
    return GeminiError(status, text, headers=waiting(fault, None)[1])


def planned_error(
    fault: PlannedFault,
    key: str,
    name: str,
    model: Model | None,
    version: str,
    method: str,
) -> GeminiError:
    """Return the error that a planned fault means for this request."""
    match fault.name:
        case "bad_parameter":
            parameter = str(fault.options.get("parameter", "temperature"))
            return bad_request(unknown_field(parameter, "generation_config"))
        case "context_length":
            return context_length(model.context_window if model else 0)
        case "echo_key":
            return wrong_key(key)
        case "error_status":
            return error_status(fault)
        case "forbidden":
            return forbidden(fault)
        case "overloaded":
            return overloaded(fault)
        case "quota_exhausted":
            return quota_exhausted(fault, name)
        case "rate_limit":
            return rate_limit(fault, name)
        case "retired_model":
            return retired_model(name, model.replacement if model else None)
        case "unknown_model":
            return unknown_model(name, version, method)
        case "wrong_key":
            return wrong_key()
    return server_error(fault)
