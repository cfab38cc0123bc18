"""Find a definition in a file that is no longer Python."""

from __future__ import annotations

import ast
import re
import textwrap

from course.building.definitions import indented, split_lines

__all__ = ["definition_alone", "with_definition"]


def with_definition(broken: str, path: str, text: str) -> str | None:
    """Return the file with `text` in place of a definition, if that helps.

    It does when the errors stood inside that definition, which is found by
    its first line and its indent. Otherwise None.
    """
    lines = split_lines(broken)
    found = _place(lines, path)
    if found is None:
        return None
    first, last, indent = found
    lines[first:last] = [indented(text, indent)]
    try:
        ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return None
    return "".join(lines)


def definition_alone(broken: str, path: str) -> str | None:
    """Return a definition of the file, moved to the left margin.

    None if there is none, or if it is no Python itself.
    """
    lines = split_lines(broken)
    found = _place(lines, path)
    if found is None:
        return None
    first, last, _ = found
    text = textwrap.dedent("".join(lines[first:last]))
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return text


def _place(lines: list[str], path: str) -> tuple[int, int, str] | None:
    """Return the lines of a definition as a slice, and its indent."""
    number, indent = -1, None
    for name in path.split("."):
        number, indent = _head(lines, name, number + 1, indent)
        if number < 0:
            return None
    first, last = number, number + 1
    while first > 0 and lines[first - 1].startswith(
        (f"{indent}@", f"{indent}#")
    ):
        first -= 1
    while last < len(lines) and _is_inside(lines[last], len(indent or "")):
        last += 1
    while not lines[last - 1].strip():
        last -= 1
    return first, last, indent or ""


def _head(
    lines: list[str], name: str, start: int, outer: str | None
) -> tuple[int, str]:
    """Return the line that begins a definition, and its indent."""
    head = re.compile(rf"([ \t]*)(?:async +)?(?:def|class) +{name}\b")
    for number, line in enumerate(lines[start:], start):
        match = head.match(line)
        if not match:
            continue
        deeper = outer is not None and len(match[1]) > len(outer)
        if deeper or (outer is None and not match[1]):
            return number, match[1]
    return -1, ""


def _is_inside(line: str, indent: int) -> bool:
    """Return whether a line belongs to the block above it."""
    text = line.strip()
    closes = text[:1] in (")", "]", "}")
    return not text or closes or len(line) - len(line.lstrip()) > indent
