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
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from llm_providers import __version__
from llm_providers.calls import answered
from llm_providers.prompts import Prompt
from llm_providers.responses import (
    Attempt,
    ErrorInfo,
    StandardResponse,
    Usage,
)
from llm_providers.router import (
    docs_page,
    metrics_door,
    openai_door,
    responses_door,
)
from llm_providers.router.auto import Auto, told_apart
from llm_providers.router.direct import Direct
from llm_providers.router.gates import Gates
from llm_providers.router.health import HealthReply, health_of
from llm_providers.router.http_errors import add_error_handlers, refusal
from llm_providers.router.http_examples import (
    AUTO_EXAMPLE,
    HEALTH_EXAMPLE,
    RECOMMENDATION_EXAMPLE,
    REPLY_EXAMPLE,
    error_examples,
    error_response,
)
from llm_providers.router.recommend_request import (
    RecommendReply,
    RecommendRequest,
    TaskFields,
    Why,
)
from llm_providers.router.service import Service
from llm_providers.router.targets import LONGEST_MODEL
from llm_providers.settings import PROVIDERS

__all__ = [
    "HTTP_STATUS",
    "AutoReply",
    "AutoRequest",
    "ErrorReply",
    "PromptProcessor",
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


# What `_makes_sense` asks for, in the words of JSON schema.
PROMPT_OR_MESSAGES: list[JsonValue] = [
    {
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string", "pattern": r"\S"},
            "messages": {"type": "null"},
        },
    },
    {
        "required": ["messages"],
        "properties": {
            "messages": {"type": "array"},
            "prompt": {"type": "null"},
        },
    },
]


class PromptRequest(BaseModel):
    """What a caller sends: `prompt` or `messages`, and options."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": PROMPT_OR_MESSAGES,
            "examples": [
                {
                    "prompt": "Explain HTTP 429 in one sentence.",
                    "system_message": "You are a patient teacher.",
                    "max_tokens": 100,
                }
            ],
        },
    )

    prompt: str | None = Field(None, min_length=1)
    messages: list[ChatMessage] | None = Field(None, min_length=1)
    model: str | None = Field(None, max_length=LONGEST_MODEL)
    system_message: str | None = None
    max_tokens: int | None = Field(None, ge=1, description="in tokens")
    temperature: float | None = Field(None, ge=0, le=2, strict=True)
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
            Prompt.of(self.model_dump(exclude_none=True, exclude={"task"}))
        except TypeError as error:
            raise ValueError(str(error)) from None
        return self


class AutoRequest(PromptRequest):
    """A prompt, and what the choice of its model has to heed."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": PROMPT_OR_MESSAGES,
            "examples": [
                {
                    "prompt": "Explain HTTP 429 in one sentence.",
                    "task": {"type": "conversation", "max_cost_usd": 0.01},
                }
            ],
        }
    )

    task: TaskFields | None = None


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


class AutoReply(PromptReply):
    """The answer, and why the first model that was asked was chosen.

    `recommended` is null where the router's settings name the models.
    """

    recommended: Why | None = None


class ErrorReply(BaseModel):
    """The one shape of every error: what went wrong and what to do."""

    error: ErrorInfo


class PromptProcessor(Protocol):
    """What answers prompts as an agent does, and has perhaps nothing else."""

    def process_prompt(self, prompt: Any) -> StandardResponse: ...


def answer(agent: PromptProcessor, request: PromptRequest) -> PromptReply:
    """Return the agent's answer to a request.

    Of the agent no more is known than its `process_prompt`.

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


# Whatever is asked: how a request is refused before anybody is asked.
REFUSALS = (400, 401, 403, 408, 413, 422)

router = APIRouter(
    prefix="/agents/llm-providers",
    tags=["agents"],
    responses={one: error_response(one) for one in REFUSALS},
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
        service = _service(request)
        return await answered(
            lambda: answer(service.metered(provider), asked),
            request.receive,
            service.way_to_ask(provider),
        )


for name in PROVIDERS:
    add_provider(name)


@router.post("/auto", responses={**ANSWERS, 200: AUTO_EXAMPLE})
async def ask_auto(asked: AutoRequest, request: Request) -> AutoReply:
    """Ask the models that suit the prompt in turn, until one answers.

    They are recommended for it, unless the router's settings name others.
    `task` says what the choice has to heed. `model`, if given, is asked
    before them, written as provider/model. The reply says who answered,
    `recommended` why the first one was chosen; `attempts` lists all tries.
    """
    caller: Any = Auto(_service(request), asked.model, asked.task)
    plain = asked.model_copy(update={"task": None})
    reply = await answered(lambda: answer(caller, plain), request.receive)
    return AutoReply(**dict(reply), recommended=caller.recommended)


@router.post(
    "/recommend-model",
    responses={
        200: RECOMMENDATION_EXAMPLE,
        # Named once as a model; all others refer to it.
        422: {"model": ErrorReply},
    },
)
async def recommend_model(
    asked: RecommendRequest, request: Request
) -> RecommendReply:
    """Recommend a model for a task, among the providers that have a key.

    Nobody is asked, and it costs nothing. No limit is ever broken: where
    nothing fits, the error `nothing_fits` names the limit that is nearest
    to letting a model through.
    """
    recommending = _service(request).recommending

    def recommended() -> RecommendReply:
        with told_apart():
            return RecommendReply.of(recommending.recommend(asked.task))

    return await answered(recommended, request.receive)


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
    # The pages that FastAPI has load their scripts from elsewhere.
    app = FastAPI(
        title="LLM providers",
        version=__version__,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(router)
    app.include_router(openai_door.router)
    app.include_router(responses_door.router)
    app.include_router(metrics_door.router)
    app.include_router(docs_page.router)
    service = Service(HTTP_STATUS, environ, env_file, ledger)
    app.state.service = service
    app.add_middleware(
        Direct, endpoints=[openai_door.endpoint, responses_door.endpoint]
    )
    app.add_middleware(
        Gates,
        settings=lambda: service.settings,
        complain=refusal,
        visitors=service,
    )
    add_error_handlers(app)
    return app


app = create_app()
