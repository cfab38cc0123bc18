"""A response on the wire: the object that ``/v1/responses`` answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from course.sandbox.answers import Answer
from course.sandbox.chat_completions import Completion

__all__ = ["WrittenResponse"]

INCOMPLETE = {
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}


@dataclass(frozen=True)
class WrittenResponse:
    """The model's answer, ready to be put on the wire.

    `body` is the request's, `effort` how much the model reasoned: None for
    one that does not reason. `items` are the conversation that it answers,
    and `extra` is added to the usage.
    """

    body: dict[str, Any]
    items: list[dict[str, Any]]
    completion: Completion
    effort: str | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The response's id; clients know one by how it begins."""
        return f"resp_simulated{self.completion.digest[:32]}"

    @property
    def answer(self) -> Answer:
        """What the model says: there is one answer to a request."""
        return self.completion.answers[0]

    @property
    def status(self) -> str:
        """``completed``, or ``incomplete`` for what was cut off."""
        short = self.answer.finish in INCOMPLETE
        return "incomplete" if short else "completed"

    def usage(self) -> dict[str, Any]:
        """Return the token counts with their details."""
        used = self.completion.usage()
        prompt = used["prompt_tokens_details"]
        thought = used["completion_tokens_details"]["reasoning_tokens"]
        return {
            "input_tokens": used["prompt_tokens"],
            "input_tokens_details": {
                "cached_tokens": prompt["cached_tokens"],
                "cache_write_tokens": prompt["cache_write_tokens"],
            },
            "output_tokens": used["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": thought},
            "total_tokens": used["total_tokens"],
            **self.extra,
        }

    def output(self) -> list[dict[str, Any]]:
        """Return the items: the reasoning, then a message or a call."""
        answer, mark = self.answer, self.completion.digest[:32]
        items = [self._reasoning(mark)] if answer.reasoning_tokens else []
        if answer.call is not None:
            call = {
                "id": f"fc_simulated{mark}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_simulated{mark[:13]}",
                "name": answer.call.name,
                "arguments": answer.call.arguments,
            }
            return [*items, call]
        if answer.finish == "length" and not answer.text:
            return items
        message = {
            "id": f"msg_simulated{mark}",
            "type": "message",
            "status": self.status,
            "role": "assistant",
            "content": [_part(answer)],
        }
        return [*items, message]

    def _reasoning(self, mark: str) -> dict[str, Any]:
        item = {"id": f"rs_simulated{mark}", "type": "reasoning"}
        if "reasoning.encrypted_content" in self.body.get("include", ()):
            item["encrypted_content"] = f"simulated{mark}"
        return item | {"summary": []}

    def payload(self) -> dict[str, Any]:
        """Return the whole response, as a request without a stream gets it."""
        why = INCOMPLETE.get(self.answer.finish)
        created = self.completion.created
        return self.frame(self.status) | {
            "completed_at": None if why else created,
            "incomplete_details": {"reason": why} if why else None,
            "output": self.output(),
            "usage": self.usage(),
        }

    def frame(self, status: str) -> dict[str, Any]:
        """Return the response as it stands before there is any output."""
        body = self.body
        tier = body.get("service_tier")
        reasoning, said = body.get("reasoning", {}), body.get("text", {})
        text = {"format": {"type": "text"}, "verbosity": "medium"}
        tools = [_echoed(tool) for tool in body.get("tools", [])]
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.completion.created,
            "status": status,
            "background": False,
            "completed_at": None,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "max_tool_calls": body.get("max_tool_calls"),
            "model": self.completion.model,
            "output": [],
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": body.get("previous_response_id"),
            "prompt_cache_key": body.get("prompt_cache_key"),
            "reasoning": {
                "effort": self.effort,
                "summary": reasoning.get("summary"),
            },
            "safety_identifier": body.get("safety_identifier"),
            "service_tier": "default" if tier in (None, "auto") else tier,
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": text | {k: v for k, v in said.items() if v is not None},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": tools,
            "top_logprobs": body.get("top_logprobs", 0),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "usage": None,
            "user": body.get("user"),
            "metadata": body.get("metadata", {}),
        }

    def padded(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return a delta with text that hides from listeners its length."""
        room = 16 - len(event["delta"]) % 16
        return event | {"obfuscation": self.completion.digest[:room]}


def _part(answer: Answer) -> dict[str, Any]:
    if answer.refusal is not None:
        return {"type": "refusal", "refusal": answer.refusal}
    text = {"type": "output_text", "annotations": [], "logprobs": []}
    return text | {"text": answer.text}


def _echoed(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        return tool
    defaults = {"description": None, "parameters": None, "strict": True}
    return defaults | tool
