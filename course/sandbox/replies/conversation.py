"""What was said so far, as the replies see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TypeVar

__all__ = ["Conversation", "Turn"]

T = TypeVar("T")

# Longer texts are cut before any pattern sees them, so that a reply to a
# book takes no longer than one to a letter.
LONGEST = 60_000


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
        return " ".join(split_material(self.prompt)[0].lower().split())

    @cached_property
    def material(self) -> str:
        """The text that the prompt is about; empty where it brings none."""
        return split_material(self.prompt)[1]


FENCE = re.compile(r"(```|\"\"\"|''')[a-z]*\n?(.+?)\1", re.S)
TAGGED = re.compile(r"<(\w+)>(.+?)</\1>", re.S)
QUOTED = re.compile(
    r"\"([^\"]{2,})\"|“([^”]{2,})”|«([^»]{2,})»|(?<!\w)'(.{2,}?)'(?!\w)", re.S
)
COLON = re.compile(r"^(.{3,400}?)(?::\s*\n\s*|\n\s*\n|:\s+)(.+)$", re.S)


def split_material(prompt: str) -> tuple[str, str]:
    """Return a prompt's instruction and the text it is to be applied to."""
    for pattern in (FENCE, TAGGED):
        if found := pattern.search(prompt):
            rest = prompt[: found.start()] + " " + prompt[found.end() :]
            return rest, found.group(2).strip()
    if found := COLON.match(prompt):
        head, tail = found.group(1), found.group(2).strip()
        # "Labels: a, b. Text: …": the text is behind the last heading.
        label = re.search(r"(?:^|\n|\. )(?:text|review|input|message|"
                          r"article|email|ticket|sentence|document)"
                          r":\s*(.+)$", tail, re.S | re.I)
        if label:
            return head + " " + tail[: label.start()], label.group(1).strip()
        quoted = QUOTED.fullmatch(tail)
        return head, _inside(quoted) if quoted else tail
    if found := QUOTED.search(prompt):
        rest = prompt[: found.start()] + " " + prompt[found.end() :]
        return rest, _inside(found)
    return prompt, ""


def _inside(quoted: re.Match[str]) -> str:
    return next(part for part in quoted.groups() if part).strip()
