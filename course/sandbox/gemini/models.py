"""Gemini's list of models, in pages."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from course.sandbox.gemini.errors import GeminiError
from course.sandbox.models import Model

__all__ = ["list_models", "model_row"]

PAGE = 50
LARGEST_PAGE = 1_000
METHODS = ("generateContent", "countTokens", "createCachedContent")


def model_row(name: str, model: Model) -> dict[str, Any]:
    """Return what the list says of a model."""
    shown = name.replace("-", " ").title()
    row: dict[str, Any] = {
        "name": f"models/{name}",
        "version": name,
        "displayName": shown,
        "description": f"{shown} (simulated)",
        "inputTokenLimit": model.max_input_tokens or model.context_window,
        "outputTokenLimit": model.max_output_tokens or model.context_window,
        "supportedGenerationMethods": list(METHODS),
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
    }
    return row | ({"thinking": True} if model.reasoning else {})


def list_models(models: list[Model], query: dict[str, str]) -> dict[str, Any]:
    """Return a page of models and the token of the next, if there is one.

    Raises GeminiError for a size or a token that is none.
    """
    start = _start(query.get("pageToken") or query.get("page_token") or "")
    size = _size(query.get("pageSize") or query.get("page_size") or "")
    page = {"models": [model_row(m.id, m) for m in models][start:][:size]}
    if start + size >= len(models):
        return page
    return page | {"nextPageToken": _token(start + size)}


def _size(text: str) -> int:
    if not text:
        return PAGE
    if not (text.isascii() and text.isdigit()):
        raise GeminiError(
            400, f"Invalid value at 'page_size' (TYPE_INT32), \"{text}\""
        )
    return min(int(text) or PAGE, LARGEST_PAGE)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"simulated-{start}".encode()).decode()


def _start(token: str) -> int:
    """Return where a page begins; the text of the error is no capture."""
    try:
        read = base64.urlsafe_b64decode(token).decode()
        return int(read.removeprefix("simulated-")) if token else 0
    except (binascii.Error, ValueError):
        raise GeminiError(400, "The page token is invalid.") from None
