"""Why Gemini's answers end, and why some do not begin.

A prompt that is blocked has no candidates: `promptFeedback` says why. Each
candidate has a `finishReason`, whose words differ from chat completions'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_providers.errors import (
    ContentBlockedError,
    MalformedResponseError,
)
from llm_providers.responses import Usage

__all__ = ["finish_word", "require_unblocked"]

# Where a finish reason comes as a number, this is its place; those that came
# later come as names only. Source: the enum in google-ai-generativelanguage.
_FINISH_NUMBERS = (
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
)
_BLOCK_NUMBERS = (
    "BLOCK_REASON_UNSPECIFIED",
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
)
# Gemini's reasons in the words of chat completions. CONTINUATION is a long
# answer's break, so there is more to come, as with a limit of tokens.
_FINISH_WORDS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}


def require_unblocked(event: Mapping[str, Any], usage: Usage) -> None:
    """Raise ContentBlockedError where the prompt itself was blocked."""
    feedback = event.get("promptFeedback")
    reason = isinstance(feedback, Mapping) and feedback.get("blockReason")
    if reason:
        name = _named(reason, _BLOCK_NUMBERS)
        raise ContentBlockedError(
            f"The prompt was blocked: {name}.", usage=usage
        )


def finish_word(reason: Any, usage: Usage, text: str) -> str | None:
    """Return the finish reason in chat completions' words; None if open.

    Raises MalformedResponseError, with the usage and the partial text, for
    a reason that has no such word: the answer broke off, and nothing says
    that the next one will.
    """
    name = _named(reason, _FINISH_NUMBERS)
    if name in ("", "FINISH_REASON_UNSPECIFIED"):
        return None
    if name not in _FINISH_WORDS:
        raise MalformedResponseError(
            f"The answer broke off: {name}.", usage=usage, partial_text=text
        )
    return _FINISH_WORDS[name]


def _named(reason: Any, names: tuple[str, ...]) -> str:
    """Return a reason's name, also where it comes as a number."""
    if isinstance(reason, int):
        return names[reason] if 0 <= reason < len(names) else str(reason)
    return str(reason or "")
