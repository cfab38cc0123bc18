"""How the requests of a simulated day end: each try, and what it costs.

What is assumed stands in router_day.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from course.simulation.draws import Draws
from course.simulation.router_requests import (
    AUTO,
    TRIES,
    Asked,
    assumptions,
    day_of_requests,
    draws_of,
    start,
)
from llm_providers.catalogue import load_catalogue
from llm_providers.errors import ProviderError
from llm_providers.ledger import MAY_BE_BILLED
from llm_providers.router.fallback_record import OPEN_BREAKER

__all__ = ["Event", "Tried", "day_of_events"]


@dataclass(frozen=True)
class Tried:
    """A try, or a target that was passed over; `at` is when it ended."""

    at: float
    provider: str
    model: str
    error_kind: str | None
    number: int
    wait: float
    latency: float
    prompt_tokens: int | None
    answer_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    skipped: bool = False


@dataclass(frozen=True)
class Event:
    """A request with all that came of it."""

    asked: Asked
    tries: tuple[Tried, ...]
    name: str


def day_of_events() -> list[Event]:
    """Return the day's requests with their ends, in no order."""
    return [_answered(one, n) for n, one in enumerate(day_of_requests())]


def _answered(asked: Asked, number: int) -> Event:
    draws = draws_of("answer", number)
    passed_over = asked.door == AUTO and draws.happens(
        assumptions()["skipped"] * _declined(asked.provider, asked.at)
    )
    tries = [_skipped(asked)] if passed_over else list(_tries(asked, draws))
    fails = passed_over or tries[-1].error_kind in _retryable()
    if fails and asked.door == AUTO:
        # The next in the ranking is asked.
        names = list(assumptions()["providers"])
        other = names[(names.index(asked.provider) + 1) % len(names)]
        role = load_catalogue().role(other, "default").id
        later = replace(asked, at=tries[-1].at, provider=other, model=role)
        tries += _tries(replace(later, ends=(None,)), draws)
    name = "".join(f"{draws.index(16):x}" for _ in range(32))
    return Event(asked, tuple(tries), f"req_{name}")


def _skipped(asked: Asked) -> Tried:
    """Return that a provider was not asked, since its breaker is open."""
    end = _tried(asked, asked.at + 0.003, OPEN_BREAKER, 0, 0.0, 0.0)
    return replace(end, skipped=True)


def _tries(asked: Asked, draws: Draws) -> Iterator[Tried]:
    """Yield the tries of one target: again after what may be tried again."""
    at, wait = asked.at, 0.0
    for number in range(1, TRIES + 1):
        begins = at + wait
        kind = _end(asked, number, begins, draws)
        latency = _latency(asked, begins, kind, draws)
        at = begins + latency
        yield _tried(asked, at, kind, number, wait, latency)
        if kind not in _retryable():
            return
        wait = 2.0 ** (number - 1) * (0.5 + 0.5 * draws.uniform())


def _end(asked: Asked, number: int, at: float, draws: Draws) -> str | None:
    """Return the kind of error in which a try ends, None for a success."""
    rules = assumptions()
    usual = rules["providers"][asked.provider]
    faults = usual["faults"] + rules["found"]["decline"]["faults"] * (
        _declined(asked.provider, at)
    )
    luck, kind = draws.uniform(), draws.weighted(rules["fault_kinds"])
    if number <= len(asked.ends):
        return asked.ends[number - 1]
    if luck < faults:
        return str(kind)
    return "rate_limit" if luck < faults + usual["rate_limits"] else None


def _latency(asked: Asked, at: float, kind: str | None, draws: Draws) -> float:
    rules = assumptions()
    usual = rules["providers"][asked.provider]
    factor = math.exp(rules["spread"] * draws.normal())
    slower = float(rules["found"]["decline"]["slower"]) - 1
    factor *= 1 + slower * _declined(asked.provider, at)
    if kind == "timeout":
        return float(rules["timeout"])
    if kind in ("rate_limit", "connection_failed", "invalid_request"):
        return 0.15 * factor
    if asked.latency is not None:
        return asked.latency
    read = asked.prompt_tokens / 20_000
    written = usual["each_token"] * asked.answer_tokens
    return factor * float(usual["first"] + read + written)


def _declined(provider: str, at: float) -> float:
    """Return how far a provider's decline has come, 0 to 1."""
    rule = assumptions()["found"]["decline"]
    if provider != rule["provider"]:
        return 0.0
    first: float = rule["from"]
    hour = (at - start()) / 3600
    return min(1.0, max(0.0, (hour - first) / (24 - first)))


def _tried(
    asked: Asked,
    at: float,
    kind: str | None,
    number: int,
    wait: float,
    latency: float,
) -> Tried:
    # What broke off was written, and is billed; other failures tell nothing.
    told = kind is None or kind == "stream_interrupted"
    answer = asked.answer_tokens if told else None
    cost: float | None = None if kind in MAY_BE_BILLED else 0.0
    model = load_catalogue().find(asked.provider, asked.model)
    if told:
        cost = (
            None
            if model is None
            else model.cost_usd(
                asked.prompt_tokens,
                asked.answer_tokens,
                asked.cached_tokens,
                assumptions()["day"],
            )
        )
    return Tried(
        at=at,
        provider=asked.provider,
        model=asked.model,
        error_kind=kind,
        number=number,
        wait=wait,
        latency=latency,
        prompt_tokens=asked.prompt_tokens if told else None,
        answer_tokens=answer,
        cached_tokens=asked.cached_tokens if told else None,
        cost_usd=cost,
    )


@cache
def _retryable() -> frozenset[str]:
    """Return the kinds of errors after which is asked again."""
    left, found = [ProviderError], set()
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.retryable:
            found.add(kind.kind)
    return frozenset(found)
