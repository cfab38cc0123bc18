"""A matplotlib figure for a notebook: its picture, and the same in words.

Pixels differ from machine to machine, so nbval leaves pictures out; what it
compares, and what a reader hears who sees no picture, is the alternative
text and the plotted figures, rounded.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from course.views.pages import Folded, Say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Description", "Picture", "described", "picture"]

DOTS_PER_INCH = 96
# White also in a dark theme: a plot's own colours are chosen for it.
BACKGROUND = "white"
MOST_POINTS = 12


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with its alternative text where none can be shown."""

    png: bytes
    alternative: str

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        return {
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": self.alternative,
        }


@dataclass(frozen=True)
class Description:
    """The alternative text, and below it what is plotted, folded."""

    alternative: str
    plotted: str

    def text(self) -> str:
        """Return it for a terminal."""
        blocks = [block.text() for block in self._blocks()]
        return "\n\n".join(blocks)

    def _blocks(self) -> list[Say | Folded]:
        blocks: list[Say | Folded] = [Say(self.alternative)]
        if self.plotted:
            blocks.append(Folded("What is plotted", self.plotted))
        return blocks

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        html = "".join(block.html() for block in self._blocks())
        return {"text/plain": self.text(), "text/html": f"<div>{html}</div>"}


def picture(figure: Figure, alternative: str) -> Picture:
    """Return a figure drawn without a window.

    Raises ValueError where the alternative text says nothing.
    """
    if not alternative.strip():
        raise ValueError("Say in words what the figure shows.")
    drawn = io.BytesIO()
    figure.savefig(
        drawn,
        format="png",
        dpi=DOTS_PER_INCH,
        facecolor=BACKGROUND,
        metadata={"Software": None},
    )
    return Picture(drawn.getvalue(), alternative)


def described(figure: Figure, alternative: str) -> Description:
    """Return a figure in words; it has to be drawn before."""
    parts = [line for axes in figure.axes for line in _axes_lines(axes)]
    return Description(alternative, "\n".join(parts))


def _axes_lines(axes: Axes) -> Iterator[str]:
    heading = axes.get_title() or "plot"
    sides = [axes.get_xlabel() or "x", axes.get_ylabel() or "y"]
    yield f"{heading}: {', '.join(sides)}"
    for line in axes.get_lines():
        across: Any = line.get_xdata()
        upward: Any = line.get_ydata()
        yield _series("line", line, zip(across, upward, strict=True))
    for found in axes.collections:
        if type(found).__name__ == "PathCollection":
            yield _series("points", found, _pairs(found.get_offsets()))
    for container in axes.containers:
        if type(container).__name__ == "BarContainer":
            yield _series("bars", container, _bars(axes, container))
    for image in axes.get_images():
        for row in _pairs(image.get_array()):
            yield f"  row {' '.join(map(_rounded, row))}"


def _pairs(rows: Any) -> list[list[Any]]:
    found: list[list[Any]] = rows.tolist()
    return found


def _bars(axes: Axes, container: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what stands below each bar, and the bar's length."""
    across = container.orientation == "horizontal"
    axis = axes.yaxis if across else axes.xaxis
    labels = {
        _rounded(place): label.get_text()
        for place, label in zip(
            axis.get_ticklocs(), axis.get_ticklabels(), strict=True
        )
    }
    for bar, length in zip(
        container.patches, container.datavalues, strict=True
    ):
        middle = bar.get_center()[1 if across else 0]
        yield labels.get(_rounded(middle)) or middle, length


def _series(kind: str, artist: Any, points: Iterable[Sequence[Any]]) -> str:
    label = str(artist.get_label())
    name = "" if label.startswith("_") else f" {label}"
    every = list(points)
    shown = [f"({', '.join(map(_rounded, each))})" for each in _some(every)]
    rest = f" of {len(every)} points" if len(every) > len(shown) else ""
    return f"  {kind}{name}: {' '.join(shown)}{rest}"


def _some(every: list[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return so many points that one can read them, evenly spread."""
    last = len(every) - 1
    if last < MOST_POINTS:
        return every
    steps = range(MOST_POINTS)
    return [every[round(n * last / (MOST_POINTS - 1))] for n in steps]


def _rounded(value: Any) -> str:
    """Return a number with three digits that count; a text as it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    text = f"{number:.3g}"
    if "e+" in text:
        text = f"{float(text):.0f}"
    return "0" if text == "-0" else text
