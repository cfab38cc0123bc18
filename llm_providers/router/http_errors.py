"""Errors of the router over HTTP: two doors, each with its one shape.

Under ``/v1`` an error has OpenAI's shape, everywhere else our own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from llm_providers.calls import CallerGoneError
from llm_providers.responses import ErrorInfo
from llm_providers.router.openai_errors import (
    UNTOLD_WAIT,
    WAIT_STATUSES,
    DoorError,
    bad_request,
    error_body,
    refused_fields,
)
from llm_providers.router.openai_format import json_bytes

__all__ = ["CLIENT_GONE", "add_error_handlers", "refusal"]

# Never seen by the caller, who is gone; for the access log.
CLIENT_GONE = 499


def add_error_handlers(app: FastAPI) -> None:
    """Have every error of the app answered in the shape of its door."""
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(UnicodeEncodeError, _half_characters)
    app.add_exception_handler(DoorError, _door_error)
    app.add_exception_handler(CallerGoneError, _nobody_waits)


def refusal(path: str, status: int, info: ErrorInfo) -> dict[str, Any]:
    """Return the body of an error, in the shape of the door at `path`."""
    if not _is_openai_door(path):
        return {"error": asdict(info)}
    return error_body(_as_door_error(status, info))


def _is_openai_door(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")


def _as_door_error(status: int, info: ErrorInfo) -> DoorError:
    message = f"{info.reason} {info.what_to_do}"
    return DoorError(status, message, code=info.kind)


def _http_error(request: Request, error: Exception) -> Response:
    """Return an error in one shape, also where no endpoint raised it."""
    assert isinstance(error, StarletteHTTPException)
    status = error.status_code
    detail: Any = error.detail
    headers = dict(error.headers or {})
    if isinstance(error.__cause__, RecursionError):
        detail = asdict(_unreadable("The body is nested too deeply."))
    elif isinstance(error.__cause__, ValueError):
        detail = asdict(_unreadable("The body cannot be read."))
    elif not isinstance(error, HTTPException):
        detail = asdict(_no_endpoint(request, status))
    if status in WAIT_STATUSES and _is_untold(detail):
        headers["Retry-After"] = str(math.ceil(UNTOLD_WAIT))
    body: Any = {"error": detail}
    if _is_openai_door(request.url.path) and isinstance(detail, dict):
        body = error_body(_as_door_error(status, ErrorInfo(**detail)))
    return _reply(status, body, headers)


def _is_untold(detail: Any) -> bool:
    """Whether an error's fields leave open when to come back."""
    fields = detail if isinstance(detail, dict) else {}
    return "retry_after" in fields and fields["retry_after"] is None


def _no_endpoint(request: Request, status: int) -> ErrorInfo:
    """Return what is said of a path or a method that is not served."""
    phrase = HTTPStatus(status).phrase
    paths = sorted(request.app.openapi()["paths"])
    return ErrorInfo(
        kind=phrase.lower().replace(" ", "_"),
        retryable=False,
        reason=f"{phrase}: {request.method} {request.url.path}.",
        what_to_do=f"There are: {', '.join(paths)}.",
    )


def _unreadable(reason: str) -> ErrorInfo:
    return ErrorInfo(
        kind="invalid_request",
        retryable=False,
        reason=reason,
        what_to_do="Send a JSON object in UTF-8.",
    )


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _is_openai_door(request.url.path):
        return _door_error(request, refused_fields(error.errors()))
    reasons = (
        f"{'.'.join(map(str, item['loc']))}: {item['msg']}"
        for item in error.errors()
    )
    info = ErrorInfo(
        kind="invalid_request",
        retryable=False,
        reason="; ".join(reasons),
        what_to_do="Correct the fields that the reason names.",
    )
    return _reply(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": asdict(info)})


def _half_characters(request: Request, _: Exception) -> Response:
    """Refuse a text that is no Unicode: JSON can hold halves of characters."""
    info = _unreadable("The request holds halves of characters.")
    if _is_openai_door(request.url.path):
        return _door_error(request, bad_request(info.reason))
    body = {"error": asdict(info)}
    return _reply(HTTPStatus.UNPROCESSABLE_ENTITY, body)


def _door_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, DoorError)
    return _reply(error.status, error_body(error), error.headers)


def _nobody_waits(_: Request, __: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


def _reply(
    status: int, body: Any, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        json_bytes(body),
        status,
        dict(headers or {}),
        media_type="application/json",
    )
