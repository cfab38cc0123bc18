"""An answer of ``/messages`` on the wire: one object, or typed events."""

from __future__ import annotations

import json
from typing import Any

from course.sandbox.answers import Answer
from course.sandbox.chat_completions import Completion, words
from course.sandbox.event_stream import event_reply, named_event
from course.sandbox.faults import PlannedFault
from course.sandbox.wire import Reply

__all__ = ["message", "message_stream"]

REASONS = {
    "content_filter": "refusal",
    "length": "max_tokens",
    "stop": "end_turn",
    "tool_calls": "tool_use",
}

Body = dict[str, Any]


def message(completion: Completion, stopped_by: str | None) -> Body:
    """Return the answer as one message.

    `stopped_by` is the stop sequence that ended it, if one did.
    """
    answer = completion.answers[0]
    reason = "stop_sequence" if stopped_by else REASONS[answer.finish]
    if answer.refusal is not None:
        reason = "refusal"
    return _frame(completion) | {
        "content": _content(answer, completion.digest),
        "stop_reason": reason,
        "stop_sequence": stopped_by,
        "usage": _usage(completion),
    }


def _frame(completion: Completion) -> Body:
    return {
        "id": f"msg_simulated{completion.digest[:20]}",
        "type": "message",
        "role": "assistant",
        "model": completion.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(completion: Completion) -> Body:
    """Return the counts; what comes from a cache is told apart here."""
    used = completion.usage()
    cached = used["prompt_tokens_details"]["cached_tokens"]
    return {
        "input_tokens": used["prompt_tokens"] - cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": used["completion_tokens"],
    }


def _content(answer: Answer, digest: str) -> list[Body]:
    if answer.call is not None:
        call = {"type": "tool_use", "id": f"toolu_simulated{digest[:12]}"}
        given = json.loads(answer.call.arguments)
        return [call | {"name": answer.call.name, "input": given}]
    text = answer.refusal or answer.text
    return [{"type": "text", "text": text}] if text else []


def message_stream(
    completion: Completion,
    stopped_by: str | None,
    broken: str,
    fault: PlannedFault | None,
) -> Reply:
    """Return the stream of an answer, cut or broken where a fault says so.

    Of `chunks_before` pieces the opening is the first; `broken` is the text
    of the error that a broken stream ends in.
    """
    whole = message(completion, stopped_by)
    head, deltas = _opening(completion), _deltas(whole["content"])
    reply = Reply(200)
    if fault is not None and fault.name in ("stream_cut", "stream_error"):
        before = int(fault.options.get("chunks_before", 3))
        events = [*head, *deltas[:before]] if before else []
        if fault.name == "stream_error":
            error = {"type": "api_error", "message": broken}
            events.append({"type": "error", "error": error})
        reply.cut = not fault.options.get("clean", True)
        return event_reply(list(map(named_event, events)), reply)
    names = ("stop_reason", "stop_sequence")
    last = {
        "type": "message_delta",
        "delta": {name: whole[name] for name in names},
        "usage": {"output_tokens": whole["usage"]["output_tokens"]},
    }
    events = [*head, *deltas, last, {"type": "message_stop"}]
    return event_reply(list(map(named_event, events)), reply)


def _opening(completion: Completion) -> list[Body]:
    usage = _usage(completion) | {"output_tokens": 1}
    started = _frame(completion) | {"usage": usage}
    return [{"type": "message_start", "message": started}, {"type": "ping"}]


def _deltas(content: list[Body]) -> list[Body]:
    """Return the events of the content blocks, each with its index."""
    events: list[Body] = []
    for index, block in enumerate(content):
        if block["type"] == "text":
            empty, kind, name = block | {"text": ""}, "text_delta", "text"
            said = block["text"]
        else:
            empty, kind = block | {"input": {}}, "input_json_delta"
            said, name = json.dumps(block["input"]), "partial_json"
        started = {"type": "content_block_start", "index": index}
        events.append(started | {"content_block": empty})
        events += [
            {
                "type": "content_block_delta",
                "index": index,
                "delta": {"type": kind, name: piece},
            }
            for piece in words(said)
        ]
        events.append({"type": "content_block_stop", "index": index})
    return events
