"""The choice of a model as a picture: quality over what a call costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course.views.plots import (
    Axis,
    Frame,
    Plot,
    label,
    marker,
    money,
    spread_out,
)

__all__ = ["Choice", "pareto_plot"]

COLOUR = "#2f7fc1"  # legible on white and on black
CHOSEN = "#d55e00"
NAMES = ("expected USD for the call (each line: ten times more)", "quality")
LABELS = 9


@dataclass(frozen=True)
class Choice:
    """One candidate that fits: its expected cost in USD and its quality.

    `cost` or `quality` is None where it is unknown: such a one has no place
    in the plot.
    """

    name: str
    cost: float | None
    quality: float | None


@dataclass(frozen=True)
class _Placed:
    name: str
    cost: float
    quality: float
    best: bool  # nothing is cheaper and as good, or better at this price
    chosen: bool


def pareto_plot(choices: Sequence[Choice], chosen: str) -> Plot:
    """Return all candidates, the best for their price joined by a line."""
    known = _placed(choices, chosen)
    missing = len(choices) - len(known)
    if not known:
        return Plot("Quality over cost", "", _words(known, missing))
    frame = Frame.around(
        [each.cost for each in known],
        [each.quality for each in known],
        NAMES,
        logarithmic=True,
    )
    parts = [frame.svg(), _front(frame, known), _labels(frame, known)]
    # The chosen one last, so that nothing lies over it.
    for each in sorted(known, key=lambda one: (one.chosen, one.best)):
        parts.append(_sign(frame.across, frame.up, each))
    parts.append(_legend(frame))
    return Plot("Quality over cost", "".join(parts), _words(known, missing))


def _placed(choices: Sequence[Choice], chosen: str) -> list[_Placed]:
    known = [
        (each.name, each.cost, each.quality)
        for each in choices
        if each.cost is not None and each.quality is not None
    ]
    found, reached = [], -1.0
    for name, cost, quality in sorted(known, key=lambda k: (k[1], -k[2])):
        best = quality > reached
        reached = max(reached, quality)
        found.append(_Placed(name, cost, quality, best, name == chosen))
    return found


def _front(frame: Frame, known: Sequence[_Placed]) -> str:
    """Return the line along the best for their price: level, then up."""
    path = ""
    for each in known:
        if each.best:
            x, y = _place(frame.across, frame.up, each)
            path += f"H{x}V{y}" if path else f"M{x} {y}"
    return (
        f"<path d='{path}H{frame.across.end}' fill='none' "
        f"stroke='{COLOUR}' stroke-width='1.5' stroke-dasharray='5 3'/>"
    )


def _place(across: Axis, up: Axis, each: _Placed) -> tuple[float, float]:
    x = across.place(each.cost) if each.cost > 0 else across.start
    return x, up.place(each.quality)


def _sign(across: Axis, up: Axis, each: _Placed) -> str:
    x, y = _place(across, up, each)
    hint = f"{each.name}: {_figures(each)}"
    if each.chosen:
        ring = marker("ring", x, y, 11, CHOSEN)
        return ring + marker("star", x, y, 9, CHOSEN, hint)
    shape, size = ("dot", 4.5) if each.best else ("ring", 3.5)
    return marker(shape, x, y, size, COLOUR, hint)


def _labels(frame: Frame, known: Sequence[_Placed]) -> str:
    """Name the chosen one and the best for their price, if there is room."""
    named = [each for each in known if each.chosen or each.best]
    if len(named) > LABELS:
        named = [each for each in named if each.chosen] + [
            each for each in named if not each.chosen
        ][-LABELS + 1 :]
    named.sort(key=lambda each: each.quality)
    places = [_place(frame.across, frame.up, each) for each in named]
    low, high = frame.up.end + 8, frame.up.start - 4
    heights = spread_out([y + 4 for _, y in places], low, high)
    middle = (frame.across.start + frame.across.end) / 2
    parts = []
    for each, (x, _), height in zip(named, places, heights, strict=True):
        gap = 14 if each.chosen else 8
        left = x > middle
        words = f"chosen: {each.name}" if each.chosen else each.name
        words += "" if each.cost else " (free)"
        parts.append(
            label(
                words,
                x - gap if left else x + gap,
                height,
                "end" if left else "start",
            )
        )
    return "".join(parts)


def _legend(frame: Frame) -> str:
    """Explain the signs, in a row above."""
    start = frame.across.start + 8
    rows = (
        (0, "star", 7, CHOSEN, "chosen"),
        (90, "dot", 4.5, COLOUR, "best for its price"),
        (230, "ring", 3.5, COLOUR, "another is as good and cheaper"),
    )
    return "".join(
        marker(shape, start + right, 14, size, colour)
        + label(words, start + right + 12, 18)
        for right, shape, size, colour, words in rows
    )


def _words(known: Sequence[_Placed], missing: int) -> str:
    best = [each for each in known if each.best]
    chosen = [each for each in known if each.chosen]
    said = [
        f"Chosen: {each.name}, {_figures(each)}, "
        + ("best for its price." if each.best else "not the best for it.")
        for each in chosen
    ]
    if best:
        names = "; ".join(f"{each.name}, {_figures(each)}" for each in best)
        said.append(f"Best for their price, cheapest first: {names}.")
    others = len(known) - len(best)
    if others:
        said.append(f"{others} more: another is as good and cheaper.")
    if missing:
        said.append(f"{missing} without a known price or quality: not shown.")
    return " ".join(said) or "There is nothing to show."


def _figures(each: _Placed) -> str:
    return f"quality {each.quality:.2f} for {money(each.cost)}"
