"""Submissions to grade: right answers and typical mistakes, each mix once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from course.building.lessons import Exercise, load_exercises
from course.building.notebook_files import (
    code_cell,
    decorated,
    notebook_of,
    serialized,
)
from course.kit import Kit

__all__ = ["Handed", "handed_in", "write"]

# Of ten answers, how many are right.
RIGHT = 7

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Handed:
    """One learner's cells by exercise, and the exercises that are right."""

    learner: str
    cells: Mapping[str, str]
    right: frozenset[str]


def handed_in(count: int) -> Iterator[Handed]:
    """Yield submissions that differ from each other, the same in each run."""
    exercises = load_exercises()
    for number in range(count):
        draw = random.Random(number)
        cells, right = {}, set()
        for name, exercise in exercises.items():
            is_right = draw.randrange(10) < RIGHT
            choices = _right(exercise) if is_right else _wrong(exercise)
            if is_right or not choices:
                choices = _right(exercise)
                right.add(name)
            text = decorated(exercise, draw.choice(choices))
            cells[name] = f"{text.rstrip()}\n# handed in by {number}\n"
        yield Handed(f"learner-{number:03}", cells, frozenset(right))


def write(handed: Handed, folder: Path) -> None:
    """Write a notebook for each phase into the learner's own folder."""
    by_phase: dict[str, list[dict[str, Any]]] = {}
    for name, text in handed.cells.items():
        phase = name.partition(".")[0]
        by_phase.setdefault(phase, []).append(code_cell(text))
    place = folder / handed.learner
    place.mkdir(parents=True)
    for phase, cells in by_phase.items():
        text = serialized(notebook_of(cells))
        (place / f"phase_{phase}.ipynb").write_text(text, "utf-8")


@lru_cache
def _answers(path: Path) -> Mapping[str, Any]:
    content = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506
    return content if isinstance(content, dict) else {}


def _known(exercise: Exercise) -> Mapping[str, Any]:
    path = Kit().root / "course" / "answers" / f"{exercise.id}.yaml"
    return _answers(path) if path.is_file() else {}


def _right(exercise: Exercise) -> list[str]:
    return [exercise.solution, *(_known(exercise).get("right") or ())]


def _wrong(exercise: Exercise) -> list[str]:
    """Return the texts of the typical mistakes: edits, or whole texts."""
    texts = []
    for mistake in _known(exercise).get("wrong") or ():
        edits = mistake["solution"]
        text = exercise.solution
        if isinstance(edits, str):
            text, edits = edits, {}
        for old, new in edits.items():
            text = text.replace(old, new)
        texts.append(text)
    return texts


def load(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_text("utf-8"))
