"""Values for named fields: what a prompt says about them."""

from __future__ import annotations

import re

from course.sandbox.replies.arithmetic import evaluate, expression_in
from course.sandbox.replies.classification import sentiment
from course.sandbox.replies.extraction import extract, kind_of
from course.sandbox.replies.summaries import summary
from course.sandbox.replies.wish import Wish

__all__ = ["figure_for", "text_for", "texts_for"]


def texts_for(name: str, wish: Wish) -> list[str]:
    """Return texts for a list by its name, keywords if need be."""
    text = wish.text or wish.prompt
    kind = kind_of(name)
    found_texts = extract(text, kind) if kind else []
    return found_texts or extract(text, "keyword") or summary(text, 3)


def figure_for(text: str, name: str) -> int | float:
    """Return the number in a text that a field's name speaks of."""
    near = name and re.search(
        rf"\b{re.escape(name.split('_')[0])}\w*\W{{0,4}}(?:is |of |are |: )?"
        r"(-?\d+(?:\.\d+)?)",
        text,
        re.I,
    )
    aged = name == "age" and re.search(r"\b(\d{1,3})[- ]years?[- ]old", text)
    match = near or aged
    if match:
        return _as_number(match.group(1))
    expression = expression_in(text)
    value = evaluate(expression) if expression else None
    if value is not None:
        return value
    numbers = extract(text, "number")
    return _as_number(numbers[0].replace(",", "")) if numbers else 1


def _as_number(text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return 1


def text_for(name: str, wish: Wish) -> str:
    """Return a text for a field, by its name and by what was said."""
    text, lower = wish.text or wish.prompt, name.lower()
    if re.search(r"sentiment|mood|tone", lower):
        score = sentiment(text)
        mood = "positive" if score > 0 else "negative"
        return mood if score else "neutral"
    if re.search(r"summary|description|abstract|text|content|answer", lower):
        return " ".join(summary(text)) or "A simulated answer."
    if re.search(r"reason|explanation|rationale|why", lower):
        return "It follows from the words of the request (simulated)."
    if "title" in lower or "headline" in lower:
        words = " ".join(summary(text, 1)).split()
        return " ".join(words[:6]).rstrip(".,") or "Untitled"
    if "currency" in lower:
        return "EUR" if "€" in text else "USD"
    if "language" in lower:
        return "English"
    near = name and re.search(
        rf"\b{re.escape(name.replace('_', ' '))}\b\s*(?:is|:|=)\s*"
        r"([\w@.-]+(?: [A-Z]\w+)*)",
        text,
        re.I,
    )
    if near:
        return str(near.group(1)).rstrip(".")
    items = extract(text, kind_of(name) or "entity")
    return items[0] if items else f"simulated {name or 'text'}"
