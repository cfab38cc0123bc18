"""A request to ``/v1/responses`` as the prompt that all agents take.

    instructions, input     messages; a system message apart
    tools, flat             tools, with the function nested
    text.format             response_format
    reasoning.effort        reasoning_effort
    max_output_tokens       max_tokens

What a prompt has no place for is refused where the answer would be another
without it, and else named among the answer's adjustments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_providers.prompts import Prompt
from llm_providers.router.openai_errors import bad_request, invalid
from llm_providers.router.openai_format import not_passed_on
from llm_providers.router.responses_items import Conversation
from llm_providers.router.responses_request import ResponsesRequest

__all__ = ["NO_MEMORY", "prompt_of"]

JSON = dict[str, Any]

# What a chat completion calls otherwise, and where it is to be found here.
MOVED = {
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
}
NOT_STORED = "store was left out: the router keeps no responses"
NO_MEMORY = (
    "This router keeps no responses, so it has none to go on from. Send the"
    " whole conversation as `input`: the items of every `output` so far,"
    " then the new ones."
)
REFUSED: Mapping[str, str] = {
    "conversation": NO_MEMORY,
    "previous_response_id": NO_MEMORY,
    "prompt": "This router keeps no prompts. Send `instructions` and `input`.",
}
CHOICES = ("auto", "none", "required")


def prompt_of(request: ResponsesRequest) -> tuple[Prompt, tuple[str, ...]]:
    """Return the prompt that a request holds, and what it leaves out.

    The prompt has no model. Raises DoorError for what makes no sense, and
    for what the router cannot do.
    """
    _refuse_unspoken(request.model_extra or {})
    talk = Conversation()
    given = request.input
    if not isinstance(given, str):
        for number, item in enumerate(given):
            talk.add(item, f"input[{number}]")
        talk.require_outputs()
    fields: JSON = {
        "messages": given if isinstance(given, str) else talk.messages,
        "system_message": request.instructions,
        "max_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "reasoning_effort": request.reasoning and request.reasoning.effort,
        "response_format": _response_format(request),
        **_tool_fields(request),
    }
    try:
        prompt = Prompt.of(fields)
    except (TypeError, ValueError) as error:
        raise bad_request(str(error), "input") from None
    left_out = not_passed_on(request.not_passed_on)
    stored = (NOT_STORED,) if request.store else ()
    return prompt, (*left_out, *stored, *talk.left_out)


def _refuse_unspoken(extra: Mapping[str, Any]) -> None:
    for name, value in extra.items():
        if value is None:
            continue
        if name in MOVED:
            raise bad_request(
                f"Unsupported parameter: '{name}'. In the Responses API, this"
                f" parameter has moved to '{MOVED[name]}'.",
                name,
                "unsupported_parameter",
            )
        if name in REFUSED:
            raise bad_request(REFUSED[name], name, "unsupported_parameter")


def _response_format(request: ResponsesRequest) -> JSON | None:
    """Return chat completions' response_format; None for plain text."""
    wanted = request.text and request.text.format
    if not wanted or wanted.get("type") == "text":
        return None
    kind, where = wanted.get("type"), "text.format"
    if kind == "json_object":
        return {"type": "json_object"}
    if kind != "json_schema":
        raise invalid(f"{where}.type", "text, json_object or json_schema")
    if not isinstance(wanted.get("schema"), dict):
        raise invalid(f"{where}.schema", "an object")
    if not isinstance(wanted.get("name"), str):
        raise invalid(f"{where}.name", "a text")
    schema = {k: v for k, v in wanted.items() if k != "type" and v is not None}
    return {"type": "json_schema", "json_schema": schema}


def _tool_fields(request: ResponsesRequest) -> JSON:
    """Return `tools` and `tool_choice`, where there is a need for them."""
    tools = [
        _function(tool, f"tools[{number}]")
        for number, tool in enumerate(request.tools or ())
    ]
    choice: Any = request.tool_choice
    if isinstance(choice, Mapping):
        if choice.get("type") == "allowed_tools":
            tools = _allowed(tools, choice)
            choice = choice.get("mode", "auto")
            if choice not in ("auto", "required"):
                raise invalid("tool_choice.mode", "auto or required")
        else:
            choice = _chosen(choice)
    if isinstance(choice, str) and choice not in CHOICES:
        raise invalid("tool_choice", f"{', '.join(CHOICES)} or an object")
    if not tools and choice in ("auto", "none"):
        choice = None
    return {"tools": tools or None, "tool_choice": choice}


def _function(tool: Mapping[str, Any], where: str) -> JSON:
    """Return a tool with its function nested, as chat completions do."""
    if tool.get("type") != "function":
        raise bad_request(
            f"{where} is no function. This router passes function tools on,"
            " not those that OpenAI runs itself.",
            f"{where}.type",
            "unsupported_value",
        )
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        raise invalid(f"{where}.name", "a text")
    kinds = {"description": str, "parameters": dict, "strict": bool}
    function: JSON = {"name": tool["name"]}
    for name, kind in kinds.items():
        if tool.get(name) is None:
            continue
        if not isinstance(tool[name], kind):
            raise invalid(f"{where}.{name}", "of another type")
        function[name] = tool[name]
    return {"type": "function", "function": function}


def _chosen(choice: Mapping[str, Any]) -> JSON:
    if choice.get("type") != "function":
        raise invalid("tool_choice.type", "function or allowed_tools")
    if not isinstance(choice.get("name"), str):
        raise invalid("tool_choice.name", "a text")
    return {"type": "function", "function": {"name": choice["name"]}}


def _allowed(tools: list[JSON], choice: Mapping[str, Any]) -> list[JSON]:
    """Return the tools that may be used now: the others are not sent."""
    listed = choice.get("tools")
    if not isinstance(listed, list):
        raise invalid("tool_choice.tools", "a list of tools")
    names = [tool.get("name") for tool in listed if isinstance(tool, dict)]
    return [tool for tool in tools if tool["function"]["name"] in names]
