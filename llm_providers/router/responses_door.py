"""``POST /v1/responses``: OpenAI's newer endpoint, without its memory.

The openai SDK's ``responses``, the OpenAI Agents SDK and others ask there.
Nothing is kept between two requests: a conversation is sent whole.
"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from llm_providers.router.direct import endpoint_of
from llm_providers.router.openai_errors import DoorError
from llm_providers.router.openai_format import json_bytes
from llm_providers.router.openai_order import Order, streamed
from llm_providers.router.openai_request import DOOR_ERRORS
from llm_providers.router.responses_format import (
    ResponseEvents,
    response_object,
)
from llm_providers.router.responses_prompt import NO_MEMORY, prompt_of
from llm_providers.router.responses_request import RESPONSE, ResponsesRequest

__all__ = ["endpoint", "router"]

router = APIRouter(
    prefix="/v1", tags=["OpenAI-compatible"], responses=DOOR_ERRORS
)


@router.post("/responses", responses=RESPONSE, response_class=Response)
async def create_response(
    asked: ResponsesRequest, request: Request
) -> Response:
    """Answer a conversation, at once or as a stream of typed events.

    `model`, `models` and `task` are those of chat completions, and the
    answer tells in the same way who gave it. Function tools are passed on,
    the tools that OpenAI runs itself are refused. No response is kept:
    `store` has no effect, and `previous_response_id` is refused.
    """
    prompt, left_out = prompt_of(asked)
    order = await Order.of(
        request.app.state.service,
        prompt,
        asked.model,
        asked.models or (),
        left_out,
        asked.task.fields if asked.task else None,
    )
    if asked.stream:
        events = ResponseEvents(asked)
        return await streamed(order, events, request.receive)
    response = await order.answer(request.receive)
    body = response_object(asked, response)
    return Response(json_bytes(body), media_type="application/json")


endpoint = endpoint_of(router, create_response, ResponsesRequest)


@router.get("/responses/{name}", include_in_schema=False)
@router.delete("/responses/{name}", include_in_schema=False)
async def find_response(name: str) -> Response:
    """Say that there is none, and what to do instead."""
    raise DoorError(
        HTTPStatus.NOT_FOUND,
        f"Response with id '{name}' not found. {NO_MEMORY}",
    )
