"""The router, a FastAPI app: the agents behind HTTP.

Start it with ``python3 -m llm_providers serve``, or with
``uvicorn llm_providers.llm_router:app``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from llm_providers import __version__
from llm_providers.agent import Agent
from llm_providers.calls import answered
from llm_providers.prompts import Prompt
from llm_providers.responses import (
    Attempt,
    ErrorInfo,
    StandardResponse,
    Usage,
)
from llm_providers.router import openai_door
from llm_providers.router.gates import Gates
from llm_providers.router.health import HealthReply, health_of
from llm_providers.router.http_errors import add_error_handlers, refusal
from llm_providers.router.http_examples import (
    HEALTH_EXAMPLE,
    REPLY_EXAMPLE,
    error_examples,
    error_response,
)
from llm_providers.router.service import AUTO, Service
from llm_providers.router.targets import Target
from llm_providers.settings import PROVIDERS

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
    # The router's own.
    "budget_exceeded": HTTPStatus.TOO_MANY_REQUESTS,
    "ledger_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
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


router = APIRouter(
    prefix="/agents/llm-providers",
    tags=["agents"],
    responses={status: error_response(status) for status in (401, 413, 422)},
)
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: REPLY_EXAMPLE,
    **error_examples(HTTP_STATUS),
}


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


def add_provider(provider: str) -> None:
    """Add the provider's endpoint, ``POST …/{provider}``."""

    @router.post(
        f"/{provider}",
        responses=ANSWERS,
        name=f"ask_{provider}",
        description=f"Ask {provider}; it has to have a key.",
    )
    async def ask(asked: PromptRequest, request: Request) -> PromptReply:
        metered: Any = _service(request).metered
        return await answered(
            lambda: answer(metered(provider), asked), request.receive
        )


for name in PROVIDERS:
    add_provider(name)


@router.post("/auto", responses=ANSWERS)
async def ask_auto(asked: PromptRequest, request: Request) -> PromptReply:
    """Ask the configured targets in turn, until one answers.

    `model`, if given, is a target that is asked before them, written as
    provider/model. The reply says who answered; `attempts` lists all tries.
    """
    service = _service(request)
    first = [asked.model] if asked.model else []
    try:
        targets = service.targets([*first, AUTO])
    except ValueError as error:
        info = ErrorInfo(
            kind="model_not_found",
            retryable=False,
            reason=str(error),
            what_to_do="Leave the model out, or name one in this way.",
        )
        raise HTTPException(HTTP_STATUS[info.kind], asdict(info)) from None
    caller: Any = Auto(service, targets)
    return await answered(lambda: answer(caller, asked), request.receive)


class Auto:
    """Several targets behind the interface of one agent."""

    def __init__(self, service: Service, targets: list[Target]) -> None:
        self._service = service
        self._targets = targets

    def process_prompt(self, prompt: Any) -> StandardResponse:
        """Return the first target's answer, or the last one's error."""
        return self._service.fallback.process_prompt(
            prompt, self._targets, self._service.settings.deadline_seconds
        )


@router.post(
    "/recommend-model",
    status_code=HTTPStatus.NOT_IMPLEMENTED,
    response_description=HTTPStatus.NOT_IMPLEMENTED.phrase,
    responses={HTTPStatus.NOT_IMPLEMENTED: {"model": ErrorReply}},
)
async def recommend_model() -> None:
    """Not there yet: which model for which task."""
    info = ErrorInfo(
        kind="not_implemented",
        retryable=False,
        reason="This router does not recommend models yet.",
        what_to_do=f"Post to {router.prefix}/auto, which asks the configured "
        "models in turn, or name a model yourself.",
    )
    raise HTTPException(HTTPStatus.NOT_IMPLEMENTED, asdict(info))


@router.get("/health", responses={200: HEALTH_EXAMPLE})
async def health(request: Request, probe: bool = False) -> HealthReply:
    """Tell how the router is: who has a key, who is left alone for now.

    With `probe`, each provider that has a key is asked for its models, too.
    """
    service = _service(request)
    return await answered(
        lambda: health_of(service, probe=probe), request.receive
    )


def create_app(
    environ: Mapping[str, str] | None = None,
    env_file: str | os.PathLike[str] | None = None,
    ledger: str = "",
) -> FastAPI:
    """Return the app. `environ` replaces the environment and `.env`.

    `env_file` is read in place of the `.env` that would be found. An agent
    is made at its first request and kept. `ledger` is the file of the usage
    ledger where the settings name none; without either none is kept.
    """
    app = FastAPI(title="LLM providers", version=__version__)
    app.include_router(router)
    app.include_router(openai_door.router)
    service = Service(HTTP_STATUS, environ, env_file, ledger)
    app.state.service = service
    app.add_middleware(
        Gates, settings=lambda: service.settings, complain=refusal
    )
    add_error_handlers(app)
    return app


app = create_app()
