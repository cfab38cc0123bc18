"""The answers in a submission, found by their `@exercise` decorator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from course.building.definitions import node_lines, split_lines
from course.building.exercises import Exercise
from course.grading.collected import Collected, shown
from course.grading.modules_in import module_answers
from course.grading.notebooks_in import Cell, read_notebook, read_script
from course.grading.texts_in import sides_of_conflict
from course.workspace.cell_source import CellProblemError, parse_cell
from course.workspace.cells import DECORATOR

__all__ = ["Candidate", "Found", "find_answers"]

_MENTION = re.compile(
    r"^[ \t]*@[ \t]*(?:[\w.]+\.)?exercise[ \t(]*[\"']([^\"'\n]{1,40})",
    re.MULTILINE,
)
_MOST_PER_EXERCISE = 50
# Of a text nested so deeply that Python's own tools give up.
_TOO_ODD = (RecursionError, SyntaxError, ValueError, MemoryError)


@dataclass(frozen=True)
class Candidate:
    """A cell that answers an exercise, and where it stood."""

    exercise: str
    code: str
    place: str


@dataclass
class Found:
    """All answers of a submission, in order; what was repaired, and lost."""

    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def add(self, candidate: Candidate) -> None:
        rows = self.candidates.setdefault(candidate.exercise, [])
        if len(rows) < _MOST_PER_EXERCISE:
            rows.append(candidate)


def find_answers(
    collected: Collected,
    exercises: Mapping[str, Exercise],
    bases: Mapping[str, str],
) -> Found:
    """Return what answers the exercises, whatever happened to the cells.

    Answers of notebooks come after those of a workspace's modules, so that
    they are the last ones. `bases` are the modules as learners got them.
    """
    found = Found(problems=list(collected.problems))
    for candidate in _of_modules(collected, exercises, bases, found):
        found.add(candidate)
    scripts, notebooks = [], []
    for place in collected.files:
        if place.suffix == ".ipynb":
            notebooks.append(place)
        elif not _is_module(place, exercises):
            scripts.append(place)
    for place in (*sorted(scripts), *sorted(notebooks, key=_order)):
        for candidate in _of_notebook(place, collected.files[place], found):
            if candidate.exercise in exercises:
                found.add(candidate)
    if not found.candidates and not found.problems:
        found.problems.append("No answer to any exercise was found.")
    return found


def _order(place: PurePosixPath) -> tuple[bool, str]:
    """Return a key that puts copies before what they are copies of."""
    copied = re.search(r"copy|\(\d+\)|\bold\b|backup", place.stem, re.I)
    return (not copied, str(place))


def _module_place(place: PurePosixPath, exercise: Exercise) -> bool:
    wanted = PurePosixPath(exercise.saved_in).parts
    return place.parts[-len(wanted) :] == wanted


def _is_module(
    place: PurePosixPath, exercises: Mapping[str, Exercise]
) -> bool:
    roots = {e.saved_in.partition("/")[0] for e in exercises.values()}
    return not roots.isdisjoint(place.parts[:-1])


def _of_modules(
    collected: Collected,
    exercises: Mapping[str, Exercise],
    bases: Mapping[str, str],
    found: Found,
) -> Iterator[Candidate]:
    by_file: dict[str, list[Exercise]] = {}
    for exercise in exercises.values():
        by_file.setdefault(exercise.saved_in, []).append(exercise)
    for place in sorted(collected.files):
        rows = next(
            (e for e in by_file.values() if _module_place(place, e[0])), None
        )
        if rows is None or place.suffix != ".py":
            continue
        name = shown(str(place))
        base = bases[rows[0].saved_in]
        try:
            read = module_answers(collected.files[place], rows, base)
        except _TOO_ODD as error:
            found.problems.append(f"{name}: {type(error).__name__}.")
            continue
        found.repairs += [f"{name}: {text}." for text in read.repairs]
        found.problems += [f"{name}: {text}." for text in read.problems]
        for number, code in read.answers.items():
            yield Candidate(number, code, name)
        if read.answers:
            found.files.append(name)


def _of_notebook(
    place: PurePosixPath, data: bytes, found: Found
) -> Iterator[Candidate]:
    is_script = place.suffix == ".py"
    if is_script and b"exercise(" not in data.replace(b"\0", b""):
        return
    notebook = read_script(data) if is_script else read_notebook(data)
    name = shown(str(place))
    answers = [
        (cell, number, code)
        for cell in notebook.cells
        for number, code in _answers_of_cell(cell)
    ]
    if is_script and not answers:
        return
    found.files.append(name)
    found.repairs += [f"{name}: {text}." for text in notebook.repairs]
    found.problems += [f"{name}: {text}." for text in notebook.problems]
    for cell, number, code in answers:
        if not cell.is_code:
            found.repairs.append(
                f"{name}: cell {cell.number} is no code cell, but answers "
                f"exercise {shown(number)}; it was taken."
            )
        yield Candidate(number, code, f"{name}, cell {cell.number}")


def _answers_of_cell(cell: Cell) -> Iterator[tuple[str, str]]:
    """Yield each exercise of a cell with the cell's text for it."""
    if "exercise" not in cell.source:
        return
    sides = sides_of_conflict(cell.source)
    for side in sides:
        try:
            text, tree = parse_cell(side)
            answers = list(_split(text, tree))
        except (CellProblemError, *_TOO_ODD):
            continue
        yield from answers
        return
    if cell.is_code:
        # Not Python: the learner is told so by name.
        for number in dict.fromkeys(_MENTION.findall(sides[0])):
            yield number.strip(), sides[0]


def _split(text: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield a cell for each of its answers, the other answers left out."""
    answers = [
        (number, node)
        for node in tree.body
        for number in [_number(node)]
        if number
    ]
    if not answers:
        inner = [_number(node) for node in ast.walk(tree)]
        # It stands inside something else: the learner is told so.
        yield from ((number, text) for number in inner if number)
        return
    lines = split_lines(text)
    for number, node in answers:
        kept = list(lines)
        for _, other in reversed(answers):
            if other is not node:
                kept[slice(*node_lines(lines, other))] = []
        yield number, "".join(kept)


def _number(node: ast.AST) -> str:
    for decorator in getattr(node, "decorator_list", []):
        if (
            isinstance(decorator, ast.Call)
            and DECORATOR.fullmatch(ast.unparse(decorator.func))
            and decorator.args
            and isinstance(decorator.args[0], ast.Constant)
        ):
            return str(decorator.args[0].value).strip()
    return ""
