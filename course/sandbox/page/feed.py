"""What the page asks for, again and again: requests and planned faults.

Nothing in it holds a key. However much has arrived, one answer holds no more
than the last requests, and of each no more than its beginning.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from course.sandbox.fault_names import CHOICES, FAULTS, Fault
from course.sandbox.page.hiding import hidden, shown_headers
from course.sandbox.recording import Arrival, fingerprint

if TYPE_CHECKING:
    from course.sandbox.server import Sandbox

__all__ = ["fault_forms", "feed"]

MOST_ROWS = 100
# Characters of a body, an answer, a header's value or a line.
LONGEST = 4_000
LINE = 160
HEADERS = 60
WRITER = json.JSONEncoder(ensure_ascii=False, indent=1)


def feed(sandbox: Sandbox, first: int) -> dict[str, Any]:
    """Return what has arrived from the number `first` on, and is planned.

    `epoch` changes when everything was forgotten, `next` is the number that
    the next request gets.
    """
    epoch, following, arrivals = sandbox.arrivals(first, MOST_ROWS)
    return {
        "epoch": epoch,
        "next": following,
        "requests": [_row(one) for one in arrivals],
        "faults": {
            provider: [
                {
                    "name": fault.name,
                    "left": fault.left,
                    "only": fault.key and fingerprint(fault.key),
                    "options": _text(fault.options, fault.key),
                }
                for fault in planned
            ]
            for provider, planned in sandbox.planned().items()
        },
    }


def _row(arrival: Arrival) -> dict[str, Any]:
    record, key = arrival.record, arrival.record.key
    headers = list(shown_headers(record.headers, key).items())[:HEADERS]
    reply = record.reply
    return {
        "number": arrival.number,
        "time": arrival.time,
        "provider": record.provider,
        "method": record.method,
        "path": hidden(record.path, key)[:LINE],
        "who": fingerprint(key),
        "status": record.status,
        "line": hidden(_last_words(record.body), key)[:LINE],
        "headers": [[name, value[:LONGEST]] for name, value in headers],
        "body": _text(record.body, key),
        "reply": None if reply is None else hidden(reply, key)[:LONGEST],
    }


def _text(value: Any, key: str | None) -> str:
    """Return a value as text to read, without the key."""
    text = hidden(_beginning(value), key)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _beginning(value: Any) -> str:
    """Return a value as text, of which so much that some may be hidden."""
    if isinstance(value, str):
        return value[: 2 * LONGEST]
    text = ""
    for piece in WRITER.iterencode(value):
        text += piece[: 2 * LONGEST]
        if len(text) >= 2 * LONGEST:
            break
    return text[: 2 * LONGEST]


def _last_words(body: Any) -> str:
    """Return the model that is asked, and the last that it is told."""
    if not isinstance(body, dict):
        return ""
    said = body.get("messages") or body.get("contents") or body.get("input")
    last = said[-1] if isinstance(said, list) and said else said
    if isinstance(last, dict):
        last = last.get("content") or last.get("parts") or ""
    if isinstance(last, list) and last and isinstance(last[0], dict):
        last = last[0].get("text", "")
    model = body.get("model")
    words = [one for one in (model, last) if isinstance(one, str)]
    return ": ".join(" ".join(one[: 2 * LINE].split()) for one in words)


def fault_forms(sandbox: Sandbox) -> dict[str, Any]:
    """Return for each provider its base URL and its faults' forms."""
    return {
        name: {
            "base_url": sandbox.base_url(name),
            "faults": [
                _form(name, fault, known)
                for fault, known in sorted(FAULTS.items())
                if known.belongs_to(name)
            ],
        }
        for name in sandbox.providers
    }


def _form(provider: str, name: str, fault: Fault) -> dict[str, Any]:
    options = [
        {"name": one, "choices": CHOICES.get((provider, name, one), ())}
        for one in fault.options_of(provider)
    ]
    return {
        "name": name,
        "sentence": fault.sentence,
        "waits_for": fault.waits_for,
        "options": options,
    }
