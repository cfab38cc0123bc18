"""Recommenders on the same axes: quality over what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course.views.pages import Page
from course.views.plots import (
    INK,
    Frame,
    Plot,
    label,
    marker,
    money,
    spread_out,
)

__all__ = ["curves", "curves_plot", "quality_at"]

Point = tuple[float, float]
# Told apart by dashes and signs, too; legible on white and on black.
LINES = (
    ("#0072b2", "", "dot"),
    ("#d55e00", "7 3", "square"),
    ("#009e73", "2 3", "triangle"),
    ("#b5569b", "9 3 2 3", "ring"),
    ("#7f7f7f", "4 4", "star"),
    ("#a6761d", "12 4", "dot"),
    ("#5a7fd6", "1 3", "square"),
    ("#c23b4e", "6 2 1 2", "triangle"),
)
ROOM = 170  # pixels for the names on the right
TITLE = "Quality over cost"


def curves(
    of: Mapping[str, Sequence[Point]],
    points: Mapping[str, Point] | None = None,
    title: str = TITLE,
) -> Page:
    """Return a page with recommenders' curves on the same axes.

    `of` has the points of each recommender's curve by its name, `points`
    what stands alone, such as always the same model: pairs of the mean cost
    of a prompt in USD and the mean quality, 0 to 1.
    """
    return Page(title, "", "plain", [curves_plot(of, points or {}, title)])


def curves_plot(
    of: Mapping[str, Sequence[Point]],
    points: Mapping[str, Point],
    title: str = TITLE,
) -> Plot:
    """Return the curves as a plot.

    Raises ValueError, naming it, for a curve without points.
    """
    lines = {name: sorted((c, q) for c, q in of[name]) for name in of}
    for name, line in lines.items():
        if not line:
            raise ValueError(f"The curve {name!r} has no points.")
    every = [p for line in lines.values() for p in line] + [*points.values()]
    frame = Frame.around(
        [cost for cost, _ in every],
        [quality for _, quality in every],
        ("USD for a prompt, on average", "quality, on average"),
        width=720 - ROOM,
    )
    drawing = [frame.svg()]
    for number, line in enumerate(lines.values()):
        drawing.append(_line(frame, line, number))
    for name, (cost, quality) in points.items():
        x, y = frame.across.place(cost), frame.up.place(quality)
        hint = f"{name}: {_figures((cost, quality))}"
        drawing.append(marker("star", x, y, 6, INK, hint))
        left = x > (frame.across.start + frame.across.end) / 2
        side = (x - 8, y + 4, "end") if left else (x + 8, y + 4, "start")
        drawing.append(label(name, *side))
    drawing.append(_names(frame, lines))
    return Plot(title, "".join(drawing), _words(lines, points))


def quality_at(line: Sequence[Point], cost: float) -> float:
    """Return a curve's quality at a cost, between its points in a line."""
    before = line[0]
    for point in line:
        if point[0] >= cost:
            width = point[0] - before[0]
            share = (cost - before[0]) / width if width > 0 else 1.0
            return before[1] + max(0.0, share) * (point[1] - before[1])
        before = point
    return before[1]


def _line(frame: Frame, line: Sequence[Point], number: int) -> str:
    colour, dashes, shape = LINES[number % len(LINES)]
    places = [(frame.across.place(c), frame.up.place(q)) for c, q in line]
    path = "L".join(f"{x} {y}" for x, y in places)
    drawn = (
        f"<path d='M{path}' fill='none' stroke='{colour}' "
        f"stroke-width='2' stroke-dasharray='{dashes}'/>"
    )
    ends = places if len(places) <= 12 else [places[0], places[-1]]
    return drawn + "".join(marker(shape, x, y, 4, colour) for x, y in ends)


def _names(frame: Frame, lines: Mapping[str, Sequence[Point]]) -> str:
    """Return the names on the right, each at the height of its line's end."""
    ends = [frame.up.place(line[-1][1]) + 4 for line in lines.values()]
    heights = spread_out(ends, frame.up.end + 4, frame.up.start)
    left = frame.across.end + 12
    parts = []
    for number, (name, height) in enumerate(zip(lines, heights, strict=True)):
        colour, dashes, shape = LINES[number % len(LINES)]
        parts.append(
            f"<path d='M{left} {height - 4}h26' stroke='{colour}' "
            f"stroke-width='2' stroke-dasharray='{dashes}'/>"
            + marker(shape, left + 13, height - 4, 4, colour)
            + label(name, left + 32, height)
        )
    return "".join(parts)


def _words(
    lines: Mapping[str, Sequence[Point]], points: Mapping[str, Point]
) -> str:
    """Return what the curves say, in figures."""
    every = [point[0] for line in lines.values() for point in line]
    quarter = min(every) + (max(every) - min(every)) / 4 if every else 0.0
    said = []
    for name, line in lines.items():
        best = max(line, key=lambda point: (point[1], -point[0]))
        said.append(
            f"{name}: from {_figures(line[0])} to {_figures(best)}; "
            f"{quality_at(line, quarter):.3f} at {money(quarter)}."
        )
    said += [f"{name}: {_figures(point)}." for name, point in points.items()]
    return "\n".join(said)


def _figures(point: Point) -> str:
    return f"quality {point[1]:.3f} for {money(point[0])}"
