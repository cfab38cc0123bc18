"""Errors as OpenAI's clients know them, from ours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from llm_providers.responses import ErrorInfo, StandardResponse
from llm_providers.retry import RetryPolicy

__all__ = [
    "UNTOLD_WAIT",
    "WAIT_STATUSES",
    "DoorError",
    "bad_request",
    "error_body",
    "failure",
    "invalid",
    "missing",
    "refused_fields",
    "retry_headers",
    "unknown_model",
]

INVALID = "invalid_request_error"
# Seconds to come back in where nobody said when: as long as this package
# itself waits at most.
UNTOLD_WAIT = RetryPolicy().longest_wait

# Pydantic adds them to a place where a field may be of several types.
TYPE_NAMES = ("bool", "int", "str")

# Where a caller's own mistake has a code of OpenAI's, it is given that, with
# OpenAI's status. What the provider holds against the router is none.
CALLERS_FAULT: Mapping[str, tuple[int, str | None]] = {
    "invalid_request": (HTTPStatus.BAD_REQUEST, None),
    "context_length": (HTTPStatus.BAD_REQUEST, "context_length_exceeded"),
    "model_not_found": (HTTPStatus.NOT_FOUND, "model_not_found"),
    "model_retired": (HTTPStatus.NOT_FOUND, "model_not_found"),
    "content_blocked": (HTTPStatus.BAD_REQUEST, "content_filter"),
}
# These tell a caller to come back, so they have to say when.
WAIT_STATUSES = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
# The router's own, as (type, code): a spent budget is to OpenAI's clients
# what a spent quota is.
ROUTERS_OWN: Mapping[str, tuple[str, str]] = {
    "budget_exceeded": ("insufficient_quota", "budget_exceeded"),
    "ledger_unavailable": ("service_unavailable_error", "ledger_unavailable"),
}
TYPE_OF_STATUS: Mapping[int, str] = {
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "service_unavailable_error",
}


class DoorError(Exception):
    """An error to answer with, in OpenAI's four fields.

    `beside` stands in the body next to the error.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = int(status)
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        self.beside = dict(beside or {})


def error_body(error: DoorError) -> dict[str, Any]:
    """Return the JSON that stands for an error, all four keys in it."""
    fields = {
        "message": str(error),
        "type": error.kind,
        "param": error.param,
        "code": error.code,
    }
    return {"error": fields, **error.beside}


def failure(
    response: StandardResponse,
    statuses: Mapping[str, int],
    beside: Mapping[str, Any],
) -> DoorError:
    """Return the error that a response without an answer means.

    `statuses` are the router's own for each kind; a caller's fault gets the
    one that OpenAI has for it. The code of any other is our kind, and says
    that it is the provider's.
    """
    info = response.error
    assert info is not None
    if info.kind in ROUTERS_OWN:
        return _routers_own(info, int(statuses[info.kind]))
    status, code = CALLERS_FAULT.get(
        info.kind,
        (
            statuses[info.kind],
            f"provider_{info.kind.removeprefix('provider_')}",
        ),
    )
    kind = INVALID
    if info.kind not in CALLERS_FAULT:
        kind = TYPE_OF_STATUS.get(status, "server_error")
    return DoorError(
        status,
        f"{response.provider}/{response.model}: {info.reason}"
        f" {info.what_to_do}",
        kind=kind,
        code=code,
        headers=retry_headers(status, info),
        beside=beside,
    )


def _routers_own(info: ErrorInfo, status: int) -> DoorError:
    """Return the error where the router itself refuses a request."""
    kind, code = ROUTERS_OWN[info.kind]
    return DoorError(
        status,
        f"{info.reason} {info.what_to_do}",
        kind=kind,
        code=code,
        headers=retry_headers(status, info),
    )


def retry_headers(status: int, info: ErrorInfo) -> dict[str, str]:
    """Return when to come back, and whether a client should by itself.

    The second is a header of OpenAI's, which its SDK minds: left alone, it
    would ask again after every 429 and 5xx.
    """
    headers = {} if info.retryable else {"x-should-retry": "false"}
    wait = info.retry_after
    if wait is None and status in WAIT_STATUSES:
        wait = UNTOLD_WAIT
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def bad_request(
    message: str, param: str | None = None, code: str | None = None
) -> DoorError:
    """Return 400 for a request that makes no sense."""
    return DoorError(HTTPStatus.BAD_REQUEST, message, param=param, code=code)


def invalid(param: str, wanted: str) -> DoorError:
    """Return 400 for a field that has to be something else."""
    message = f"Invalid '{param}': it has to be {wanted}."
    return bad_request(message, param, "invalid_value")


def missing(param: str) -> DoorError:
    """Return 400 for a field that has to be there."""
    message = f"Missing required parameter: '{param}'."
    return bad_request(message, param, "missing_required_parameter")


def unknown_model(message: str) -> DoorError:
    """Return 404 for a model's name that means nothing here."""
    return DoorError(
        HTTPStatus.NOT_FOUND, message, param="model", code="model_not_found"
    )


def nothing_fits(message: str) -> DoorError:
    """Return 422 for a task whose limits no model fits."""
    return DoorError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        message,
        param="task",
        code="nothing_fits",
    )


def refused_fields(errors: Sequence[Mapping[str, Any]]) -> DoorError:
    """Return 400 for the first of the fields that Pydantic refused."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return bad_request("The body of the request is not JSON.")
    name = _field_name(first["loc"][1:])
    if not name:
        return bad_request("The body has to be a JSON object, sent as JSON.")
    if first["type"] == "missing":
        return missing(name)
    return bad_request(
        f"Invalid '{name}': {first['msg']}.", name, "invalid_value"
    )


def _field_name(path: Sequence[str | int]) -> str:
    """Return a place in the body as OpenAI writes it: messages[0].role."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        elif part.isidentifier() and part not in TYPE_NAMES:
            name += f".{part}"
    return name.removeprefix(".")
