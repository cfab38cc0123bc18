"""Whether a tool is called, and with which arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course.sandbox.replies.conversation import Conversation

__all__ = ["Tool", "ToolCall", "choose_call"]


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask its caller to run."""

    name: str
    description: str
    parameters: dict[str, Any] | None


@dataclass(frozen=True)
class ToolCall:
    """A call that the model asks for; the arguments are JSON text."""

    name: str
    arguments: str


def choose_call(
    conversation: Conversation, tools: tuple[Tool, ...], choice: str
) -> ToolCall | None:
    """Return the call that the model makes; None where it answers."""
    return None
