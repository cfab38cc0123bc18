"""What OpenAI refuses: the checks of a chat completion's request body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.sandbox.chat_completions import prompt_tokens
from course.sandbox.models import Model, Models
from course.sandbox.openai.errors import (
    context_length,
    retired_model,
    unknown_model,
    unsupported_parameter,
)
from course.sandbox.openai.messages import check_messages
from course.sandbox.openai.refusals import (
    TYPE_WORDS,
    bad,
    missing,
    quoted,
    wrong_type,
)
from course.sandbox.openai.tools import check_together

__all__ = [
    "PARAMETERS",
    "check_body",
    "check_parameter",
    "effort_of",
    "find_model",
]

# Every parameter of the endpoint with the type of its value. The SDK's own
# list (openai 3.54) is the source.
PARAMETERS: dict[str, tuple[type, ...]] = {
    "audio": (dict,),
    "frequency_penalty": (int, float),
    "function_call": (str, dict),
    "functions": (list,),
    "logit_bias": (dict,),
    "logprobs": (bool,),
    "max_completion_tokens": (int,),
    "max_tokens": (int,),
    "messages": (list,),
    "metadata": (dict,),
    "modalities": (list,),
    "model": (str,),
    "moderation": (dict,),
    "n": (int,),
    "parallel_tool_calls": (bool,),
    "prediction": (dict,),
    "presence_penalty": (int, float),
    "prompt_cache_key": (str,),
    "prompt_cache_options": (dict,),
    "prompt_cache_retention": (str,),
    "reasoning_effort": (str,),
    "response_format": (dict,),
    "safety_identifier": (str,),
    "seed": (int,),
    "service_tier": (str,),
    "stop": (str, list),
    "store": (bool,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": (int, float),
    "tool_choice": (str, dict),
    "tools": (list,),
    "top_logprobs": (int,),
    "top_p": (int, float),
    "user": (str,),
    "verbosity": (str,),
    "web_search_options": (dict,),
}

RANGES: dict[str, tuple[float, float]] = {
    "frequency_penalty": (-2, 2),
    "max_completion_tokens": (1, float("inf")),
    "max_tokens": (1, float("inf")),
    "n": (1, 128),
    "presence_penalty": (-2, 2),
    "temperature": (0, 2),
    "top_logprobs": (0, 20),
    "top_p": (0, 1),
}

DEFAULT_EFFORT = "medium"


def check_body(body: Any, find: Callable[[str], Model]) -> Model:
    """Return the model for a request body, which `find` looks up by name.

    Raises the OpenAIError that the vendor would answer with. The body is
    left without parameters that are null, which count as not sent.
    """
    if not isinstance(body, dict):
        raise wrong_type("body", "an object", body)
    for name in [name for name, value in body.items() if value is None]:
        if name not in ("model", "messages"):
            del body[name]
    if not body.get("model"):
        raise bad("you must provide a model parameter", None, None)
    for name, value in body.items():
        check_parameter(name, value)
    if "messages" not in body:
        raise missing("messages")
    model = find(body["model"])
    check_messages(body["messages"], model)
    check_together(body)
    _check_model(body, model)
    _check_length(body, model)
    return model


def find_model(name: str, models: Models) -> Model:
    """Return a model; raises the error for an unknown or shut-down one."""
    model = models.known().get(name)
    if model is None:
        raise unknown_model(name)
    if models.is_shut_down(model):
        raise retired_model(name)
    return model


def check_parameter(name: str, value: Any) -> None:
    """Raise the error for an unknown parameter or a value of a wrong type."""
    if name not in PARAMETERS:
        raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    types = PARAMETERS[name]
    fits = isinstance(value, types)
    if not fits or (isinstance(value, bool) and bool not in types):
        wanted = "a decimal" if float in types else TYPE_WORDS[types[0]]
        raise wrong_type(name, wanted, value)
    if name in RANGES:
        _check_range(name, value)


def _check_range(name: str, value: float) -> None:
    low, high = RANGES[name]
    kind = "decimal" if float in PARAMETERS[name] else "integer"
    if value != value or value < low:
        side, sign, edge, code = "below minimum", ">=", low, "below_min"
    elif value > high:
        side, sign, edge, code = "above maximum", "<=", high, "above_max"
    else:
        return
    raise bad(
        f"Invalid '{name}': {kind} {side} value. Expected a value {sign}"
        f" {edge:g}, but got {value} instead.",
        name,
        f"{kind}_{code}_value",
    )


def effort_of(body: dict[str, Any], model: Model) -> str:
    """Return how much the model reasons for this request."""
    if not model.reasoning:
        return "none"
    return str(body.get("reasoning_effort", DEFAULT_EFFORT))


def _check_model(body: dict[str, Any], model: Model) -> None:
    """Raise for what this model does not take and others do."""
    if "max_tokens" in body and model.max_tokens == "max_completion_tokens":
        hint = " Use 'max_completion_tokens' instead."
        raise unsupported_parameter("max_tokens", hint)
    if "stop" in body and not model.stop:
        raise unsupported_parameter("stop")
    effort = body.get("reasoning_effort")
    if effort is not None:
        _check_effort(effort, model)
    for name in ("temperature", "top_p"):
        if name in body:
            _check_sampling(name, body[name], effort, model)
    reasons = effort not in (None, "none")
    if body.get("tools") and reasons and not model.tools_with_reasoning:
        raise bad(
            "Function tools with reasoning_effort are not supported for"
            f" {body['model']} in /v1/chat/completions. To use function"
            " tools, use /v1/responses or set reasoning_effort to 'none'.",
            "reasoning_effort",
            None,
        )


def _check_effort(effort: str, model: Model) -> None:
    if not model.reasoning_efforts:
        raise unsupported_parameter("reasoning_effort")
    if effort not in model.reasoning_efforts:
        raise bad(
            f"Unsupported value: 'reasoning_effort' does not support"
            f" '{effort}' with this model. Supported values are:"
            f" {quoted(model.reasoning_efforts)}.",
            "reasoning_effort",
            "unsupported_value",
        )


def _check_sampling(
    name: str, value: float, effort: str | None, model: Model
) -> None:
    if model.temperature == "never":
        raise unsupported_parameter(name)
    free = model.temperature == "any" or (
        model.temperature == "without_reasoning" and effort == "none"
    )
    if not free and value != 1:
        raise bad(
            f"Unsupported value: '{name}' does not support {value} with this"
            " model. Only the default (1) value is supported.",
            name,
            "unsupported_value",
        )


def _check_length(body: dict[str, Any], model: Model) -> None:
    name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
    completion = body.get(name, 0)
    limit = model.max_output_tokens or model.context_window
    if completion > limit:
        raise bad(
            f"{name} is too large: {completion}. This model supports at most"
            f" {limit} completion tokens, whereas you"
            f" provided {completion}.",
            name,
            "invalid_value",
        )
    used = prompt_tokens(body)
    if used > (model.max_input_tokens or model.context_window):
        raise context_length(model, used)
    if not model.reasoning and used + completion > model.context_window:
        raise context_length(model, used, completion)
