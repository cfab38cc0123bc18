"""OpenRouter's errors on request: what each planned fault is answered by."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.openai_errors import unsupported_parameter
from course.sandbox.openrouter_errors import (
    TYPES,
    OpenRouterError,
    no_endpoints,
    too_long,
    unknown_model,
    upstream,
    wrong_key,
)
from course.sandbox.waiting import http_date, waiting

__all__ = ["Asked", "broken_chunk", "choice_error", "planned_error"]

FLAGGED = 100
DAY = 86_400
# What a free account may send to free models, by the vendor's page of limits.
FREE = {
    "free_minute": (20, 60, "Rate limit exceeded: free-models-per-min. "),
    "free_day": (
        50,
        DAY,
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock"
        " 1000 free model requests per day",
    ),
}


@dataclass(frozen=True)
class Asked:
    """What an error needs to know of the request that it answers."""

    key: str
    name: str
    provider: str
    prompt: str
    tokens: int
    window: int


def planned_error(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    """Return the error that a planned fault means for this request."""
    match fault.name:
        case "bad_parameter":
            return _bad_parameter(fault, asked)
        case "context_length":
            return too_long(asked.window, asked.window + asked.tokens, 0)
        case "echo_key":
            return wrong_key(asked.key)
        case "error_status":
            return _any_status(fault, asked)
        case "forbidden":
            return _forbidden(asked)
        case "guardrail":
            return _guardrail()
        case "in_flight_budget":
            return _in_flight(fault)
        case "moderation":
            return _moderation(asked)
        case "overloaded":
            metadata = {"error_type": "provider_overloaded"}
            headers = waiting(fault, None)[1]
            return OpenRouterError(503, "", metadata, headers=headers)
        case "quota_exhausted":
            return _quota(fault)
        case "rate_limit":
            return _rate_limit(fault, asked)
        case "retired_model":
            return no_endpoints([asked.name])
        case "unknown_model":
            return unknown_model([asked.name])
        case "wrong_key":
            return wrong_key()
    said = str(fault.options.get("message", ""))
    return OpenRouterError(500, said, {"error_type": "server"})


def _bad_parameter(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    name = str(fault.options.get("parameter", "temperature"))
    error = {"message": str(unsupported_parameter(name)), "param": name}
    return upstream(400, asked.provider, json.dumps({"error": error}))


def _any_status(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    status = int(fault.options.get("status", 500))
    said = str(fault.options.get("message", ""))
    metadata: dict[str, Any] = {"error_type": TYPES.get(status, "unmapped")}
    if status in (502, 529):
        metadata["provider_name"] = asked.provider
    headers = waiting(fault, None)[1]
    return OpenRouterError(status, said, metadata, headers=headers)


def _forbidden(asked: Asked) -> OpenRouterError:
    """Return 403 for a region; the text is not from a capture."""
    return OpenRouterError(
        403,
        "This model is not available in your region.",
        {
            "provider_name": asked.provider,
            "error_type": "permission_denied",
        },
    )


def _guardrail() -> OpenRouterError:
    return OpenRouterError(
        403,
        "Request blocked: the prompt matches a pattern of your guardrail.",
        {"patterns": ["simulated-pattern"]},
    )


def _moderation(asked: Asked) -> OpenRouterError:
    flagged = asked.prompt
    if len(flagged) > FLAGGED:
        half = FLAGGED // 2
        flagged = f"{flagged[: half - 2]}...{flagged[1 - half :]}"
    return OpenRouterError(
        403,
        f"{asked.name} requires moderation on {asked.provider}. Your input"
        ' was flagged for "harassment". No credits were charged.',
        {
            "reasons": ["harassment"],
            "flagged_input": flagged,
            "provider_name": asked.provider,
            "model_slug": asked.name,
        },
    )


def _in_flight(fault: PlannedFault) -> OpenRouterError:
    return OpenRouterError(
        402,
        "Your requests in flight have reserved all of your credits. Please"
        " retry when they have finished.",
        {
            "reason": "in_flight_budget_exhausted",
            "limit_source": "openrouter_in_flight_budget",
        },
        headers=waiting(fault, 1)[1],
    )


def _quota(fault: PlannedFault) -> OpenRouterError:
    code = fault.options.get("code", "credits")
    if code == "key_limit":
        text = "Key limit exceeded. Manage it using https://openrouter.ai/keys"
        source = "openrouter_key_limit"
    else:
        text, source = "", "openrouter_credits"
    if code == "max_tokens":
        text = (
            "This request requires more credits, or fewer max_tokens. You"
            " requested up to 8192 tokens, but can only afford 7527. To"
            " increase, visit https://openrouter.ai/credits and add more"
            " credits"
        )
    metadata = {"limit_source": source, "error_type": "payment_required"}
    return OpenRouterError(402, text, metadata)


def _rate_limit(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    limit = str(fault.options.get("limit", "upstream"))
    if limit in FREE:
        return _free_limit(fault, limit)
    wait = fault.options.get("retry_after", 1)
    if "retry_after_ms" in fault.options:
        wait = None
    seconds = fault.options.get("retry_after_seconds", wait)
    error = upstream(
        429,
        asked.provider,
        f"{asked.name} is temporarily rate-limited upstream. Please retry"
        " shortly, or add your own key to accumulate your rate limits:"
        " https://openrouter.ai/settings/integrations",
    )
    assert error.metadata is not None
    error.metadata["limit_source"] = "upstream_provider_shared_pool"
    if isinstance(seconds, int | float):
        error.metadata["retry_after_seconds"] = seconds
    default = None if "retry_after_seconds" in fault.options else 1
    error.headers = waiting(fault, default)[1]
    return error


def _free_limit(fault: PlannedFault, limit: str) -> OpenRouterError:
    """Return 429 for a free model; the reset is in milliseconds.

    The ``Date`` header says from when on the reset counts, whatever the
    client's clock says.
    """
    count, span, text = FREE[limit]
    now = int(time.time())
    wait = fault.number("seconds", span - now % DAY if span == DAY else span)
    headers = {
        "X-RateLimit-Limit": str(count),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int((now + wait) * 1_000)),
    }
    metadata = {"headers": dict(headers), "provider_name": None}
    said = {"Date": http_date(now)} | waiting(fault, None)[1]
    return OpenRouterError(429, text, metadata, headers=headers | said)


def choice_error(fault: PlannedFault, provider: str) -> OpenRouterError:
    """Return the error that stands in a choice of a successful answer."""
    status = int(fault.options.get("status", 502))
    return OpenRouterError(
        status,
        "Upstream error: the provider disconnected",
        {
            "error_type": TYPES.get(status, "unmapped"),
            "provider_name": provider,
        },
    )


def broken_chunk(frame: dict[str, Any], code: Any) -> dict[str, Any]:
    """Return the event that tells of an error in the middle of a stream.

    `code` is a number, or a word as on one page of the documentation.
    """
    kind = TYPES.get(code, "server") if isinstance(code, int) else "server"
    choice = {
        "index": 0,
        "delta": {"role": "assistant", "content": ""},
        "logprobs": None,
        "finish_reason": "error",
        "native_finish_reason": "error",
    }
    error = {
        "code": code,
        "message": "Provider disconnected unexpectedly",
        "metadata": {"error_type": kind},
    }
    return frame | {"error": error, "choices": [choice]}
