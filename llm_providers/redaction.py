"""Keys never show: not in messages, logs or error texts, nor in part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = [
    "KEY_SHAPES",
    "MASK",
    "hide_parts",
    "may_hold_key",
    "redact",
    "remember",
    "remembered",
]

MASK = "[redacted]"

# A provider that repeats a key shows its first eight characters; any run of
# that length which a text shares with a key is therefore hidden as well.
_PART_LENGTH = 8

# What keys look like: vendor prefixes, bearer headers, half-masked echoes.
# The last looks for stars from a word's beginning alone: from each of its
# letters, a word of a million would hold up the whole process.
KEY_SHAPES = re.compile(
    r"\b(?:sk|rqy|requesty)[-_][\w*-]{8,}"
    r"|\bAIza[\w-]{20,}"
    r"|(?<=Bearer )[^\s\"',]+"
    r"|(?:(?<![\w-])[\w-]*+)?\*{3,}[\w-]*"
)

# One of these is in whatever KEY_SHAPES matches.
_MARKS = ("sk-", "sk_", "rqy", "requesty", "AIza", "Bearer ", "***")
# Each run of _PART_LENGTH has a whole probe in it, wherever it begins.
_PROBE_LENGTH = 4
_PROBE_STEP = _PART_LENGTH - _PROBE_LENGTH + 1

# All keys that this process has read from its settings.
remembered: set[str] = set()


def remember(secret: str) -> None:
    """Hide this key from now on in whatever this process redacts."""
    if secret:
        remembered.add(secret)


def redact(text: str, secrets: Iterable[str] | None = None) -> str:
    """Return `text` with every key, and every part of one, replaced.

    `secrets` are the keys to hide; without it, all that this process has
    read from its settings. What only looks like a key is hidden too.
    """
    known = remembered if secrets is None else secrets
    known = sorted(filter(None, known), key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, MASK)
    text = KEY_SHAPES.sub(MASK, text)
    for secret in known:
        text = hide_parts(text, secret)
    return text


def hide_parts(text: str, secret: str) -> str:
    """Return `text` without runs of eight characters shared with `secret`.

    A secret shorter than that has no parts to hide.
    """
    parts = _parts(secret)
    if not any(part in text for part in parts):
        return text
    kept: list[str] = []
    position = hidden_until = 0
    while position < len(text):
        if text[position : position + _PART_LENGTH] in parts:
            if position >= hidden_until:
                kept.append(MASK)
            hidden_until = position + _PART_LENGTH
        if position >= hidden_until:
            kept.append(text[position])
        position += 1
    return "".join(kept)


def may_hold_key(text: str) -> bool:
    """Whether `redact` may find something: a quick look, never a wrong no."""
    if any(mark in text for mark in _MARKS):
        return True
    return any(
        probe in text for secret in remembered for probe in _probes(secret)
    )


@lru_cache(4096)
def _probes(secret: str) -> tuple[str, ...]:
    """Return pieces of a key of which one is in each of its parts.

    A key that has no parts is hidden as a whole.
    """
    if len(secret) < _PART_LENGTH:
        return (secret,)
    last = len(secret) - _PROBE_LENGTH
    return tuple(
        secret[start : start + _PROBE_LENGTH]
        for start in range(0, last + 1, _PROBE_STEP)
    )


@lru_cache(4096)
def _parts(secret: str) -> frozenset[str]:
    """Return all runs of eight characters; a router may have many keys."""
    return frozenset(
        secret[start : start + _PART_LENGTH]
        for start in range(len(secret) - _PART_LENGTH + 1)
    )
