"""A day of a router's log as a picture: tries, 429s, latency by provider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from math import nan
from statistics import median
from typing import TYPE_CHECKING

from llm_providers.log_records import Record, Try, by_provider, tries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["day_figure"]

SIZE = (8, 5.4)
# A provider is told by its line and its marker, not by its colour alone.
STYLES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"))
# Of fewer successes a median says nothing.
FEWEST = 5

Figures = Callable[[Sequence[Try]], float]
# For each provider its figure in each slot of time, `nan` where there is none.
Rows = dict[str, list[float]]


def day_figure(
    records: Iterable[Record], minutes: int = 60
) -> tuple[Figure, str]:
    """Return a figure of a log over time, and the same in words.

    Its rows, for each provider and every so many minutes: its tries, those
    that it refused with a 429, and the median seconds of its successes.
    Raises ValueError for a log without a try.
    """
    from matplotlib.figure import Figure

    every = tries(records)
    if not every:
        raise ValueError("There is no try in this log.")
    start = every[0].time.replace(minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=minutes)
    rows = [_rows(every, start, slot, reckon) for _, reckon in ROWS]
    figure = Figure(figsize=SIZE, layout="constrained")
    plots = figure.subplots(3, 1, sharex=True)
    for axes, (name, _), values in zip(plots, ROWS, rows, strict=True):
        _draw(axes, values, start.hour, minutes / 60)
        axes.set_ylabel(name)
        axes.set_xlabel("hour (UTC)" if axes is plots[-1] else "")
    plots[0].legend(loc="upper left", ncols=2)
    told = [
        _highest(name, values, start, slot)
        for (name, _), values in zip(ROWS[:2], rows[:2], strict=True)
    ]
    told.append(_halves(every))
    return figure, (
        f"Of each provider, every {minutes} minutes from {start:%H:%M} on: "
        f"{'; '.join(told)}."
    )


def _draw(axes: Axes, rows: Rows, first: float, step: float) -> None:
    """Draw a line for each provider, over hours."""
    for number, (provider, values) in enumerate(rows.items()):
        line, marker = STYLES[number % len(STYLES)]
        axes.plot(
            [first + step * place for place in range(len(values))],
            values,
            linestyle=line,
            marker=marker,
            markersize=3,
            label=provider,
        )


def _count(tries: Sequence[Try]) -> float:
    return len(tries)


def _refused(tries: Sequence[Try]) -> float:
    return len([one for one in tries if one.error_kind == "rate_limit"])


def _seconds(tries: Sequence[Try]) -> float:
    well = [one.latency_seconds for one in tries if one.error_kind is None]
    return median(well) if len(well) >= FEWEST else nan


# What the rows show, and how it is reckoned from the tries of a slot.
ROWS: tuple[tuple[str, Figures], ...] = (
    ("tries", _count),
    ("429s", _refused),
    ("median seconds", _seconds),
)


def _rows(
    every: Sequence[Try],
    start: datetime,
    slot: timedelta,
    reckon: Figures,
) -> Rows:
    count = (every[-1].time - start) // slot + 1
    found = {}
    for provider, own in by_provider(every).items():
        slots: dict[int, list[Try]] = defaultdict(list)
        for one in own:
            slots[(one.time - start) // slot].append(one)
        found[provider] = [reckon(slots[n]) for n in range(count)]
    return found


def _highest(name: str, rows: Rows, start: datetime, slot: timedelta) -> str:
    """Return each provider's highest figure, and when it was, in words."""
    told = []
    for provider, values in rows.items():
        most = max(values)
        when = start + values.index(most) * slot
        if most:
            told.append(f"{provider} {most:.0f} ({when:%H:%M})")
    return f"{name} at most {', '.join(told) or 'none'}"


def _halves(every: Sequence[Try]) -> str:
    """Return the providers' latencies before and after the middle."""
    middle = every[0].time + (every[-1].time - every[0].time) / 2
    told = []
    for provider, own in by_provider(every).items():
        before = _seconds([one for one in own if one.time < middle])
        after = _seconds([one for one in own if one.time >= middle])
        told.append(f"{provider} {_said(before)}, {_said(after)}")
    halves = "; ".join(told)
    return f"median seconds before {middle:%H:%M}, and after: {halves}"


def _said(seconds: float) -> str:
    return "unknown" if seconds != seconds else f"{seconds:.1f}"
