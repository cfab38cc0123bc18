"""The texts and word lists that the replies are made from."""

from __future__ import annotations

import json
import os
import re
from functools import cache, lru_cache
from typing import Any

from course.sandbox.models import DATA

__all__ = ["content_words", "data", "found", "sentences", "stop_words"]


@cache
def data() -> dict[str, Any]:
    """Return what stands in data/replies.json."""
    path = os.path.join(DATA, "replies.json")
    with open(path, encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content


@lru_cache(maxsize=5_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def found(pattern: str, text: str) -> re.Match[str] | None:
    """Search a pattern that is compiled once; `text` is in lower case."""
    return _compiled(pattern).search(text)


@cache
def stop_words() -> frozenset[str]:
    """Return the words that say nothing about a text's subject."""
    return frozenset(data()["stop_words"].split())


def content_words(text: str) -> list[str]:
    """Return the words that say something, in lower case and order."""
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())
    return [w for w in words if w not in stop_words() and len(w) > 1]


ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|approx|No|Inc|Ltd"
    r"|[A-Z])\.)$"
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; abbreviations do not end one."""
    parts = re.split(r"(?<=[.!?…])[\"”')\]]*\s+|\n\s*\n|\n(?=[-*•\d])", text)
    result: list[str] = []
    for part in (" ".join(part.split()) for part in parts):
        if result and ABBREVIATION.search(result[-1]):
            result[-1] += f" {part}"
        elif part:
            result.append(part)
    return result
