"""What OpenAI refuses in formats, tools and parameters that clash."""

from __future__ import annotations

from typing import Any

from course.sandbox.openai.refusals import (
    bad,
    missing,
    wrong_type,
    wrong_value,
)
from course.sandbox.replies.schema_flaws import flaw_of

__all__ = ["check_format", "check_together", "check_tools"]


def check_together(body: dict[str, Any]) -> None:
    """Raise the error for parameters that do not go together."""
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise bad(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same"
            " time is not supported.",
            "max_tokens",
            "invalid_parameter_combination",
        )
    if "stream_options" in body and not body.get("stream"):
        raise bad(
            "The 'stream_options' parameter is only allowed when 'stream' is"
            " enabled.",
            "stream_options",
            None,
        )
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        raise bad(
            "Invalid 'stop': array too long. Expected an array with maximum"
            f" length 4, but got an array with length {len(stop)} instead.",
            "stop",
            "array_above_max_length",
        )
    if isinstance(stop, list) and not all(isinstance(s, str) for s in stop):
        raise wrong_type("stop", "an array of strings", stop)
    check_format(body)
    _check_json_word(body)
    check_tools(body)


def _check_json_word(body: dict[str, Any]) -> None:
    wanted = body.get("response_format", {"type": "text"})
    if wanted["type"] != "json_object":
        return
    if "json" not in str(body["messages"]).lower():
        raise bad(
            "'messages' must contain the word 'json' in some form, to use"
            " 'response_format' of type 'json_object'.",
            "messages",
            None,
        )


def check_format(body: dict[str, Any]) -> None:
    """Raise the error for a response format that makes no sense."""
    wanted = body.get("response_format", {"type": "text"})
    kinds = ("json_object", "json_schema", "text")
    if "type" not in wanted:
        raise missing("response_format.type")
    if wanted["type"] not in kinds:
        raise wrong_value("response_format.type", wanted["type"], kinds)
    if wanted["type"] == "json_schema":
        schema = wanted.get("json_schema")
        if not isinstance(schema, dict):
            raise missing("response_format.json_schema")
        if not isinstance(schema.get("name"), str):
            raise missing("response_format.json_schema.name")
        if not isinstance(schema.get("schema", {}), dict):
            raise wrong_type(
                "response_format.json_schema.schema",
                "an object",
                schema["schema"],
            )
        _check_schema(
            schema.get("schema") or {},
            f"response_format '{schema['name']}'",
            "response_format",
        )


def _check_schema(schema: Any, whose: str, param: str) -> None:
    """Raise the error for a schema that cannot be followed."""
    flaw = flaw_of(schema, "schema")
    if flaw is not None:
        raise bad(
            f"Invalid schema for {whose}: {flaw} is not valid.",
            param,
            "invalid_json_schema",
        )


def check_tools(body: dict[str, Any]) -> None:
    """Raise the error for tools, or a choice of one, that make no sense."""
    tools = body.get("tools", [])
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict) or "type" not in tool:
            raise missing(f"{where}.type")
        if tool["type"] != "function":
            continue
        function = tool.get("function")
        if not isinstance(function, dict):
            raise missing(f"{where}.function")
        if not isinstance(function.get("name"), str):
            raise missing(f"{where}.function.name")
        if not isinstance(function.get("parameters") or {}, dict):
            raise wrong_type(
                f"{where}.function.parameters",
                "an object",
                function["parameters"],
            )
        _check_schema(
            function.get("parameters") or {},
            f"function '{function['name']}'",
            f"{where}.function.parameters",
        )
    if "tool_choice" in body and not tools:
        raise bad(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed"
            " when 'tools' are specified.",
            "tool_choice",
            None,
        )
    _check_tool_choice(body.get("tool_choice", "auto"), tools)


def _check_tool_choice(choice: Any, tools: list[Any]) -> None:
    modes = ("none", "auto", "required")
    if isinstance(choice, str):
        if choice not in modes:
            raise wrong_value("tool_choice", choice, modes)
        return
    function = choice.get("function")
    if choice.get("type") != "function" or not isinstance(function, dict):
        raise missing("tool_choice.function")
    names = [
        tool["function"]["name"]
        for tool in tools
        if tool["type"] == "function"
    ]
    if function.get("name") not in names:
        raise bad(
            f"Tool choice '{function.get('name')}' not found in 'tools'"
            " parameter.",
            "tool_choice",
            None,
        )
