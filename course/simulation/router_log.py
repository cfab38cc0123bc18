"""The log of a simulated day, as the router's own logging writes it.

The lines are formatted by the package's own logging, so that they are just
what `python3 -m llm_providers serve --log` writes; only what happened is made
up. Some lines are of others, who write as they like.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from course.simulation.draws import Draws
from course.simulation.router_day import Event, Tried, day_of_events
from course.simulation.router_requests import (
    assumptions,
    clock,
    draws_of,
    start,
)
from llm_providers.logs import JsonLinesFormatter

__all__ = ["log_lines"]

# No key: too short for one of its maker, and without the mark in its middle.
LEAKED = "sk-proj-EXAMPLE0not0a0real0key0042"
PLUGIN = "acme_tracing.export"
ACCESS, ATTEMPTS = "llm_providers.access", "llm_providers.attempts"
Line = tuple[float, str]


@cache
def log_lines() -> str:
    """Return the log, its lines in the order in which they were written."""
    lines = [
        *(line for event in day_of_events() for line in _told(event)),
        *_refused(),
        *_visited(),
        *_plugin(),
        *_broken(),
    ]
    return "".join(f"{text}\n" for _, text in sorted(lines))


def _told(event: Event) -> Iterator[Line]:
    for tried in event.tries:
        yield _attempt(tried, event.name)
    last, asked = event.tries[-1], event.asked
    draws = draws_of("access", event.name)
    own = 0.004 + 0.01 * draws.uniform()
    yield _access(
        last.at + own,
        event.name,
        asked.caller,
        f"POST {asked.door}",
        _status(last.error_kind),
        last.at - asked.at + own,
    )


def _attempt(tried: Tried, name: str) -> Line:
    outcome = tried.error_kind or "success"
    status = "error" if tried.error_kind else "success"
    fields: dict[str, Any] = {
        "provider": tried.provider,
        "model": tried.model,
        "status": "skipped" if tried.skipped else status,
        "error_kind": tried.error_kind,
    }
    if not tried.skipped:
        fields |= {
            "attempt": tried.number,
            "wait_seconds": round(tried.wait, 3),
            "latency_seconds": round(tried.latency, 3),
            "prompt_tokens": tried.prompt_tokens,
            "completion_tokens": tried.answer_tokens,
            "cached_tokens": tried.cached_tokens,
            "cost_usd": tried.cost_usd,
        }
    fields["request_id"] = name
    level = logging.WARNING if tried.error_kind else logging.INFO
    text = f"{tried.provider} {tried.model}: {outcome}"
    return _line(tried.at, level, ATTEMPTS, text, fields)


def _access(
    at: float,
    name: str,
    caller: str,
    asked: str,
    status: int,
    seconds: float,
) -> Line:
    method, _, path = asked.partition(" ")
    fields = {
        "request_id": name,
        "caller": caller,
        "method": method,
        "path": path,
        "status": status,
        "seconds": round(seconds, 4),
    }
    text = f"{asked}: {status} ({name})"
    return _line(at, logging.INFO, ACCESS, text, fields)


def _line(
    at: float, level: int, logger: str, text: str, fields: Mapping[str, Any]
) -> Line:
    record = logging.LogRecord(logger, level, "", 0, text, None, None)
    record.created, record.fields = at, fields
    return at, JsonLinesFormatter().format(record)


def _status(kind: str | None) -> int:
    from llm_providers.llm_router import HTTP_STATUS

    return 200 if kind is None else int(HTTP_STATUS[kind])


def _refused() -> Iterator[Line]:
    """Yield requests that the router itself refused."""
    rules = assumptions()["harmless"]
    rule = rules["budget"]
    for number in range(rule["requests"]):
        draws = draws_of("budget", number)
        at = clock(rule["at"]) + rule["seconds"] * draws.uniform()
        asked = "POST /v1/chat/completions"
        status = _status("budget_exceeded")
        yield _access(
            at, _name(draws), rule["caller"], asked, status, _soon(draws)
        )
    for number in range(rules["strangers"]):
        draws = draws_of("stranger", number)
        at = start() + 86_400 * draws.uniform()
        asked, status = draws.one_of(
            [("POST /v1/chat/completions", 401), ("GET /v1/models", 401)]
        )
        yield _access(at, _name(draws), "", asked, status, _soon(draws))


def _visited() -> Iterator[Line]:
    """Yield the visits of a monitor, which asks whether all are well."""
    every = 60 * assumptions()["harmless"]["every_minutes"]
    for number in range(86_400 // every):
        draws = draws_of("monitor", number)
        at = start() + every * number + 2 * draws.uniform()
        asked = "GET /agents/llm-providers/health"
        yield _access(at, _name(draws), "monitor", asked, 200, _soon(draws))


def _plugin() -> Iterator[Line]:
    """Yield the lines of a plug-in that writes as it likes.

    It masks the key that it sends, but not where it tells of a failure.
    """
    for hour in range(24):
        draws = draws_of("plugin", hour)
        at = start() + 3600 * (hour + draws.uniform())
        masked = {"authorization": "Bearer sk-p****************0042"}
        yield _foreign(at, "batch sent", draws, masked)
    at = clock(assumptions()["found"]["leak"]["at"]) + 0.217
    draws = draws_of("leak")
    leaked = {"accept": "*/*", "authorization": f"Bearer {LEAKED}"}
    yield _foreign(at, "batch refused, retrying", draws, leaked)


def _foreign(
    at: float, text: str, draws: Draws, headers: Mapping[str, str]
) -> Line:
    spans = 20 + draws.index(200)
    line = {
        "ts": round(at, 3),
        "lvl": "debug",
        "name": PLUGIN,
        "msg": text,
        "ctx": {"spans": spans, "request": {"headers": headers}},
    }
    return at, json.dumps(line)


def _broken() -> Iterator[Line]:
    """Yield what is no JSON: notes by hand, and lines that were cut."""
    rules = assumptions()["found"]
    again = clock(rules["leak"]["again"]) + 0.4
    yield again, f"{PLUGIN}: gave up, last header was Bearer {LEAKED}"
    texts = (
        "*** log rotated ***",
        '{"time": "2026-11-20T09:12:44.',
        "Bearer token missing in a probe, see the wiki: ask for a task-key",
        '{"level": "WARNING", "logger": "llm_providers.attempts", "mess',
    )
    for at, text in zip(rules["broken"], texts, strict=True):
        yield clock(at) + 0.5, text


def _name(draws: Draws) -> str:
    return "req_" + "".join(f"{draws.index(16):x}" for _ in range(32))


def _soon(draws: Draws) -> float:
    return 0.0007 + 0.003 * draws.uniform()
