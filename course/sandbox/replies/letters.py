"""Small tasks with letters, words and lists: count, reverse, sort."""

from __future__ import annotations

import re

from course.sandbox.replies.data import found, sentences
from course.sandbox.replies.wish import Wish

__all__ = ["answer"]


def answer(wish: Wish) -> str | None:
    """Return the result where the task can simply be carried out."""
    if found(
        r"\b(function|code|script|program|python|sql)\b", wish.instruction
    ):
        return None
    return _numbers(wish) or _counted(wish) or _turned(wish) or _sorted(wish)


def _numbers(wish: Wish) -> str | None:
    asked = found(
        r"^(?:please )?count (down )?(?:from (\d+) )?(?:up |down )?"
        r"(?:to (\d+))?\b",
        wish.instruction,
    )
    if not asked or not (asked.group(2) or asked.group(3)):
        return None
    start = int(asked.group(2) or 1)
    end = int(asked.group(3) or 1)
    step = 1 if end >= start else -1
    if abs(end - start) > 1_000:
        return None
    return ", ".join(str(n) for n in range(start, end + step, step))


def _target(wish: Wish) -> str:
    """Return the word or text that the task is about."""
    if wish.material:
        return wish.material
    named = re.search(
        r"\b(?:in|of|word|spell)\s+(?:the word )?([\w'-]+)\W*$",
        wish.prompt,
        re.I,
    )
    return named.group(1) if named else ""


def _counted(wish: Wish) -> str | None:
    asked = found(
        r"\bhow many (times .*?letter \W?(\w)\W|letters?|words|characters"
        r"|vowels|sentences|(\w)(?:'s|s)?)\b.*\b(in|does|are|has|is)\b"
        r"|\bcount the (words|letters|characters|vowels|sentences)\b",
        wish.instruction,
    )
    text = _target(wish) if asked else ""
    if not asked or not text:
        return None
    what = asked.group(1) or asked.group(5)
    letter = asked.group(2) or asked.group(3)
    if letter:
        count = text.lower().count(letter)
        return f"There are {count} {letter}'s in “{text[:60]}”."
    if what.startswith("letter"):
        return f"There are {sum(c.isalpha() for c in text)} letters."
    if what == "words":
        return f"There are {len(text.split())} words."
    if what == "sentences":
        return f"There are {len(sentences(text))} sentences."
    if what == "vowels":
        return f"There are {sum(c in 'aeiou' for c in text.lower())} vowels."
    return f"There are {len(text)} characters."


def _turned(wish: Wish) -> str | None:
    asked, text = wish.instruction, _target(wish)
    if not text or len(text) > 2_000:
        return None
    if found(r"\brevers\w* (the |this )?(word|string|text|letters)\b", asked):
        return text[::-1]
    if found(r"\b(spell)\b", asked):
        return "-".join(text.upper())
    if found(
        r"\b(to|in|into) (upper ?case|capitals|capital letters)\b", asked
    ):
        return text.upper()
    if found(r"\b(to|in|into) lower ?case\b", asked):
        return text.lower()
    if found(r"\b(to|in|into) title ?case\b", asked):
        return text.title()
    return None


def _sorted(wish: Wish) -> str | None:
    if not found(
        r"^(please )?(sort|order|alphabeti[sz]e)\b", wish.instruction
    ):
        return None
    text = wish.material or re.sub(
        r"^.*?\b(?:words|numbers|list|items|names)\b", "", wish.prompt
    )
    items = [part.strip(" .[]\"'") for part in re.split(r"[,\n;]", text)]
    items = [item for item in items if item]
    if len(items) < 2:
        return None
    backwards = bool(found(r"\b(descending|revers|largest)", wish.instruction))
    try:
        items.sort(key=float, reverse=backwards)
    except ValueError:
        items.sort(key=str.lower, reverse=backwards)
    return ", ".join(items)
