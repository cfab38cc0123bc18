"""Gemini's wire format: three pure translations.

Our prompt becomes the body of ``generateContent``, the body of its response
becomes our reply, an event of a stream becomes a piece of text. The shape
differs from chat completions throughout:

    messages, role "assistant"    contents of parts, role "model"
    a system message              systemInstruction, outside the contents
    max_tokens, stop …            generationConfig
    choices, finish_reason        candidates, finishReason
    usage                         usageMetadata; thoughts counted apart

Names are written in camelCase, as in the REST reference. Nothing here does
any I/O or knows an SDK.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from llm_providers.catalogue import Parameters
from llm_providers.chat_completions import (
    Piece,
    require_content,
    takes_temperature,
)
from llm_providers.errors import InvalidRequestError, MalformedResponseError
from llm_providers.gemini_contents import contents, system_instruction
from llm_providers.gemini_errors import error_from_reply
from llm_providers.gemini_reasons import finish_word, require_unblocked
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply, Usage

__all__ = [
    "build_request",
    "generation_config",
    "parse_event",
    "parse_response",
    "parse_usage",
    "tool_fields",
]

JSON = dict[str, Any]

_CHOICE_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def build_request(prompt: Prompt, parameters: Parameters) -> JSON:
    """Return the body of ``generateContent`` for a prompt.

    Holds only what the caller set and the model accepts: `parameters` are
    the catalogue's. The model's id is no part of it; it stands in the URL.
    """
    body: JSON = {"contents": contents(prompt)}
    instruction = system_instruction(prompt)
    if instruction:
        body["systemInstruction"] = {"parts": [{"text": instruction}]}
    config = generation_config(prompt, parameters)
    if config:
        body["generationConfig"] = config
    return body | tool_fields(prompt)


def generation_config(prompt: Prompt, parameters: Parameters) -> JSON:
    """Return how the answer is to be made: limits, temperature, format."""
    config: JSON = {}
    if prompt.max_tokens is not None:
        config["maxOutputTokens"] = prompt.max_tokens
    if takes_temperature(prompt, parameters):
        config["temperature"] = prompt.temperature
    if prompt.stop and parameters.stop:
        config["stopSequences"] = list(prompt.stop)
    if prompt.reasoning_effort in parameters.reasoning_efforts:
        level = str(prompt.reasoning_effort).upper()
        config["thinkingConfig"] = {"thinkingLevel": level}
    wanted = prompt.response_format or {}
    if wanted.get("type") in ("json_object", "json_schema"):
        config["responseMimeType"] = "application/json"
    if wanted.get("type") == "json_schema":
        config["responseJsonSchema"] = wanted["json_schema"]["schema"]
    return config


def tool_fields(prompt: Prompt) -> JSON:
    """Return ``tools`` and ``toolConfig``, those that the prompt asks for.

    `tool_choice` is "auto", "none", "required", or names one function.
    Raises InvalidRequestError for tools that are no functions.
    """
    fields: JSON = {}
    for one in (*prompt.tools, prompt.tool_choice):
        if isinstance(one, Mapping) and "function" not in one:
            raise InvalidRequestError(
                f"A tool of type {one.get('type')!r} cannot be sent to"
                " Gemini.",
                sent=False,
            )
    if prompt.tools:
        declared = [_declaration(tool["function"]) for tool in prompt.tools]
        fields["tools"] = [{"functionDeclarations": declared}]
    choice = prompt.tool_choice
    if isinstance(choice, Mapping):
        name = choice["function"]["name"]
        config = {"mode": "ANY", "allowedFunctionNames": [name]}
        fields["toolConfig"] = {"functionCallingConfig": config}
    elif choice in _CHOICE_MODES:
        config = {"mode": _CHOICE_MODES[choice]}
        fields["toolConfig"] = {"functionCallingConfig": config}
    return fields


def _declaration(function: Mapping[str, Any]) -> JSON:
    """Return a function in Gemini's words; `strict` has none."""
    names = {
        "name": "name",
        "description": "description",
        "parameters": "parametersJsonSchema",
    }
    return {
        theirs: function[ours]
        for ours, theirs in names.items()
        if function.get(ours) is not None
    }


def parse_response(payload: Mapping[str, Any]) -> Reply:
    """Return the reply that a response body holds.

    Thoughts are no part of its text. Raises the ProviderError that an
    ``error`` inside the body means, ContentBlockedError for a blocked
    prompt or answer, MalformedResponseError without a candidate or for an
    answer that broke off, EmptyResponseError for one without content.
    """
    piece = parse_event(payload)
    if not payload.get("candidates"):
        raise MalformedResponseError(
            "The response holds no candidates.", usage=piece.usage
        )
    calls = (
        {key: part for key, part in call.items() if key != "index"}
        for call in piece.tool_calls
    )
    reply = Reply(
        text=piece.text,
        model=piece.model,
        finish_reason=piece.finish_reason or "unknown",
        usage=piece.usage or Usage(),
        id=piece.id,
        tool_calls=tuple(calls),
    )
    return require_content(reply)


def parse_event(event: Mapping[str, Any], calls_before: int = 0) -> Piece:
    """Return what one event of a stream adds.

    `calls_before` is the number of tool calls in the events before it: each
    call comes whole, in one event, and Gemini ends with STOP all the same.
    Raises the ProviderError that an ``error`` in mid-stream means,
    ContentBlockedError for a blocked prompt, MalformedResponseError for an
    answer that broke off.
    """
    usage = parse_usage(event.get("usageMetadata"))
    if event.get("error"):
        raise error_from_reply(200, event, {})
    require_unblocked(event, usage)
    candidate = _first(event.get("candidates"))
    parts = _parts(candidate)
    calls = tuple(_tool_calls(parts, calls_before))
    text = "".join(part["text"] for part in parts if _is_answer(part))
    word = finish_word(candidate.get("finishReason"), usage, text)
    if word == "stop" and (calls or calls_before):
        word = "tool_calls"
    return Piece(
        text=text,
        finish_reason=word,
        usage=usage if event.get("usageMetadata") else None,
        model=event.get("modelVersion") or "",
        id=event.get("responseId"),
        tool_calls=calls,
    )


def parse_usage(usage: Mapping[str, Any] | None) -> Usage:
    """Return the token counts of a response; what is missing is None.

    Gemini counts thoughts apart from the candidates and bills both, so the
    completion is their sum. A count of 0 is left out of the wire: where
    neither is there, the completion is what the total has beyond the
    prompt, where both of these are known. What tools added to the prompt
    counts as prompt.
    """
    counts = _mapping(usage)
    thoughts = counts.get("thoughtsTokenCount")
    said = counts.get("candidatesTokenCount")
    prompt = counts.get("promptTokenCount")
    total = counts.get("totalTokenCount")
    if prompt is not None:
        prompt += counts.get("toolUsePromptTokenCount") or 0
    completion = None
    if said is not None or thoughts is not None:
        completion = (said or 0) + (thoughts or 0)
    elif total is not None and prompt is not None:
        completion = total - prompt
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        cached_tokens=counts.get("cachedContentTokenCount"),
        reasoning_tokens=thoughts,
    )


def _first(candidates: Any) -> Mapping[str, Any]:
    """Return the first candidate; an empty mapping without one."""
    found = candidates if isinstance(candidates, list) else []
    return _mapping(found[0]) if found else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a mapping; an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the parts of a candidate's content, if there is any."""
    parts = _mapping(candidate.get("content")).get("parts")
    return [_mapping(part) for part in parts or ()]


def _is_answer(part: Mapping[str, Any]) -> bool:
    """Return whether a part is text that is meant for the reader."""
    return isinstance(part.get("text"), str) and not part.get("thought")


def _tool_calls(
    parts: list[Mapping[str, Any]], calls_before: int
) -> Iterator[JSON]:
    """Yield the function calls among the parts as chat completions' calls.

    A call without an id gets one by its place. A thought's signature, which
    the next turn has to bring back, goes along.
    """
    called = (part for part in parts if _mapping(part.get("functionCall")))
    for index, part in enumerate(called, start=calls_before):
        call = part["functionCall"]
        arguments = json.dumps(call.get("args") or {}, ensure_ascii=False)
        made: JSON = {
            "index": index,
            "id": call.get("id") or f"call_{index}",
            "type": "function",
            "function": {"name": call.get("name"), "arguments": arguments},
        }
        if part.get("thoughtSignature"):
            signature = {"thought_signature": part["thoughtSignature"]}
            made["extra_content"] = {"google": signature}
        yield made
