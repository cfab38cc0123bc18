"""The lessons and their exercises, read from Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.building.exercises import Exercise, read_exercise
from course.building.lesson_text import LessonError, Piece, cut, fill_in
from course.kit import Kit

__all__ = [
    "Cell",
    "Exercise",
    "Lesson",
    "LessonError",
    "load_exercises",
    "load_lessons",
]

FILE_NAME = re.compile(r"phase_(?P<phase>\d+)_\w+\.md")


@dataclass(frozen=True)
class Cell:
    """A cell to be: `kind` is markdown, code, exercise or instructor."""

    kind: str
    text: str
    line: int
    exercise: Exercise | None = None


@dataclass(frozen=True)
class Lesson:
    """One phase of the course."""

    path: Path
    phase: int
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The name of its notebooks, without an ending."""
        return self.path.stem

    @property
    def title(self) -> str:
        """The text of its first heading."""
        headings = (cell.text for cell in self.cells)
        first = next(text for text in headings if text.startswith("# "))
        return first.partition("\n")[0].removeprefix("# ").strip()

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """Its exercises, in order."""
        return tuple(cell.exercise for cell in self.cells if cell.exercise)


def load_lessons(kit: Kit | None = None) -> list[Lesson]:
    """Return the lessons of the course, in order of their phases.

    Raises LessonError, which names file and line, for what is malformed.
    """
    kit = kit or Kit()
    lessons = [
        _read_lesson(path, kit)
        for path in sorted(kit.lessons.glob("phase_*.md"))
    ]
    seen: set[str] = set()
    for lesson in lessons:
        for cell in lesson.cells:
            if cell.exercise and cell.exercise.id in seen:
                reason = f"there are two exercises {cell.exercise.id}"
                raise LessonError(lesson.path, cell.line, reason)
            if cell.exercise:
                seen.add(cell.exercise.id)
    return sorted(lessons, key=lambda lesson: lesson.phase)


def load_exercises(kit: Kit | None = None) -> dict[str, Exercise]:
    """Return all exercises by number, in the order of the course."""
    return {
        exercise.id: exercise
        for lesson in load_lessons(kit)
        for exercise in lesson.exercises
    }


def _read_lesson(path: Path, kit: Kit) -> Lesson:
    name = FILE_NAME.fullmatch(path.name)
    if not name:
        raise LessonError(path, 1, "the name is not phase_NUMBER_words.md")
    text = path.read_text(encoding="utf-8")
    pieces = cut(text, path)
    if not any(piece.text.startswith("# ") for piece in pieces):
        raise LessonError(path, 1, 'no title: a heading with one "#"')
    phase = int(name["phase"])
    cells = tuple(_cell(piece, path, phase, kit) for piece in pieces)
    return Lesson(path, phase, cells)


def _cell(piece: Piece, path: Path, phase: int, kit: Kit) -> Cell:
    text = fill_in(piece.text, kit, path, piece.line)
    if piece.kind != "exercise":
        return Cell(piece.kind, text, piece.line)
    exercise = read_exercise(piece, text, path, phase, kit)
    return Cell("exercise", "", piece.line, exercise)
