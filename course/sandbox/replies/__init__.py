"""Replies worth reading: made from data and the prompt, without a model."""

from course.sandbox.replies.conversation import Conversation, Turn

__all__ = ["Conversation", "Turn", "reply_text"]


def reply_text(conversation: Conversation) -> str:
    """Return the reply to a conversation, the same one every time."""
    return "This is a simulated reply."
