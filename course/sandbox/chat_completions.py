"""The chat-completions wire format, which several providers share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from course.sandbox.answers import Answer, Task, rough_tokens
from course.sandbox.replies.conversation import Conversation, Tool, Turn

__all__ = ["Completion", "prompt_tokens", "read_task", "words"]

# A fixed moment, so that the same request gets the same bytes.
CREATED = 1_767_225_600

PER_MESSAGE = 4
PER_IMAGE = 85
CACHE_STEP = 128
CACHE_FROM = 1_024


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") or part.get("refusal") or "" for part in parts]
    return "\n".join(texts)


def _images(content: Any) -> int:
    parts = content if isinstance(content, list) else []
    return sum(part.get("type") == "image_url" for part in parts)


def _conversation(body: dict[str, Any]) -> Conversation:
    system, turns = [], []
    for message in body["messages"]:
        text = _text(message.get("content"))
        if message["role"] in ("system", "developer"):
            system.append(text)
        else:
            images = _images(message.get("content"))
            turns.append(Turn(message["role"], text, images))
    return Conversation(body["model"], "\n".join(system), tuple(turns))


def _tools(body: dict[str, Any]) -> tuple[Tool, ...]:
    functions = [
        tool["function"]
        for tool in body.get("tools") or ()
        if tool.get("type") == "function"
    ]
    return tuple(
        Tool(one["name"], one.get("description") or "", one.get("parameters"))
        for one in functions
    )


def _tool_choice(body: dict[str, Any]) -> str:
    choice = body.get("tool_choice") or "auto"
    if isinstance(choice, dict):
        return str(choice.get("function", {}).get("name", "auto"))
    return str(choice)


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema: dict[str, Any] = wanted["json_schema"].get("schema") or {}
        return schema
    return {} if wanted.get("type") == "json_object" else None


def read_task(body: dict[str, Any], effort: str) -> Task:
    """Return what a checked request body asks of the model."""
    stop = body.get("stop") or ()
    return Task(
        conversation=_conversation(body),
        effort=effort,
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        tools=_tools(body),
        tool_choice=_tool_choice(body),
        schema=_schema(body),
    )


def prompt_tokens(body: dict[str, Any]) -> int:
    """Return the rough number of tokens that a request's prompt has."""
    return sum(map(_message_tokens, body["messages"])) + rough_tokens(
        json.dumps(body["tools"]) if body.get("tools") else ""
    )


def _message_tokens(message: dict[str, Any]) -> int:
    content = message.get("content")
    calls = message.get("tool_calls")
    text = _text(content) + (json.dumps(calls) if calls else "")
    return PER_MESSAGE + rough_tokens(text) + PER_IMAGE * _images(content)


def _cached_tokens(body: dict[str, Any], prompt: int) -> int:
    """Return how much of the prompt counts as cached.

    Nothing is remembered between requests: with a cache key, a long prompt
    counts as seen before but for its last message.
    """
    if prompt < CACHE_FROM or not body.get("prompt_cache_key"):
        return 0
    fresh = _message_tokens(body["messages"][-1])
    return (prompt - fresh) // CACHE_STEP * CACHE_STEP


@dataclass(frozen=True)
class Completion:
    """The answers to one request, ready to be put on the wire."""

    body: dict[str, Any]
    model: str
    answers: tuple[Answer, ...]
    digest: str

    @property
    def created(self) -> int:
        """The moment of the answer, as Unix time: always the same."""
        return CREATED

    def usage(self) -> dict[str, Any]:
        """Return the token counts with all their details."""
        prompt = prompt_tokens(self.body)
        completion = sum(one.tokens for one in self.answers)
        reasoning = sum(one.reasoning_tokens for one in self.answers)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {
                "cached_tokens": _cached_tokens(self.body, prompt),
                "audio_tokens": 0,
                "cache_write_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _frame(self, kind: str) -> dict[str, Any]:
        tier = self.body.get("service_tier")
        return {
            "id": f"simulated-chatcmpl-{self.digest[:24]}",
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default" if tier in (None, "auto") else tier,
        }

    def _call(self, answer: Answer, index: int) -> dict[str, Any] | None:
        if answer.call is None:
            return None
        return {
            "id": f"call_simulated{self.digest[:12]}{index}",
            "type": "function",
            "function": {
                "name": answer.call.name,
                "arguments": answer.call.arguments,
            },
        }

    def payload(self) -> dict[str, Any]:
        """Return the body of a reply that is not streamed."""
        choices = [
            {
                "index": index,
                "message": self._message(answer, index),
                "logprobs": None,
                "finish_reason": answer.finish,
            }
            for index, answer in enumerate(self.answers)
        ]
        frame = self._frame("chat.completion")
        return frame | {"choices": choices, "usage": self.usage()}

    def _message(self, answer: Answer, index: int) -> dict[str, Any]:
        call = self._call(answer, index)
        silent = call is not None or answer.refusal is not None
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if silent else answer.text,
            "refusal": answer.refusal,
            "annotations": [],
        }
        return message | ({"tool_calls": [call]} if call else {})

    def chunks(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return a stream's chunks: those with content, and the closing."""
        content: list[dict[str, Any]] = []
        closing: list[dict[str, Any]] = []
        for index, answer in enumerate(self.answers):
            deltas = self._deltas(answer, index)
            content += [self._chunk(index, delta) for delta in deltas]
            closing.append(self._chunk(index, {}, answer.finish))
        options = self.body.get("stream_options") or {}
        if options.get("include_usage"):
            for chunk in content + closing:
                chunk["usage"] = None
            last = self._frame("chat.completion.chunk")
            closing.append(last | {"choices": [], "usage": self.usage()})
        if options.get("include_obfuscation", True):
            for number, chunk in enumerate(content + closing):
                chunk["obfuscation"] = self._padding(chunk, number)
        return content, closing

    def _chunk(
        self, index: int, delta: dict[str, Any], finish: str | None = None
    ) -> dict[str, Any]:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish,
        }
        frame = self._frame("chat.completion.chunk")
        return frame | {"choices": [choice]}

    def _deltas(self, answer: Answer, index: int) -> list[dict[str, Any]]:
        first = {"role": "assistant", "content": "", "refusal": None}
        call = self._call(answer, index)
        if call is not None:
            arguments = call["function"]["arguments"]
            call["function"] |= {"arguments": ""}
            start = first | {
                "content": None,
                "tool_calls": [{"index": 0} | call],
            }
            return [start, *map(_arguments_delta, words(arguments))]
        if answer.refusal is not None:
            return [first, *({"refusal": w} for w in words(answer.refusal))]
        return [first, *({"content": w} for w in words(answer.text))]

    def _padding(self, chunk: dict[str, Any], number: int) -> str:
        """Return text that hides from a listener how long a piece is."""
        size = sum(
            len(str(choice["delta"].get("content") or ""))
            for choice in chunk["choices"]
        )
        start = number * 5 % 48
        return self.digest[start : start + 16 - size % 16]


def _arguments_delta(piece: str) -> dict[str, Any]:
    call = {"index": 0, "function": {"arguments": piece}}
    return {"tool_calls": [call]}


def words(text: str) -> list[str]:
    """Return the text in pieces of about a token, nothing lost."""
    return re.findall(r"\s*\S{1,12}|\s+", text)
