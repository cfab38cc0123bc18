"""Gemini's replies: candidates, usage, and the pieces of a stream."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from course.sandbox.answers import Answer, rough_tokens
from course.sandbox.gemini.tasks import cached_tokens, prompt_tokens
from course.sandbox.models import Model

__all__ = ["Generation", "safety_ratings"]

FINISH = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
}
CATEGORIES = (
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
)
THOUGHTS = "Weighing what is asked for before answering. (simulated thought)"

JSON = dict[str, Any]


def safety_ratings() -> list[JSON]:
    """Return the ratings of what was blocked as dangerous."""
    harmless = [
        {"category": name, "probability": "NEGLIGIBLE"}
        for name in CATEGORIES[:-1]
    ]
    blocked = {"probability": "HIGH", "blocked": True}
    return [*harmless, {"category": CATEGORIES[-1]} | blocked]


@dataclass(frozen=True)
class Generation:
    """The answers to one request, ready to be put on the wire.

    `blocked` is the finish reason of an answer that was filtered.
    """

    body: JSON
    model: Model
    answers: tuple[Answer, ...]
    digest: str
    blocked: str = "SAFETY"

    def usage(self, written: int | None = None) -> JSON:
        """Return the token counts, of an answer `written` so far if told."""
        prompt = prompt_tokens(self.body)
        thoughts = sum(one.reasoning_tokens for one in self.answers)
        said = sum(one.tokens for one in self.answers) - thoughts
        said = said if written is None else min(written, said)
        usage = {
            "promptTokenCount": prompt.total(),
            "candidatesTokenCount": said,
            "totalTokenCount": prompt.total() + said + thoughts,
            "cachedContentTokenCount": cached_tokens(self.body),
            "promptTokensDetails": [
                {"modality": name, "tokenCount": count}
                for name, count in prompt.items()
            ],
        }
        return usage | ({"thoughtsTokenCount": thoughts} if thoughts else {})

    def _frame(self, candidates: list[JSON], written: int | None) -> JSON:
        return {
            "candidates": candidates,
            "usageMetadata": self.usage(written),
            "modelVersion": self.model.snapshot or self.model.id,
            "responseId": f"simulated-{self.digest[:22]}",
        }

    def payload(self) -> JSON:
        """Return the body of a reply that is not streamed."""
        candidates = []
        for index, answer in enumerate(self.answers):
            parts = self._thoughts(answer) + self._parts(answer, index)
            whole = {"parts": parts} if parts else {}
            candidates.append(self._candidate(answer, index, whole, True))
        return self._frame(candidates, None)

    def blocked_prompt(self, reason: str) -> JSON:
        """Return the body that says why a prompt is not answered."""
        feedback: JSON = {"blockReason": reason}
        if reason == "SAFETY":
            feedback["safetyRatings"] = safety_ratings()
        count = prompt_tokens(self.body).total()
        frame = self._frame([], 0)
        del frame["candidates"]
        kept = ("promptTokensDetails",)
        usage = {k: v for k, v in frame["usageMetadata"].items() if k in kept}
        counts = {"promptTokenCount": count, "totalTokenCount": count}
        frame["usageMetadata"] = counts | usage
        return {"promptFeedback": feedback} | frame

    def _candidate(
        self, answer: Answer, index: int, content: JSON, last: bool
    ) -> JSON:
        filtered = last and answer.finish == "content_filter"
        candidate: JSON = {}
        if not filtered:
            candidate["content"] = content | {"role": "model"}
        if last:
            finish = self.blocked if filtered else FINISH[answer.finish]
            candidate["finishReason"] = finish
        candidate["index"] = index
        if filtered and self.blocked == "SAFETY":
            candidate["safetyRatings"] = safety_ratings()
        return candidate

    def _signature(self, index: int) -> str:
        """Return what stands for the thoughts behind a part."""
        mark = f"simulated-{index}-{self.digest[:24]}"
        return base64.b64encode(mark.encode()).decode()

    def _thoughts(self, answer: Answer) -> list[JSON]:
        config = self.body.get("generation_config", {})
        wanted = config.get("thinking_config", {}).get("include_thoughts")
        if wanted and answer.reasoning_tokens:
            return [{"text": THOUGHTS, "thought": True}]
        return []

    def _parts(self, answer: Answer, index: int) -> list[JSON]:
        """Return the parts of an answer; none where it says nothing."""
        if answer.call is not None:
            part: JSON = {
                "functionCall": {
                    "id": f"simulated-{self.digest[:12]}-{index}",
                    "name": answer.call.name,
                    "args": json.loads(answer.call.arguments),
                }
            }
        elif answer.text:
            part = {"text": answer.text}
        else:
            return []
        if answer.reasoning_tokens:
            part["thoughtSignature"] = self._signature(index)
        return [part]

    def chunks(self) -> tuple[list[JSON], list[JSON]]:
        """Return a stream's chunks: those with content, and the closing."""
        content: list[JSON] = []
        closing: list[JSON] = []
        written = 0
        for index, answer in enumerate(self.answers):
            pieces = self._thoughts(answer)
            if answer.call is not None:
                pieces += self._parts(answer, index)
            pieces += [{"text": one} for one in _pieces(answer.text)]
            for piece in pieces:
                if not piece.get("thought"):
                    written += rough_tokens(piece.get("text", ""))
                one = self._candidate(answer, index, {"parts": [piece]}, False)
                content.append(self._frame([one], written))
            closing.append(self._closing(answer, index))
        return content, closing

    def _closing(self, answer: Answer, index: int) -> JSON:
        end: JSON = {"text": ""}
        if answer.reasoning_tokens and answer.call is None:
            end["thoughtSignature"] = self._signature(index)
        last = self._candidate(answer, index, {"parts": [end]}, True)
        return self._frame([last], None)


def _pieces(text: str) -> list[str]:
    """Return the text in pieces of a few tokens, nothing lost."""
    return re.findall(r"\s*\S{1,24}|\s+", text)
