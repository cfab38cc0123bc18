"""Lessons as learners get them: no notes for instructors, no answers."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import yaml

from course.building.lesson_text import BLOCK, FENCE, closing

__all__ = ["NOT_HERE", "learners_lesson"]

NOT_HERE = "# This answer is not part of your copy."
# What a learner's own tests are told, since the right package is not there.
OWN_TESTS = (
    "In this copy they run on your own package; whether they catch broken "
    "agents is seen when your work is graded."
)

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def learners_lesson(text: str, path: Path, open_answers: bool) -> str:
    """Return a lesson's text as it lies in a learners' copy.

    With `open_answers` the answers of its test files stay.
    """
    lines = text.split("\n")
    kept: list[str] = []
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number].rstrip())
        if not fence:
            kept.append(lines[number])
            number += 1
            continue
        last = closing(lines, number, fence["marks"], path)
        block = BLOCK.match(fence["info"].strip())
        whole = lines[number : last + 1]
        if block and block["kind"] == "exercise":
            inside = _exercise("\n".join(whole[1:-1]), open_answers)
            whole = [whole[0], *inside.split("\n"), whole[-1]]
        if not block or block["kind"] != "instructor":
            kept += whole
        number = last + 1
    return "\n".join(kept)


def _exercise(text: str, open_answers: bool) -> str:
    """Return an exercise's block; of a test file without its answer."""
    keys = _keys(text)
    if "file" not in keys:
        return text
    lines = text.split("\n")
    step = f'  - "{OWN_TESTS}"'
    changes = [(keys["steps"][1], keys["steps"][1], [step])]
    if not open_answers:
        changes.append((*keys["solution"], [f'solution: "{NOT_HERE}"']))
    for first, last, new in sorted(changes, reverse=True):
        lines[first:last] = new
    return "\n".join(lines)


def _keys(text: str) -> dict[str, tuple[int, int]]:
    """Return the lines of each key of a mapping, as a slice."""
    node = yaml.compose(text, Loader=_Loader)
    starts = [
        (key.value, key.start_mark.line)
        for key, _ in (
            node.value if isinstance(node, yaml.MappingNode) else []
        )
    ]
    ends: Collection[int] = [
        *(line for _, line in starts[1:]),
        len(text.split("\n")),
    ]
    return {
        name: (first, last)
        for (name, first), last in zip(starts, ends, strict=True)
    }
