"""Who asks the router on a simulated day: when, whom, and for how much.

What is assumed stands in router_day.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from course.simulation.draws import Draws
from llm_providers.catalogue import load_catalogue

__all__ = [
    "AUTO",
    "TRIES",
    "Asked",
    "assumptions",
    "clock",
    "day_of_requests",
    "draws_of",
    "start",
]

AUTO = "/agents/llm-providers/auto"
DOORS = {
    "auto": AUTO,
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
}
# How often a target is asked for one request.
TRIES = 3


@dataclass(frozen=True)
class Asked:
    """A request as it arrives; `at` is in seconds since 1970."""

    at: float
    provider: str
    model: str
    door: str
    caller: str
    prompt_tokens: int
    answer_tokens: int
    cached_tokens: int = 0
    # How its first tries end, whatever the provider is doing.
    ends: tuple[str | None, ...] = ()
    # In place of what the provider would take.
    latency: float | None = None


@cache
def assumptions() -> Mapping[str, Any]:
    """Return router_day.yaml, read once."""
    path = Path(__file__).with_name("router_day.yaml")
    read: Mapping[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return read


def day_of_requests() -> list[Asked]:
    """Return the day's requests, in no order."""
    return [*_usual(), *_found(), *_harmless()]


def _usual() -> Iterator[Asked]:
    rules = assumptions()
    hours = list(enumerate(rules["hours"]))
    weights = [(p, each["weight"]) for p, each in rules["providers"].items()]
    for number in range(rules["requests"]):
        draws = draws_of("request", number)
        hour = draws.weighted(hours) + draws.uniform()
        asked = _asked(
            draws,
            start() + 3600 * hour,
            draws.weighted(weights),
            draws.weighted(rules["roles"]),
            draws.weighted(rules["callers"]),
        )
        door = draws.weighted(rules["paths"])
        yield replace(asked, door=_door(door, asked.provider))


def _found() -> Iterator[Asked]:
    rules = assumptions()["found"]
    yield from _together("burst", rules["burst"])
    rule = rules["dearest"]
    yield replace(_large("dearest", rule), ends=("stream_interrupted",))
    rule = rules["unlisted"]
    for number in range(rule["requests"]):
        draws = draws_of("unlisted", number)
        at = start() + 3600 * (7 + 14 * draws.uniform())
        asked = _asked(draws, at, rule["provider"], "default", "website")
        yield replace(asked, model=rule["model"], ends=(None,))


def _harmless() -> Iterator[Asked]:
    rules = assumptions()["harmless"]
    yield from _together("outage", rules["outage"])
    yield _large("single", rules["single"])
    yield _large("most tokens", rules["most_tokens"])
    for number in range(rules["thinkers"]["requests"]):
        rule = rules["thinkers"]
        draws = draws_of("thinker", number)
        asked = _between(draws, rule, rule["role"], "website")
        seconds = rule["latency"] * (1 + 0.3 * draws.uniform())
        tokens = round(rule["tokens"] * (1 + draws.uniform()))
        yield replace(
            asked, latency=seconds, answer_tokens=tokens, ends=(None,)
        )
    for number in range(rules["wrong"]["requests"]):
        rule = rules["wrong"]
        draws = draws_of("wrong", number)
        asked = _between(draws, rule, "default", rule["caller"])
        yield replace(asked, latency=0.2, ends=("invalid_request",))
    rule = rules["crowd"]
    for number, provider in enumerate(rule["providers"]):
        draws = draws_of("crowd", number)
        at = clock(rule["at"]) + rule["seconds"] * draws.uniform()
        asked = _asked(draws, at, provider, "default", "website")
        yield replace(asked, ends=("rate_limit", None))


def _together(name: str, rule: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield requests that come close together; how they end is no chance."""
    kind = "rate_limit" if name == "burst" else "provider_unavailable"
    for number in range(rule["requests"]):
        draws = draws_of(name, number)
        at = clock(rule["at"]) + rule["seconds"] * draws.uniform()
        caller = rule.get("caller", "website")
        asked = _asked(draws, at, rule["provider"], "default", caller)
        yield replace(asked, ends=(kind,) * TRIES)


def _large(name: str, rule: Mapping[str, Any]) -> Asked:
    asked = _asked(
        draws_of(name),
        clock(rule["at"]),
        rule["provider"],
        rule["role"],
        "support-desk",
    )
    return replace(
        asked,
        prompt_tokens=rule["tokens"],
        answer_tokens=rule["answer"],
        cached_tokens=0,
        ends=(None,),
    )


def _between(
    draws: Draws, rule: Mapping[str, Any], role: str, caller: str
) -> Asked:
    hours = rule["from"] + (rule["until"] - rule["from"]) * draws.uniform()
    return _asked(
        draws, start() + 3600 * hours, rule["provider"], role, caller
    )


def _asked(
    draws: Draws, at: float, provider: str, role: str, caller: str
) -> Asked:
    rules = assumptions()
    prompt = _log_normal(draws, *rules["prompt_tokens"])
    cached = draws.happens(rules["cached_share"])
    return Asked(
        at=at,
        provider=provider,
        model=load_catalogue().role(provider, role).id,
        door=_door("agent", provider),
        caller=caller,
        prompt_tokens=prompt,
        answer_tokens=_log_normal(draws, *rules["answer_tokens"]),
        cached_tokens=prompt // 2 if cached else 0,
    )


def _door(name: str, provider: str) -> str:
    return DOORS.get(name, f"/agents/llm-providers/{provider}")


def draws_of(*name: object) -> Draws:
    """Return a stream of draws of its own for each name."""
    return Draws(assumptions()["seed"], *name)


def _log_normal(draws: Draws, median: float, spread: float) -> int:
    return max(1, round(median * math.exp(spread * draws.normal())))


def start() -> float:
    """Return when the day begins, in seconds since 1970."""
    return datetime.combine(assumptions()["day"], time(), UTC).timestamp()


def clock(text: str) -> float:
    """Return a time of the day in seconds since 1970."""
    hours, minutes, seconds = map(int, text.split(":"))
    passed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return start() + passed.total_seconds()
