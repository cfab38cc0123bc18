"""Two plots of a class: how many points, and how each exercise went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from course.views.plots import BACKGROUND, INK, PALE, Plot, label

__all__ = ["exercises_plot", "points_plot"]

WIDTH = 720
ROW = 20
LEFT, TOP = 60, 40
BINS = 10

# Told apart by brightness and by stripes, not by colour alone.
FILLS = {"passed": "#226f2a", "wrong": "url(#stripes)", "missing": PALE}
FILLS["unchecked"] = BACKGROUND
WORDS = {
    "passed": "passed",
    "wrong": "wrong",
    "missing": "no answer",
    "unchecked": "not checked",
}
STRIPES = (
    "<defs><pattern id='stripes' width='6' height='6' "
    "patternTransform='rotate(45)' patternUnits='userSpaceOnUse'>"
    "<rect width='6' height='6' fill='#f0b429'/>"
    "<rect width='2' height='6' fill='#8a3b00'/></pattern></defs>"
)


def points_plot(shares: Sequence[float]) -> Plot:
    """Return how many learners have how many percent of the points."""
    bins = Counter(min(int(share // BINS), BINS - 1) for share in shares)
    most = max(bins.values(), default=1)
    height, base = 260, 215
    step = (WIDTH - LEFT - 20) / BINS
    parts = [f"<path d='M{LEFT} {base}H{WIDTH - 20}' stroke='{INK}'/>"]
    for number in range(BINS):
        x = LEFT + number * step
        tall = round((base - TOP) * bins[number] / most, 1)
        name = f"{number * 10}–{number * 10 + 10}"
        parts.append(
            f"<rect x='{x + 4:.1f}' y='{base - tall}' width='{step - 8:.1f}' "
            f"height='{tall}' fill='{FILLS['passed']}'/>"
            + label(name, round(x + step / 2, 1), base + 17, "middle")
        )
        if bins[number]:
            middle = round(x + step / 2, 1)
            count = str(bins[number])
            parts.append(label(count, middle, base - tall - 6, "middle"))
    parts.append(label("percent of the points", WIDTH / 2, 252, "middle"))
    words = "; ".join(
        f"{number * 10} to {number * 10 + 10} %: {bins[number]}"
        for number in range(BINS)
        if bins[number]
    )
    title = "How many learners have how many points"
    return Plot(title, "".join(parts), f"{words}.", WIDTH, height)


def exercises_plot(
    exercises: Sequence[str], counts: Mapping[str, Counter[str]]
) -> Plot:
    """Return how many passed each exercise, were wrong, or left it out."""
    parts = [STRIPES, _legend()]
    spoken = []
    for row, number in enumerate(exercises):
        count = counts.get(number, Counter())
        total = sum(count.values())
        y = TOP + row * ROW
        parts.append(label(number, LEFT - 8, y + 13, "end"))
        parts += _bar(count, total, y)
        if total and count["passed"] < total:
            spoken.append(f"{number}: {count['passed']} of {total}")
    words = "Passed by all learners, except " + ", ".join(spoken) + "."
    if not spoken:
        words = "Every exercise was passed by all learners."
    height = TOP + ROW * len(exercises) + 12
    title = "How each exercise went"
    return Plot(title, "".join(parts), words, WIDTH, height)


def _bar(count: Counter[str], total: int, y: float) -> list[str]:
    parts: list[str] = []
    x = float(LEFT)
    for kind, fill in FILLS.items():
        if not count[kind]:
            continue
        wide = (WIDTH - LEFT - 20) * count[kind] / total
        parts.append(
            f"<rect x='{x:.1f}' y='{y}' width='{wide:.1f}' "
            f"height='{ROW - 4}' fill='{fill}' stroke='{BACKGROUND}'/>"
        )
        if wide > 16:
            middle = round(x + wide / 2, 1)
            parts.append(label(str(count[kind]), middle, y + 13, "middle"))
        x += wide
    return parts


def _legend() -> str:
    parts, x = [], LEFT
    for kind, fill in FILLS.items():
        parts.append(
            f"<rect x='{x}' y='10' width='14' height='14' fill='{fill}' "
            f"stroke='{INK}'/>" + label(WORDS[kind], x + 20, 22)
        )
        x += 110
    return "".join(parts)
