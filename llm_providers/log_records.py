"""Logs of many sources, read back: lines, the texts in them, and tries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from llm_providers.redaction import KEY_SHAPES

__all__ = [
    "ATTEMPTS",
    "PROVIDER_FAULTS",
    "Record",
    "Try",
    "by_provider",
    "keys_in",
    "records",
    "texts",
    "tries",
]

# The logger of the lines that tell of tries, one each.
ATTEMPTS = "llm_providers.attempts"

# Kinds of errors by which a provider shows that it is not well. The others
# tell of who called it: too often, without a key, with a wrong request.
PROVIDER_FAULTS = frozenset(
    {
        "connection_failed",
        "malformed_response",
        "provider_unavailable",
        "stream_interrupted",
        "timeout",
    }
)

# Words such as "Bearer token" are shaped like a key, but shorter.
SHORTEST_KEY = 16


@dataclass(frozen=True)
class Record:
    """One line of a log; the first is line 1.

    `fields` is the JSON object in it, and empty where there is none: then
    `raw`, the line as it stands there, is all that is known.
    """

    line: int
    raw: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Try:
    """One request to a provider, as our own log tells of it.

    `error_kind` is None for a success, `cost_usd` None where nobody knows
    what it cost. `time` is when it ended. `request_id` is that of the
    router's request to which the try belongs, empty where there is none.
    """

    line: int
    time: datetime
    provider: str
    model: str
    error_kind: str | None
    latency_seconds: float
    cost_usd: float | None
    request_id: str
    prompt_tokens: int | None
    completion_tokens: int | None


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Yield a record for every line, also for one that is broken.

    Only empty lines are left out; they count as lines.
    """
    for number, line in enumerate(lines, start=1):
        raw = line.strip()
        if raw:
            yield Record(number, raw, _fields(raw))


def texts(record: Record) -> Iterator[tuple[str, str]]:
    """Yield every text of a line with the path to it, however deep it is.

    A path is made of names and places, as in `request.headers.0.value`. A
    name is a text as well: its path is its own. A broken line is a single
    text, whose path is empty.
    """
    if not record.fields:
        yield "", record.raw
        return
    left: list[tuple[str, Any]] = [("", record.fields)]
    while left:
        path, value = left.pop()
        parts: list[tuple[str, Any]] = []
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            for name, part in value.items():
                below = f"{path}.{name}".lstrip(".")
                parts += [(below, name), (below, part)]
        elif isinstance(value, list):
            parts = [(f"{path}.{n}", part) for n, part in enumerate(value)]
        left.extend(reversed(parts))


def keys_in(text: str) -> list[str]:
    """Return what in a text looks like a whole key, in order.

    A masked one, of which some characters are left, is none: nobody can use
    it. Neither is a short word.
    """
    found = (each[0].rstrip("\\.;:)]}>") for each in KEY_SHAPES.finditer(text))
    return [
        key
        for key in found
        if len(key) >= SHORTEST_KEY
        and "*" not in key
        and any(letter.isdigit() for letter in key)
    ]


def tries(records: Iterable[Record]) -> list[Try]:
    """Return the tries of which the records tell, in order of their end.

    Who was passed over without a request made no try, and a line that lacks
    what a try needs is none.
    """
    found = [
        made
        for record in records
        if record.fields.get("logger") == ATTEMPTS
        and record.fields.get("status") in ("success", "error")
        and (made := _try(record)) is not None
    ]
    return sorted(found, key=lambda one: one.time)


def by_provider(tries: Iterable[Try]) -> dict[str, list[Try]]:
    """Return the tries of each provider, by its name, in their order."""
    found: dict[str, list[Try]] = {}
    for one in tries:
        found.setdefault(one.provider, []).append(one)
    return dict(sorted(found.items()))


def _fields(raw: str) -> Mapping[str, Any]:
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _try(record: Record) -> Try | None:
    fields = record.fields
    try:
        time = datetime.fromisoformat(fields["time"])
        return Try(
            line=record.line,
            time=time if time.tzinfo else time.replace(tzinfo=UTC),
            provider=str(fields["provider"]),
            model=str(fields["model"]),
            error_kind=_name(fields["error_kind"]),
            latency_seconds=_finite(fields["latency_seconds"]),
            cost_usd=_number(fields.get("cost_usd")),
            request_id=str(fields.get("request_id") or ""),
            prompt_tokens=_count(fields.get("prompt_tokens")),
            completion_tokens=_count(fields.get("completion_tokens")),
        )
    except (LookupError, OverflowError, TypeError, ValueError):
        return None


def _number(value: Any) -> float | None:
    return None if value is None else _finite(value)


def _finite(value: Any) -> float:
    """Return a number. Raises for what is none, or beyond all bounds."""
    number = float(value)
    if not isfinite(number):
        raise ValueError("the number has no end")
    return number


def _name(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(value: Any) -> int | None:
    return value if type(value) is int else None
