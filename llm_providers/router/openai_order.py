"""What a request at the OpenAI-compatible door orders, and its delivery.

The endpoints differ in what they read and write. Whom they ask, what counts
as a failure and how a stream begins and ends is the same, and stands here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import Response
from starlette.types import Receive as AsgiReceive
from starlette.types import Scope, Send

from llm_providers.calls import Call, CallerGoneError, Receive, answered
from llm_providers.chat_completions import Piece
from llm_providers.copies import changed
from llm_providers.loop_calls import LoopAnswer, LoopCall, can_share
from llm_providers.prompts import Prompt
from llm_providers.recommender.recommendation import NothingFitsError
from llm_providers.responses import StandardResponse
from llm_providers.router.metering import MeteredStream
from llm_providers.router.openai_errors import (
    DoorError,
    bad_request,
    failure,
    nothing_fits,
    unknown_model,
)
from llm_providers.router.openai_format import EXTENSION, extension
from llm_providers.router.recommended import RecommendedResponse
from llm_providers.router.recommending import Choice, WrongTaskError, why
from llm_providers.router.service import AUTO, Service
from llm_providers.router.targets import Target

__all__ = ["EventStream", "Order", "Writer", "streamed"]

EVENT_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class Writer(Protocol):
    """Writes the events of one stream, in the words of its endpoint."""

    def begin(self, model: str) -> bytes:
        """Return what stands before the first piece; `model` answers."""
        ...

    def add(self, piece: Piece) -> bytes:
        """Return the events for a piece; nothing where it adds nothing."""
        ...

    def last(self, response: StandardResponse) -> bytes:
        """Return all that stands after the pieces of a complete answer."""
        ...

    def broken(self, error: DoorError) -> bytes:
        """Return what ends an answer that broke off."""
        ...


@dataclass(frozen=True)
class Order:
    """A request, understood: what to ask, and of whom, in turn.

    `left_out` says in words what no provider gets to see of the request; the
    answer tells it, and why ``auto`` meant the first target.
    """

    service: Service
    prompt: Prompt
    choice: Choice
    left_out: tuple[str, ...] = ()

    @classmethod
    async def of(
        cls,
        service: Service,
        prompt: Prompt,
        model: str,
        more: Sequence[str] = (),
        left_out: Sequence[str] = (),
        task: Mapping[str, Any] | None = None,
    ) -> Order:
        """Return the order for a model's name, and `more` to fall back on.

        Before a list of models ``auto`` is no name, but leaves the choice to
        the list. `task` is what the caller says of the task, for ``auto``.
        Raises DoorError for a name that means nothing, and where nothing
        fits.
        """
        names = list(more)
        if model != AUTO or not names:
            names.insert(0, model)

        def choose() -> Choice:
            return service.targets_for(prompt, task, names)

        try:
            if service.has_to_load(names):
                choice = await asyncio.to_thread(choose)
            else:
                choice = choose()
        except NothingFitsError as error:
            raise nothing_fits(str(error)) from None
        except WrongTaskError as error:
            raise bad_request(str(error), "task") from None
        except ValueError as error:
            raise unknown_model(str(error)) from None
        return cls(service, prompt, choice, tuple(left_out))

    @property
    def targets(self) -> list[Target]:
        """Whom to ask, in turn."""
        return self.choice.targets

    @property
    def shares_thread(self) -> bool:
        """Whether it can be asked in the loop's own thread."""
        return self.service.shares_thread(self.targets) and can_share()

    async def answer(self, receive: Receive) -> StandardResponse:
        """Return the answer. Raises DoorError."""
        if self.shares_thread:
            return await answered(self._ask, receive, LoopAnswer)
        return await answered(self._ask, receive)

    def _ask(self) -> StandardResponse:
        response = self.service.fallback.process_prompt(
            self.prompt, self.targets, self.service.settings.deadline_seconds
        )
        return self.checked(response)

    def stream(self) -> MeteredStream:
        """Return the stream of the answer; nothing is sent yet."""
        return self.service.fallback.stream(
            self.prompt, self.targets, self.service.settings.deadline_seconds
        )

    def checked(self, response: StandardResponse) -> StandardResponse:
        """Return a successful response; raises DoorError for another."""
        if self.choice.recommendation is not None:
            reason = why(self.choice.recommendation)
            response = RecommendedResponse.of(response, reason)
        if _is_cut_off(response):
            response = changed(
                response, status="success", message="", error=None
            )
        if response.error is not None:
            beside = {EXTENSION: extension(response)}
            raise failure(response, self.service.statuses, beside)
        if not self.left_out:
            return response
        adjustments = (*response.adjustments, *self.left_out)
        return changed(response, adjustments=adjustments)


def _is_cut_off(response: StandardResponse) -> bool:
    """Whether an answer reached its limit before its first word.

    To an agent that is an error, whatever it cost; to OpenAI's clients it is
    an answer, whose end tells that it was cut off.
    """
    error = response.error
    empty = error is not None and error.kind == "empty_response"
    return empty and response.finish_reason == "length"


async def streamed(order: Order, writer: Writer, receive: Receive) -> Response:
    """Return the stream, once it has begun. Raises DoorError before."""
    stream = order.stream()
    kind = LoopCall if order.shares_thread else Call
    call: Call[Piece] = kind(stream.pieces, receive)
    try:
        first = await anext(call, None)
        if first is None:
            order.checked(stream.response)
    except BaseException:
        call.stop()
        raise
    return EventStream(order, writer, stream, call, first)


class EventStream(Response):
    """The events of a stream whose first piece is there.

    Its call looks for itself whether somebody still waits.
    """

    def __init__(
        self,
        order: Order,
        writer: Writer,
        stream: MeteredStream,
        call: Call[Piece],
        first: Piece | None,
    ) -> None:
        self.status_code = HTTPStatus.OK
        self.raw_headers = list(EVENT_HEADERS)
        self.background = None
        self._order = order
        self._writer = writer
        self._stream = stream
        self._call = call
        self._first = first

    async def __call__(
        self, scope: Scope, receive: AsgiReceive, send: Send
    ) -> None:
        """Send the events, as they come."""
        call, writer = self._call, self._writer
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if begun := self._begun():
                await send(_part(begun))
            async for piece in call:
                # What came while the loop was busy leaves at once, too.
                events = writer.add(piece)
                if more := call.arrived():
                    events += b"".join(map(writer.add, more))
                if events:
                    await send(_part(events))
            response = self._order.checked(self._stream.response)
            await send(_part(writer.last(response), more=False))
        except DoorError as error:
            await send(_part(writer.broken(error), more=False))
        except CallerGoneError:
            await send(_part(b"", more=False))
        finally:
            call.stop()

    def _begun(self) -> bytes:
        """Return what tells that somebody answers, and the first piece."""
        target = self._stream.target or self._order.targets[0]
        begun = self._writer.begin(str(target))
        if self._first is not None:
            begun += self._writer.add(self._first)
        return begun


def _part(events: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": events, "more_body": more}
