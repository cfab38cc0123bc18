"""Plots as SVG: small, quick to draw anew, and in the theme's own colours.

What a plot shows is said in words, too: that is its text, and what a screen
reader gets. No meaning hangs on a colour alone.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = [
    "BACKGROUND",
    "INK",
    "PALE",
    "Axis",
    "Frame",
    "Plot",
    "label",
    "marker",
    "money",
    "spread_out",
]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 32, 48
# Outside JupyterLab, where its variables are unknown, what follows the comma.
INK = "var(--jp-ui-font-color1,#222)"
PALE = "var(--jp-border-color2,#ccc)"
BACKGROUND = "var(--jp-layout-color0,#fff)"
FONT = "var(--jp-ui-font-family,sans-serif)"
LABEL_HEIGHT = 14


@dataclass(frozen=True)
class Plot:
    """A drawing and the same in words."""

    title: str
    drawing: str
    words: str
    width: int = WIDTH
    height: int = HEIGHT

    def svg(self) -> str:
        """Return the drawing, whose description is its words."""
        return (
            "<svg xmlns='http://www.w3.org/2000/svg' role='img' "
            f"viewBox='0 0 {self.width} {self.height}' "
            f"aria-label='{escape(self.title, quote=True)}. "
            f"{escape(self.words, quote=True)}' "
            f"style='width:100%;max-width:{self.width}px;height:auto;"
            f"font-family:{FONT};font-size:12px'>"
            f"<title>{escape(self.title)}</title>"
            f"<rect width='{self.width}' height='{self.height}' "
            f"fill='{BACKGROUND}'/>{self.drawing}</svg>"
        )

    def text(self) -> str:
        from course.views.pages import Say

        return Say(self.words, self.title).text()

    def html(self) -> str:
        """Return it as a picture, which also an untrusted notebook shows."""
        packed = base64.b64encode(self.svg().encode("utf-8")).decode("ascii")
        return (
            f"<img src='data:image/svg+xml;base64,{packed}' "
            f"alt='{escape(self.title, quote=True)}. "
            f"{escape(self.words, quote=True)}' "
            f"style='width:100%;max-width:{self.width}px'>"
        )


@dataclass(frozen=True)
class Axis:
    """From a value to its place between two ends, in pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands; beyond an end, it is that end."""
        low, high, here = (
            (math.log10(v) if self.logarithmic else v)
            for v in (self.low, self.high, self._inside(value))
        )
        share = (here - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return round values between the ends."""
        if self.logarithmic:
            first = math.ceil(math.log10(self.low) - 1e-9)
            last = math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1)]
        step = _step((self.high - self.low) / 5)
        count = math.floor(self.high / step + 1e-9)
        first = math.ceil(self.low / step - 1e-9)
        return [round(number * step, 10) for number in range(first, count + 1)]

    def _inside(self, value: float) -> float:
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Frame:
    """Two axes with their names, drawn around what is plotted."""

    across: Axis
    up: Axis
    names: tuple[str, str]

    @classmethod
    def around(
        cls,
        costs: Sequence[float],
        qualities: Sequence[float],
        names: tuple[str, str],
        *,
        logarithmic: bool = False,
        width: int = WIDTH,
        height: int = HEIGHT,
    ) -> Frame:
        """Return a frame that holds these values, with some room."""
        low, high = _ends(costs, logarithmic)
        across = Axis(low, high, LEFT, width - RIGHT, logarithmic)
        low, high = _ends(qualities, False)
        up = Axis(max(0.0, low), min(1.0, high), height - BOTTOM, TOP)
        return cls(across, up, names)

    def svg(self) -> str:
        """Return axes, grid, ticks and names."""
        x, y = self.across, self.up
        parts = [
            f"<path d='M{x.start} {y.end}V{y.start}H{x.end}' fill='none' "
            f"stroke='{INK}'/>"
        ]
        for tick in x.ticks():
            here = x.place(tick)
            parts.append(
                f"<path d='M{here} {y.start}V{y.end}' stroke='{PALE}'/>"
                + label(money(tick), here, y.start + 17, "middle")
            )
        for tick in y.ticks():
            here = y.place(tick)
            parts.append(
                f"<path d='M{x.start} {here}H{x.end}' stroke='{PALE}'/>"
                + label(f"{tick:.2f}", x.start - 6, here + 4, "end")
            )
        middle, base = (x.start + x.end) / 2, y.start + 38
        centre = (y.start + y.end) / 2
        parts.append(label(self.names[0], middle, base, "middle"))
        parts.append(
            f"<g transform='translate(14 {centre}) rotate(-90)'>"
            f"{label(self.names[1], 0, 0, 'middle')}</g>"
        )
        return "".join(parts)


def label(words: str, x: float, y: float, anchor: str = "start") -> str:
    """Return words at a place, legible over a line."""
    return (
        f"<text x='{x}' y='{y}' text-anchor='{anchor}' fill='{INK}' "
        f"stroke='{BACKGROUND}' stroke-width='3' paint-order='stroke'>"
        f"{escape(words)}</text>"
    )


def marker(
    shape: str, x: float, y: float, size: float, colour: str, hint: str = ""
) -> str:
    """Return a sign: "dot", "ring", "star", "square" or "triangle"."""
    title = f"<title>{escape(hint)}</title>" if hint else ""
    if shape in ("dot", "ring"):
        fill = colour if shape == "dot" else BACKGROUND
        return (
            f"<circle cx='{x}' cy='{y}' r='{size}' fill='{fill}' "
            f"stroke='{colour}' stroke-width='1.5'>{title}</circle>"
        )
    corners = {"star": 10, "square": 4, "triangle": 3}[shape]
    path = " ".join(
        f"{px:.1f},{py:.1f}" for px, py in _corners(corners, x, y, size)
    )
    return (
        f"<polygon points='{path}' fill='{colour}' stroke='{BACKGROUND}'>"
        f"{title}</polygon>"
    )


def money(amount: float) -> str:
    """Return an amount in USD with as many digits as say something."""
    if amount == 0:
        return "0 USD"
    decimals = max(0, 1 - math.floor(math.log10(abs(amount))))
    text = f"{amount:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " USD"


def spread_out(
    places: Sequence[float], low: float, high: float
) -> list[float]:
    """Return heights for labels, near their places but not on each other."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    found = list(places)
    edge = low
    for index in order:
        found[index] = edge = max(edge, places[index])
        edge += LABEL_HEIGHT
    edge = high
    for index in reversed(order):
        found[index] = min(edge, found[index])
        edge = found[index] - LABEL_HEIGHT
    return [round(place, 1) for place in found]


def _corners(
    count: int, x: float, y: float, size: float
) -> list[tuple[float, float]]:
    turn = math.pi / 4 if count == 4 else 0.0
    inner = 0.45 if count == 10 else 1.0  # a star has two kinds of corners
    reach = [size * inner if i % 2 else size for i in range(count)]
    return [
        (
            x + reach[i] * math.sin(turn + 2 * math.pi * i / count),
            y - reach[i] * math.cos(turn + 2 * math.pi * i / count),
        )
        for i in range(count)
    ]


def _ends(values: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    """Return two ends with room around the values."""
    if logarithmic:
        known = [value for value in values if value > 0] or [1e-3]
        return min(known) / 1.6, max(known) * 1.6
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.06 or 0.05
    return (max(0.0, low - room), high + room)


def _step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(
        times * power for times in (1, 2, 5, 10) if times * power >= rough
    )
