"""What OpenRouter makes of a request body before a provider gets it.

A parameter that a model does not take is dropped, not refused.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.answers import REASONING_TOKENS
from course.sandbox.chat_completions import prompt_tokens
from course.sandbox.models import Model
from course.sandbox.openai.checks import PARAMETERS, check_parameter
from course.sandbox.openai.errors import OpenAIError
from course.sandbox.openai.messages import check_messages
from course.sandbox.openai.tools import check_format, check_tools
from course.sandbox.openrouter.errors import invalid, too_long

__all__ = ["adapted", "checked", "effort_of"]

OWN: dict[str, type] = {
    "models": list,
    "plugins": list,
    "provider": dict,
    "reasoning": dict,
}
# Taken by the gateway alone, or by none of the providers behind it.
DROPPED = ("logprobs", "n", "service_tier", "store", "top_logprobs")
DEFAULT_EFFORT = "medium"


def checked(body: Any) -> dict[str, Any]:
    """Return a body without nulls and unknown fields; 400 for bad types."""
    if not isinstance(body, dict):
        raise invalid("Invalid input: expected a JSON object")
    body = {name: value for name, value in body.items() if value is not None}
    for name, kind in OWN.items():
        if name in body and not isinstance(body[name], kind):
            raise invalid(f"Invalid input: expected {kind.__name__} at {name}")
    if "messages" not in body:
        raise invalid('Input required: specify "prompt" or "messages"')
    kept = {
        name: value
        for name, value in body.items()
        if (name in PARAMETERS or name in OWN) and name not in DROPPED
    }
    try:
        for name in kept.keys() & PARAMETERS.keys():
            check_parameter(name, kept[name])
        _check_shapes(kept)
    except OpenAIError as error:
        raise invalid(str(error)) from None
    return kept


# Whether a model sees images is a matter of routing, not of the shape.
ANY_MODEL = Model(
    "any", None, 0, None, None, ("text", "image"), False, "both", "any", (),
    True, True, None, None,
)  # fmt: skip


def _check_shapes(body: dict[str, Any]) -> None:
    stop = body.get("stop")
    if isinstance(stop, list) and not all(isinstance(s, str) for s in stop):
        raise invalid("Invalid input: expected string at 'stop'")
    check_messages(body["messages"], ANY_MODEL)
    check_format(body)
    check_tools(body)


def adapted(body: dict[str, Any], model: Model) -> dict[str, Any]:
    """Return the body as the model takes it; 400 where it is too long."""
    body = dict(body)
    if not model.stop:
        body.pop("stop", None)
    asked = body.pop("max_completion_tokens", None)
    asked = body.pop("max_tokens", None) or asked
    if asked is not None:
        body["max_tokens"] = min(asked, model.max_output_tokens or asked)
    used = prompt_tokens(body)
    wanted = body.get("max_tokens", 0)
    if used + wanted > model.context_window:
        raise too_long(model.context_window, used, wanted)
    # Usage is always sent, and padding against listeners is OpenAI's own.
    options = {"include_usage": True, "include_obfuscation": False}
    return body | {"stream_options": options}


def effort_of(body: dict[str, Any], model: Model) -> str:
    """Return how much the model reasons; an unknown effort is dropped."""
    if not model.reasoning:
        return "none"
    reasoning = body.get("reasoning") or {}
    efforts = model.reasoning_efforts
    effort = reasoning.get("effort") or body.get("reasoning_effort")
    if reasoning.get("enabled") is False:
        effort = "none"
    budget = reasoning.get("max_tokens")
    if isinstance(budget, int) and not effort:
        known = [e for e in efforts if REASONING_TOKENS[e] <= budget]
        effort = max(known, key=REASONING_TOKENS.__getitem__, default=None)
    return effort if effort in efforts else DEFAULT_EFFORT


def said(body: dict[str, Any]) -> str:
    """Return the text of the last thing that the user said."""
    for message in reversed(body.get("messages") or []):
        if isinstance(message, dict) and message.get("role") == "user":
            return str(message.get("content"))
    return ""
