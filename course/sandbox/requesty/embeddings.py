"""Requesty's ``/embeddings``, in OpenAI's shape.

The catalogue has no embedding models, so any id with a provider and ``embed``
in it is taken for one. A vector is the sum of its words' own directions, at
length 1: texts that share words are near each other. No cost is told, since
no price is known.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Sequence
from hashlib import shake_256
from typing import Any

from course.sandbox.answers import rough_tokens
from course.sandbox.models import Models
from course.sandbox.requesty.errors import (
    PROVIDER,
    RequestyError,
    unknown_model,
)
from course.sandbox.requesty.models import named

__all__ = ["EMBEDDINGS", "embeddings"]

EMBEDDINGS = "/embeddings"
# The sandbox's own sizes, small enough to be looked at.
DIMENSIONS, MOST_DIMENSIONS, MOST_INPUTS = 256, 4_096, 2_048

WORD = re.compile(r"\w+")


def embeddings(body: dict[str, Any], models: Models) -> dict[str, Any]:
    """Return the vectors of a request's texts, each of length 1.

    Raises RequestyError for what is no such request; the words of its 400
    are not from a capture.
    """
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise _refused("'model' is required")
    if "/" not in name or "embed" not in name or named(name, models):
        raise unknown_model()
    size = body.get("dimensions", DIMENSIONS)
    if type(size) is not int or not 1 <= size <= MOST_DIMENSIONS:
        raise _refused(f"'dimensions' is from 1 to {MOST_DIMENSIONS}")
    form = body.get("encoding_format", "float")
    if form not in ("float", "base64"):
        raise _refused("'encoding_format' is 'float' or 'base64'")
    texts = _texts(body.get("input"))
    used = sum(map(_tokens, texts))
    rows = [
        {"object": "embedding", "index": index, "embedding": _told(one, form)}
        for index, one in enumerate(_vector(text, size) for text in texts)
    ]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": rows, "model": name, "usage": usage}


def _refused(text: str) -> RequestyError:
    return RequestyError(400, f"Invalid request body: {text}", PROVIDER)


def _is_tokens(given: Any) -> bool:
    return isinstance(given, list) and all(type(one) is int for one in given)


def _texts(given: Any) -> list[str | list[int]]:
    """Return the inputs, each a text or a list of token numbers."""
    several = [given]
    if isinstance(given, list) and not (given and _is_tokens(given)):
        several = given
    if not 1 <= len(several) <= MOST_INPUTS:
        raise _refused(f"'input' has from 1 to {MOST_INPUTS} texts")
    if not all(
        one and (isinstance(one, str) or _is_tokens(one)) for one in several
    ):
        raise _refused("'input' is text, tokens, or a list of them, not empty")
    return several


def _tokens(text: str | list[int]) -> int:
    return rough_tokens(text) if isinstance(text, str) else len(text)


def _vector(text: str | list[int], size: int) -> list[float]:
    words = WORD.findall(text.lower()) if isinstance(text, str) else text
    rows = [_direction(str(word), size) for word in words or [text]]
    total = [sum(column) for column in zip(*rows, strict=True)]
    length = math.sqrt(sum(one * one for one in total)) or 1.0
    return [one / length for one in total]


def _direction(word: str, size: int) -> Sequence[float]:
    """Return numbers around 0 that belong to a word, always the same."""
    data = shake_256(word.encode("utf-8", "replace")).digest(2 * size)
    return [one + 0.5 for one in struct.unpack(f"<{size}h", data)]


def _told(vector: list[float], form: str) -> list[float] | str:
    if form == "float":
        return [round(one, 9) for one in vector]
    packed = struct.pack(f"<{len(vector)}f", *vector)
    return base64.b64encode(packed).decode("ascii")
