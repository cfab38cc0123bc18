"""What was said so far, as the replies see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

__all__ = ["Conversation", "Tool", "ToolCall", "Turn"]

T = TypeVar("T")

# Longer texts are cut before any pattern sees them, so that a reply to a
# book takes no longer than one to a letter.
LONGEST = 40_000


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


@dataclass(frozen=True)
class Turn:
    """One message that is not the system's."""

    role: str
    text: str
    images: int = 0


@dataclass(frozen=True)
class Conversation:
    """The system message and the turns, oldest first.

    `variant` tells several answers to the same conversation apart.
    """

    model: str
    system: str
    turns: tuple[Turn, ...]
    variant: int = 0

    @cached_property
    def prompt(self) -> str:
        """The last thing that the user said."""
        return next(iter(self.said_by("user")), "")[:LONGEST].strip()

    @cached_property
    def previous(self) -> str:
        """The last thing that the model said."""
        return next(iter(self.said_by("assistant")), "")[:LONGEST].strip()

    def said_by(self, role: str) -> list[str]:
        """Return the texts of a role, the latest first."""
        return [t.text for t in reversed(self.turns) if t.role == role]

    @cached_property
    def rules(self) -> str:
        """The system message, cut where it is overlong."""
        return shortened(self.system)

    @cached_property
    def seed(self) -> int:
        """A number that stays the same for the same conversation."""
        text = repr((self.model, self.system, self.turns, self.variant))
        return int.from_bytes(sha256(text.encode()).digest()[:8])

    def choose(self, options: Sequence[T], salt: int = 0) -> T:
        """Return one of the options, the same one every time."""
        return options[(self.seed // (salt * 7 + 1)) % len(options)]

    @cached_property
    def instruction(self) -> str:
        """The prompt without the material it is about, in lower case."""
        written = shortened(split_material(self.prompt)[0])
        return " ".join(written.lower().split())

    @cached_property
    def material(self) -> str:
        """The text that the prompt is about; empty where it brings none."""
        return split_material(self.prompt)[1]


FENCE = re.compile(r"(```|\"\"\"|''')[a-z]*\n?(.+?)\1", re.S)
TAG = re.compile(r"<(\w{1,40})>")
QUOTED = re.compile(
    r"\"([^\"]{2,})\"|“([^”]{2,})”|«([^»]{2,})»|"
    r"(?<!\w)'((?:[^']|(?<=\w)'(?=\w)){2,})'(?!\w)",
)
COLON = re.compile(r"^(.{3,400}?)(?::\s*\n\s*|\n\s*\n|:\s+)(.+)$", re.S)
# "Labels: a, b. Text: …": what is to be worked on stands behind its heading.
HEADED = re.compile(
    r"(?:^|\n|\. )(?:text|review|input|message|article|e?mail|ticket|sentence"
    r"|document|comment|tweet|question):\s*(.+)$",
    re.S | re.I,
)


def split_material(prompt: str) -> tuple[str, str]:
    """Return a prompt's instruction and the text it is to be applied to."""
    if fenced := FENCE.search(prompt):
        return _without(fenced, prompt), fenced.group(2).strip()
    if tag := TAG.search(prompt):
        inside, closed, rest = prompt[tag.end() :].partition(
            f"</{tag.group(1)}>"
        )
        if closed:
            return f"{prompt[: tag.start()]} {rest}", inside.strip()
    if headed := HEADED.search(prompt):
        if headed.start() > 3:
            return prompt[: headed.start()], headed.group(1).strip()
    if split := COLON.match(prompt):
        head, tail = split.group(1), split.group(2).strip()
        quoted = QUOTED.search(tail)
        if quoted and (quoted.start() == 0 or quoted.end() == len(tail)):
            return f"{head}: {_without(quoted, tail)}", _inside(quoted)
        return f"{head}:", tail
    if quoted := QUOTED.search(prompt):
        return _without(quoted, prompt), _inside(quoted)
    return prompt, ""


# No instruction is longer; what is, is a text without a heading.
INSTRUCTION = 1_500


def shortened(instruction: str) -> str:
    """Return the beginning and the end of an overlong instruction."""
    if len(instruction) <= INSTRUCTION:
        return instruction
    return f"{instruction[: INSTRUCTION - 400]} {instruction[-400:]}"


def _without(match: re.Match[str], text: str) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _inside(quoted: re.Match[str]) -> str:
    return next(part for part in quoted.groups() if part).strip()
