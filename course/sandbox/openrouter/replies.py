"""OpenRouter's answers: chat completions with costs, provider and thoughts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course.sandbox.answers import Answer
from course.sandbox.chat_completions import Completion
from course.sandbox.openrouter.errors import OpenRouterError, bare_error
from course.sandbox.openrouter.routing import Route
from course.sandbox.prices import Cost

__all__ = ["OpenRouterCompletion", "generation_id"]

# What the providers call their reasons to stop.
NATIVE = {
    "anthropic": {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
        "content_filter": "refusal",
    },
    "google": {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "tool_calls": "STOP",
        "content_filter": "SAFETY",
    },
}
THOUGHTS = (
    "The user wants a short and plain answer. (Simulated reasoning, much"
    " shorter than the tokens that it stands for.)"
)


def generation_id(digest: str) -> str:
    """Return the id of an answer, which other endpoints know it by."""
    return f"gen-simulated-{digest[:20]}"


@dataclass(frozen=True)
class OpenRouterCompletion:
    """A chat completion in the router's own dress.

    `error` takes the place of the end: the choice then says ``error``. The
    chunk with the usage has no choices, or `repeats_finish`: documentation
    and reports differ.
    """

    plain: Completion
    route: Route
    cost: Cost | None
    thoughts_shown: bool = True
    error: OpenRouterError | None = None
    repeats_finish: bool = False

    @property
    def id(self) -> str:
        """The generation's id."""
        return generation_id(self.plain.digest)

    def native(self, finish: str | None) -> str | None:
        """Return the provider's own word for a finish reason."""
        maker = self.route.model.id.partition("/")[0]
        return NATIVE.get(maker, {}).get(str(finish), finish)

    def usage(self) -> dict[str, Any]:
        """Return the token counts with what they cost."""
        usage = self.plain.usage()
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
        cost = self.cost
        details = {
            "upstream_inference_cost": cost.total,
            "upstream_inference_prompt_cost": cost.prompt,
            "upstream_inference_completions_cost": cost.completion,
        } if cost else None  # fmt: skip
        return {
            **{name: usage[name] for name in COUNTS},
            "cost": cost.total if cost else None,
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": cached,
                "cache_write_tokens": 0,
                "audio_tokens": 0,
            },
            "cost_details": details,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }

    def frame(self, kind: str) -> dict[str, Any]:
        """Return the fields that the answer and each chunk have alike."""
        return {
            "id": self.id,
            "provider": self.route.provider,
            "model": self.route.model.id,
            "object": kind,
            "created": self.plain.created,
            "system_fingerprint": None,
        }

    def payload(self) -> dict[str, Any]:
        """Return the body of a reply that is not streamed."""
        pairs = zip(
            self.plain.payload()["choices"], self.plain.answers, strict=True
        )
        frame = self.frame("chat.completion")
        choices = [self._choice(choice, answer) for choice, answer in pairs]
        return frame | {"choices": choices, "usage": self.usage()}

    def _choice(
        self, choice: dict[str, Any], answer: Answer
    ) -> dict[str, Any]:
        message = choice["message"]
        message.pop("annotations", None)
        message |= self._thoughts(answer) or {"reasoning": None}
        return self._ended(choice)

    def _ended(self, choice: dict[str, Any]) -> dict[str, Any]:
        finish = choice["finish_reason"]
        if self.error is not None and finish is not None:
            choice["finish_reason"] = finish = "error"
            choice["error"] = bare_error(self.error)
        return choice | {"native_finish_reason": self.native(finish)}

    def _thoughts(self, answer: Answer) -> dict[str, Any]:
        if not (answer.reasoning_tokens and self.thoughts_shown):
            return {}
        detail = {
            "type": "reasoning.text",
            "text": THOUGHTS,
            "format": "unknown",
            "index": 0,
        }
        return {"reasoning": THOUGHTS, "reasoning_details": [detail]}

    def chunks(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return a stream's chunks: those with content, and the closing."""
        content, closing = self.plain.chunks()
        dressed = [self._chunk(chunk) for chunk in content]
        # Thoughts come first; here they share a chunk with the role.
        for choice in dressed[0]["choices"]:
            choice["delta"] |= self._thoughts(self.plain.answers[0])
        ends = [self._chunk(chunk) for chunk in closing]
        if self.repeats_finish:
            ends[-1] |= {"choices": ends[0]["choices"]}
        return dressed, ends

    def _chunk(self, chunk: dict[str, Any]) -> dict[str, Any]:
        frame = self.frame("chat.completion.chunk")
        choices = [self._ended(choice) for choice in chunk["choices"]]
        frame["choices"] = choices
        return frame if choices else frame | {"usage": self.usage()}


COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
