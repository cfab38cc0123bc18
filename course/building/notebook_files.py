"""Notebooks as they are written: nothing in them that changes by itself."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections import Counter
from collections.abc import Iterable
from typing import Any

from course.building.definitions import find, split_lines
from course.building.exercises import Exercise
from course.building.lessons import Cell, Lesson
from course.views.verdicts import DIFFICULTIES

__all__ = [
    "code_cell",
    "decorated",
    "exercise_header",
    "learner_notebook",
    "markdown_cell",
    "notebook_of",
    "serialized",
    "solution_notebook",
    "without_outputs",
]

METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def learner_notebook(lesson: Lesson) -> dict[str, Any]:
    """Return the notebook that a learner fills in, without outputs."""
    cells: list[dict[str, Any]] = []
    for cell in lesson.cells:
        if cell.exercise:
            exercise = cell.exercise
            cells.append(markdown_cell(exercise_header(exercise)))
            cells.append(code_cell(decorated(exercise, exercise.blank)))
        elif cell.kind != "instructor":
            cells.append(_plain(cell))
    return notebook_of(cells)


def solution_notebook(lesson: Lesson) -> dict[str, Any]:
    """Return the solved notebook with instructor notes, not yet executed."""
    cells: list[dict[str, Any]] = []
    for cell in lesson.cells:
        if cell.exercise:
            exercise = cell.exercise
            cells.append(markdown_cell(exercise_header(exercise)))
            cells.append(code_cell(decorated(exercise, exercise.solution)))
        elif cell.kind == "instructor":
            cells.append(_instructor_note(cell.text))
        else:
            cells.append(_plain(cell))
    return notebook_of(cells)


def without_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook as it is before it runs."""
    bare: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {
        **notebook,
        "cells": [
            {**cell, **bare} if cell["cell_type"] == "code" else cell
            for cell in notebook["cells"]
        ],
    }


def serialized(notebook: dict[str, Any]) -> str:
    """Return the text of a notebook's file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def notebook_of(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a notebook of these cells, which get their ids."""
    for cell, name in zip(cells, _names(cells), strict=True):
        cell["id"] = name
    ordered = [dict(sorted(cell.items())) for cell in cells]
    return {
        "cells": ordered,
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _names(cells: Iterable[dict[str, Any]]) -> list[str]:
    """Return an id for each cell that depends on what it says alone.

    So a cell that is added changes the id of no other.
    """
    seen: Counter[str] = Counter()
    names: list[str] = []
    for cell in cells:
        text = "".join(cell["source"])
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        seen[digest] += 1
        again = f"-{seen[digest]}" if seen[digest] > 1 else ""
        names.append(f"{cell['cell_type']}-{digest}{again}")
    return names


def _plain(cell: Cell) -> dict[str, Any]:
    make = code_cell if cell.kind == "code" else markdown_cell
    return make(cell.text)


def markdown_cell(text: str) -> dict[str, Any]:
    """Return a cell of prose, without an id."""
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(text)}


def code_cell(text: str) -> dict[str, Any]:
    """Return a cell of code that has not run, without an id."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").splitlines(keepends=True)


def _instructor_note(text: str) -> dict[str, Any]:
    quoted = textwrap.indent(text, "> ", lambda line: True)
    cell = markdown_cell(f"> **For the instructor**\n>\n{quoted}")
    cell["metadata"] = {"tags": ["instructor"]}
    return cell


def exercise_header(exercise: Exercise) -> str:
    """Return the Markdown that stands above an exercise's cell."""
    level = exercise.difficulty
    stars = "●" * level + "○" * (3 - level)
    points = "1 point" if exercise.points == 1 else f"{exercise.points} points"
    difficulty = f"{DIFFICULTIES[level]} {stars}"
    about = f"{exercise.minutes} minutes · {difficulty} · {points}"
    task = f"`{exercise.saved_in}`"
    if exercise.kind == "definition":
        task = f"`{exercise.path}` in {task}"
    steps = "\n".join(
        f"{number}. {' '.join(step.split())}"
        for number, step in enumerate(exercise.steps, 1)
    )
    title = f"### Exercise {exercise.id} · {exercise.title}"
    return f"{title}\n\n*{about}* · you write {task}\n\n{steps}"


def decorated(exercise: Exercise, text: str) -> str:
    """Return a cell's code with its definition under @exercise.

    In a test file that is the first function or class.
    """
    decorator = f'@exercise("{exercise.id}")\n'
    lines = split_lines(text)
    if exercise.kind == "definition":
        first = find(text, exercise.name).first
    else:
        starts = ("@", "def ", "class ", "async def ")
        first = next(
            n for n, line in enumerate(lines) if line.startswith(starts)
        )
    return "".join([*lines[:first], decorator, *lines[first:]])
