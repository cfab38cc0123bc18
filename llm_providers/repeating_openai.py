"""The OpenAI SDK's client, for an agent whose requests are all alike.

The SDK puts together address and headers anew for every request, which takes
as long as sending it. Here it does so for the first one; those that follow
differ in their body and their timeout alone. All else is the SDK's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

__all__ = ["RepeatingClient"]

# Sets of headers that are remembered: callers may send headers of their own.
MOST_KEPT = 100
READ_TIMEOUT = b"x-stainless-read-timeout"
TIMEOUTS = ("connect", "read", "write", "pool")
_written = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


class RepeatingClient(openai.OpenAI):
    """Makes requests after the model of the first with the same headers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._models: dict[Any, Any] = {}

    @property
    def user_agent(self) -> str:
        """What the SDK's own client says of itself."""
        own = type(self).__name__
        return super().user_agent.replace(own, openai.OpenAI.__name__)

    def _build_request(self, options: Any, **more: Any) -> httpx2.Request:
        """Return the request; `options` are those of the SDK's `post`."""
        body, seconds, own = (
            options.json_data,
            options.timeout,
            options.headers,
        )
        usual = isinstance(body, dict) and isinstance(own, Mapping)
        if not usual or not isinstance(seconds, int | float):
            return super()._build_request(options, **more)
        key = options.method, options.url, tuple(sorted(own.items()))
        model = self._models.get(key)
        if model is None:
            made = super()._build_request(options, **more)
            self._remember(key, made)
            return made
        method, url, headers = model
        return httpx2.Request(
            method,
            url,
            headers=[
                (name, str(seconds).encode() if name == READ_TIMEOUT else held)
                for name, held in headers
            ],
            content=_written(body).encode(),
            extensions={"timeout": dict.fromkeys(TIMEOUTS, seconds)},
        )

    def _remember(self, key: Any, made: httpx2.Request) -> None:
        """Keep all of a request but its body."""
        if len(self._models) >= MOST_KEPT:
            self._models.clear()
        headers = [
            pair
            for pair in made.headers.raw
            if pair[0].lower() != b"content-length"
        ]
        self._models[key] = made.method, made.url, headers
