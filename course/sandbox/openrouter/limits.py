"""OpenRouter's limits on request: credit, rates, and what is reserved."""

from __future__ import annotations

import time
from dataclasses import dataclass

from course.sandbox.faults import PlannedFault
from course.sandbox.openrouter.errors import OpenRouterError, upstream
from course.sandbox.waiting import http_date, waiting

__all__ = ["Asked", "in_flight", "quota", "rate_limit"]

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
    """What an error needs to know of the request that it answers.

    `limit` is how many tokens the answer may have: so many are reserved.
    """

    key: str
    name: str
    provider: str
    prompt: str
    tokens: int
    window: int
    limit: int


def in_flight(fault: PlannedFault) -> OpenRouterError:
    """Return 402 for credit that other requests have reserved."""
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


def quota(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    """Return 402 for credit that is used up, or too little."""
    code = fault.options.get("code", "credits")
    if code == "key_limit":
        text = "Key limit exceeded. Manage it using https://openrouter.ai/keys"
        source = "openrouter_key_limit"
    else:
        text, source = "", "openrouter_credits"
    if code == "max_tokens":
        text = (
            "This request requires more credits, or fewer max_tokens. You"
            f" requested up to {asked.limit} tokens, but can only afford"
            f" {asked.limit * 9 // 10}. To increase, visit"
            " https://openrouter.ai/credits and add more credits"
        )
    metadata = {"limit_source": source, "error_type": "payment_required"}
    return OpenRouterError(402, text, metadata)


def rate_limit(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    """Return 429 of the provider behind, or of the free models."""
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
