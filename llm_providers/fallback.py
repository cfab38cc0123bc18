"""Fallback: the same prompt to one target after the other.

The next one is asked only where the fault is the provider's and might pass,
never where the request itself is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from llm_providers.agent import Agent
from llm_providers.breaker import Breakers
from llm_providers.chat_completions import Piece
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse
from llm_providers.targets import Target

__all__ = ["Fallback", "FallbackStream"]


class Fallback:
    """Asks several targets in order until one answers.

    `agents_for` gives the agent of a provider, always the same one;
    `breakers` are shared by all calls. `clock` gives seconds that never go
    back, and `sleep`, if given, is used for waits in place of the agents'
    own. May be used by many threads at once.
    """

    def __init__(
        self,
        agents_for: Callable[[str], Agent],
        breakers: Breakers | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.agents_for = agents_for
        self.breakers = breakers or Breakers(clock=clock)
        self.clock = clock
        self.sleep = sleep

    def process_prompt(
        self,
        prompt: Any,
        targets: Sequence[Target | str],
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> StandardResponse:
        """Return the first answer, or the error of the last real try.

        `prompt` and `options` are those of an agent's `process_prompt`; a
        model in them has no say. `deadline_seconds` is the time for all
        tries and waits together; None leaves it to the agents' timeouts.
        The response names who answered; its `attempts` are the tries of all
        targets in order, with a row for each that was skipped; its usage and
        cost are those of all. Never raises for a provider's fault; raises
        TypeError or ValueError for a prompt or targets that make no sense.
        """
        stream = self.stream(prompt, targets, deadline_seconds, **options)
        response: StandardResponse | None = None
        for target in stream.targets:
            agent = self.agents_for(target.provider)
            asked = replace(stream.prompt, model=target.model)
            response = agent.process_prompt(asked)
            if response.error is None or not response.error.retryable:
                break
        assert response is not None
        return response

    def stream(
        self,
        prompt: Any,
        targets: Sequence[Target | str],
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> FallbackStream:
        """Return an iterable of text that ends in the standard response.

        Takes what `process_prompt` takes and raises what it raises. Nothing
        is sent before the iteration begins; the deadline counts from then,
        and the whole stream has to end in it.
        """
        listed = list(dict.fromkeys(Target.of(one) for one in targets))
        if not listed:
            raise ValueError("There is no target to ask.")
        made = Prompt.of(prompt, **options)
        return FallbackStream(self, made, listed, deadline_seconds)


class FallbackStream:
    """The text of one answer, from the first target that begins to give one.

    Iterate once: over it for the text, or over `pieces()` for text, parts of
    tool calls and all else as it arrives. A fault before the first piece
    sends the next target the prompt; after it the response is an error that
    carries the partial text.
    """

    def __init__(
        self,
        fallback: Fallback,
        prompt: Prompt,
        targets: Sequence[Target],
        deadline_seconds: float | None,
    ) -> None:
        self.fallback = fallback
        self.prompt = prompt
        self.targets = targets
        self.deadline_seconds = deadline_seconds
        self._response: StandardResponse | None = None

    @property
    def response(self) -> StandardResponse:
        """The standard response. Raises RuntimeError before the end."""
        if self._response is None:
            raise RuntimeError("Read the stream to its end first.")
        return self._response

    def __iter__(self) -> Iterator[str]:
        """Yield the text as it arrives; at the end, set the response."""
        for piece in self.pieces():
            if piece.text:
                yield piece.text

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces as they arrive; at the end, set the response.

        Close the iterator to end the request to the provider early.
        """
        agent = self.fallback.agents_for(self.targets[0].provider)
        asked = replace(self.prompt, model=self.targets[0].model)
        stream = agent.stream(asked)
        for text in stream:
            yield Piece(text)
        response = stream.response
        yield Piece(
            finish_reason=response.finish_reason,
            usage=response.usage,
            model=response.model,
            tool_calls=response.tool_calls,
        )
        self._response = response
