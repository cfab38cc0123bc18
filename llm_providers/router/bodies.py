"""A request's body: how long it may be, and how long it may take to come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException

from llm_providers.responses import ErrorInfo

__all__ = ["limited", "too_long", "too_slow"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
# The rest of the body is not read.
CLOSE = {"Connection": "close"}


def limited(receive: Receive, longest: int, seconds: float) -> Receive:
    """Return `receive`, which raises once a body is too long or too slow.

    `longest` is in bytes; the whole body has to come in so many `seconds`,
    from when it is first waited for. What comes after it may take any time.
    """
    length = 0
    end: float | None = None
    is_complete = False

    async def receive_limited() -> Message:
        nonlocal length, end, is_complete
        if is_complete:
            return await receive()
        if end is None:
            end = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            status = HTTPStatus.REQUEST_TIMEOUT
            # FastAPI passes this exception on, and no other.
            raise HTTPException(
                status, asdict(too_slow(seconds)), CLOSE
            ) from None
        length += len(message.get("body") or b"")
        if length > longest:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise HTTPException(status, asdict(too_long(longest)), CLOSE)
        is_complete = not message.get("more_body")
        return message

    return receive_limited


def too_long(longest: int) -> ErrorInfo:
    """Return what is said of a body of more than `longest` bytes."""
    return ErrorInfo(
        kind="body_too_long",
        retryable=False,
        reason=f"The request's body is longer than {longest:,} bytes.",
        what_to_do="Send less, or have the router's limit raised.",
    )


def too_slow(seconds: float) -> ErrorInfo:
    """Return what is said of a body that takes more than `seconds`."""
    return ErrorInfo(
        kind="body_too_slow",
        retryable=True,
        reason=f"The request's body took more than {seconds:g} seconds.",
        what_to_do="Send all of it at once, or have the limit raised.",
    )
