"""Who calls the router: keys by name, each with a budget of its own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from llm_providers.settings import Secret

__all__ = [
    "NOBODY",
    "Caller",
    "Callers",
    "fingerprint",
    "parse_keys",
    "told_apart",
]

# Who calls a router that asks for no key.
NOBODY = "anonymous"


@dataclass(frozen=True)
class Caller:
    """One key of the router's: its name, and USD that it may spend a day.

    A budget of None is no limit. `fingerprint` stands for the key in the
    ledger; it is empty where there is no key.
    """

    name: str = NOBODY
    key: Secret = field(default_factory=Secret)
    budget_usd: float | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key.reveal()) if self.key else ""


def fingerprint(key: str) -> str:
    """Return 16 characters that stand for a key and do not give it away.

    That holds for keys that nobody can guess: make them long and random.
    """
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:16]


class Callers:
    """All callers that the router knows, found by what they send.

    Without any, everybody is let in as `open_to`.
    """

    def __init__(self, known: Iterable[Caller], open_to: Caller) -> None:
        self._known: Mapping[str, tuple[str, Caller]] = {
            caller.fingerprint: (caller.fingerprint, caller)
            for caller in known
        }
        self._open_to = None if self._known else (open_to.fingerprint, open_to)

    def __iter__(self) -> Iterator[Caller]:
        if self._open_to is not None:
            yield self._open_to[1]
        for _, caller in self._known.values():
            yield caller

    def find(self, header: bytes) -> tuple[str, Caller] | None:
        """Return fingerprint and caller for a header ``Authorization``.

        None for one who is not known. Takes as long for a key that is nearly
        right as for any other.
        """
        if self._open_to is not None:
            return self._open_to
        scheme, _, token = header.partition(b" ")
        given = token.strip()
        found = self._known.get(hashlib.sha256(given).hexdigest()[:16])
        if found is None or scheme.lower() != b"bearer":
            return None
        same = hmac.compare_digest(given, found[1].key.reveal().encode())
        return found if same else None


def parse_keys(text: str, budget_usd: float | None) -> tuple[Caller, ...]:
    """Return the callers in ``name:key`` or ``name:key:budget``, ….

    `budget_usd` is for those that name none. Raises ValueError, which never
    shows a key, for what makes no sense.
    """
    callers: list[Caller] = []
    for number, part in enumerate(text.split(","), start=1):
        if not part.strip():
            continue
        name, *rest = (piece.strip() for piece in part.split(":"))
        if not name or len(rest) not in (1, 2) or not rest[0]:
            raise ValueError(
                f"key {number} has to be name:key or name:key:budget"
            )
        budget = _budget(rest[1], name) if rest[1:] else budget_usd
        callers.append(Caller(name, Secret(rest[0]), budget))
    return told_apart(tuple(callers))


def told_apart(callers: tuple[Caller, ...]) -> tuple[Caller, ...]:
    """Return the callers. Raises ValueError if two have a name or a key."""
    for what in ("name", "fingerprint"):
        if len({getattr(one, what) for one in callers}) < len(callers):
            raise ValueError("two keys, or their names, are the same")
    return callers


def _budget(text: str, name: str) -> float:
    try:
        budget = float(text)
    except ValueError:
        budget = -1.0
    if not 0 <= budget < float("inf"):
        raise ValueError(f"the budget of {name} has to be a number of USD")
    return budget
