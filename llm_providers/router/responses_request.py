"""What a caller of ``/v1/responses`` may send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from llm_providers.router.openai_request import OnlyFalse
from llm_providers.router.recommend_request import TaskFields, Whole

__all__ = ["RESPONSE", "ResponsesRequest"]

EXAMPLES: list[Any] = [
    {
        "model": "auto",
        "instructions": "You are a patient teacher.",
        "input": "Explain HTTP 429 in one sentence.",
    },
    {
        "model": "openrouter",
        "models": ["gemini", "openai"],
        "input": [
            {"role": "user", "content": "How is the weather in Rome?"},
            {
                "type": "function_call",
                "call_id": "call_1",
                "name": "weather",
                "arguments": '{"city": "Rome"}',
            },
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": "Sunny.",
            },
        ],
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
                "strict": True,
            }
        ],
        "stream": True,
    },
]

# What these fields mean with these values happens anyway.
HARMLESS: Mapping[str, tuple[Any, ...]] = {
    "include": ([],),
    "parallel_tool_calls": (True,),
    "service_tier": ("auto", "default"),
    "top_logprobs": (0,),
    "top_p": (1,),
    "truncation": ("disabled",),
}


class ReasoningOptions(BaseModel):
    """How much a model is to reason."""

    model_config = ConfigDict(extra="allow")

    effort: str | None = None


class TextOptions(BaseModel):
    """What kind of text the answer is to be."""

    model_config = ConfigDict(extra="allow")

    format: dict[str, Any] | None = None


class ResponsesRequest(BaseModel):
    """A response's request, with one field more: `models`.

    A field that is OpenAI's, or another service's, and that the router does
    not pass on is tolerated; the answer names it under `adjustments`. What
    would change the conversation, or needs a memory, is refused.
    """

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": EXAMPLES}
    )

    model: str = Field(
        min_length=1,
        description="provider/model, a provider alone for its default model,"
        " or auto",
    )
    input: str | list[dict[str, Any]]
    models: list[str] | None = Field(
        None, max_length=20, description="asked in turn where `model` fails"
    )
    task: TaskFields | None = Field(
        None, description="what the choice has to heed, for `model` auto"
    )
    instructions: str | None = None
    max_output_tokens: Whole | None = Field(None, ge=1)
    temperature: float | None = Field(
        None, ge=0, le=2, allow_inf_nan=False, strict=True
    )
    reasoning: ReasoningOptions | None = None
    text: TextOptions | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    stream: StrictBool | None = None
    stream_options: dict[str, Any] | None = None
    metadata: dict[str, str] | None = Field(None, max_length=16)
    store: StrictBool | None = Field(None, description="nothing is kept, ever")
    background: OnlyFalse = None

    @property
    def not_passed_on(self) -> tuple[str, ...]:
        """The fields that were sent and that no provider gets to see."""
        return tuple(sorted(self._unseen()))

    def _unseen(self) -> Iterator[str]:
        for name, value in (self.model_extra or {}).items():
            if value is not None and value not in HARMLESS.get(name, ()):
                yield name
        for name in ("reasoning", "text"):
            options = getattr(self, name)
            extra = options.model_extra or {} if options else {}
            yield from (f"{name}.{key}" for key, v in extra.items() if v)


# What the documentation says of the answers.
RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A response, or its typed events",
        "content": {
            "application/json": {
                "example": {
                    "id": "resp_0123",
                    "object": "response",
                    "created_at": 1_795_000_000,
                    "status": "completed",
                    "model": "openai/the-model-that-answered",
                    "output": [
                        {
                            "id": "msg_0123",
                            "type": "message",
                            "status": "completed",
                            "role": "assistant",
                            "content": [
                                {
                                    "type": "output_text",
                                    "text": "It asks you to slow down.",
                                    "annotations": [],
                                }
                            ],
                        }
                    ],
                    "usage": {
                        "input_tokens": 14,
                        "input_tokens_details": {
                            "cached_tokens": 0,
                            "cache_write_tokens": 0,
                        },
                        "output_tokens": 7,
                        "output_tokens_details": {"reasoning_tokens": 0},
                        "total_tokens": 21,
                    },
                }
            },
            "text/event-stream": {},
        },
    }
}
