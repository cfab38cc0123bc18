"""Gemini's addresses: version, model and method stand in the path."""

from __future__ import annotations

import re

from course.sandbox.wire import Request

__all__ = ["Call", "is_for_google", "key_of"]

UNARY = "generateContent"
STREAM = "streamGenerateContent"
COUNT = "countTokens"
# Under the sandbox's own path the version may be missing: some clients take
# a base URL for one that has it.
ROOTS = re.compile(r"(?:/gemini|(?=/v1))(?:/(v1beta|v1))?/(.*)", re.S)
VERSION = "v1beta"


def _query(request: Request) -> dict[str, str]:
    """Return the query's values by name, the last of each."""
    if not request.query:
        return {}
    from urllib.parse import parse_qs

    return {k: v[-1] for k, v in parse_qs(request.query).items()}


def key_of(request: Request) -> str | None:
    """Return the key that came in Google's way, in the header first."""
    given = request.headers.get("x-goog-api-key")
    return given or _query(request).get("key") or None


def is_for_google(request: Request) -> bool:
    """Say whether a request at the host's ``/v1`` is Google's.

    OpenAI's clients use it too: a method of Google's or the way in which the
    key comes tells them apart.
    """
    if not request.path.startswith("/v1/models"):
        return False
    verb = request.path.partition(":")[2]
    return verb in (UNARY, STREAM, COUNT) or key_of(request) is not None


class Call:
    """A request as its address tells it: version, method, model, format."""

    def __init__(self, request: Request) -> None:
        found = ROOTS.fullmatch(request.path)
        self.version: str = (found and found[1]) or VERSION
        path: str = found[2] if found else ""
        self.resource, _, verb = path.rstrip("/").partition(":")
        listing = self.resource == "models"
        self.method = verb or ("ListModels" if listing else "GetModel")
        self.model = self.resource.removeprefix("models/")
        self.query = _query(request)
        alt = self.query.get("$alt") or self.query.get("alt", "json")
        self.events = alt == "sse"
        self.numbers = "enum-encoding=int" in alt
        good = self.resource.startswith("models/")
        self.generates = good and verb in (UNARY, STREAM)
        self.streams = good and verb == STREAM
        self.counts = good and verb == COUNT
        self.lists = not verb and (good or listing)

    @property
    def in_array(self) -> bool:
        """Say whether the reply is an array, also that of an error."""
        return self.streams and not self.events
