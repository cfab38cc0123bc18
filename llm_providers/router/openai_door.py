"""The OpenAI-compatible door: what speaks to OpenAI can speak to us.

A client needs nothing but another base URL, and a model's name that says
which provider is meant, or ``auto``.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from llm_providers.calls import Call, CallerGoneError, answered
from llm_providers.catalogue import load_catalogue
from llm_providers.chat_completions import Piece
from llm_providers.prompts import Prompt
from llm_providers.responses import StandardResponse
from llm_providers.router.fallback import FallbackStream
from llm_providers.router.openai_errors import (
    DoorError,
    bad_request,
    error_body,
    failure,
    unknown_model,
)
from llm_providers.router.openai_format import (
    EXTENSION,
    Chunks,
    completion,
    extension,
    json_bytes,
    prompt_of,
    server_sent,
)
from llm_providers.router.openai_request import (
    COMPLETION,
    DOOR_ERRORS,
    MODELS,
    ChatCompletionRequest,
)
from llm_providers.router.service import AUTO, Service
from llm_providers.router.targets import Target

__all__ = ["router"]

router = APIRouter(
    prefix="/v1", tags=["OpenAI-compatible"], responses=DOOR_ERRORS
)


@dataclass(frozen=True)
class Order:
    """A request, understood: what to ask, of whom, and how to answer."""

    request: ChatCompletionRequest
    service: Service
    prompt: Prompt
    targets: list[Target]
    head: Mapping[str, Any]

    @classmethod
    def of(cls, request: ChatCompletionRequest, service: Service) -> Order:
        """Return what a request orders; raises DoorError."""
        try:
            prompt = prompt_of(request)
        except (TypeError, ValueError) as error:
            raise bad_request(str(error), "messages") from None
        names = list(request.models or ())
        if request.model != AUTO or not names:
            names.insert(0, request.model)
        try:
            targets = service.targets(names)
        except ValueError as error:
            raise unknown_model(str(error)) from None
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
        }
        return cls(request, service, prompt, targets, head)

    def ask(self) -> StandardResponse:
        """Return the answer. Raises DoorError."""
        response = self.service.fallback.process_prompt(
            self.prompt, self.targets, self.service.settings.deadline_seconds
        )
        return self.checked(response)

    def stream(self) -> FallbackStream:
        """Return the stream of the answer; nothing is sent yet."""
        return self.service.fallback.stream(
            self.prompt, self.targets, self.service.settings.deadline_seconds
        )

    def checked(self, response: StandardResponse) -> StandardResponse:
        """Return a successful response; raises DoorError for another."""
        if response.error is not None:
            beside = {EXTENSION: extension(response)}
            raise failure(response, self.service.statuses, beside)
        left_out = tuple(
            f"{name} was left out: the router does not pass it on"
            for name in self.request.not_passed_on
        )
        return replace(
            response, adjustments=(*response.adjustments, *left_out)
        )


@router.post(
    "/chat/completions", responses=COMPLETION, response_class=Response
)
async def create_chat_completion(
    asked: ChatCompletionRequest, request: Request
) -> Response:
    """Answer a conversation, at once or as a stream of events.

    `model` is ``provider/model``, a provider alone, or ``auto``; further
    `models` are asked in turn where one fails by no fault of the caller's.
    The answer's `model` says who gave it, its field `llm_providers` lists
    all tries.
    """
    order = Order.of(asked, request.app.state.service)
    if asked.stream:
        return await _streamed(order, request)
    response = await answered(order.ask, request.receive)
    body = completion(response, order.head)
    return Response(json_bytes(body), media_type="application/json")


async def _streamed(order: Order, request: Request) -> Response:
    """Return the stream, once it has begun. Raises DoorError before."""
    stream = order.stream()
    call = Call(stream.pieces, request.receive)
    try:
        first = await anext(call, None)
        if first is None:
            order.checked(stream.response)
    except BaseException:
        call.stop()
        raise
    return StreamingResponse(
        _events(order, stream, call, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _events(
    order: Order,
    stream: FallbackStream,
    call: Call[Piece],
    first: Piece | None,
) -> AsyncIterator[bytes]:
    """Yield the events of a stream whose first piece is there."""
    target = stream.target or order.targets[0]
    chunks = Chunks(order.head, str(target), order.request.with_usage)
    try:
        if first is not None:
            yield chunks.add(first)
        async for piece in call:
            yield chunks.add(piece)
        yield chunks.last(order.checked(stream.response))
    except DoorError as error:
        yield server_sent(error_body(error))
    except CallerGoneError:
        return
    finally:
        call.stop()


@router.get("/models", responses=MODELS, response_class=Response)
async def list_models(request: Request) -> Response:
    """List who can be asked: the catalogue's models with a key, and auto."""
    rows = list(_models(request.app.state.service))
    body = {"object": "list", "data": rows}
    return Response(json_bytes(body), media_type="application/json")


@router.get("/models/{model:path}", response_class=Response)
async def retrieve_model(model: str, request: Request) -> Response:
    """Tell of one model."""
    for row in _models(request.app.state.service):
        if row["id"] == model:
            return Response(json_bytes(row), media_type="application/json")
    raise unknown_model(f"The model `{model}` is not listed.")


def _models(service: Service) -> Iterator[dict[str, Any]]:
    """Yield the rows of the list of models."""
    catalogue = load_catalogue()
    yield _row(AUTO, EXTENSION, catalogue.as_of)
    for provider in service.with_key:
        for model in catalogue.models(provider):
            released = model.released_on or catalogue.as_of
            yield _row(f"{provider}/{model.id}", provider, released)


def _row(name: str, owner: str, day: date) -> dict[str, Any]:
    midnight = datetime.combine(day, time_of_day(), UTC)
    return {
        "id": name,
        "object": "model",
        "created": int(midnight.timestamp()),
        "owned_by": owner,
    }
