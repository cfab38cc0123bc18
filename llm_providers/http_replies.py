"""HTTP replies: their bodies read safely, their errors translated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_providers.errors import (
    MalformedResponseError,
    ProviderError,
    RequestTimeoutError,
    error_class_for,
)
from llm_providers.retry import retry_after_seconds

__all__ = [
    "LONGEST_BODY",
    "Classify",
    "HttpReply",
    "classify_by_code",
    "decode_body",
    "decode_error",
    "error_from_body",
    "limited",
    "read_body",
    "request_id_in",
]

# Bytes. The longest answers of today's models are below one megabyte; a
# body beyond this is a fault, and reading it on would only cost memory.
LONGEST_BODY = 16 * 1024 * 1024


@dataclass(frozen=True)
class HttpReply:
    """One reply: status, headers, and the body as it arrives."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterable[bytes]

    @property
    def request_id(self) -> str | None:
        return request_id_in(self.headers)

    @property
    def simulated(self) -> bool:
        return self.headers.get("x-simulated", "").lower() == "true"


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """Return the id by which the provider can find a request again."""
    return headers.get("x-request-id") or headers.get("x-generation-id")


def read_body(
    chunks: Iterable[bytes],
    deadline: float,
    clock: Callable[[], float],
) -> bytes:
    """Return the whole body.

    `deadline` is a time of `clock`, in seconds. Raises RequestTimeoutError
    for a body still arriving then, MalformedResponseError for one that is
    longer than LONGEST_BODY.
    """
    return b"".join(limited(chunks, deadline, clock))


def limited(
    chunks: Iterable[bytes],
    deadline: float,
    clock: Callable[[], float],
) -> Iterator[bytes]:
    """Yield the chunks of a body until it is too late or too long."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > LONGEST_BODY:
            raise MalformedResponseError(
                f"The body is longer than {LONGEST_BODY:,} bytes."
            )
        if clock() > deadline:
            raise RequestTimeoutError("The answer was not complete in time.")
        yield chunk


def decode_body(body: bytes | str) -> dict[str, Any]:
    """Return a body's JSON object.

    Raises MalformedResponseError for anything else: a page, cut JSON, a
    wrong character set, a bare list.
    """
    try:
        payload = _loaded(body)
    except (ValueError, RecursionError):
        raise MalformedResponseError(
            f"The body is not JSON; it begins {_beginning(body)!r}."
        ) from None
    if not isinstance(payload, dict):
        raise MalformedResponseError(
            f"The body is a JSON {type(payload).__name__}, not an object."
        )
    return payload


def _loaded(body: bytes | str) -> Any:
    """Return what JSON says; nearly all of it is UTF-8.

    Other encodings that JSON has had are left to a second look, since to
    tell them apart takes longer than to read a short body.
    """
    if isinstance(body, bytes):
        try:
            return json.loads(body.decode())
        except ValueError:
            pass
    return json.loads(body)


def decode_error(body: bytes) -> Any:
    """Return the JSON object of an error's body, or its text."""
    try:
        return decode_body(body)
    except MalformedResponseError:
        return body.decode("utf-8", "replace")


def _beginning(body: bytes | str) -> str:
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    return " ".join(text[:60].split())


Classify = Callable[[int, Mapping[str, Any]], type[ProviderError]]


def classify_by_code(
    status: int, error: Mapping[str, Any]
) -> type[ProviderError]:
    """Return the class that an error's code, type or status means."""
    names = (error.get("code"), error.get("type"))
    named = next((name for name in names if isinstance(name, str)), None)
    return error_class_for(status, named)


def error_from_body(
    status: int,
    body: Any,
    headers: Mapping[str, str],
    now: datetime | None = None,
    classify: Classify = classify_by_code,
) -> ProviderError:
    """Return the exception that an error reply means.

    `body` is the decoded body, or its text where it was no JSON. The
    provider's ``{"error": {…}}`` is looked into where there is one; what
    `classify` makes of it and of the status is the exception's class.
    """
    error = body.get("error", body) if isinstance(body, Mapping) else body
    fields = error if isinstance(error, Mapping) else {}
    code = fields.get("code")
    if status == 200 and isinstance(code, int):
        status = code
    message = fields.get("message") or (error if error else "")
    error_class = classify(status, fields)
    wait = None
    if headers and error_class.retryable:
        wait = retry_after_seconds(headers, now)
    return error_class(
        f"HTTP {status}: {_beginning_of(message)}",
        status=status,
        code=None if code is None else str(code),
        retry_after=wait,
        request_id=request_id_in(headers),
        simulated=headers.get("x-simulated", "").lower() == "true",
    )


def _beginning_of(message: object) -> str:
    """Return a message on one line, at most 500 characters long."""
    text = " ".join(str(message).split())
    return text if len(text) <= 500 else f"{text[:499]}…"
