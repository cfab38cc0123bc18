"""One HTTP door to the agents: a FastAPI app.

Start it with ``uvicorn llm_providers.llm_router:app``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException as StarletteHTTPException

from llm_providers.agent import Agent
from llm_providers.agents import agent_for
from llm_providers.prompts import Prompt
from llm_providers.responses import (
    Attempt,
    ErrorInfo,
    StandardResponse,
    Usage,
)
from llm_providers.settings import PROVIDERS, load_settings

__all__ = [
    "HTTP_STATUS",
    "ErrorReply",
    "PromptReply",
    "PromptRequest",
    "answer",
    "app",
    "create_app",
]

# What the caller of the router is told for each kind of error. A key that
# the provider refuses is the router's trouble, not the caller's: 502, never
# 401, which would send the caller looking for a key of their own.
HTTP_STATUS: Mapping[str, int] = {
    "missing_key": HTTPStatus.SERVICE_UNAVAILABLE,
    "authentication": HTTPStatus.BAD_GATEWAY,
    "permission_denied": HTTPStatus.BAD_GATEWAY,
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "context_length": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "model_not_found": HTTPStatus.NOT_FOUND,
    "model_retired": HTTPStatus.GONE,
    "content_blocked": HTTPStatus.UNPROCESSABLE_ENTITY,
    "quota_exhausted": HTTPStatus.SERVICE_UNAVAILABLE,
    "rate_limit": HTTPStatus.TOO_MANY_REQUESTS,
    "provider_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "connection_failed": HTTPStatus.BAD_GATEWAY,
    "timeout": HTTPStatus.GATEWAY_TIMEOUT,
    "malformed_response": HTTPStatus.BAD_GATEWAY,
    "empty_response": HTTPStatus.BAD_GATEWAY,
    "stream_interrupted": HTTPStatus.BAD_GATEWAY,
}


class ChatMessage(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(extra="allow")

    role: str
    content: Any = None


class PromptRequest(BaseModel):
    """What a caller sends: `prompt` or `messages`, and options."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "prompt": "Explain HTTP 429 in one sentence.",
                    "system_message": "You are a patient teacher.",
                    "max_tokens": 100,
                }
            ]
        },
    )

    prompt: str | None = Field(None, min_length=1)
    messages: list[ChatMessage] | None = Field(None, min_length=1)
    model: str | None = None
    system_message: str | None = None
    max_tokens: int | None = Field(None, ge=1, description="in tokens")
    temperature: float | None = Field(None, ge=0, le=2)
    stop: list[str] | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> PromptRequest:
        if (self.prompt is None) == (self.messages is None):
            raise ValueError("give either prompt or messages")
        try:
            Prompt.of(self.model_dump(exclude_none=True))
        except TypeError as error:
            raise ValueError(str(error)) from None
        return self


class PromptReply(BaseModel):
    """The standard response of a successful call."""

    status: str
    message: str
    model: str
    usage: Usage
    provider: str
    finish_reason: str | None
    attempts: list[Attempt]
    cost_usd: float | None
    request_id: str | None
    simulated: bool
    adjustments: list[str]
    tool_calls: list[dict[str, Any]]
    upstream: str | None


class ErrorReply(BaseModel):
    """The one shape of every error: what went wrong and what to do."""

    error: ErrorInfo


def answer(agent: Agent, request: PromptRequest) -> PromptReply:
    """Return the agent's answer to a request.

    Raises HTTPException with the status that HTTP_STATUS gives for the kind
    of error and the error's fields as detail; with ``Retry-After``, in whole
    seconds rounded up, where the provider said how long to wait.
    """
    response = agent.process_prompt(request.model_dump(exclude_none=True))
    error = response.error
    if error is None:
        return _reply(response)
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    raise HTTPException(HTTP_STATUS[error.kind], asdict(error), headers)


def _reply(response: StandardResponse) -> PromptReply:
    return PromptReply.model_validate(response.to_dict())


AgentFor = Callable[[str], Agent]


def _agents(request: Request) -> AgentFor:
    found: AgentFor = request.app.state.agent_for
    return found


router = APIRouter(prefix="/agents/llm-providers")
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply} for status in sorted({*HTTP_STATUS.values()})
}


def add_provider(provider: str) -> None:
    """Add the provider's endpoint, ``POST …/{provider}``."""

    @router.post(
        f"/{provider}",
        responses=ERRORS,
        name=f"ask_{provider}",
        description=f"Ask {provider}.",
    )
    def ask(
        request: PromptRequest,
        agents: Annotated[AgentFor, Depends(_agents)],
    ) -> PromptReply:
        return answer(agents(provider), request)


for name in PROVIDERS:
    add_provider(name)


def create_app(environ: Mapping[str, str] | None = None) -> FastAPI:
    """Return the app. `environ` replaces the environment and `.env`.

    An agent is made at its first request and kept.
    """
    app = FastAPI(title="LLM providers")
    app.include_router(router)

    made: dict[str, Agent] = {}
    lock = threading.Lock()

    def agent_of(provider: str) -> Agent:
        with lock:
            if provider not in made:
                settings = load_settings(environ)[provider]
                made[provider] = agent_for(provider, settings=settings)
            return made[provider]

    app.state.agent_for = agent_of
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    return app


def _http_error(request: Request, error: Exception) -> JSONResponse:
    """Return an error in the one shape, also where no endpoint raised it."""
    assert isinstance(error, StarletteHTTPException)
    detail: Any = error.detail
    if not isinstance(error, HTTPException):
        detail = asdict(_no_endpoint(request, error.status_code))
    return JSONResponse({"error": detail}, error.status_code, error.headers)


def _no_endpoint(request: Request, status: int) -> ErrorInfo:
    """Return what is said of a path or a method that is not served."""
    phrase = HTTPStatus(status).phrase
    return ErrorInfo(
        kind=phrase.lower().replace(" ", "_"),
        retryable=False,
        reason=f"{phrase}: {request.method} {request.url.path}.",
        what_to_do=f"Post to {router.prefix}/PROVIDER; the providers are: "
        f"{', '.join(PROVIDERS)}.",
    )


def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
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
    return JSONResponse(
        {"error": asdict(info)}, HTTPStatus.UNPROCESSABLE_ENTITY
    )


app = create_app()
