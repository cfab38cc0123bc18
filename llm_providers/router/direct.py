"""The short way to endpoints that take one JSON body and nothing else.

FastAPI's way to an endpoint takes as long as half of all that the router does
for a request. So those that are asked most are called from here. They are
FastAPI's all the same: it documents them, answers any other method, and what
they raise is answered by the app's handlers.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Direct", "Endpoint", "endpoint_of"]

Function = Callable[[Any, Request], Awaitable[Response]]
OUTSIDE = (HTTPStatus.INTERNAL_SERVER_ERROR, Exception)
NO_BODY = {"type": "missing", "loc": ("body",), "msg": "Field required"}


@dataclass(frozen=True)
class Endpoint:
    """What answers at a path: its body's model, its function, its route."""

    body: type[BaseModel]
    function: Function
    route: APIRoute


def endpoint_of(
    router: APIRouter, function: Function, body: type[BaseModel]
) -> Endpoint:
    """Return an endpoint that a router has as POST of a path."""
    [route] = (
        one
        for one in router.routes
        if isinstance(one, APIRoute) and one.endpoint is function
    )
    assert route.methods == {"POST"} and not route.param_convertors
    return Endpoint(body, function, route)


class Direct:
    """An app, with some of its endpoints called at once."""

    def __init__(self, app: ASGIApp, endpoints: list[Endpoint]) -> None:
        self.app = app
        self.endpoints: Mapping[str, Endpoint] = {
            one.route.path: one for one in endpoints
        }

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request, or leave it to the app.

        So it is where FastAPI traces what it does by itself.
        """
        endpoint = None
        if scope["type"] == "http" and scope["method"] == "POST":
            endpoint = self.endpoints.get(scope["path"])
        if endpoint is None or "fastapi.telemetry" in scope:
            await self.app(scope, receive, send)
            return
        scope["route"] = endpoint.route
        request = Request(scope, receive)
        try:
            asked = await _body(request, endpoint.body)
            response = await endpoint.function(asked, request)
        except Exception as error:
            handler = _handler(scope["app"].exception_handlers, error)
            if handler is None:
                raise
            response = handler(request, error)
            if isawaitable(response):
                response = await response
            # It may be raised again, by somebody else.
            error.__traceback__ = None
        await response(scope, receive, send)


async def _body(request: Request, model: type[BaseModel]) -> Any:
    """Return a request's body. Raises what FastAPI would."""
    raw = await request.body()
    if not raw:
        raise RequestValidationError([NO_BODY | {"input": None}])
    read: Any = raw
    if _is_json(request.headers.get("content-type", "")):
        try:
            read = json.loads(raw)
        except json.JSONDecodeError as error:
            place = {"type": "json_invalid", "loc": ("body", error.pos)}
            told = {"msg": "JSON decode error", "input": {}}
            raise RequestValidationError([place | told]) from error
        except (ValueError, RecursionError) as error:
            raise HTTPException(400) from error
    try:
        return model.model_validate(read)
    except ValidationError as error:
        raise RequestValidationError(
            [
                {**one, "loc": ("body", *one["loc"])}
                for one in error.errors(include_url=False)
            ]
        ) from None


@lru_cache(100)
def _is_json(content_type: str) -> bool:
    """Whether a header says that a body is JSON."""
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_application = message.get_content_maintype() == "application"
    return is_application and (subtype == "json" or subtype.endswith("+json"))


def _handler(handlers: Mapping[Any, Any], error: Exception) -> Any:
    """Return who answers an error, the nearest to its class first.

    A handler for whatever else may happen is asked further outside.
    """
    keys = getattr(error, "status_code", None), *type(error).__mro__
    found = (handlers.get(one) for one in keys if one not in OUTSIDE)
    return next(filter(None, found), None)
