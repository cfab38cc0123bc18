"""What OpenAI refuses in a body of ``/v1/responses``, beyond the chat's.

The model's own rules are those of chat completions, with other names for the
parameters; `in_responses` puts an error of theirs into this endpoint's words.
"""

from __future__ import annotations

import re
from typing import Any

from course.sandbox.openai.errors import OpenAIError, context_length
from course.sandbox.openai.refusals import (
    TYPE_WORDS,
    bad,
    missing,
    wrong_type,
)

__all__ = ["checked_body", "in_responses", "unknown_item", "unknown_response"]

# Every parameter with the type of its value. The SDK's own list (openai
# 3.54) is the source.
PARAMETERS: dict[str, tuple[type, ...]] = {
    "access_programs": (dict,),
    "background": (bool,),
    "background_options": (dict,),
    "context_management": (list,),
    "conversation": (str, dict),
    "image": (dict,),
    "include": (list,),
    "input": (str, list),
    "instructions": (str,),
    "max_output_tokens": (int,),
    "max_tool_calls": (int,),
    "metadata": (dict,),
    "model": (str,),
    "moderation": (dict,),
    "parallel_tool_calls": (bool,),
    "previous_response_id": (str,),
    "prompt": (dict,),
    "prompt_cache_key": (str,),
    "prompt_cache_options": (dict,),
    "prompt_cache_retention": (str,),
    "reasoning": (dict,),
    "safety_identifier": (str,),
    "service_tier": (str,),
    "store": (bool,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": (int, float),
    "text": (dict,),
    "tool_choice": (str, dict),
    "tools": (list,),
    "top_logprobs": (int,),
    "top_p": (int, float),
    "truncation": (str,),
    "user": (str,),
}

# What chat completions call otherwise, and where it is to be found here.
MOVED = {
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
}
NOT_SPOKEN = ("background", "conversation", "prompt")
LEAST_OUTPUT_TOKENS = 16

OLD_NAME = re.compile(rf"(?<=')({'|'.join(MOVED)})\b|^({'|'.join(MOVED)})\b")
NESTED = re.compile(r"(tools\[\d+\]|tool_choice)\.function\b")


def checked_body(body: Any) -> dict[str, Any]:
    """Return a request's body without its nulls, which count as not sent.

    Raises the OpenAIError that the vendor would answer with.
    """
    if not isinstance(body, dict):
        raise wrong_type("body", "an object", body)
    kept = {name: value for name, value in body.items() if value is not None}
    if not kept.get("model"):
        raise missing("model")
    for name, value in kept.items():
        _check_parameter(name, value)
    if "input" not in kept and "previous_response_id" not in kept:
        raise missing("input")
    most = kept.get("max_output_tokens", LEAST_OUTPUT_TOKENS)
    if most < LEAST_OUTPUT_TOKENS:
        raise bad(
            "Invalid 'max_output_tokens': integer below minimum value."
            f" Expected a value >= {LEAST_OUTPUT_TOKENS}, but got {most}"
            " instead.",
            "max_output_tokens",
            "integer_below_min_value",
        )
    return kept


def _check_parameter(name: str, value: Any) -> None:
    if name in MOVED:
        raise bad(
            f"Unsupported parameter: '{name}'. In the Responses API, this"
            f" parameter has moved to '{MOVED[name]}'. Try again with the new"
            " parameter. See the API documentation for more information:"
            " https://platform.openai.com/docs/api-reference/responses"
            "/create.",
            name,
            "unsupported_parameter",
        )
    if name not in PARAMETERS:
        raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    types = PARAMETERS[name]
    fits = isinstance(value, types)
    if not fits or (isinstance(value, bool) and bool not in types):
        raise wrong_type(name, _wanted(types), value)
    if name in NOT_SPOKEN and value is not False:
        raise bad(f"The sandbox does not speak '{name}'.", name, None)


def _wanted(types: tuple[type, ...]) -> str:
    if types == (str, list):
        return "one of a string or array of input items"
    return "a decimal" if float in types else TYPE_WORDS[types[0]]


def in_responses(error: OpenAIError) -> OpenAIError:
    """Return an error of chat completions with this endpoint's names.

    Its sentence stays that of chat completions, which is not from a capture
    of this endpoint, but for the context window's.
    """
    text = str(error)
    if error.code == "context_length_exceeded":
        text = str(context_length(None, 0))
    elif error.code != "unsupported_parameter" or "has moved" not in text:
        text = _renamed(text)
    param = error.param
    if param is not None and "has moved" not in text:
        param = _renamed(param.replace(".json_schema", ""))
        if error.code == "invalid_json_schema" and param == "text.format":
            param = "text.format.schema"
    return OpenAIError(
        error.status,
        text,
        kind=error.kind,
        param=param,
        code=error.code,
        headers=error.headers,
    )


def _renamed(text: str) -> str:
    """Return a text with the parameters' names of this endpoint."""
    text = NESTED.sub(r"\1", text.replace(".json_schema.", "."))
    return OLD_NAME.sub(lambda match: MOVED[match[0]], text)


def unknown_response(name: str, param: str | None = None) -> OpenAIError:
    """Return the error for a response that is not, or no longer, kept."""
    if param is None:
        return OpenAIError(404, f"Response with id '{name}' not found.")
    return bad(
        f"Previous response with id '{name}' not found.",
        param,
        "previous_response_not_found",
    )


def unknown_item(name: str) -> OpenAIError:
    """Return 404 for an item that no remembered response has."""
    return OpenAIError(
        404,
        f"Item with id '{name}' not found. Items are not persisted when"
        " `store` is set to false. Try again with `store` set to true, or"
        " remove this item from your input.",
        param="input",
    )
