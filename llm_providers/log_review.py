"""What to look for in a day's log: keys, bursts, decline, and the bill.

Each question takes the records of a log, in any order and of any source,
and reads them once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from llm_providers.log_records import (
    PROVIDER_FAULTS,
    Record,
    Try,
    by_provider,
    keys_in,
    texts,
    tries,
)
from llm_providers.redaction import redact
from llm_providers.responses import total_usd

__all__ = [
    "Burst",
    "Costs",
    "Leak",
    "RequestCost",
    "Trend",
    "bursts",
    "dearest",
    "degrading",
    "leaks",
]

# Characters of a text that a report repeats.
EXCERPT = 80


@dataclass(frozen=True)
class Leak:
    """A key in a log: line, path of the field, and an excerpt of its text.

    The excerpt is the text's first EXCERPT characters. Neither path nor
    excerpt holds the key, or a part of it.
    """

    line: int
    path: str
    excerpt: str


@dataclass(frozen=True)
class Burst:
    """A provider's 429s that came close together; `end` is the last one."""

    provider: str
    start: datetime
    end: datetime
    count: int


@dataclass(frozen=True)
class Trend:
    """How a provider did in the first half of the time, and in the second.

    Failures are shares of its tries, 0 to 1; latencies the median seconds of
    its successes, None where it had none.
    """

    provider: str
    failures_before: float
    failures_after: float
    latency_before: float | None
    latency_after: float | None

    @property
    def more_failures(self) -> float:
        """By how much the share of failures has grown."""
        return self.failures_after - self.failures_before

    @property
    def times_slower(self) -> float:
        """How many times as long a success takes; 1 where nobody knows."""
        if not self.latency_before or self.latency_after is None:
            return 1.0
        return self.latency_after / self.latency_before


@dataclass(frozen=True)
class RequestCost:
    """What a request cost with all its tries, in USD; None is unknown."""

    request_id: str
    cost_usd: float | None
    tries: list[Try]


@dataclass(frozen=True)
class Costs:
    """The dearest requests, and those of which nobody knows the cost."""

    dearest: list[RequestCost]
    unknown: list[RequestCost]


def leaks(records: Iterable[Record]) -> list[Leak]:
    """Return the places where a key stands, in the order of the log.

    A key that shows itself by its shape in one place is also found where it
    stands without, before or after that.
    """
    places = [
        (record.line, path, text)
        for record in records
        for path, text in texts(record)
    ]
    keys = {key for _, _, text in places for key in keys_in(text)}
    # Cut only what is redacted: half a key has no shape any more.
    return [
        Leak(line, redact(path, keys), redact(text, keys)[:EXCERPT])
        for line, path, text in places
        if any(key in text for key in keys)
    ]


def bursts(
    records: Iterable[Record],
    window_seconds: float = 60.0,
    at_least: int = 5,
) -> list[Burst]:
    """Return the bursts of 429s, by their start.

    A burst begins where one provider refused `at_least` tries within
    `window_seconds` for their rate; windows that share a refusal are one.
    """
    refused = [one for one in tries(records) if one.error_kind == "rate_limit"]
    found = []
    for provider, own in by_provider(refused).items():
        times = [one.time for one in own]
        spans: list[tuple[int, int]] = []
        for first in range(len(times) - at_least + 1):
            last = first + at_least - 1
            if (times[last] - times[first]).total_seconds() > window_seconds:
                continue
            if spans and first <= spans[-1][1]:
                first = spans.pop()[0]
            spans.append((first, last))
        found += [
            Burst(provider, times[first], times[last], last - first + 1)
            for first, last in spans
        ]
    return sorted(found, key=lambda burst: burst.start)


def degrading(
    records: Iterable[Record],
    at_least: int = 30,
    more_failures: float = 0.05,
    slower: float = 1.5,
) -> list[Trend]:
    """Return the providers that got clearly worse, worst first.

    The time of the log is cut in the middle. Clear is a share of failures
    that has grown by `more_failures`, or a median latency `slower` times as
    long; the first of the two comes first in the order, too. Who had fewer
    than `at_least` tries in one of the halves is left out: of so few nothing
    can be told.
    """
    every = tries(records)
    if not every:
        return []
    middle = every[0].time + (every[-1].time - every[0].time) / 2
    found = []
    for provider, own in by_provider(every).items():
        before = [one for one in own if one.time < middle]
        after = [one for one in own if one.time >= middle]
        if min(len(before), len(after)) < at_least:
            continue
        trend = Trend(
            provider,
            failure_share(before),
            failure_share(after),
            median_latency(before),
            median_latency(after),
        )
        grown = trend.more_failures >= more_failures
        if grown or trend.times_slower >= slower:
            found.append(trend)
    return sorted(
        found, key=lambda one: (-one.more_failures, -one.times_slower)
    )


def failure_share(tries: list[Try]) -> float:
    """Return the share of tries that failed by the provider's own fault."""
    failed = [one for one in tries if one.error_kind in PROVIDER_FAULTS]
    return len(failed) / len(tries)


def median_latency(tries: list[Try]) -> float | None:
    """Return the median seconds of the successes, None without any."""
    seconds = [one.latency_seconds for one in tries if one.error_kind is None]
    return median(seconds) if seconds else None


def dearest(records: Iterable[Record], count: int = 1) -> Costs:
    """Return the `count` requests that cost most, dearest first.

    A request costs what all its tries cost; one try of unknown cost makes it
    unknown. Those are listed apart, all of them. Among the unknown, and among
    equally dear ones, the order is the log's. A try without a request's id is
    a request of its own.
    """
    requests: dict[str | int, list[Try]] = {}
    for one in tries(records):
        requests.setdefault(one.request_id or one.line, []).append(one)
    known, unknown = [], []
    for own in requests.values():
        cost = total_usd(one.cost_usd for one in own)
        spent = RequestCost(own[0].request_id, cost, own)
        if cost is None:
            unknown.append(spent)
        else:
            known.append(spent)
    known.sort(key=lambda spent: spent.cost_usd or 0.0, reverse=True)
    return Costs(known[:count], unknown)
