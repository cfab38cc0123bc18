"""OpenAI's chat completions from the server's side: pure translations.

A request's body becomes our prompt, our standard response becomes a
completion, our text the chunks of a stream, and our errors OpenAI's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from llm_providers.chat_completions import Piece
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse, Usage
from llm_providers.router.openai_errors import DoorError, error_body
from llm_providers.router.openai_request import (
    ChatCompletionRequest,
    ChatTurn,
)
from llm_providers.router.recommended import RecommendedResponse

__all__ = [
    "EXTENSION",
    "Chunks",
    "completion",
    "extension",
    "json_bytes",
    "not_passed_on",
    "prompt_of",
    "server_sent",
    "usage_of",
]

# The field beside OpenAI's own that tells who answered, and all the tries.
EXTENSION = "llm_providers"
DONE = b"data: [DONE]\n\n"
# `json.dumps` would make an encoder for each call.
_written = json.JSONEncoder(separators=(",", ":")).encode
_quoted = json.encoder.encode_basestring_ascii
# Our finish reasons are OpenAI's, but for these two.
FINISH_REASONS: Mapping[str | None, str] = {
    "refusal": "stop",
    "unknown": "stop",
}
# Taken from a request as they are; the other fields need a second look.
SAME_FIELDS = (
    "temperature",
    "stop",
    "reasoning_effort",
    "tools",
    "tool_choice",
)


def prompt_of(request: ChatCompletionRequest) -> Prompt:
    """Return the prompt that a request holds, without a model.

    Raises TypeError or ValueError for one that makes no sense.
    """
    fields: dict[str, Any] = {
        name: getattr(request, name) for name in SAME_FIELDS
    }
    fields["max_tokens"] = request.max_completion_tokens or request.max_tokens
    wanted = request.response_format
    if wanted and wanted.get("type") != "text":
        fields["response_format"] = wanted
    fields["messages"] = [
        _plain_system(_fields_of(turn)) for turn in request.messages
    ]
    return Prompt.of(fields)


def _fields_of(turn: ChatTurn) -> dict[str, Any]:
    """Return what was sent of a turn; all of it is plain data already."""
    sent = turn.model_fields_set
    return {name: value for name, value in turn if name in sent}


def _plain_system(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message; a system's text in parts is put together."""
    parts = message.get("content")
    if message["role"] in ("system", "developer") and isinstance(parts, list):
        texts = (str(part.get("text") or "") for part in parts)
        return {**message, "content": "\n\n".join(texts)}
    return message


def completion(
    response: StandardResponse, head: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a successful response as a chat completion.

    `head` holds `id` and `created`. Who answered stands in `model`, as
    ``provider/model``; the tries, the cost and the rest that OpenAI has no
    field for stand in the field EXTENSION.
    """
    refused = response.finish_reason == "refusal"
    text = response.message or (None if response.tool_calls else "")
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else text,
        "refusal": text if refused else None,
    }
    if response.tool_calls:
        message["tool_calls"] = list(response.tool_calls)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": finish_reason(response),
    }
    return {
        "id": head["id"],
        "object": "chat.completion",
        "created": head["created"],
        "model": f"{response.provider}/{response.model}",
        "choices": [choice],
        "usage": usage_of(response.usage),
        "system_fingerprint": None,
        EXTENSION: extension(response),
    }


def finish_reason(response: StandardResponse) -> str | None:
    """Return why an answer ended, in OpenAI's words."""
    reason = response.finish_reason
    if response.tool_calls and reason in ("stop", "unknown"):
        return "tool_calls"
    return FINISH_REASONS.get(reason, reason)


def extension(response: StandardResponse) -> dict[str, Any]:
    """Return what our response tells beyond OpenAI's fields.

    Why a model was recommended is told where ``auto`` left that to us.
    """
    beside: dict[str, Any] = {}
    if isinstance(response, RecommendedResponse):
        beside["recommended"] = response.recommended
    return {
        "provider": response.provider,
        "upstream": response.upstream,
        # All flat: `asdict` would look for what is not there.
        "attempts": [
            {**vars(row), "usage": vars(row.usage)}
            for row in response.attempts
        ],
        "cost_usd": response.cost_usd,
        "request_id": response.request_id,
        "simulated": response.simulated,
        "adjustments": list(response.adjustments),
        **beside,
    }


def not_passed_on(names: Iterable[str]) -> tuple[str, ...]:
    """Return in words that no provider gets to see these fields."""
    why = "was left out: the router does not pass it on"
    return tuple(f"{name} {why}" for name in names)


def usage_of(usage: Usage) -> dict[str, Any] | None:
    """Return token counts as OpenAI has them; None where they are unknown.

    OpenAI's fields are numbers always: half of a count would have to be
    filled up with a zero that is not true.
    """
    prompt, answer = usage.prompt_tokens, usage.completion_tokens
    if prompt is None or answer is None:
        return None
    counts: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": usage.total_tokens or prompt + answer,
    }
    if usage.cached_tokens is not None:
        cached = {"cached_tokens": usage.cached_tokens}
        counts["prompt_tokens_details"] = cached
    if usage.reasoning_tokens is not None:
        reasoning = {"reasoning_tokens": usage.reasoning_tokens}
        counts["completion_tokens_details"] = reasoning
    return counts


def server_sent(payload: Mapping[str, Any]) -> bytes:
    """Return an object as one server-sent event."""
    return b"data: " + json_bytes(payload) + b"\n\n"


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON, in ASCII: half a character is none in UTF-8.

    Such halves come where a provider cuts a text between two of them.
    """
    return _written(value).encode("ascii")


class Chunks:
    """Writes the events of one streamed completion.

    `head` holds `id` and `created`. With `with_usage` the last chunk holds
    the usage, and all others null.
    """

    def __init__(self, head: Mapping[str, Any], with_usage: bool) -> None:
        self._head: dict[str, Any] = {
            "id": head["id"],
            "object": "chat.completion.chunk",
            "created": head["created"],
            "model": "",
            "system_fingerprint": None,
        }
        self._with_usage = with_usage
        self._role: dict[str, Any] = {"role": "assistant"}
        self._around_text: tuple[bytes, bytes] | None = None

    def begin(self, model: str) -> bytes:
        """Note who answers; nothing stands before the first piece."""
        self._head["model"] = model
        return b""

    def add(self, piece: Piece) -> bytes:
        """Return the chunk for a piece; nothing where it adds nothing."""
        if piece.text and not piece.tool_calls and not self._role:
            if piece.finish_reason != "refusal":
                before, after = self._around_text or self._learned()
                return before + _quoted(piece.text).encode("ascii") + after
        delta: dict[str, Any] = {}
        if piece.text:
            refused = piece.finish_reason == "refusal"
            delta["refusal" if refused else "content"] = piece.text
        if piece.tool_calls:
            delta["tool_calls"] = [
                {"index": number, **call}
                for number, call in enumerate(piece.tool_calls)
            ]
        return self._chunk(delta) if delta else b""

    def _learned(self) -> tuple[bytes, bytes]:
        """Return what stands before and after the text of every chunk."""
        mark = "text"
        chunk = self._chunk({"content": mark})
        found = chunk.rpartition(_quoted(mark).encode("ascii"))
        self._around_text = found[0], found[2]
        return self._around_text

    def last(self, response: StandardResponse) -> bytes:
        """Return all that stands after the pieces of a complete answer."""
        self._head["model"] = f"{response.provider}/{response.model}"
        beside: dict[str, Any] = {EXTENSION: extension(response)}
        reason = finish_reason(response)
        if not self._with_usage:
            return self._chunk({}, reason, beside) + DONE
        if usage := usage_of(response.usage):
            beside["usage"] = usage
        tail = {**self._head, "choices": [], **beside}
        return self._chunk({}, reason) + server_sent(tail) + DONE

    def broken(self, error: DoorError) -> bytes:
        """Return what ends an answer that broke off: no [DONE] is there."""
        return server_sent(error_body(error))

    def _chunk(
        self,
        delta: Mapping[str, Any],
        reason: str | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return a chunk; the answer's first tells the role, too."""
        choice = {
            "index": 0,
            "delta": {**self._role, **delta},
            "logprobs": None,
            "finish_reason": reason,
        }
        self._role = {}
        chunk = {**self._head, "choices": [choice], **(beside or {})}
        if self._with_usage:
            chunk["usage"] = None
        return server_sent(chunk)
