"""Greetings, thanks, questions about the model itself, and the rest."""

from __future__ import annotations

from course.sandbox.replies.data import data, found
from course.sandbox.replies.wish import Localized, Wish

__all__ = ["answer", "fallback"]

SEEN = (
    "I can't look at images: this is a simulated reply from the sandbox. The"
    " picture arrived with your message, and a real model with image input"
    " would now describe it."
)


def answer(wish: Wish) -> str | None:
    """Return a friendly line where no more than that is called for."""
    if wish.conversation.turns and wish.conversation.turns[-1].images:
        return SEEN
    text = " ".join(wish.prompt.lower().split())[:200]
    for row in data()["small_talk"]:
        if found(row["match"], text):
            return _in_language(row, wish)
    return None


def _in_language(row: dict[str, list[str]], wish: Wish) -> str:
    choose = wish.conversation.choose
    if wish.language and wish.language in row:
        text: str = choose(row[wish.language])
        return Localized(text.format(model=wish.conversation.model))
    return choose(row["english"]).format(model=wish.conversation.model)


def fallback(wish: Wish) -> str:
    """Say that this is simulated and what would be possible."""
    return _in_language(data()["fallback"], wish)
