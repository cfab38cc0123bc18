"""What Gemini's errors mean: three pure translations.

An error's body is ``{"error": {"code", "message", "status", "details"}}``.
The details, a list of objects with an ``@type`` each, are for programs:

    ErrorInfo     `reason`, such as API_KEY_INVALID
    QuotaFailure  `violations`, each with the `quotaId` of a limit
    RetryInfo     `retryDelay`: how long to wait, such as "44.2s"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from llm_providers.errors import (
    AuthenticationError,
    ConnectionFailedError,
    PermissionDeniedError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    error_class_for,
)
from llm_providers.http_replies import decode_error, error_from_body

__all__ = [
    "classify",
    "decode_refusal",
    "error_from_reply",
    "retry_delay",
]

# Words that say more than the HTTP status they come with. A request that is
# cancelled or aborted is so on the provider's side: nobody here does that.
_CLASS_OF_WORD: dict[str, type[ProviderError]] = {
    "ABORTED": ProviderUnavailableError,
    "CANCELLED": ConnectionFailedError,
    "FAILED_PRECONDITION": PermissionDeniedError,
}


def details(
    error: Mapping[str, Any], kind: str
) -> Iterator[Mapping[str, Any]]:
    """Yield the details of one kind, such as "RetryInfo", of an error."""
    for detail in _mappings(error.get("details")):
        if str(detail.get("@type", "")).endswith(f".{kind}"):
            yield detail


def _mappings(found: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the mappings in what should be a list of them."""
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            yield one


def classify(status: int, error: Mapping[str, Any]) -> type[ProviderError]:
    """Return the exception class that an error of Gemini's means.

    A key that is not valid comes with HTTP 400, so its ErrorInfo decides. A
    quota of the day and one of the minute both come with 429: the `quotaId`
    tells them apart, and only the minute's is worth waiting for. After that
    the word in `status` and the HTTP status decide. A prompt that is too
    long has no mark at all: it is an InvalidRequestError here.
    """
    reasons = [row.get("reason") for row in details(error, "ErrorInfo")]
    if "API_KEY_INVALID" in reasons:
        return AuthenticationError
    if status == 429 and any("PerDay" in name for name in quota_ids(error)):
        return QuotaExhaustedError
    word = error.get("status")
    if isinstance(word, str) and word in _CLASS_OF_WORD:
        return _CLASS_OF_WORD[word]
    return error_class_for(status)


def quota_ids(error: Mapping[str, Any]) -> list[str]:
    """Return the ids of the quotas that a request went beyond."""
    return [
        str(violation.get("quotaId"))
        for failure in details(error, "QuotaFailure")
        for violation in _mappings(failure.get("violations"))
    ]


def retry_delay(error: Mapping[str, Any]) -> float | None:
    """Return the seconds that an error's RetryInfo asks to wait, or None.

    The delay is a number with its unit: ``44s``, ``0.997s`` or ``997ms``.
    """
    for info in details(error, "RetryInfo"):
        text = str(info.get("retryDelay", ""))
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?s)", text)
        if found:
            scale = 0.001 if found[2] == "ms" else 1.0
            return float(found[1]) * scale
    return None


def error_from_reply(
    status: int, body: Any, headers: Mapping[str, str]
) -> ProviderError:
    """Return the exception that an error reply of Gemini's means.

    `body` is the decoded body, or its text where it was no JSON. RetryInfo
    goes before a Retry-After header; its `code` is the word in `status`.
    """
    failure = error_from_body(status, body, headers, classify=classify)
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping):
        failure.code = error.get("status") or failure.code
        delay = retry_delay(error)
        if failure.retryable and delay is not None:
            failure.retry_after = delay
    return failure


def decode_refusal(raw: bytes) -> Any:
    """Return the JSON object of an error's body, or its text.

    An error that stands for a stream may come in an array of one.
    """
    return decode_error(raw.strip().removeprefix(b"[").removesuffix(b"]"))
