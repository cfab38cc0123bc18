"""A model's answer before any provider's wire format.

Tokens are counted roughly, as four characters each; that is near enough to
real counts of English text for limits and costs to behave plausibly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.replies.conversation import Conversation, Tool, ToolCall

__all__ = ["Answer", "Task", "answer", "rough_tokens", "with_fault"]

CHARACTERS = 4

# What a reasoning model thinks before it writes, by its effort.
REASONING_TOKENS = {
    "none": 0,
    "minimal": 16,
    "low": 32,
    "medium": 64,
    "high": 256,
    "xhigh": 512,
    "max": 1_024,
}

REFUSAL = "I'm sorry, but I can't help with that request. (simulated refusal)"
NONSENSE = "Well, that depends, doesn't it? (simulated nonsense)"


def rough_tokens(text: str) -> int:
    """Return how many tokens a text has, roughly."""
    return -(-len(text) // CHARACTERS)


@dataclass(frozen=True)
class Task:
    """What a request asks of the model, whatever the protocol.

    `limit` counts the tokens of the whole completion, reasoning included.
    `tool_choice` is ``auto``, ``none``, ``required`` or a tool's name.
    `schema` is the JSON schema that the answer has to satisfy; an empty one
    asks for any JSON object.
    """

    conversation: Conversation
    effort: str = "none"
    limit: int | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What the model says, why it stopped, and the tokens it took.

    `finish` is ``stop``, ``length``, ``tool_calls`` or ``content_filter``;
    `tokens` include the `reasoning_tokens`.
    """

    text: str
    finish: str = "stop"
    tokens: int = 0
    reasoning_tokens: int = 0
    call: ToolCall | None = None
    refusal: str | None = None


def answer(task: Task, index: int = 0) -> Answer:
    """Return the answer; `index` tells the choices of one request apart."""
    thinking = REASONING_TOKENS.get(task.effort, 0)
    if task.limit is not None and thinking >= task.limit > 0 and thinking:
        # Thinking used the whole limit up: success, but nothing to read.
        return Answer("", "length", task.limit, task.limit)
    call = _call(task)
    if call is not None:
        said = rough_tokens(call.name + call.arguments)
        return Answer("", "tool_calls", thinking + said, thinking, call)
    return _limited(task, _text(task, index), thinking)


# What writes is imported with the first answer: it is most of the sandbox,
# and much that imports the sandbox only wants its address.
def _call(task: Task) -> ToolCall | None:
    if not task.tools:
        return None
    from course.sandbox.replies.tools import choose_call

    return choose_call(task.conversation, task.tools, task.tool_choice)


def _text(task: Task, index: int) -> str:
    from course.sandbox.replies.structured import json_text
    from course.sandbox.replies.writing import reply_text

    conversation = replace(task.conversation, variant=index)
    if task.schema is not None:
        return json_text(conversation, task.schema)
    return reply_text(conversation)


def _limited(task: Task, text: str, thinking: int) -> Answer:
    finish = "stop"
    for stop in task.stop:
        text = text.split(stop)[0] if stop else text
    tokens = thinking + rough_tokens(text)
    if task.limit is not None and tokens > task.limit:
        room = task.limit - thinking
        text, tokens, finish = text[: room * CHARACTERS], task.limit, "length"
    return Answer(text, finish, tokens, thinking)


def with_fault(given: Answer, fault: PlannedFault | None) -> Answer:
    """Return the answer as a fault of its content leaves it."""
    thinking = given.reasoning_tokens
    match fault.name if fault else None:
        case "empty":
            text, finish = "", "stop"
        case "error_in_choice":
            text, finish = given.text[: len(given.text) // 2], "stop"
        case "nonsense":
            text = str(fault.options.get("text", NONSENSE)) if fault else ""
            finish = "stop"
        case "length":
            text, finish = given.text[: len(given.text) // 2], "length"
        case "content_filter":
            text, finish = given.text[: len(given.text) // 3], "content_filter"
        case "refusal":
            tokens = thinking + rough_tokens(REFUSAL)
            return Answer("", "stop", tokens, thinking, refusal=REFUSAL)
        case _:
            return given
    return Answer(text, finish, thinking + rough_tokens(text), thinking)
