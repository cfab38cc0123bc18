"""Enums as numbers, for clients that ask for ``enum-encoding=int``.

The numbers are those of google-generativeai 0.8.6; what is younger follows
in the order of the documentation, which is not from a capture.
"""

from __future__ import annotations

from typing import Any

__all__ = ["numbered"]

HARM_CATEGORIES = (
    "HARM_CATEGORY_UNSPECIFIED",
    "HARM_CATEGORY_DEROGATORY",
    "HARM_CATEGORY_TOXICITY",
    "HARM_CATEGORY_VIOLENCE",
    "HARM_CATEGORY_SEXUAL",
    "HARM_CATEGORY_MEDICAL",
    "HARM_CATEGORY_DANGEROUS",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
)
NUMBERS: dict[str, tuple[str, ...]] = {
    "finishReason": (
        "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY",
        "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT",
        "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY",
        "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE",
    ),
    "blockReason": (
        "BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST",
        "PROHIBITED_CONTENT", "IMAGE_SAFETY",
    ),
    "category": HARM_CATEGORIES,
    "probability": (
        "HARM_PROBABILITY_UNSPECIFIED", "NEGLIGIBLE", "LOW", "MEDIUM", "HIGH",
    ),
    "modality": (
        "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT",
    ),
}  # fmt: skip
# What a model says is its own, whatever its keys are called.
FREE = ("args", "response")


def numbered(value: Any) -> Any:
    """Return a reply with its enums as numbers; unknown ones stay names."""
    if isinstance(value, list):
        return [numbered(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: part if name in FREE else _number(name, part)
        for name, part in value.items()
    }


def _number(name: str, part: Any) -> Any:
    known = NUMBERS.get(name, ())
    return known.index(part) if part in known else numbered(part)
