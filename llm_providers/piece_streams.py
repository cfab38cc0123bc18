"""Streams for those who pass on more than the text."""

from __future__ import annotations

from collections.abc import Generator

from llm_providers.chat_completions import Piece
from llm_providers.errors import ProviderError
from llm_providers.retry import call_with_retries
from llm_providers.streams import Answer, Stream

__all__ = ["PieceStream"]


class PieceStream(Stream):
    """A stream that can be read as pieces: text, tool calls, usage.

    Iterate over `pieces()` once, in place of the stream itself.
    """

    def pieces(self) -> Generator[Piece, None, None]:
        """Yield the pieces as they arrive; at the end, set the response.

        Faults are met as by the stream itself: nothing is yielded before
        there is something of an answer. An iterator that is closed early
        ends the request; the response then says what had arrived.
        """
        answer = Answer()
        try:
            for piece in call_with_retries(
                self._open, self._agent.policy, self._agent.sleep
            ):
                answer.add(piece)
                yield piece
        except GeneratorExit:
            self._end(answer)
            raise
        except ProviderError as error:
            error.partial_text = answer.text
            self._fail(error)
        else:
            self._end(answer)

    def _end(self, answer: Answer) -> None:
        try:
            self._succeed(answer.reply())
        except ProviderError as error:
            error.partial_text = answer.text
            self._fail(error)
