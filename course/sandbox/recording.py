"""What arrived at the sandbox: one record for every request."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple, overload

from course.sandbox.wire import Reply, Request

__all__ = [
    "AnsweredCalls",
    "Arrival",
    "Headers",
    "RecordedRequest",
    "Recording",
    "fingerprint",
    "model_asked",
]

KEPT_PER_KEY = 1_000
# Beyond so many keys, the one that was used first is forgotten.
KEPT_KEYS = 1_000
KEPT_BODY = 1_000_000
KEPT_REPLY = 4_000
# Gemini names the model in the path; everybody else in the body.
MODEL_IN_PATH = re.compile(r"/models/(?P<model>[^/:]+):\w+")


def fingerprint(key: str | None) -> str:
    """Return a short name for a key that shows no part of it."""
    if key is None:
        return "no key"
    return f"key #{sha256(key.encode('utf-8', 'replace')).hexdigest()[:6]}"


class Headers(dict[str, str]):
    """Request headers, asked for in any case, that print without the key.

    Their names are in small letters, as the server reads them.
    """

    SECRET = frozenset({"authorization", "x-goog-api-key", "api-key"})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...
    @overload
    def get(self, name: str, default: Any, /) -> Any: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        return super().get(name.lower(), default)

    def __repr__(self) -> str:
        return repr(
            {k: "***" if k in self.SECRET else v for k, v in self.items()}
        )

    __str__ = __repr__


@dataclass
class RecordedRequest:
    """One request as it arrived; it prints without the key.

    `body` is the parsed JSON, or the text where it is none or is larger
    than a million bytes, of which the first million is kept. `status` and
    `reply` are None while there is no answer, and stay so if there never is
    one; `reply` is the beginning of the body that was sent, as text.
    """

    provider: str | None
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: Any = field(repr=False)
    key: str | None = field(repr=False)
    status: int | None = None
    reply: str | None = field(default=None, repr=False)

    @property
    def model(self) -> str:
        """The model that was asked; empty where none was."""
        return model_asked(self.path, self.body)

    def answered(self, reply: Reply) -> None:
        """Note what is about to be sent."""
        self.status = reply.status
        self.reply = _beginning(reply)

    def __repr__(self) -> str:
        status = "unanswered" if self.status is None else self.status
        return (
            f"<{self.provider or 'unknown'}: {self.method} {self.path}"
            f" -> {status}, {fingerprint(self.key)}>"
        )


def model_asked(path: str, body: Any) -> str:
    """Return the model that a request names; empty where it names none."""
    found = MODEL_IN_PATH.search(path)
    if found:
        return found["model"]
    return str(body.get("model", "")) if isinstance(body, dict) else ""


def _beginning(reply: Reply) -> str:
    """Return the first KEPT_REPLY bytes of a reply's body."""
    body = reply.body[:KEPT_REPLY]
    for piece in reply.pieces or ():
        if len(body) >= KEPT_REPLY:
            break
        if isinstance(piece, bytes):
            body += piece[: KEPT_REPLY - len(body)]
    return body.decode("utf-8", "replace")


def _body(request: Request) -> Any:
    if len(request.raw) > KEPT_BODY:
        return request.raw[:KEPT_BODY].decode("utf-8", "replace")
    try:
        return request.json if request.raw else ""
    except ValueError:
        return request.raw.decode("utf-8", "replace")


class Arrival(NamedTuple):
    """A record, its number, and when it came, in seconds since 1970."""

    number: int
    time: float
    record: RecordedRequest


class AnsweredCalls(NamedTuple):
    """How often a model has answered, and the bytes of those requests."""

    provider: str
    model: str
    calls: int
    body_bytes: int


class Recording:
    """The last thousand requests of each key, safe to use from threads.

    `epoch` is another one whenever everything was forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._next = 0
        self._kept: dict[str | None, deque[Arrival]] = {}
        self._calls: Counter[tuple[str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self.epoch = time.time_ns()

    def add(
        self, provider: str | None, key: str | None, request: Request
    ) -> RecordedRequest:
        """Record a request and return its record."""
        record = RecordedRequest(
            provider,
            request.method,
            request.path,
            Headers(request.headers),
            _body(request),
            key,
        )
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                if len(self._kept) >= KEPT_KEYS:
                    del self._kept[next(iter(self._kept))]
                kept = self._kept[key] = deque(maxlen=KEPT_PER_KEY)
            number = next(self._numbers)
            self._next = number + 1
            kept.append(Arrival(number, time.time(), record))
        return record

    def count(self, record: RecordedRequest, body_bytes: int) -> None:
        """Count a request that a model has answered, if one was asked."""
        key = record.provider or "", record.model
        if all(key):
            with self._lock:
                self._calls[key] += 1
                self._bytes[key] += body_bytes

    def answered_calls(self) -> list[AnsweredCalls]:
        """Return all that models have answered; `clear` forgets none."""
        with self._lock:
            return [
                AnsweredCalls(*key, calls, self._bytes[key])
                for key, calls in sorted(self._calls.items())
            ]

    def all(self) -> list[RecordedRequest]:
        """Return the records in the order of arrival."""
        return [arrival.record for arrival in self.arrivals(0)[1]]

    def arrivals(self, first: int) -> tuple[int, list[Arrival]]:
        """Return the next number, and all from the number `first` on."""
        with self._lock:
            found = [
                arrival
                for kept in self._kept.values()
                for arrival in kept
                if arrival.number >= first
            ]
            following = self._next
        found.sort(key=lambda arrival: arrival.number)
        return following, found

    def key_named(self, name: str) -> str | None:
        """Return the key with this fingerprint; ValueError if none has it."""
        with self._lock:
            keys = list(self._kept)
        for key in keys:
            if fingerprint(key) == name:
                return key
        raise ValueError(f"Nothing has come with {name}.")

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self.epoch = time.time_ns()
