"""Questions that a given text answers."""

from __future__ import annotations

import re

from course.sandbox.replies.data import content_words, found, sentences
from course.sandbox.replies.wish import Wish

__all__ = ["answer"]

CONTEXT = re.compile(
    r"(?:context|passage|document|text|article|sources?|information|notes)"
    r"\s*:\s*(.+?)(?:\n\s*(?:question|q|user question)\s*:\s*(.+)|$)",
    re.S | re.I,
)
QUESTION = re.compile(r"(?:^|\n)\s*(?:question|q)\s*:\s*([^\n]+)", re.I)


def answer(wish: Wish) -> str | None:
    """Return the sentence of the text that fits the question best."""
    context, question = _given(wish)
    if len(context) < 40 or not question:
        return None
    asked = set(content_words(question))
    stems = {word[:5] for word in asked}
    lines = sentences(context)[:500]
    if not asked or not lines:
        return None

    def fit(line: str) -> float:
        words = {word[:5] for word in content_words(line)}
        return len(stems & words) / (1 + len(words) / 40)

    best = max(lines, key=fit)
    shared = stems & {word[:5] for word in content_words(best)}
    if len(shared) < min(2, len(stems)):
        return "The given text does not say."
    return re.sub(r"^[-*•\d.)\s\[\]]+", "", best)


def _given(wish: Wish) -> tuple[str, str]:
    system = CONTEXT.search(wish.conversation.system)
    if system:
        return system.group(1), wish.prompt
    own = CONTEXT.search(wish.prompt)
    asked = QUESTION.search(wish.prompt)
    if own and asked:
        return own.group(1), asked.group(1)
    questions = found(
        r"\?|^(who|what|when|where|why|how|which|does|is|are|did)\b|\banswer\b"
        r"|\baccording to\b|\bbased on\b",
        wish.instruction,
    )
    if wish.material and questions and len(wish.material) > 60:
        return wish.material, wish.instruction
    return "", ""
