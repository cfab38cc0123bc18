"""What a phase's page gets from the lessons and the tests themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from course.building.lessons import Lesson, load_lessons
from course.kit import Kit

__all__ = ["generated_tables"]

PAGE = re.compile(r"phase_(\d+)\.md")
MARK = re.compile(r"^@pytest\.mark\.exercise\(\s*\"([^\"]+)\"", re.MULTILINE)


def generated_tables(kit: Kit, page: Path) -> str:
    """Return the tables of a phase's page; nothing for another page."""
    found = PAGE.fullmatch(page.name)
    if page.parent.name != "phases" or not found:
        return ""
    for lesson in load_lessons(kit):
        if lesson.phase == int(found[1]):
            return "\n".join(table(lesson, kit)) + "\n"
    return ""


def table(lesson: Lesson, kit: Kit) -> Iterator[str]:
    """Yield the lines on a phase's exercises."""
    tests = tests_of_exercises(kit)
    yield "\n## Its exercises\n"
    yield f"From [the lesson](../../lessons/{lesson.name}.md) and the tests.\n"
    yield "| exercise | title | checks | minutes | points | tests |"
    yield "|---|---|---|---|---|---|"
    for one in lesson.exercises:
        checked = f"`{one.definition}`" if one.definition else "your tests"
        yield (
            f"| {one.id} | {one.title} | {checked} | {one.minutes} "
            f"| {one.points} | {tests[one.id]} |"
        )


def tests_of_exercises(kit: Kit) -> Counter[str]:
    """Return how many test functions each exercise has."""
    return Counter(
        number
        for path in kit.tests.rglob("test_*.py")
        for number in MARK.findall(path.read_text("utf-8"))
    )
