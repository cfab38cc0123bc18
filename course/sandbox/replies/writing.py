"""The kinds of replies in their order, and the way through them."""

from __future__ import annotations

from functools import lru_cache

from course.sandbox.replies import (
    arithmetic,
    classification,
    coding,
    creative,
    extraction,
    facts,
    follow_ups,
    letters,
    lists,
    obedience,
    reading,
    rewriting,
    small_talk,
    structured,
    summaries,
    translation,
)
from course.sandbox.replies.conversation import Conversation
from course.sandbox.replies.styles import Style
from course.sandbox.replies.wish import wishes

__all__ = ["reply_text"]

# The first that has an answer gives it: from what is asked for word by word
# to what merely looks like a question.
KINDS = (
    obedience,
    follow_ups,
    structured,
    classification,
    translation,
    extraction,
    summaries,
    rewriting,
    letters,
    creative,
    coding,
    arithmetic,
    reading,
    lists,
    facts,
    small_talk,
)


# Conversations up to this size are remembered with their replies.
SMALL = 4_000


def reply_text(conversation: Conversation) -> str:
    """Return the reply to a conversation, the same one every time."""
    size = sum(len(turn.text) for turn in conversation.turns)
    if size + len(conversation.system) > SMALL:
        return _written(conversation)
    return _remembered(conversation)


@lru_cache(maxsize=500)
def _remembered(conversation: Conversation) -> str:
    return _written(conversation)


def _written(conversation: Conversation) -> str:
    style = Style.of(conversation)
    asked = wishes(conversation, style.language, style.brief)
    for wish in asked:
        for kind in KINDS:
            text = kind.answer(wish)
            if text:
                return style.apply(text, conversation)
    return style.apply(small_talk.fallback(asked[-1]), conversation)
