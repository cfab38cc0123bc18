"""The OpenAI-compatible door: what speaks to OpenAI can speak to us.

A client needs nothing but another base URL, and a model's name that says
which provider is meant, or ``auto``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from fastapi import APIRouter, Request, Response

from llm_providers.catalogue import load_catalogue
from llm_providers.router.direct import endpoint_of
from llm_providers.router.openai_errors import bad_request, unknown_model
from llm_providers.router.openai_format import (
    EXTENSION,
    Chunks,
    completion,
    json_bytes,
    not_passed_on,
    prompt_of,
)
from llm_providers.router.openai_order import Order, streamed
from llm_providers.router.openai_request import (
    COMPLETION,
    DOOR_ERRORS,
    MODELS,
    ChatCompletionRequest,
)
from llm_providers.router.request_context import new_id
from llm_providers.router.service import AUTO, Service

__all__ = ["endpoint", "router"]

router = APIRouter(
    prefix="/v1", tags=["OpenAI-compatible"], responses=DOOR_ERRORS
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
    all tries, and tells why ``auto`` meant the first of them; `task` may say
    what the choice has to heed.
    """
    service: Service = request.app.state.service
    try:
        prompt = prompt_of(asked)
    except (TypeError, ValueError) as error:
        raise bad_request(str(error), "messages") from None
    left_out = not_passed_on(asked.not_passed_on)
    order = await Order.of(
        service,
        prompt,
        asked.model,
        asked.models or (),
        left_out,
        asked.task.fields if asked.task else None,
    )
    head = {
        "id": f"chatcmpl-{new_id()}",
        "created": int(time.time()),
    }
    if asked.stream:
        chunks = Chunks(head, asked.with_usage)
        return await streamed(order, chunks, request.receive)
    response = await order.answer(request.receive)
    body = completion(response, head)
    return Response(json_bytes(body), media_type="application/json")


endpoint = endpoint_of(router, create_chat_completion, ChatCompletionRequest)


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
