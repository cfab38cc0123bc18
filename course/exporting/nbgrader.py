"""Notebooks for nbgrader: an assignment for each phase, ready to generate.

The metadata of cells is nbgrader's schema, version 3.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.building.lessons import Cell, Exercise, Lesson, load_lessons
from course.building.notebook_files import (
    code_cell,
    exercise_header,
    markdown_cell,
    notebook_of,
    serialized,
)
from course.exporting.regions import marked_solution
from course.kit import Kit

__all__ = ["SCHEMA", "assignment", "export"]

SCHEMA = 3
CELL_SECONDS = 120
PICTURE = re.compile(r"\]\(\.\./docs/pictures/([^)]+)\)")
SET_UP = re.compile(r'^sys\.path\.insert\(0, "\.\."\)$', re.M)
IN_PLACE = """\
# Where the course lies.
sys.path.insert(0, os.environ.get("COURSE_KIT", ".."))
from course.kernel.graded import begin_phase

begin_phase({phase})"""
GRADED = """\
# The check of exercise {id}, which decides on its {points} points.
from course.kernel.graded import require_passed

require_passed("{id}")"""
CONFIG = '''\
"""nbgrader's settings: the notebooks run in the course's own environment."""

import os

os.environ.setdefault("COURSE_KIT", {kit})
# Each submission has a workspace of its own, in its notebook's folder, which
# begins with the course's answers to the phases before.
os.environ["COURSE_WORKSPACE"] = "workspace"
os.environ["COURSE_FILL_IN"] = "1"
os.environ["JUPYTER_PATH"] = os.pathsep.join(
    [{jupyter}, os.environ.get("JUPYTER_PATH", "")]
).rstrip(os.pathsep)

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "custom_llm_providers"
c.Execute.kernel_name = "course"
c.Execute.timeout = {seconds}
'''


def export(kit: Kit, out: Path) -> Iterator[Path]:
    """Write nbgrader's course folder; yield each file that is there.

    Raises LessonError.
    """
    for lesson in load_lessons(kit):
        folder = out / "source" / lesson.name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{lesson.name}.ipynb"
        text = serialized(assignment(lesson))
        path.write_text(PICTURE.sub(r"](pictures/\1)", text), "utf-8")
        yield path
        for name in sorted(set(PICTURE.findall(text))):
            picture = folder / "pictures" / name
            if not (kit.pictures / name).is_file():
                continue  # the notebooks have not been built yet
            picture.parent.mkdir(exist_ok=True)
            picture.write_bytes((kit.pictures / name).read_bytes())
            yield picture
    yield from _settings(kit, out)


def assignment(lesson: Lesson, whole: bool = True) -> dict[str, Any]:
    """Return a phase's notebook: solutions marked, a check after each.

    Without the `whole` lesson there are only the exercises and what they
    need.
    """
    cells: list[dict[str, Any]] = []
    for cell in lesson.cells:
        if cell.exercise:
            cells += _exercise(cell.exercise)
        elif SET_UP.search(cell.text) and cell.kind == "code":
            cells.append(_set_up(cell, lesson))
        elif whole and cell.kind != "instructor":
            make = code_cell if cell.kind == "code" else markdown_cell
            cells.append(make(cell.text))
    return notebook_of(cells)


def _set_up(cell: Cell, lesson: Lesson) -> dict[str, Any]:
    place = IN_PLACE.format(phase=lesson.phase)
    text = "import os\n" + SET_UP.sub(lambda _: place, cell.text)
    made = code_cell(text)
    _mark(made, f"set-up-{lesson.phase}", locked=True)
    return made


def _exercise(exercise: Exercise) -> list[dict[str, Any]]:
    answer = code_cell(marked_solution(exercise))
    _mark(answer, f"answer-{exercise.id}", solution=True)
    words = {"id": exercise.id, "points": exercise.points}
    check = code_cell(GRADED.format(**words))
    _mark(check, f"check-{exercise.id}", locked=True, points=exercise.points)
    return [markdown_cell(exercise_header(exercise)), answer, check]


def _mark(
    cell: dict[str, Any],
    name: str,
    *,
    solution: bool = False,
    locked: bool = False,
    points: int = 0,
) -> None:
    marks: dict[str, Any] = {
        "grade": bool(points),
        # An id has neither dots nor spaces.
        "grade_id": name.replace(".", "-"),
        "locked": locked,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    if points:
        marks["points"] = points
    cell["metadata"] = {"nbgrader": marks}


def _settings(kit: Kit, out: Path) -> Iterator[Path]:
    """Write what has nbgrader's own environment run the course's Python."""
    jupyter = out.resolve() / "jupyter"
    kernel = jupyter / "kernels" / "course" / "kernel.json"
    kernel.parent.mkdir(parents=True, exist_ok=True)
    start = [sys.executable, "-m", "ipykernel_launcher"]
    spec = {
        "argv": [*start, "-f", "{connection_file}"],
        "display_name": "Module 4",
        "language": "python",
    }
    kernel.write_text(json.dumps(spec, indent=1) + "\n", "utf-8")
    yield kernel
    config = out / "nbgrader_config.py"
    config.write_text(
        CONFIG.format(
            kit=repr(str(kit.root)),
            jupyter=repr(str(jupyter)),
            seconds=CELL_SECONDS,
        ),
        "utf-8",
    )
    yield config
