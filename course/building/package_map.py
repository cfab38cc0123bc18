"""A picture of the package, with the modules of one phase highlighted."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path

__all__ = ["package_map_svg"]

PER_ROW = 4
BOX = (196, 88)  # width and height, in the picture's own units
GAP = 12
MARGIN = 16
HEADING = 30
FONT = "font-family='system-ui, sans-serif'"

HIGHLIGHTED = ("#fff3c4", "#8a5a00", "3", "▶ this phase")
DONE = ("#e3f2e6", "#2e6b3a", "1.5", "✓ done before")
OTHER = ("#f5f5f5", "#9a9a9a", "1", "")


def package_map_svg(
    package: Path,
    highlight: Collection[str] = (),
    done: Collection[str] = (),
    shown: Collection[str] | None = None,
) -> str:
    """Return modules of the package as boxes, those that use others on top.

    Those that are `shown`, or all; what a colour says stands in words in the
    box, too.
    """
    modules = _modules(package)
    order = sorted(
        modules if shown is None else modules.keys() & set(shown),
        key=lambda name: (-_depth(name, modules), name),
    )
    rows = -(-len(order) // PER_ROW)
    width = 2 * MARGIN + PER_ROW * (BOX[0] + GAP) - GAP
    height = 2 * MARGIN + HEADING + rows * (BOX[1] + GAP) - GAP
    boxes = [
        _box(number, name, modules[name][0], _look(name, highlight, done))
        for number, name in enumerate(order)
    ]
    lit = [name for name in order if name in highlight]
    about = f"Highlighted: {', '.join(lit)}." if lit else ""
    return "\n".join(
        [
            "<svg xmlns='http://www.w3.org/2000/svg' role='img' "
            f"viewBox='0 0 {width} {height}' width='{width}'>",
            f"<title>The modules of {package.name}</title>",
            f"<desc>{escape(about)}</desc>",
            f"<rect width='{width}' height='{height}' rx='8' fill='#ffffff' "
            "stroke='#d0d0d0'/>",
            f"<text x='{MARGIN}' y='{MARGIN + 13}' {FONT} font-size='13' "
            f"fill='#444444'><tspan font-weight='bold'>{package.name}</tspan>"
            " · each module uses only modules that come after it</text>",
            *boxes,
            "</svg>",
            "",
        ]
    )


def _modules(package: Path) -> dict[str, tuple[str, set[str]]]:
    """Return each module's first sentence and the modules that it uses."""
    found = {}
    for path in package.rglob("*.py"):
        if path.stem != "__init__":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            about = (ast.get_docstring(tree) or "").partition("\n")[0]
            name = ".".join(path.relative_to(package).with_suffix("").parts)
            found[name] = (
                about.strip("\"' ").replace("`", ""),
                _uses(tree, package.name),
            )
    return found


def _uses(tree: ast.Module, package: str) -> set[str]:
    """Return the modules that a module imports, without the package.

    What is imported from a folder of modules may be one of them.
    """
    found: set[str] = set()
    for node in tree.body:
        whole = getattr(node, "module", None) or ""
        if isinstance(node, ast.ImportFrom) and f"{whole}.".startswith(
            f"{package}."
        ):
            inner = whole.partition(".")[2]
            names = [f"{inner}.{alias.name}" for alias in node.names]
            found |= {inner, *(name.lstrip(".") for name in names)}
    return found


def _depth(name: str, modules: Mapping[str, tuple[str, set[str]]]) -> int:
    used = modules[name][1] & modules.keys()
    return 1 + max((_depth(each, modules) for each in used), default=-1)


def _look(
    name: str, highlight: Collection[str], done: Collection[str]
) -> tuple[str, str, str, str]:
    if name in highlight:
        return HIGHLIGHTED
    return DONE if name in done else OTHER


def _titled(name: str) -> str:
    """Return a module's name, that of its folder small: the box is narrow."""
    folder, dot, own = name.rpartition(".")
    small = "<tspan font-size='11' font-weight='normal'>"
    return (f"{small}{escape(folder)}.</tspan>" if dot else "") + escape(own)


def _box(
    number: int, name: str, about: str, look: tuple[str, str, str, str]
) -> str:
    row, column = divmod(number, PER_ROW)
    x = MARGIN + column * (BOX[0] + GAP)
    y = MARGIN + HEADING + row * (BOX[1] + GAP)
    fill, line, stroke, word = look
    lines = textwrap.wrap(about, 31, max_lines=3, placeholder=" …")
    texts = [
        f"<text x='{x + 10}' y='{y + 37 + 14 * index}' {FONT} "
        f"font-size='11' fill='#444444'>{escape(text)}</text>"
        for index, text in enumerate(lines)
    ]
    weight = "bold" if word else "normal"
    return "\n".join(
        [
            f"<rect x='{x}' y='{y}' width='{BOX[0]}' height='{BOX[1]}' "
            f"rx='5' fill='{fill}' stroke='{line}' stroke-width='{stroke}'/>",
            f"<text x='{x + 10}' y='{y + 20}' {FONT} font-size='13' "
            f"font-weight='{weight}' fill='#1a1a1a'>{_titled(name)}</text>",
            f"<text x='{x + BOX[0] - 8}' y='{y + BOX[1] - 7}' {FONT} "
            "font-size='10' "
            f"text-anchor='end' fill='{line}'>{word}</text>",
            *texts,
        ]
    )
