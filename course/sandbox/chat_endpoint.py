"""What the endpoints of all chat completions have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any

from course.sandbox.answers import Answer, answer, with_fault
from course.sandbox.chat_completions import read_task
from course.sandbox.event_stream import event, event_reply
from course.sandbox.faults import PlannedFault
from course.sandbox.wire import Reply, Request

__all__ = [
    "COMPLETIONS",
    "MODELS",
    "RESPONSES",
    "answers",
    "as_success",
    "digest",
    "endpoint",
    "fields",
    "kinds",
]

COMPLETIONS = "/chat/completions"
MODELS = "/models"
RESPONSES = "/responses"


def endpoint(request: Request, roots: Sequence[str]) -> str:
    """Return the path below the root, without a slash at its end."""
    root = next(r for r in roots if request.path.startswith(f"{r}/"))
    return request.path.removeprefix(root).rstrip("/")


def fields(request: Request) -> dict[str, Any]:
    """Return the body where it is an object, for a look ahead."""
    try:
        return request.json if isinstance(request.json, dict) else {}
    except ValueError:
        return {}


def kinds(
    request: Request, path: str, answering: Collection[str] = (COMPLETIONS,)
) -> frozenset[str]:
    """Return what faults can wait for: any, completion, stream.

    A model answers at the `answering` paths.
    """
    if path not in answering:
        return frozenset({"any"})
    streamed = fields(request).get("stream") is True
    return frozenset({"any", "completion", *(["stream"] * streamed)})


def answers(
    body: dict[str, Any], effort: str, fault: PlannedFault | None
) -> tuple[Answer, ...]:
    """Return the answers to a checked body, one for each choice."""
    task = read_task(body, effort)
    return tuple(
        with_fault(answer(task, index), fault)
        for index in range(body.get("n", 1))
    )


def digest(request: Request) -> str:
    """Return hexadecimal digits, the same for the same body."""
    return sha256(request.raw).hexdigest()


def as_success(reply: Reply, error: dict[str, Any], streamed: bool) -> Reply:
    """Return an error's reply with status 200, as an event in a stream."""
    reply.status = 200
    return event_reply([event(error)], reply) if streamed else reply
