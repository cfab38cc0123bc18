"""The meter: every call that may cost money passes it, and is booked.

Before the call the caller's budget is asked, after it the ledger, the metrics
and the trace are told. There are three ways through it, and no endpoint needs
to know more:

    service.fallback          several targets: `process_prompt`, `stream`
    service.metered(provider) one provider's agent: `process_prompt`
    service.booked(...)       around anything else that asks agents

Whatever else asks a provider for a request of a caller's has to go through
one of them; a call that does so is booked with its request's id, whichever
endpoint, thread or process it comes from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from llm_providers.agent import Agent
from llm_providers.chat_completions import Piece
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse
from llm_providers.router.bills import Bill
from llm_providers.router.books import Books
from llm_providers.router.fallback import Fallback, FallbackStream
from llm_providers.router.request_context import (
    RequestContext,
    current_request,
)
from llm_providers.router.targets import Target
from llm_providers.watching import watched

__all__ = ["MeteredAgent", "MeteredFallback", "MeteredStream", "booked"]


class MeteredFallback:
    """A fallback whose calls are booked. `books` are opened when needed."""

    def __init__(
        self, fallback: Fallback, books: Callable[[], Books]
    ) -> None:
        self._fallback = fallback
        self._books = books

    def process_prompt(
        self,
        prompt: Any,
        targets: Iterable[Target | str],
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> StandardResponse:
        """Return what the fallback does, or that the budget is used up."""
        asked = Prompt.of(prompt, **options)
        listed = list(map(Target.of, targets))
        with booked(self._books(), asked, listed) as bill:
            if bill.refusal is None:
                bill.response = self._fallback.process_prompt(
                    asked, listed, deadline_seconds
                )
        return bill.answer

    def stream(
        self,
        prompt: Any,
        targets: Iterable[Target | str],
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> MeteredStream:
        """Return what the fallback does; booked when it ends."""
        asked = Prompt.of(prompt, **options)
        listed = list(map(Target.of, targets))
        stream = self._fallback.stream(asked, listed, deadline_seconds)
        return MeteredStream(stream, self._books(), asked, listed)


class MeteredStream:
    """A fallback's stream; what was said of that holds for this, too."""

    def __init__(
        self,
        stream: FallbackStream,
        books: Books,
        prompt: Prompt,
        targets: list[Target],
    ) -> None:
        self._stream = stream
        self._books = books
        self._prompt = prompt
        self._targets = targets
        self._refusal: StandardResponse | None = None

    @property
    def target(self) -> Target | None:
        """Whose answer has begun."""
        return self._stream.target

    @property
    def response(self) -> StandardResponse:
        """The standard response. Raises RuntimeError before the end."""
        return self._refusal or self._stream.response

    def __iter__(self) -> Iterator[str]:
        for piece in self.pieces():
            if piece.text:
                yield piece.text

    def pieces(self) -> Generator[Piece, None, None]:
        """Yield the pieces as they arrive; at the end, book the call."""
        with booked(
            self._books, self._prompt, self._targets, streamed=True
        ) as bill:
            if bill.refusal is not None:
                self._refusal = bill.refusal
                return
            try:
                with closing(self._stream.pieces()) as pieces:
                    for piece in pieces:
                        bill.begun()
                        yield piece
            except GeneratorExit:
                bill.abandoned = True
                raise
            finally:
                bill.response = self._stream.known_response


class MeteredAgent:
    """One agent behind the interface of its own, its calls booked."""

    def __init__(self, agent: Agent, books: Callable[[], Books]) -> None:
        self._agent = agent
        self._books = books

    def process_prompt(self, prompt: Any, **options: Any) -> StandardResponse:
        """Return what the agent does, or that the budget is used up."""
        asked = self._agent.prepare(prompt, **options)
        target = Target(self._agent.provider, asked.model)
        with booked(self._books(), asked, [target]) as bill:
            if bill.refusal is None:
                bill.response = self._agent.process_prompt(asked)
        return bill.answer


@contextmanager
def booked(
    books: Books,
    prompt: Prompt,
    targets: list[Target],
    streamed: bool = False,
) -> Generator[Bill, None, None]:
    """Ask the budget, yield the bill, and write the books at the end."""
    context = current_request.get() or RequestContext(started=time.time())
    bill = Bill(context, prompt, targets, streamed, books.answer_tokens)
    books.open(bill)
    with watched(bill.watch):
        try:
            yield bill
        finally:
            books.close(bill)
