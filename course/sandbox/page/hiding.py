"""Keys hidden from the page, whole or in part, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from course.sandbox.recording import Headers

__all__ = ["MASK", "hidden", "shown_headers"]

MASK = "[key]"
# Runs of so many characters, or more, that a text shares with the key, of
# which so much is looked at.
PART = 8
LONGEST_KEY = 500
# Headers that tell who somebody is, beside those that hold a key.
PRIVATE = Headers.SECRET | {"cookie", "proxy-authorization", "x-api-key"}
# A provider's half-hidden echo of a key, and what else looks like one.
SHAPES = re.compile(
    r"[\w-]{0,40}\*{3,}[\w-]{0,40}"
    r"|\b(?:sk|rqy|requesty)[-_][\w-]{8,}"
    r"|\bAIza[\w-]{20,}"
    r"|(?<=Bearer )[^\s\"',]+"
)


def hidden(text: str, key: str | None) -> str:
    """Return a text without a key, its parts, and half-hidden echoes."""
    if key:
        text = text.replace(key, MASK)
    text = SHAPES.sub(MASK, text)
    key = (key or "")[:LONGEST_KEY]
    for start in range(len(key) - PART + 1):
        part = key[start : start + PART]
        if part in text:
            text = text.replace(part, MASK)
    return text


def shown_headers(
    headers: Mapping[str, str], key: str | None
) -> dict[str, str]:
    """Return headers as they may be shown."""
    return {
        name: MASK if name in PRIVATE else hidden(value, key)
        for name, value in headers.items()
    }
