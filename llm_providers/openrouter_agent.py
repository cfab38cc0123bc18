"""The OpenRouter agent: hundreds of models behind one router."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf, isfinite
from typing import Any

from llm_providers.chat_completions import Piece
from llm_providers.chat_completions_agent import ChatCompletionsAgent
from llm_providers.copies import changed
from llm_providers.errors import (
    AuthenticationError,
    ContentBlockedError,
    ContextLengthError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTimeoutError,
)
from llm_providers.prompt_checks import check_headers
from llm_providers.responses import Reply

__all__ = ["OpenRouterAgent", "wait_asked_for"]

# The router's own words for what went wrong, the same for every provider
# behind it; a word that is missing here means what the status means.
# Source: OpenRouter's "Errors and Debugging", as of 2026-08.
_CLASS_OF_ERROR_TYPE: Mapping[str, type[ProviderError]] = {
    "authentication": AuthenticationError,
    "content_policy_violation": ContentBlockedError,
    "context_length_exceeded": ContextLengthError,
    "not_found": ModelNotFoundError,
    "payment_required": QuotaExhaustedError,
    "permission_denied": PermissionDeniedError,
    "provider_overloaded": ProviderUnavailableError,
    "provider_unavailable": ProviderUnavailableError,
    "rate_limit_exceeded": RateLimitError,
    "refusal": ContentBlockedError,
    "server": ProviderUnavailableError,
    "timeout": RequestTimeoutError,
}
# Where a refusal's metadata has one of these, a filter stopped the prompt.
_SIGNS_OF_A_FILTER = {"flagged_input", "patterns", "reasons"}


class OpenRouterAgent(ChatCompletionsAgent):
    """OpenRouter, through `requests`.

    Reads ``OPENROUTER_API_KEY`` and ``OPENROUTER_BASE_URL``. `app_url` and
    `app_title` tell OpenRouter which application asks; without them it is
    told nothing. Replies say what they cost and who served them. Raises
    ValueError for a text that no header can carry: it has to be ASCII.
    """

    provider = "openrouter"

    def __init__(
        self, *, app_url: str = "", app_title: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        told = {"HTTP-Referer": app_url, "X-OpenRouter-Title": app_title}
        self.headers = {name: text for name, text in told.items() if text}
        check_headers(self.headers)

    def parse_response(self, payload: Mapping[str, Any]) -> Reply:
        """Return the reply, with the provider that served it upstream."""
        reply = super().parse_response(payload)
        return changed(reply, upstream=payload.get("provider"))

    def parse_event(self, event: Mapping[str, Any]) -> Piece:
        """Return what one event adds, with the provider upstream."""
        piece = super().parse_event(event)
        return changed(piece, upstream=event.get("provider"))

    def classify(
        self, status: int, error: Mapping[str, Any]
    ) -> type[ProviderError]:
        """Return the exception class that an error of the router means.

        The `metadata` say more than the status. A budget for calls in flight
        is free again in seconds, though its status is 402. A filter's 403
        tells what it found. An `availability` stands with a model that
        cannot be served, and says whether that will pass. Then the
        `error_type` decides, and the status last.
        """
        metadata = _mapping(error.get("metadata"))
        availability = _mapping(error.get("availability"))
        if metadata.get("reason") == "in_flight_budget_exhausted":
            return RateLimitError
        if status == 403 and _SIGNS_OF_A_FILTER.intersection(metadata):
            return ContentBlockedError
        if availability:
            passing = availability.get("retryable") is True
            return ProviderUnavailableError if passing else ModelNotFoundError
        error_type = str(metadata.get("error_type"))
        if error_type in _CLASS_OF_ERROR_TYPE:
            return _CLASS_OF_ERROR_TYPE[error_type]
        return super().classify(status, error)

    def refusal(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> ProviderError:
        """Return the exception that an error reply means, with the wait."""
        error = super().refusal(status, body, headers)
        if error.retryable and error.retry_after is None:
            fields = _mapping(_mapping(body).get("error"))
            error.retry_after = wait_asked_for(fields, headers)
        return error


def wait_asked_for(
    error: Mapping[str, Any], headers: Mapping[str, str]
) -> float | None:
    """Return the seconds to wait that stand in an error, or None.

    Beside the header ``Retry-After`` the router has three places:
    `metadata.retry_after_seconds`, `availability.retry_after` (seconds), and
    ``X-RateLimit-Reset`` (milliseconds of the epoch), as a header or in
    `metadata.headers`. They count from the reply's ``Date``: the clock here
    may be another one.
    """
    metadata = _mapping(error.get("metadata"))
    availability = _mapping(error.get("availability"))
    for seconds in (
        metadata.get("retry_after_seconds"),
        availability.get("retry_after"),
    ):
        if isinstance(seconds, int | float) and 0 <= seconds < inf:
            return float(seconds)
    told = {**_mapping(metadata.get("headers")), **headers}
    lower = {name.lower(): value for name, value in told.items()}
    try:
        reset = float(lower["x-ratelimit-reset"]) / 1000
    except (KeyError, TypeError, ValueError):
        return None
    if not isfinite(reset):
        return None
    return max(0.0, reset - _sent_at(lower.get("date")).timestamp())


def _sent_at(http_date: str | None) -> datetime:
    """Return when a reply was sent; the present where it does not say."""
    try:
        sent = parsedate_to_datetime(http_date or "")
    except ValueError:
        return datetime.now(UTC)
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a mapping; an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}
