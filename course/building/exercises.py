"""What an exercise is, and how its block in a lesson is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from course.building.blanks import blank_text, step_comments
from course.building.definitions import (
    DefinitionNotFoundError,
    definition_text,
)
from course.building.lesson_text import LessonError, Piece
from course.checking.roots import file_of
from course.kit import Kit

__all__ = ["Exercise", "read_exercise"]

NUMBER = re.compile(r"\d+\.\d+")
REQUIRED = ("title", "minutes", "difficulty", "points", "steps", "hints")
ALLOWED = {*REQUIRED, "definition", "file", "solution", "start"}

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Exercise:
    """One exercise: what the learner writes, and what helps with it.

    `kind` is "definition", with `definition` such as
    ``retry.call_with_retries``, ``recommender.pareto.front`` or, in another
    package, ``release.merging.merge``; or "tests", with `file` such as
    ``tests/test_openai_agent.py``. `minutes` is the time to plan for,
    `difficulty` is 1 to 3.
    """

    id: str
    kind: str
    title: str
    definition: str
    file: str
    minutes: int
    difficulty: int
    points: int
    steps: tuple[str, ...]
    hints: tuple[str, ...]
    phase: int
    answer: str = field(repr=False)
    start: str = field(repr=False)
    kit: Kit = field(repr=False, compare=False)
    lesson: Path = field(repr=False, compare=False)
    line: int = field(repr=False, compare=False)

    @cached_property
    def module(self) -> str:
        """The module of the definition, such as ``recommender.pareto``.

        That of another package has its name in front: ``release.merging``.

        The longest beginning that is a module's file; empty for a test file.
        """
        names = self.definition.split(".")
        for length in range(len(names) - 1, 0, -1):
            module = ".".join(names[:length])
            if (self.kit.root / file_of(module)).is_file():
                return module
        return names[0]

    @property
    def path(self) -> str:
        """The definition within its module, such as ``Agent.stream``."""
        return self.definition.removeprefix(f"{self.module}.")

    @property
    def name(self) -> str:
        """The definition's own name, as it stands in the learner's cell."""
        return self.definition.rpartition(".")[2]

    @cached_property
    def saved_in(self) -> str:
        """The file of the workspace that the answer is saved in."""
        return self.file or file_of(self.module)

    @property
    def tests(self) -> Path:
        """The tests that check a definition; the learner's own test file.

        They stand in the folder that the module has in the package, or are
        the only ones of their name elsewhere. Raises LessonError for more.
        """
        if self.file:
            return self.kit.root / self.file
        *folders, name = self.module.split(".")
        place = self.kit.tests.joinpath(*folders, f"test_{name}.py")
        longer = place.with_name(f"test_{'_'.join([*folders, name])}.py")
        for path in (place, longer):
            if path.is_file():
                return path
        for path in (longer, place):
            found = sorted(self.kit.tests.rglob(path.name))
            if len(found) > 1:
                reason = f"several files are called {path.name}"
                raise LessonError(self.lesson, self.line, reason)
            if found:
                return found[0]
        return place

    @property
    def reference(self) -> Path:
        """The module of the reference package with the definition."""
        return self.kit.root / file_of(self.module)

    @cached_property
    def solution(self) -> str:
        """One right answer, as plain Python at the left margin.

        Raises LessonError when the package has no such definition.
        """
        if self.kind == "tests":
            return self.answer
        try:
            return definition_text(self._module_text(), self.path)
        except (DefinitionNotFoundError, OSError) as error:
            reason = f"exercise {self.id}: {self.definition}: {error}"
            raise LessonError(self.lesson, self.line, reason) from None

    @cached_property
    def blank(self) -> str:
        """What the learner starts from, as plain Python."""
        if self.kind == "tests":
            return self.start or _first_test(self)
        return blank_text(self._module_text(), self.path, self.id, self.steps)

    def _module_text(self) -> str:
        return self.reference.read_text(encoding="utf-8")


def _first_test(exercise: Exercise) -> str:
    return (
        "def test_says_in_words_what_you_expect():\n"
        + step_comments(exercise.steps, 79, indent="    ")
        + f'    raise NotImplementedError("exercise {exercise.id}")\n'
    )


def read_exercise(
    piece: Piece, text: str, path: Path, phase: int, kit: Kit
) -> Exercise:
    """Return the exercise of a block with its placeholders filled in.

    Raises LessonError for what is missing, unknown or of the wrong kind.
    """
    number = piece.argument
    try:
        block = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        reason = f"not YAML: {error.problem}"
        raise LessonError(path, piece.line + line, reason) from None
    problem = _problem(number, phase, block)
    if problem:
        reason = f"exercise {number or 'without a number'}: {problem}"
        raise LessonError(path, piece.line, reason)
    return Exercise(
        id=number,
        kind="tests" if "file" in block else "definition",
        title=block["title"],
        definition=block.get("definition", ""),
        file=block.get("file", ""),
        minutes=block["minutes"],
        difficulty=block["difficulty"],
        points=block["points"],
        steps=tuple(block["steps"]),
        hints=tuple(block["hints"]),
        phase=phase,
        answer=_python(block.get("solution", "")),
        start=_python(block.get("start", "")),
        kit=kit,
        lesson=path,
        line=piece.line,
    )


def _problem(number: str, phase: int, block: Any) -> str:
    """Return in words what is wrong with an exercise's block, or nothing."""
    if not NUMBER.fullmatch(number):
        return "its number is not of the form 2.1"
    if not number.startswith(f"{phase}."):
        return f"does not belong to phase {phase}"
    if not isinstance(block, dict):
        return "not a list of `name: value` lines"
    return _problem_of_names(block) or _problem_of_values(block)


def _problem_of_names(block: dict[Any, Any]) -> str:
    missing = [name for name in REQUIRED if name not in block]
    unknown = sorted(str(name) for name in block if name not in ALLOWED)
    if missing:
        return f"without {', '.join(missing)}"
    if unknown:
        return f"unknown: {', '.join(unknown)}"
    if ("definition" in block) == ("file" in block):
        return "needs either a definition or a file"
    if "file" in block and not block.get("solution"):
        return "a file needs a solution"
    return ""


def _problem_of_values(block: dict[Any, Any]) -> str:
    for name in ("minutes", "difficulty", "points"):
        if type(block[name]) is not int or block[name] < 1:
            return f"{name} is not a whole number from 1 on"
    if block["difficulty"] > 3:
        return "difficulty is not 1, 2 or 3"
    for name in ("steps", "hints"):
        texts = block[name]
        if not isinstance(texts, list) or not texts:
            return f"{name} is not a list"
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str) or not text.strip():
                return f"{name}, number {number}: no text; put it in quotes"
    for name in ("title", "definition", "file", "solution", "start"):
        if not isinstance(block.get(name, ""), str):
            return f"{name} is no text; put it in quotes"
    return ""


def _python(text: str) -> str:
    """Return the code of a block, with or without a fence around it."""
    lines = text.strip("\n").split("\n")
    if lines[0].startswith("```") and lines[-1].startswith("```"):
        lines = lines[1:-1]
    code = "\n".join(lines).strip("\n")
    return code + "\n" if code else ""
