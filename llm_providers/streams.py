"""Streaming: text as it arrives, and the standard response at its end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from llm_providers.chat_completions import Piece, require_content
from llm_providers.errors import ProviderError, StreamInterruptedError
from llm_providers.ledger import Ledger
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply, StandardResponse, Usage
from llm_providers.retry import call_with_retries

if TYPE_CHECKING:
    from llm_providers.agent import Agent

__all__ = ["Answer", "Stream"]


class Answer:
    """The pieces of a stream, put together."""

    def __init__(self) -> None:
        self.text = ""
        self._last = Piece()
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._cost_usd: float | None = None
        self._upstream: str | None = None
        self._tool_calls: dict[int, dict[str, Any]] = {}

    def add(self, piece: Piece) -> None:
        """Add a piece; what it leaves open stays as it was."""
        self.text += piece.text
        if self._finish_reason != "refusal":
            self._finish_reason = piece.finish_reason or self._finish_reason
        self._usage = piece.usage or self._usage
        if piece.cost_usd is not None:
            self._cost_usd = piece.cost_usd
        if piece.model:
            self._last = piece
        self._upstream = piece.upstream or self._upstream
        for delta in piece.tool_calls:
            self._add_tool_call(delta)

    def _add_tool_call(self, delta: Any) -> None:
        function = delta.get("function") or {}
        call = self._tool_calls.setdefault(
            delta.get("index", 0),
            {
                "id": delta.get("id"),
                "type": "function",
                "function": {"name": function.get("name"), "arguments": ""},
            },
        )
        call["function"]["arguments"] += function.get("arguments") or ""
        if delta.get("extra_content"):
            call["extra_content"] = delta["extra_content"]

    def reply(self) -> Reply:
        """Return the whole reply.

        Raises StreamInterruptedError without a finish reason: a stream that
        was cut ends as quietly as one that is complete.
        """
        if self._finish_reason is None:
            raise StreamInterruptedError(
                "The stream ended without a finish reason.",
                usage=self._usage,
                cost_usd=self._cost_usd,
                simulated=self._last.simulated,
            )
        reply = Reply(
            text=self.text,
            model=self._last.model,
            finish_reason=self._finish_reason,
            usage=self._usage or Usage(),
            id=self._last.id,
            tool_calls=tuple(self._tool_calls.values()),
            cost_usd=self._cost_usd,
            simulated=self._last.simulated,
            upstream=self._upstream,
        )
        return require_content(reply)


class Stream:
    """The text of one answer, piece by piece.

    Iterate over it once for the text; then `response` is the same standard
    response that `process_prompt` gives.
    """

    def __init__(self, agent: Agent, prompt: Prompt) -> None:
        self._agent = agent
        self._prompt = prompt
        self._ledger = Ledger(agent.provider, agent.clock)
        self._started = agent.clock()
        self._wait = 0.0
        self._opened = False
        self._response: StandardResponse | None = None

    @property
    def response(self) -> StandardResponse:
        """The standard response. Raises RuntimeError before the end."""
        if self._response is None:
            raise RuntimeError("Read the stream to its end first.")
        return self._response

    def __iter__(self) -> Iterator[str]:
        """Yield the text as it arrives; at the end, set the response.

        A fault before the first text is retried as the policy allows. A
        fault after it is not, since the caller has that text already: the
        response is then an error that carries the partial text.
        """
        answer = Answer()
        try:
            for piece in call_with_retries(
                self._open, self._agent.policy, self._agent.sleep
            ):
                answer.add(piece)
                if piece.text:
                    yield piece.text
            self._succeed(answer.reply())
        except ProviderError as error:
            error.partial_text = answer.text
            self._fail(error)

    def _open(self, wait: float) -> Iterator[Piece]:
        """Return the pieces of one try, once the first text is there."""
        if self._opened:
            raise RuntimeError("A stream is read once; ask for a new one.")
        self._agent.settings.require_key()
        self._wait, self._started = wait, self._agent.clock()
        pieces = self._agent.pieces(self._prompt)
        lead: list[Piece] = []
        try:
            while not (lead and _has_content(lead[-1])):
                lead.append(next(pieces))
        except StopIteration:
            pass
        except ProviderError as error:
            self._note(error)
            raise
        if not lead:
            nothing = StreamInterruptedError("The stream held nothing.")
            self._note(nothing)
            raise nothing
        self._opened = True
        return chain(lead, pieces)

    def _note(self, outcome: Reply | ProviderError) -> None:
        self._ledger.note(
            self._prompt.model, self._wait, self._started, outcome
        )

    def _succeed(self, reply: Reply) -> None:
        self._note(reply)
        self._response = self._agent.success_response(
            self._prompt, reply, self._ledger
        )

    def _fail(self, error: ProviderError) -> None:
        if self._opened:
            self._note(error)
        self._response = self._agent.error_response(
            self._prompt, error, self._ledger
        )


def _has_content(piece: Piece) -> bool:
    return bool(piece.text or piece.finish_reason or piece.tool_calls)
