"""What a caller of the OpenAI-compatible door may send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from llm_providers.router.recommend_request import TaskFields, Whole

__all__ = [
    "COMPLETION",
    "DOOR_ERRORS",
    "MODELS",
    "ChatCompletionRequest",
    "ChatTurn",
    "OnlyFalse",
    "StreamOptions",
]

EXAMPLES: list[Any] = [
    {
        "model": "auto",
        "messages": [
            {"role": "system", "content": "You are a patient teacher."},
            {"role": "user", "content": "Explain HTTP 429 in one sentence."},
        ],
    },
    {
        "model": "openrouter",
        "models": ["gemini", "openai"],
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
]


def _no_number(value: Any) -> Any:
    """Return a value; to Python 0 is false, to JSON it is not."""
    if value is not None and not isinstance(value, bool):
        raise ValueError("Input should be false")
    return value


def _no_bool(value: Any) -> Any:
    """Return a value; to Python true is 1, to JSON it is not."""
    if isinstance(value, bool):
        raise ValueError("Input should be 1")
    return value


OnlyFalse = Annotated[Literal[False] | None, BeforeValidator(_no_number)]
OnlyOne = Annotated[Literal[1] | None, BeforeValidator(_no_bool)]


class ChatTurn(BaseModel):
    """One turn of a conversation, as OpenAI has it."""

    model_config = ConfigDict(extra="allow")

    role: Literal[
        "developer", "system", "user", "assistant", "tool", "function"
    ]
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """What a stream tells beside its text."""

    model_config = ConfigDict(extra="allow")

    include_usage: StrictBool | None = None


class ChatCompletionRequest(BaseModel):
    """A chat completion's request, with one field more: `models`.

    A field that is OpenAI's, or another service's, and that the router does
    not pass on is tolerated; the answer names it under `adjustments`.
    """

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": EXAMPLES}
    )

    model: str = Field(
        min_length=1,
        description="provider/model, a provider alone for its default model,"
        " or auto",
    )
    messages: list[ChatTurn] = Field(min_length=1)
    models: list[str] | None = Field(
        None, max_length=20, description="asked in turn where `model` fails"
    )
    task: TaskFields | None = Field(
        None, description="what the choice has to heed, for `model` auto"
    )
    max_completion_tokens: Whole | None = Field(None, ge=1)
    max_tokens: Whole | None = Field(None, ge=1)
    temperature: float | None = Field(
        None, ge=0, le=2, allow_inf_nan=False, strict=True
    )
    stop: str | list[str] | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    n: OnlyOne = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    logprobs: OnlyFalse = None
    modalities: list[Literal["text"]] | None = None
    functions: None = Field(None, description="ask with tools")
    function_call: None = Field(None, description="ask with tools")
    audio: None = None

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        options = self.stream_options
        return bool(options and options.include_usage)

    @property
    def not_passed_on(self) -> tuple[str, ...]:
        """The fields that were sent and that no provider gets to see."""
        extra = self.model_extra or {}
        return tuple(sorted(k for k, v in extra.items() if v is not None))


class DoorErrorFields(BaseModel):
    """OpenAI's four fields of an error."""

    message: str
    type: str
    param: str | None
    code: str | None


class DoorErrorBody(BaseModel):
    """The body of every error at this door."""

    model_config = ConfigDict(extra="allow")

    error: DoorErrorFields


# What the documentation says of the answers.
DOOR_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": DoorErrorBody},
    "5XX": {"model": DoorErrorBody},
}
COMPLETION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A chat completion, or its chunks as events",
        "content": {
            "application/json": {
                "example": {
                    "id": "chatcmpl-0123",
                    "object": "chat.completion",
                    "created": 1_795_000_000,
                    "model": "openai/the-model-that-answered",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "It asks you to slow down.",
                            },
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {
                        "prompt_tokens": 14,
                        "completion_tokens": 7,
                        "total_tokens": 21,
                    },
                }
            },
            "text/event-stream": {},
        },
    }
}
MODELS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The list of models",
        "content": {
            "application/json": {
                "example": {
                    "object": "list",
                    "data": [
                        {
                            "id": "auto",
                            "object": "model",
                            "created": 1_795_000_000,
                            "owned_by": "llm_providers",
                        }
                    ],
                }
            }
        },
    }
}
