"""What is known of the request that is being answered, in any thread."""

from __future__ import annotations

import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from llm_providers.router.callers import Caller

__all__ = ["RequestContext", "current_request", "new_id"]


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request at the router's door.

    `started` is in seconds since 1970; `traceparent` is the header of W3C's
    by which a caller's trace goes on here.
    """

    id: str = ""
    path: str = ""
    fingerprint: str = ""
    caller: Caller = field(default_factory=Caller)
    started: float = field(default_factory=time.time)
    traceparent: str = ""
    tracestate: str = ""


current_request: ContextVar[RequestContext | None] = ContextVar(
    "current_request", default=None
)


def new_id() -> str:
    """Return 32 characters that nobody else has, though one could guess them.

    Good for telling requests apart, and for nothing that has to be secret:
    to ask the system for those takes longer than all other fields together.
    """
    return f"{random.getrandbits(128):032x}"
