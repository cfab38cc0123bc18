"""Lists: things of a kind, ideas, tips, benefits, names."""

from __future__ import annotations

import math
import re

from course.sandbox.replies.data import data, found
from course.sandbox.replies.styles import NUMBER, number
from course.sandbox.replies.wish import Wish, subject

__all__ = ["answer", "listed"]

KINDS = (
    (r"\b(drawback|disadvantage|downside|risk|cons|problem|challenge)s?\b",
     "drawbacks"),
    (r"\b(benefit|advantage|pro|reason|upside)s?\b", "benefits"),
    (r"\b(step|how to|instruction)s?\b", "steps"),
    (r"\b(tip|advice|recommendation|way|best practice|suggestion)s?\b",
     "tips"),
    (r"\bquestions?\b", "questions"),
    (r"\b(names?|titles?)\b", "names"),
    (r"\b(idea|topic|activit|brainstorm|suggest|gift)\w*\b", "ideas"),
)  # fmt: skip
ASKED = (
    r"\blist\b|\bname (?:\d+|a few|some|all|the|two|three|four|five|six|ten)\b"
    r"|\bgive me\b|\bsuggest\b|\bbrainstorm\b|\bcome up with\b|\bideas?\b"
    r"|\bwhat are\b|\bwhich are\b|\bpros and cons\b|\btips\b|\bways to\b"
    r"|\badvice\b|\bnames? for\b|\bsteps to\b|\bname \w+s\b|\bthink of\b"
)


def answer(wish: Wish) -> str | None:
    """Return a numbered list of what is asked for."""
    asked = wish.instruction
    if not found(ASKED, asked):
        return None
    count = _wanted(asked)
    if found(r"\bpros and cons\b", asked):
        return _both(wish, count)
    primes = found(r"\bprime numbers?\b|\bprimes\b", asked)
    if primes and count:
        least = found(
            r"\b(?:greater than|above|over|after) (\d{1,4})\b", asked
        )
        start = int(least.group(1)) + 1 if least else 2
        return ", ".join(map(str, _primes(min(count, 100), start)))
    items = _known(asked) or _invented(wish, asked)
    if not items:
        return None
    start = wish.conversation.seed % len(items) if not _known(asked) else 0
    turned = items[start:] + items[:start]
    chosen = turned[: count or (len(items) if _known(asked) else 5)]
    if wish.language or wish.brief or found(r"\bcomma\b", asked):
        return ", ".join(chosen)
    lines = "\n".join(f"{i}. {item}" for i, item in enumerate(chosen, 1))
    return lines if _known(asked) else f"{_heading(wish)}\n{lines}"


def _heading(wish: Wish) -> str:
    kind = _kind(wish.instruction) or "suggestions"
    topic = re.search(
        r"\b(?:for|about|of|on|to|when|with)\b\s+[^.,:;?!\n]{2,80}",
        wish.instruction,
    )
    if not topic:
        return f"Here are some {kind}:"
    words = re.sub(r"\b(my|our)\b", "your", topic.group(0))
    return f"Here are some {kind} {words.strip()}:"


def _wanted(asked: str) -> int | None:
    wanted = found(rf"\b{NUMBER}\b", asked)
    return number(wanted.group(1)) if wanted else None


def listed(asked: str) -> list[str]:
    """Return as many known things of a kind as a request asks for."""
    return _known(asked)[: _wanted(asked)]


def _known(asked: str) -> list[str]:
    """Return the things of a kind that the data lists."""
    sets: dict[str, list[str]] = data()["sets"]
    names = [name for name in sets if name in asked]
    return sets[max(names, key=len)] if names else []


def _invented(wish: Wish, asked: str) -> list[str]:
    ideas: dict[str, list[str]] = data()["ideas"]
    kind = _kind(asked)
    if kind is None or found(r"^(what|which) (is|are) your\b", asked):
        return []
    if kind == "names":
        names: list[str] = data()["names"]
        return names
    return ideas[kind]


def _kind(asked: str) -> str | None:
    return next((kind for mark, kind in KINDS if found(mark, asked)), None)


def _both(wish: Wish, count: int | None) -> str:
    ideas: dict[str, list[str]] = data()["ideas"]
    size = count or 3
    good = "\n".join(f"- {line}" for line in ideas["benefits"][:size])
    bad = "\n".join(f"- {line}" for line in ideas["drawbacks"][:size])
    topic = re.sub(r"^.*cons of ", "", subject(wish))
    return f"Pros of {topic}:\n{good}\n\nCons:\n{bad}"


def _primes(count: int, start: int) -> list[int]:
    primes: list[int] = []
    candidate = start
    while len(primes) < count:
        if all(candidate % d for d in range(2, math.isqrt(candidate) + 1)):
            primes.append(candidate)
        candidate += 1
    return primes
