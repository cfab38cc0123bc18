"""Summaries: the sentences of a text that carry most of it."""

from __future__ import annotations

from collections import Counter

from course.sandbox.replies.data import content_words, found, sentences
from course.sandbox.replies.styles import NUMBER, number
from course.sandbox.replies.wish import Wish

__all__ = ["answer", "summary"]

ASKED = (
    r"\bsummar|\btl;?dr\b|\bsum (it|this|that|the) .{0,20}\bup\b|\bsum up\b"
    r"|\b(main|key|central|most important) (point|idea|takeaway|message)"
    r"|\bin a nutshell\b|\bgist\b|\bcondense\b"
)


def answer(wish: Wish) -> str | None:
    """Return a summary of the text that came with the request."""
    if not found(ASKED, wish.instruction):
        return None
    text = wish.text
    if len(text) < 30:
        return None
    wanted = found(
        rf"\b{NUMBER} (?:\w+ )?(?:sentence|bullet|point|key|takeaway|line)",
        wish.instruction,
    )
    points = found(r"\b(bullet|points|takeaways|ideas)\b", wish.instruction)
    count = number(wanted.group(1)) if wanted else 3 if points else None
    chosen = summary(text, count)
    if points:
        return "\n".join(f"- {one}" for one in chosen)
    return " ".join(chosen)


def summary(text: str, count: int | None = None) -> list[str]:
    """Return the most telling sentences of a text, in its order.

    A sentence counts for the frequent words in it, the first one a little
    more; long sentences get no advantage from their length.
    """
    lines = sentences(text)[:400]
    # "Dear team," and "Best, Ann" carry nothing.
    lines = [one for one in lines if len(one.split()) > 3] or lines
    if count is None:
        count = 1 if len(lines) < 5 else 2 if len(lines) < 12 else 3
    if len(lines) == 1 and count == 1:
        return [_shortened(lines[0])]
    frequency = Counter(content_words(text))

    def weight(position: int) -> float:
        words = content_words(lines[position])
        score = sum(frequency[word] for word in words)
        bonus = 1.3 if position == 0 else 1.0
        return bonus * score / (len(words) + 3)

    best = sorted(range(len(lines)), key=weight, reverse=True)[:count]
    return [lines[position] for position in sorted(best)]


def _shortened(line: str) -> str:
    words = line.split()
    if len(words) < 14:
        return line
    for mark in (
        " because ",
        " which ",
        " although ",
        "; ",
        " so that ",
        ", ",
    ):
        head = line.split(mark)[0]
        if 5 <= len(head.split()) < len(words):
            return head.rstrip(",;") + "."
    return " ".join(words[:14]) + " …"
