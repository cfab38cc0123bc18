"""Our standard response as the object, and the events, of ``/v1/responses``.

Who answered stands in `model`, as ``provider/model``; the tries, the cost
and the rest that OpenAI has no field for in the field EXTENSION.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from llm_providers.chat_completions import Piece
from llm_providers.responses import StandardResponse, Usage
from llm_providers.router.openai_errors import DoorError
from llm_providers.router.openai_format import (
    EXTENSION,
    extension,
    server_sent,
    usage_of,
)
from llm_providers.router.responses_output import Output
from llm_providers.router.responses_request import ResponsesRequest

__all__ = ["ResponseEvents", "response_object", "response_usage"]

JSON = dict[str, Any]

INCOMPLETE: Mapping[str | None, str] = {
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}
RATE_LIMITED = "rate_limit_error"
TOOL_DEFAULTS = {"description": None, "parameters": None, "strict": None}


def response_object(
    request: ResponsesRequest, response: StandardResponse
) -> JSON:
    """Return a successful answer as a response."""
    status = _status(response)
    frame = _frame(request, _new_id(), int(time.time()))
    items = Output.of(response, status).items
    return frame | _ended(response, status, items)


def response_usage(usage: Usage) -> JSON | None:
    """Return token counts as OpenAI has them here; None if unknown.

    The details are numbers always: 0 stands for what a provider does not
    tell, which the tries in EXTENSION have as null.
    """
    counts = usage_of(usage)
    if counts is None:
        return None
    return {
        "input_tokens": counts["prompt_tokens"],
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens or 0,
            "cache_write_tokens": 0,
        },
        "output_tokens": counts["completion_tokens"],
        "output_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens or 0
        },
        "total_tokens": counts["total_tokens"],
    }


class ResponseEvents:
    """Writes the typed events of one streamed response, numbered."""

    def __init__(self, request: ResponsesRequest) -> None:
        self._frame = _frame(request, _new_id(), int(time.time()))
        self._output = Output()
        self._number = 0

    def begin(self, model: str) -> bytes:
        """Return what stands before the first piece; `model` answers."""
        self._frame["model"] = model
        return self._told("created", {}) + self._told("in_progress", {})

    def add(self, piece: Piece) -> bytes:
        """Return the events for a piece; nothing where it adds nothing."""
        return b"".join(map(self._event, self._output.add(piece)))

    def last(self, response: StandardResponse) -> bytes:
        """Return all that stands after the pieces of a complete answer."""
        status = _status(response)
        done = b"".join(map(self._event, self._output.close(status)))
        ended = _ended(response, status, self._output.items)
        return done + self._told(status, ended)

    def broken(self, error: DoorError) -> bytes:
        """Return what ends an answer that broke off.

        One that a content filter stopped is incomplete, any other failed.
        """
        ends = list(self._output.close("incomplete"))
        ended = {"output": self._output.items, **error.beside}
        if error.code == "content_filter":
            why = {"reason": "content_filter"}
            done = b"".join(map(self._event, ends))
            ended["incomplete_details"] = why
            return done + self._told("incomplete", ended)
        text = str(error)
        limited = error.kind == RATE_LIMITED
        code = "rate_limit_exceeded" if limited else "server_error"
        ended["error"] = {"code": code, "message": text}
        told = {"code": error.code, "message": text, "param": error.param}
        return self._event({"type": "error", **told}) + self._told(
            "failed", ended
        )

    def _told(self, status: str, more: Mapping[str, Any]) -> bytes:
        """Return the event that tells of the whole response."""
        stands = "in_progress" if status == "created" else status
        response = self._frame | {"status": stands, **more}
        return self._event(
            {"type": f"response.{status}", "response": response}
        )

    def _event(self, event: JSON) -> bytes:
        numbered = {**event, "sequence_number": self._number}
        self._number += 1
        name = b"event: " + str(event["type"]).encode() + b"\n"
        return name + server_sent(numbered)


def _new_id() -> str:
    return f"resp_{uuid.uuid4().hex}"


def _status(response: StandardResponse) -> str:
    short = response.finish_reason in INCOMPLETE
    return "incomplete" if short else "completed"


def _ended(
    response: StandardResponse, status: str, items: list[JSON]
) -> JSON:
    """Return what a response has at its end only."""
    why = INCOMPLETE.get(response.finish_reason)
    return {
        "status": status,
        "model": f"{response.provider}/{response.model}",
        "completed_at": None if why else int(time.time()),
        "incomplete_details": {"reason": why} if why else None,
        "output": items,
        "usage": response_usage(response.usage),
        EXTENSION: extension(response),
    }


def _frame(request: ResponsesRequest, name: str, now: int) -> JSON:
    """Return a response before there is any output.

    It holds what was asked for, as it was asked: what the model does not
    take is named among the adjustments at the end.
    """
    effort = request.reasoning and request.reasoning.effort
    wanted = request.text and request.text.format
    return {
        "id": name,
        "object": "response",
        "created_at": now,
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "model": request.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": effort, "summary": None},
        "store": False,
        "temperature": request.temperature,
        "text": {"format": wanted or {"type": "text"}},
        "tool_choice": request.tool_choice or "auto",
        "tools": [TOOL_DEFAULTS | tool for tool in request.tools or ()],
        "top_p": None,
        "truncation": "disabled",
        "usage": None,
        "metadata": request.metadata or {},
    }
