"""`python3 -m course build`: write the notebooks and their pictures."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.building.lesson_calls import note_calls, without_calls
from course.building.lessons import Lesson, LessonError, load_lessons
from course.building.notebook_files import (
    learner_notebook,
    serialized,
    solution_notebook,
    without_outputs,
)
from course.building.package_map import package_map_svg
from course.building.solving import executed
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.workspace.files import write_atomically

__all__ = ["build", "main", "stale_files"]

PICTURE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+)[^)]*\)")


def main(argv: list[str]) -> int:
    """Build the notebooks, or with ``--check`` say which are stale."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course build",
        description="Write notebooks/ and solutions/ from course/lessons/.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; say which files are not up to date",
    )
    parser.add_argument(
        "--phase", type=int, help="build the notebooks of one phase only"
    )
    wanted = parser.parse_args(argv)
    kit = Kit()
    try:
        if not wanted.check:
            for path in build(kit, wanted.phase):
                print(path.relative_to(kit.root).as_posix())
            return ExitCode.DONE
        stale = stale_files(kit)
    except LessonError as error:
        raise CommandError(ExitCode.FAILED, str(error)) from None
    for reason in stale:
        print(reason)
    if stale:
        print("Run `python3 -m course build` and commit what it writes.")
        return ExitCode.FAILED
    print("All notebooks and pictures are up to date.")
    return ExitCode.DONE


def build(kit: Kit, phase: int | None = None) -> Iterator[Path]:
    """Write what the lessons make, and yield each path when it is there.

    Solutions are executed, which takes seconds each. Raises LessonError for
    a lesson, CommandError for a solution that cannot be used.
    """
    lessons = load_lessons(kit)
    for path, text in _texts(kit, lessons, phase).items():
        write_atomically(path, text.encode())
        yield path
    for lesson in lessons:
        require_pictures(lesson, kit)
        if phase in (None, lesson.phase):
            path = kit.solutions / f"{lesson.name}.ipynb"
            notebook, calls = executed(solution_notebook(lesson), kit)
            write_atomically(path, serialized(notebook).encode())
            note_calls(kit, lesson.phase, calls)
            yield path


def stale_files(kit: Kit) -> list[str]:
    """Return what is not as a build would write it, one line each.

    Of the solutions the outputs are not compared: nbval runs them.
    """
    lessons = load_lessons(kit)
    stale: list[str] = []
    for path, text in _texts(kit, lessons, None).items():
        name = path.relative_to(kit.root).as_posix()
        if not path.exists():
            stale.append(f"{name} is missing.")
        elif path.read_bytes() != text.encode():
            stale.append(f"{name} is not what its lesson makes.")
    for lesson in lessons:
        require_pictures(lesson, kit)
        reason = _stale_solution(kit, lesson)
        if reason:
            stale.append(f"solutions/{lesson.name}.ipynb {reason}.")
    for phase in without_calls(kit, [each.phase for each in lessons]):
        stale.append(f"data/lesson_calls.json has nothing on phase {phase}.")
    expected = {f"{lesson.name}.ipynb" for lesson in lessons}
    for folder in (kit.notebooks, kit.solutions):
        for path in sorted(folder.glob("*.ipynb")):
            if path.name not in expected:
                name = path.relative_to(kit.root).as_posix()
                stale.append(f"{name} belongs to no lesson.")
    return stale


def require_pictures(lesson: Lesson, kit: Kit) -> None:
    """Raise LessonError for a picture that is missing or has no words."""
    for cell in lesson.cells:
        for match in PICTURE.finditer(cell.text):
            line = cell.line + cell.text.count("\n", 0, match.start())
            path = match["path"]
            if not match["text"].strip():
                reason = f"the picture {path} says nothing to who cannot see"
                raise LessonError(lesson.path, line, reason)
            if "://" in path or not (kit.notebooks / path).is_file():
                reason = f"there is no local picture {path}"
                raise LessonError(lesson.path, line, reason)


def _texts(
    kit: Kit, lessons: list[Lesson], phase: int | None
) -> dict[Path, str]:
    """Return what can be written without running anything."""
    texts: dict[Path, str] = {}
    done: set[str] = set()
    taught = {e.module for each in lessons for e in each.exercises if e.module}
    for lesson in lessons:
        new = {each.module for each in lesson.exercises if each.module}
        if phase in (None, lesson.phase):
            picture = kit.pictures / f"package_phase_{lesson.phase}.svg"
            texts[picture] = package_map_svg(
                kit.package, new, done - new, taught
            )
            path = kit.notebooks / f"{lesson.name}.ipynb"
            texts[path] = serialized(learner_notebook(lesson))
        done |= new
    return texts


def _stale_solution(kit: Kit, lesson: Lesson) -> str:
    path = kit.solutions / f"{lesson.name}.ipynb"
    if not path.exists():
        return "is missing"
    text = path.read_text(encoding="utf-8")
    try:
        notebook: dict[str, Any] = json.loads(text)
        bare = without_outputs(notebook)
    except (ValueError, KeyError, TypeError):
        return "is not a notebook"
    if bare != solution_notebook(lesson):
        return "is not what its lesson makes"
    if serialized(notebook) != text:
        return "was not written by the build"
    ran = [
        cell["execution_count"]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    if ran != list(range(1, len(ran) + 1)):
        return "was not executed from top to bottom"
    return ""
