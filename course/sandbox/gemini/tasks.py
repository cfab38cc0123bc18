"""What a request to Gemini asks of the model, and how long its prompt is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from course.sandbox.answers import Answer, Task, rough_tokens
from course.sandbox.gemini.schemas import json_schema
from course.sandbox.models import Model
from course.sandbox.replies.conversation import Conversation, Tool, Turn

__all__ = [
    "cached_tokens",
    "declarations",
    "in_format",
    "media",
    "prompt_tokens",
    "read_task",
]

PER_CONTENT = 4
# An image of ordinary size, as the vendor counts it; sound, films and
# documents count the same here, whatever their length.
PER_MEDIUM = 258
CACHE_STEP = 128
CACHE_FROM = 1_024

DEFAULT_EFFORT = "medium"
# The least budget of thinking tokens for each effort.
BUDGETS = (
    (512, "xhigh"),
    (256, "high"),
    (64, "medium"),
    (32, "low"),
    (1, "minimal"),
    (0, "none"),
)


def media(part: dict[str, Any]) -> str | None:
    """Return the modality of a part that brings a file: IMAGE and so on."""
    file = part.get("inline_data") or part.get("file_data")
    if file is None:
        return None
    kind = str(file.get("mime_type", "")).split("/")[0].upper()
    return kind if kind in ("IMAGE", "AUDIO", "VIDEO") else "DOCUMENT"


def _part_text(part: dict[str, Any]) -> str:
    """Return what a part has to be counted as text."""
    said = str(part.get("text", ""))
    for name in ("function_call", "function_response"):
        if name in part:
            said += json.dumps(part[name], ensure_ascii=False)
    return said


def _content_tokens(content: dict[str, Any]) -> Counter[str]:
    parts = content.get("parts", [])
    text = "".join(map(_part_text, parts))
    tokens = Counter({"TEXT": PER_CONTENT + rough_tokens(text)})
    for part in parts:
        if (modality := media(part)) is not None:
            tokens[modality] += PER_MEDIUM
    return tokens


def prompt_tokens(body: dict[str, Any]) -> Counter[str]:
    """Return the rough number of tokens of a prompt by modality."""
    tokens: Counter[str] = Counter()
    for content in body.get("contents", []):
        tokens += _content_tokens(content)
    if "system_instruction" in body:
        tokens += _content_tokens(body["system_instruction"])
    if body.get("tools"):
        tokens["TEXT"] += rough_tokens(json.dumps(body["tools"]))
    return tokens


def cached_tokens(body: dict[str, Any]) -> int:
    """Return how much of the prompt counts as cached.

    The vendor caches by itself. Nothing is remembered here: a long
    conversation counts as seen before but for its last turn.
    """
    prompt = prompt_tokens(body).total()
    if prompt < CACHE_FROM or len(body["contents"]) < 2:
        return 0
    fresh = _content_tokens(body["contents"][-1]).total()
    return (prompt - fresh) // CACHE_STEP * CACHE_STEP


def _given(response: dict[str, Any]) -> str:
    """Return what a function gave back; clients wrap what is no object."""
    given = response.get("response", {})
    for wrapper in ("result", "output", "content"):
        if isinstance(given, dict) and list(given) == [wrapper]:
            given = given[wrapper]
    return json.dumps(given, ensure_ascii=False)


def _turns(content: dict[str, Any]) -> list[Turn]:
    """Return a content's turns; answers of functions are one of their own."""
    role = "assistant" if content.get("role") == "model" else "user"
    said, images, answers = [], 0, []
    for part in content.get("parts", []):
        if "function_response" in part:
            answers.append(_given(part["function_response"]))
        elif "text" in part and not part.get("thought"):
            said.append(part["text"])
        images += media(part) == "IMAGE"
    turns = [Turn("tool", answer) for answer in answers]
    if said or images or not answers:
        turns.append(Turn(role, "\n".join(said), images))
    return turns


def _conversation(body: dict[str, Any], model: Model) -> Conversation:
    instruction = body.get("system_instruction", {}).get("parts", [])
    system = "\n".join(part.get("text", "") for part in instruction)
    turns = [turn for one in body["contents"] for turn in _turns(one)]
    return Conversation(model.id, system, tuple(turns))


def declarations(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the functions that the request declares."""
    return [
        function
        for tool in body.get("tools", [])
        for function in tool.get("function_declarations", [])
    ]


def _tools(body: dict[str, Any]) -> tuple[tuple[Tool, ...], str]:
    """Return the functions that may be called, and the choice."""
    config = body.get("tool_config", {}).get("function_calling_config", {})
    allowed = config.get("allowed_function_names")
    tools = tuple(
        Tool(
            one["name"],
            one.get("description") or "",
            one.get("parameters_json_schema")
            or json_schema(one.get("parameters")),
        )
        for one in declarations(body)
        if not allowed or one["name"] in allowed
    )
    mode = config.get("mode", "AUTO")
    return tools, {"ANY": "required", "NONE": "none"}.get(mode, "auto")


def _schema(config: dict[str, Any]) -> dict[str, Any] | None:
    names = "response_json_schema", "_response_json_schema"
    for name in names:
        if isinstance(config.get(name), dict):
            return dict(config[name])
    if isinstance(config.get("response_schema"), dict):
        return dict(json_schema(config["response_schema"]))
    kind = config.get("response_mime_type")
    return {} if kind == "application/json" else None


def _effort(config: dict[str, Any], model: Model) -> str:
    """Return how much the model thinks for this request."""
    thinking = config.get("thinking_config", {})
    if not model.reasoning:
        return "none"
    level = thinking.get("thinking_level", "THINKING_LEVEL_UNSPECIFIED")
    if level != "THINKING_LEVEL_UNSPECIFIED":
        return str(level).lower()
    budget = thinking.get("thinking_budget", -1)
    return next(
        (effort for least, effort in BUDGETS if budget >= least),
        DEFAULT_EFFORT,
    )


def read_task(body: dict[str, Any], model: Model) -> Task:
    """Return what a checked request body asks of the model."""
    config = body.get("generation_config", {})
    tools, choice = _tools(body)
    return Task(
        conversation=_conversation(body, model),
        effort=_effort(config, model),
        limit=config.get("max_output_tokens"),
        stop=tuple(config.get("stop_sequences", ())),
        tools=tools,
        tool_choice=choice,
        schema=_schema(config),
    )


def in_format(given: Answer, body: dict[str, Any]) -> Answer:
    """Return an answer that is one of an enum's values without its quotes."""
    config = body.get("generation_config", {})
    if config.get("response_mime_type") != "text/x.enum" or not given.text:
        return given
    return replace(given, text=given.text.strip('"'))
