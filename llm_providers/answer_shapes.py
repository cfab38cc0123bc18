"""What an answer's parts have to be, whatever a provider sends.

The functions that read answers rely on it. What is wrong is told by its
place; a count or a cost that nobody can read is left out, since the answer
itself has been delivered, and is unknown from there on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_providers.errors import MalformedResponseError
from llm_providers.http_replies import decode_body

__all__ = ["decode_answer", "fitting"]

# A larger number is none; JSON's readers agree on whole ones up to here.
LARGEST = 2**53

_TEXT = "a text"
_COUNT = "a count"
_PRICE = "a price"
# To an older SDK, Gemini tells its words by their numbers.
_WORD = "a word"
_CALL = {
    "index": _COUNT,
    "id": _TEXT,
    "function": {"name": _TEXT, "arguments": _TEXT},
}
_SAID = {"content": _TEXT, "refusal": _TEXT, "tool_calls": [_CALL]}
_PART = {
    "functionCall": {"name": _TEXT, "id": _TEXT, "args": {}},
    "thoughtSignature": _TEXT,
}
# Of chat completions and of Gemini, whole or as events of a stream. A field
# that is missing or null fits.
_ANSWER: Mapping[str, Any] = {
    "id": _TEXT,
    "model": _TEXT,
    "provider": _TEXT,
    "choices": [{"message": _SAID, "delta": _SAID, "finish_reason": _TEXT}],
    "responseId": _TEXT,
    "modelVersion": _TEXT,
    "candidates": [{"content": {"parts": [_PART]}, "finishReason": _WORD}],
    "promptFeedback": {"blockReason": _WORD},
}
_COUNTED: Mapping[str, Any] = {
    "usage": {
        "prompt_tokens": _COUNT,
        "completion_tokens": _COUNT,
        "total_tokens": _COUNT,
        "prompt_tokens_details": {"cached_tokens": _COUNT},
        "completion_tokens_details": {"reasoning_tokens": _COUNT},
        "cost": _PRICE,
    },
    "usageMetadata": {
        "promptTokenCount": _COUNT,
        "candidatesTokenCount": _COUNT,
        "totalTokenCount": _COUNT,
        "cachedContentTokenCount": _COUNT,
        "thoughtsTokenCount": _COUNT,
        "toolUsePromptTokenCount": _COUNT,
    },
}


def decode_answer(body: bytes | str) -> dict[str, Any]:
    """Return the JSON object of an answer, its parts of the right kinds.

    Raises MalformedResponseError.
    """
    return fitting(decode_body(body))


def fitting(payload: dict[str, Any]) -> dict[str, Any]:
    """Return an answer, of whose counts the unreadable ones are left out.

    Raises MalformedResponseError, with the place, for a part of another
    kind. An answer that is an error anyway is left with the error alone.
    """
    wrong = _misfit(payload, _ANSWER)
    if wrong and payload.get("error"):
        return {"error": payload["error"]}
    if wrong:
        raise MalformedResponseError(f"In the answer, {wrong[1:]}.")
    _leave_out(payload, _COUNTED)
    return payload


def _misfit(value: Any, shape: Any) -> str:
    """Return what is of another kind than it should be; empty if nothing."""
    if isinstance(shape, str):
        return "" if _FITS[shape](value) else f" is not {shape}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return " is not a list"
        for place, item in enumerate(value):
            wrong = _misfit(item, shape[0])
            if wrong:
                return f"[{place}]{wrong}"
        return ""
    if type(value) is not dict:
        return " is not an object"
    for name, part in shape.items():
        found = value.get(name)
        # Nearly all that is looked at; the rest takes longer.
        if found is None or (part is _TEXT and type(found) is str):
            continue
        wrong = _misfit(found, part)
        if wrong:
            return f".{name}{wrong}"
    return ""


def _leave_out(value: Any, shape: Mapping[str, Any]) -> None:
    """Take out what cannot be read; `shape` names all that is looked at."""
    for name, part in shape.items():
        found = value.get(name)
        if found is None or (part is _COUNT and _is_count(found)):
            continue
        if type(part) is dict and type(found) is dict:
            _leave_out(found, part)
        elif _misfit(found, part):
            del value[name]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _is_price(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= LARGEST


def _is_word(value: Any) -> bool:
    return _is_text(value) or _is_count(value)


_FITS = {
    _TEXT: _is_text,
    _COUNT: _is_count,
    _PRICE: _is_price,
    _WORD: _is_word,
}
