"""What is asked for, as each kind of reply looks at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from course.sandbox.replies.conversation import (
    Conversation,
    shortened,
    split_material,
)

__all__ = ["Localized", "Wish", "subject", "wishes"]


class Localized(str):
    """A reply that is in the language asked for already."""


@dataclass(frozen=True)
class Wish:
    """An instruction, in lower case, and the text that it is about.

    `given` says that the instruction is the system message's. `written` is
    the instruction as it was written; `language` is the one
    to answer in, None for English; `brief` asks for the bare answer.
    """

    conversation: Conversation
    written: str
    material: str
    language: str | None = None
    brief: bool = False
    given: bool = False

    @cached_property
    def instruction(self) -> str:
        """The instruction on one line, in lower case."""
        return " ".join(self.written.lower().split())

    @property
    def prompt(self) -> str:
        """The whole of what the user said last."""
        return self.conversation.prompt

    @property
    def text(self) -> str:
        """The text to work on: what was sent along, or said before."""
        if self.material:
            return self.material
        pointed = re.search(
            r"\b(that|this|it|these|those|above|your (last )?answer)\b",
            self.instruction,
        )
        return self.conversation.previous if pointed else ""


# A system message that gives the task leaves the user's turn as material.
TASK = re.compile(
    r"\b(translat|classif|categori[sz]|sentiment|summar|extract|rewrit"
    r"|rephras|label|proofread|correct the grammar|route|moderat)"
)


def wishes(
    conversation: Conversation, language: str | None, brief: bool
) -> list[Wish]:
    """Return what may be meant, the more specific reading first."""
    written, material = split_material(conversation.prompt)
    own = Wish(conversation, shortened(written), material, language, brief)
    system = conversation.rules
    if not TASK.search(system.lower()):
        return [own]
    text = material if TASK.search(own.instruction) else conversation.prompt
    task = replace(
        own, written=system, material=text or conversation.prompt, given=True
    )
    return [own, task] if TASK.search(own.instruction) else [task, own]


LEAD = re.compile(
    r"^(?:please |can you |could you |would you |i want you to |i need )*"
)


def subject(wish: Wish, default: str = "it") -> str:
    """Return what a request is about: the words behind *about*, *of* …"""
    text = LEAD.sub("", wish.instruction).rstrip(" ?.!")
    marks = r"\b(?:about|on the topic of|on|regarding|of|for|with)\b"
    parts = re.split(marks, text, maxsplit=1)
    topic = (parts[1] if len(parts) > 1 else wish.material).strip(" ?.!,:")
    topic = re.split(r"[.,;:!?\n]| in (?:the style|a|one|\d)", topic)[0]
    topic = re.sub(r"^(?:the|an?|my|our|your)\s+", "", topic).strip()
    return topic[:60] or default
