"""HTTP calls of a test to the learner's router, in the log of calls."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import requests

from course.checking.calls import Call


@contextlib.contextmanager
def logged_http(log: list[Call], served: list[str]) -> Iterator[None]:
    """Log what `requests` sends to one of the `served` addresses."""
    original = requests.Session.send

    def send(
        session: requests.Session,
        request: requests.PreparedRequest,
        **options: Any,
    ) -> requests.Response:
        base = next((u for u in served if str(request.url).startswith(u)), "")
        if not base:
            return original(session, request, **options)
        entry = _entry(request, str(request.url).removeprefix(base))
        log.append(entry)
        try:
            response = original(session, request, **options)
        except requests.RequestException as error:
            entry.failed_with(error, None)
            raise
        entry.returned = {
            "status": response.status_code,
            "body": _json_or_text(response.text),
        }
        return response

    # This is the judge's own client; the learner's code is not in here.
    setattr(requests.Session, "send", send)  # noqa: B010
    try:
        yield
    finally:
        setattr(requests.Session, "send", original)  # noqa: B010


def _entry(request: requests.PreparedRequest, path: str) -> Call:
    raw = request.body or b""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    name = f"{request.method} {path}"
    return Call(name, f"{name} {text}".strip(), [_json_or_text(text)])


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
