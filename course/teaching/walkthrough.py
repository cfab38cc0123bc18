"""A phase as a notebook to teach from: cells, notes beside them, slides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from course.building.lessons import Lesson
from course.building.notebook_files import learner_notebook, solution_notebook

__all__ = ["slides_notebook", "walkthrough_notebook"]

Cell = dict[str, Any]


def walkthrough_notebook(lesson: Lesson) -> dict[str, Any]:
    """Return the learner's notebook with the instructor's notes in it.

    Its exercises are blank, to be solved together.
    """
    notebook = learner_notebook(lesson)
    blank = iter(_codes(notebook))
    solved = solution_notebook(lesson)
    cells = [
        next(blank) if cell["cell_type"] == "code" else cell
        for cell in solved["cells"]
    ]
    return {**solved, "cells": cells}


def slides_notebook(lesson: Lesson, executed: Any = None) -> dict[str, Any]:
    """Return the phase cut into slides, its notes for the speaker's view.

    The first slide of an exercise has its steps, the one below an answer.
    What `executed`, the solution as it ran, shows below its other cells is
    shown, too.
    """
    notebook = solution_notebook(lesson)
    outputs = {}
    if executed:
        outputs = {
            cell["id"]: cell["outputs"]
            for cell in executed["cells"]
            if cell["cell_type"] == "code"
        }
    cells = []
    kinds = _slide_types(notebook["cells"])
    for cell, kind in zip(notebook["cells"], kinds, strict=True):
        metadata = {**cell["metadata"], "slideshow": {"slide_type": kind}}
        cell = {**cell, "metadata": metadata}
        if cell["cell_type"] == "code" and not _is_answer(cell):
            cell["outputs"] = outputs.get(cell["id"], [])
        cells.append(cell)
    return {**notebook, "cells": cells}


def _codes(notebook: dict[str, Any]) -> Iterator[Cell]:
    return (c for c in notebook["cells"] if c["cell_type"] == "code")


def _slide_types(cells: list[Cell]) -> Iterator[str]:
    """Yield each cell's place: a column of slides for each big heading."""
    after_code = False
    for cell in cells:
        text = "".join(cell["source"])
        is_code = cell["cell_type"] == "code"
        if "instructor" in cell["metadata"].get("tags", ()):
            yield "notes"
            continue
        if text.startswith(("# ", "## ")):
            yield "slide"
        elif text.startswith("### ") or _is_answer(cell):
            yield "subslide"
        else:
            yield "subslide" if after_code and not is_code else "-"
        after_code = is_code


def _is_answer(cell: Cell) -> bool:
    text = "\n" + "".join(cell["source"])
    return cell["cell_type"] == "code" and '\n@exercise("' in text
