"""Fallback: the same prompt to one target after the other.

The next one is asked only where the fault is the provider's and might pass,
never where the request itself is refused. A target without a key is passed
over: that is no fault of the caller's, and another may do. A target that
fails again and again is passed over, too, until its breaker lets a probe
through.

Retries stay one layer: as long as another target could be asked, each is
tried once, and the last one as often as its agent's policy says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from llm_providers.agent import Agent
from llm_providers.chat_completions import Piece
from llm_providers.deadlines import Deadline
from llm_providers.piece_streams import PieceStream
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse
from llm_providers.router.breaker import Breakers
from llm_providers.router.fallback_record import FallbackRecord
from llm_providers.router.targets import Target
from llm_providers.router.turns import SHARE, Turn, Turns

__all__ = ["Fallback", "FallbackStream"]


class Fallback:
    """Asks several targets in order until one answers.

    `agents_for` gives the agent of a provider, always the same one;
    `breakers` are shared by all calls. `clock` gives seconds that never go
    back; `sleep`, if given, is used for waits in place of the agents' own.
    `share` gives how much of the time that is left a target may take that
    another one could stand in for. May be used by many threads at once.
    """

    def __init__(
        self,
        agents_for: Callable[[str], Agent],
        breakers: Breakers | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        share: Callable[[], float] = lambda: SHARE,
    ) -> None:
        self.clock = clock
        self.breakers = breakers or Breakers(clock=clock)
        self.turns = Turns(agents_for, self.breakers, sleep, share)

    def process_prompt(
        self,
        prompt: Any,
        targets: Iterable[Target | str],
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
        asked, listed = Prompt.of(prompt, **options), _listed(targets)
        deadline = Deadline(deadline_seconds, self.clock)
        record = FallbackRecord()
        turns = self.turns.of(listed, asked, deadline, record)
        with closing(turns):
            for turn in turns:
                response = turn.agent.process_prompt(turn.prompt)
                turn.judge(response, begun=False)
                record.add(turn.target, response)
                if not _may_pass_on(response):
                    break
        return record.response()

    def stream(
        self,
        prompt: Any,
        targets: Iterable[Target | str],
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> FallbackStream:
        """Return an iterable of text that ends in the standard response.

        Takes what `process_prompt` takes and raises what it raises. Nothing
        is sent before the iteration begins; the deadline counts from then,
        and the whole stream has to end in it.
        """
        asked = Prompt.of(prompt, **options)
        return FallbackStream(self, asked, _listed(targets), deadline_seconds)


class FallbackStream:
    """The text of one answer, from the first target that begins to give one.

    Iterate once: over it for the text, or over `pieces()` for text, parts of
    tool calls and all else as it arrives. After a fault before the first
    piece the next target is asked; after a later one the response is an
    error that carries the partial text. `target` is whose answer has begun,
    None before.
    """

    def __init__(
        self,
        fallback: Fallback,
        prompt: Prompt,
        targets: Sequence[Target],
        deadline_seconds: float | None,
    ) -> None:
        self._fallback = fallback
        self._prompt = prompt
        self._targets = targets
        self._deadline_seconds = deadline_seconds
        self._opened = False
        self._response: StandardResponse | None = None
        self.target: Target | None = None

    @property
    def response(self) -> StandardResponse:
        """The standard response. Raises RuntimeError before the end."""
        if self._response is None:
            raise RuntimeError("Read the stream to its end first.")
        return self._response

    @property
    def known_response(self) -> StandardResponse | None:
        """The standard response, or None as long as there is none."""
        return self._response

    def __iter__(self) -> Iterator[str]:
        """Yield the text as it arrives; at the end, set the response."""
        with closing(self.pieces()) as pieces:
            for piece in pieces:
                if piece.text:
                    yield piece.text

    def pieces(self) -> Generator[Piece, None, None]:
        """Yield the pieces as they arrive; at the end, set the response.

        Close the iterator to end the request to the provider early; the
        response then tells what is known until there.
        """
        if self._opened:
            raise RuntimeError("A stream is read once; ask for a new one.")
        self._opened = True
        record = FallbackRecord()
        clock = self._fallback.clock
        deadline = Deadline(self._deadline_seconds, clock)
        turns = self._fallback.turns.of(
            self._targets, self._prompt, deadline, record
        )
        try:
            with closing(turns):
                for turn in turns:
                    if not (yield from self._ask(turn, record)):
                        break
        except GeneratorExit:
            self._response = record.response()
            raise
        self._response = record.response()

    def _ask(
        self, turn: Turn, record: FallbackRecord
    ) -> Generator[Piece, None, bool]:
        """Yield a target's pieces; return whether another may be asked."""
        stream = PieceStream(turn.agent, turn.prompt)
        try:
            with closing(stream.pieces()) as pieces:
                for piece in pieces:
                    if self.target is None:
                        self.target = turn.target
                        turn.permit.answering()
                    yield piece
        except GeneratorExit:
            record.add(turn.target, stream.response)
            raise
        begun = self.target is not None
        turn.judge(stream.response, begun=begun)
        record.add(turn.target, stream.response)
        return not begun and _may_pass_on(stream.response)


def _may_pass_on(response: StandardResponse) -> bool:
    """Whether the next target may be asked after this answer."""
    error = response.error
    if error is None:
        return False
    return error.retryable or error.kind == "missing_key"


def _listed(targets: Iterable[Target | str]) -> list[Target]:
    """Return each target once, in order. Raises ValueError without any."""
    listed = list(dict.fromkeys(map(Target.of, targets)))
    if not listed:
        raise ValueError("There is no target to ask.")
    return listed
