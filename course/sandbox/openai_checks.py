"""What OpenAI refuses: the checks of a chat completion's request body."""

from __future__ import annotations

from typing import Any

from course.sandbox.chat_completions import prompt_tokens
from course.sandbox.models import Model, Models
from course.sandbox.openai_errors import (
    OpenAIError,
    context_length,
    retired_model,
    unknown_model,
    unsupported_parameter,
)

__all__ = ["check_body", "effort_of", "find_model"]

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

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
TYPE_WORDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    type(None): "null",
}
DEFAULT_EFFORT = "medium"


def bad(message: str, param: str | None, code: str | None) -> OpenAIError:
    return OpenAIError(400, message, param=param, code=code)


def missing(param: str) -> OpenAIError:
    return bad(
        f"Missing required parameter: '{param}'.",
        param,
        "missing_required_parameter",
    )


def wrong_type(param: str, wanted: str, value: Any) -> OpenAIError:
    got = TYPE_WORDS.get(type(value), "something else")
    return bad(
        f"Invalid type for '{param}': expected {wanted}, but got {got}"
        " instead.",
        param,
        "invalid_type",
    )


def wrong_value(param: str, value: Any, allowed: tuple[str, ...]) -> Exception:
    return bad(
        f"Invalid value: '{value}'. Supported values are: {quoted(allowed)}.",
        param,
        "invalid_value",
    )


def quoted(names: tuple[str, ...]) -> str:
    """Return names in quotes, as the vendor lists them."""
    marked = [f"'{name}'" for name in names]
    if len(marked) < 3:
        return " and ".join(marked)
    return ", ".join(marked[:-1]) + f", and {marked[-1]}"


def check_body(body: Any, models: Models) -> Model:
    """Return the model for a request body.

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
        _check_parameter(name, value)
    if "messages" not in body:
        raise missing("messages")
    model = find_model(body["model"], models)
    _check_messages(body["messages"], model)
    _check_together(body)
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


def _check_parameter(name: str, value: Any) -> None:
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


def _check_messages(messages: list[Any], model: Model) -> None:
    if not messages:
        raise bad(
            "Invalid 'messages': empty array. Expected an array with minimum"
            " length 1, but got an empty array instead.",
            "messages",
            "empty_array",
        )
    called: set[Any] = set()
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise wrong_type(where, "an object", message)
        _check_message(message, where, index, called)
        _check_content(message, index, model)


def _check_message(
    message: dict[str, Any], where: str, index: int, called: set[Any]
) -> None:
    role = message.get("role")
    if role is None:
        raise missing(f"{where}.role")
    if role not in ROLES:
        raise wrong_value(f"{where}.role", role, ROLES)
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise wrong_type(f"{where}.tool_calls", "an array", calls)
    for number, call in enumerate(calls):
        if not isinstance(call, dict) or "id" not in call:
            raise missing(f"{where}.tool_calls[{number}].id")
        called.add(str(call["id"]))
    if role == "tool":
        if "tool_call_id" not in message:
            raise missing(f"{where}.tool_call_id")
        if str(message["tool_call_id"]) not in called:
            raise bad(
                "Invalid parameter: messages with role 'tool' must be a"
                " response to a preceeding message with 'tool_calls'.",
                f"messages.[{index}].role",
                None,
            )


def _check_content(message: dict[str, Any], index: int, model: Model) -> None:
    content = message.get("content")
    where = f"messages.[{index}].content"
    if content is None:
        silent = ("tool_calls", "function_call", "refusal")
        if message["role"] == "assistant" and any(map(message.get, silent)):
            return
        raise bad(
            "Invalid value for 'content': expected a string, got null.",
            where,
            None,
        )
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(
            f"messages[{index}].content",
            "one of a string or array of objects",
            content,
        )
    for number, part in enumerate(content):
        _check_part(part, index, number, model)


def _check_part(part: Any, index: int, number: int, model: Model) -> None:
    where = f"messages[{index}].content[{number}]"
    if not isinstance(part, dict):
        raise wrong_type(where, "an object", part)
    if "type" not in part:
        raise missing(f"{where}.type")
    kind = part["type"]
    parts = ("text", "image_url", "input_audio", "refusal", "file")
    if kind not in parts:
        raise wrong_value(f"{where}.type", kind, parts)
    if kind == "text" and not isinstance(part.get("text"), str):
        raise missing(f"{where}.text")
    if kind == "image_url" and "image" not in model.input_modalities:
        raise bad(
            "Invalid content type. image_url is only supported by certain"
            " models.",
            f"messages.[{index}].content.[{number}].type",
            None,
        )


def _check_together(body: dict[str, Any]) -> None:
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
    _check_format(body)
    _check_tools(body)


def _check_format(body: dict[str, Any]) -> None:
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
    if wanted["type"] == "json_object":
        said = str(body["messages"]).lower()
        if "json" not in said:
            raise bad(
                "'messages' must contain the word 'json' in some form, to use"
                " 'response_format' of type 'json_object'.",
                "messages",
                None,
            )


def _check_tools(body: dict[str, Any]) -> None:
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
    if completion > model.max_output_tokens:
        raise bad(
            f"{name} is too large: {completion}. This model supports at most"
            f" {model.max_output_tokens} completion tokens, whereas you"
            f" provided {completion}.",
            name,
            "invalid_value",
        )
    used = prompt_tokens(body)
    if used > (model.max_input_tokens or model.context_window):
        raise context_length(model, used)
    if not model.reasoning and used + completion > model.context_window:
        raise context_length(model, used, completion)
