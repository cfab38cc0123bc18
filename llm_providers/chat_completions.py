"""The chat-completions wire format: three pure translations.

Our prompt becomes a request body, a response body becomes our reply, an
event of a stream becomes a piece of text. Nothing here does any I/O, so the
format is shared by every provider that speaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llm_providers.answer_shapes import decode_answer
from llm_providers.catalogue import Parameters
from llm_providers.errors import (
    ContentBlockedError,
    EmptyResponseError,
    MalformedResponseError,
    ProviderError,
)
from llm_providers.http_replies import error_from_body
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply, Usage

__all__ = [
    "UNLISTED",
    "Piece",
    "build_request",
    "parse_event",
    "parse_response",
    "parse_usage",
    "raise_error_inside",
    "read_events",
    "require_content",
    "takes_temperature",
]

# What a model of this format is taken to accept where nobody lists it.
UNLISTED = Parameters(
    max_tokens="max_completion_tokens",
    temperature="any",
    reasoning_efforts=("none", "minimal", "low", "medium", "high"),
    stop=True,
    tools_with_reasoning=True,
)


@dataclass
class Piece:
    """What one event of a stream adds to the answer.

    Nobody changes one. It is not frozen, since a stream has very many, and
    one that is takes three times as long to be made.
    """

    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str = ""
    id: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    cost_usd: float | None = None
    simulated: bool = False
    upstream: str | None = None


def build_request(prompt: Prompt, parameters: Parameters) -> dict[str, Any]:
    """Return the request body for a prompt.

    Holds only what the caller set and the model accepts: `parameters` are
    the catalogue's, and a parameter that the model would refuse is left out.
    """
    messages = [dict(message) for message in prompt.messages]
    if prompt.system_message:
        system = {"role": "system", "content": prompt.system_message}
        messages.insert(0, system)
    body: dict[str, Any] = {"model": prompt.model, "messages": messages}
    if prompt.max_tokens is not None:
        plain = parameters.max_tokens == "max_tokens"
        name = "max_tokens" if plain else "max_completion_tokens"
        body[name] = prompt.max_tokens
    if prompt.reasoning_effort in parameters.reasoning_efforts:
        body["reasoning_effort"] = prompt.reasoning_effort
    if takes_temperature(prompt, parameters):
        body["temperature"] = prompt.temperature
    if prompt.stop and parameters.stop:
        body["stop"] = list(prompt.stop)
    if prompt.response_format is not None:
        body["response_format"] = dict(prompt.response_format)
    if prompt.tools:
        body["tools"] = [dict(tool) for tool in prompt.tools]
    if prompt.tool_choice is not None:
        body["tool_choice"] = prompt.tool_choice
    return body


def takes_temperature(prompt: Prompt, parameters: Parameters) -> bool:
    """Return whether the prompt sets a temperature that the model takes."""
    if prompt.temperature is None:
        return False
    if parameters.temperature == "without_reasoning":
        return prompt.reasoning_effort == "none"
    if parameters.temperature == "default_only":
        return prompt.temperature == 1
    return parameters.temperature == "any"


def parse_response(payload: Mapping[str, Any]) -> Reply:
    """Return the reply that a response body holds.

    A refusal is a reply: its text is the answer, its finish reason
    ``refusal``. Raises the ProviderError that an ``error`` inside the body
    means, MalformedResponseError without a choice, ContentBlockedError for
    a filtered answer, EmptyResponseError for one without content.
    """
    choice = first_choice(payload)
    if choice is None:
        raise MalformedResponseError("The response holds no choices.")
    message = _mapping(choice.get("message"))
    refusal = message.get("refusal")
    usage = _mapping(payload.get("usage"))
    reply = Reply(
        text=refusal or message.get("content") or "",
        model=payload.get("model") or "",
        finish_reason=(
            "refusal" if refusal else choice.get("finish_reason") or "unknown"
        ),
        usage=parse_usage(usage),
        id=payload.get("id"),
        tool_calls=tuple(message.get("tool_calls") or ()),
        cost_usd=usage.get("cost"),
    )
    return require_content(reply)


def first_choice(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the first choice of a response or event; None without one.

    Raises the ProviderError that an ``error`` means, beside the choices or
    inside the first.
    """
    raise_error_inside(payload, error_from_body)
    choices = payload.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if type(choice) is dict:
        return choice
    return choice if isinstance(choice, Mapping) else None


def raise_error_inside(
    payload: Mapping[str, Any],
    error_for: Callable[[int, Any, Mapping[str, str]], ProviderError],
) -> None:
    """Raise what `error_for` makes of an error inside a successful reply.

    It stands beside the choices or inside the first; a finish reason
    ``error`` alone is one too. What the reply holds of text and of usage
    goes along: it was delivered, and may be charged.
    """
    choices = payload.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    choice = _mapping(first)
    found = payload.get("error") or choice.get("error")
    if not found and choice.get("finish_reason") == "error":
        found = {"code": 502, "message": "The provider broke off."}
    if not found:
        return
    error = error_for(200, {"error": found}, {})
    usage = _mapping(payload.get("usage"))
    error.usage = parse_usage(usage) if usage else None
    error.cost_usd = usage.get("cost")
    error.partial_text = _mapping(choice.get("message")).get("content") or ""
    raise error


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a mapping; an empty one otherwise."""
    # What JSON has as objects; any other mapping takes longer to be found.
    if type(value) is dict:
        return value
    return value if isinstance(value, Mapping) else {}


def require_content(reply: Reply) -> Reply:
    """Return the reply if there is something in it.

    Raises ContentBlockedError or EmptyResponseError, with the usage: a call
    without an answer may have been charged all the same.
    """
    if reply.finish_reason == "content_filter":
        raise ContentBlockedError(
            "The provider's content filter stopped the answer.",
            usage=reply.usage,
            cost_usd=reply.cost_usd,
            partial_text=reply.text,
        )
    if not reply.text and not reply.tool_calls:
        raise EmptyResponseError(
            f"The answer is empty (finish reason {reply.finish_reason}).",
            usage=reply.usage,
            cost_usd=reply.cost_usd,
            finish_reason=reply.finish_reason,
        )
    return reply


def parse_usage(usage: Mapping[str, Any] | None) -> Usage:
    """Return the token counts of a response; what is missing is None."""
    counts = _mapping(usage)
    prompt_details = _mapping(counts.get("prompt_tokens_details"))
    completion_details = _mapping(counts.get("completion_tokens_details"))
    return Usage(
        prompt_tokens=counts.get("prompt_tokens"),
        completion_tokens=counts.get("completion_tokens"),
        total_tokens=counts.get("total_tokens"),
        cached_tokens=prompt_details.get("cached_tokens"),
        reasoning_tokens=completion_details.get("reasoning_tokens"),
    )


def parse_event(event: Mapping[str, Any]) -> Piece:
    """Return what one event of a stream adds.

    Raises the ProviderError that an ``error`` in mid-stream means. An event
    without a choice, such as the last one with the usage, adds no text.
    """
    choice = first_choice(event) or {}
    delta = _mapping(choice.get("delta"))
    refusal = delta.get("refusal")
    usage = _mapping(event.get("usage"))
    return Piece(
        text=refusal or delta.get("content") or "",
        finish_reason=(
            "refusal" if refusal else choice.get("finish_reason")
        ),
        usage=parse_usage(usage) if usage else None,
        model=event.get("model") or "",
        id=event.get("id"),
        tool_calls=tuple(delta.get("tool_calls") or ()),
        cost_usd=usage.get("cost"),
    )


def read_events(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of each server-sent event until ``[DONE]``.

    Comments and empty lines are skipped; chunks may end anywhere, also in
    the middle of a character. Raises MalformedResponseError for an event
    that is not a JSON object.
    """
    for line in _lines(chunks):
        if line.startswith(b"data:"):
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                return
            yield decode_answer(data)
        elif line.lstrip().startswith((b"{", b"<")):
            yield decode_answer(line)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines; a long one is put together once, whatever its length."""
    parts: list[bytes] = []
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield b"".join([*parts, end])
            parts.clear()
        parts.append(rest)
    if any(parts):
        yield b"".join(parts)
