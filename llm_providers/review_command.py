"""``python3 -m llm_providers review``: what a log tells, from a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from llm_providers.log_records import records, tries
from llm_providers.log_review import (
    Burst,
    Costs,
    Leak,
    RequestCost,
    Trend,
    bursts,
    dearest,
    degrading,
    leaks,
)

__all__ = ["report", "review_log"]

# How many requests of unknown cost a person is shown.
SHOWN = 5


def review_log(path: Path, as_json: bool = False, count: int = 3) -> list[str]:
    """Return the lines to print on a log: in words, or one line of JSON.

    `count` is of how many requests the cost is told. Raises ValueError, which
    says why, where the log cannot be read.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            found = report(lines, count)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if as_json:
        return [json.dumps(found, default=_plain, allow_nan=False)]
    # Half of a surrogate pair, which JSON may hold, cannot be printed.
    return [
        line.encode(errors="backslashreplace").decode()
        for line in _told(found)
    ]


def report(lines: Iterable[str], count: int = 3) -> dict[str, Any]:
    """Return what the lines of a log tell, by question."""
    read = list(records(lines))
    made = tries(read)
    return {
        "lines": read[-1].line if read else 0,
        "broken": [each.line for each in read if not each.fields],
        "tries": len(made),
        "from": made[0].time if made else None,
        "until": made[-1].time if made else None,
        "leaks": leaks(read),
        "bursts": bursts(read),
        "degrading": degrading(read),
        "costs": dearest(read, count),
    }


def _plain(value: Any) -> Any:
    """Return for JSON what it has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Costs):
        return {
            "dearest": list(map(_spent, value.dearest)),
            "unknown": list(map(_spent, value.unknown)),
        }
    return asdict(value)


def _spent(request: RequestCost) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "cost_usd": request.cost_usd,
        "lines": [one.line for one in request.tries],
    }


def _told(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{found['lines']:,} lines, {len(found['broken'])} of them broken; "
        f"{found['tries']:,} tries."
    )
    yield from _section("Keys that leaked", map(_leak, found["leaks"]))
    yield from _section("Bursts of 429s", map(_burst, found["bursts"]))
    yield from _section("Who got worse", map(trend_line, found["degrading"]))
    costs: Costs = found["costs"]
    yield from _section("Dearest requests", map(_cost, costs.dearest))
    yield from _section("Cost unknown", map(_cost, costs.unknown[:SHOWN]))
    if len(costs.unknown) > SHOWN:
        yield f"  … and {len(costs.unknown) - SHOWN} more"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    yield f"{title}:{'' if told else ' none'}"
    yield from (f"  {line}" for line in told)


def _leak(leak: Leak) -> str:
    return f"line {leak.line}, {leak.path or 'broken'}: {leak.excerpt}"


def _burst(burst: Burst) -> str:
    return (
        f"{burst.provider}: {burst.count} from {burst.start:%H:%M:%S} to "
        f"{burst.end:%H:%M:%S} on {burst.start:%Y-%m-%d}"
    )


def trend_line(trend: Trend) -> str:
    told = (
        f"{trend.provider}: {trend.failures_before:.1%} of its tries failed, "
        f"then {trend.failures_after:.1%}"
    )
    if trend.latency_before is None or trend.latency_after is None:
        return told
    return (
        f"{told}; a success took {trend.latency_before:.1f} s, "
        f"then {trend.latency_after:.1f} s"
    )


def _cost(spent: RequestCost) -> str:
    asked = ", ".join(
        f"{one.provider}/{one.model} ({one.error_kind or 'success'})"
        for one in spent.tries
    )
    usd = "" if spent.cost_usd is None else f"{spent.cost_usd:.4f} USD, "
    where = ", ".join(str(one.line) for one in spent.tries)
    name = spent.request_id or "no request"
    return f"{usd}{name}: {asked}, line {where}"
