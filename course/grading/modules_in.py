"""The answers in the modules of a submitted workspace, made into cells.

Only the exercises' definitions are taken, with the helpers and imports that
they use and that the kit's module does not have: what a cell could have
brought. Whatever else was changed there stays behind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from course.building.blanks import is_blank
from course.building.definitions import (
    DefinitionNotFoundError,
    definition_text,
    node_lines,
    parsed,
    split_lines,
)
from course.building.exercises import Exercise
from course.building.notebook_files import decorated
from course.grading.texts_in import sides_of_conflict, text_of
from course.workspace.cells import IMPORTS, bound_names
from course.workspace.rescue import definition_alone

__all__ = ["ModuleAnswers", "module_answers"]

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass
class ModuleAnswers:
    """Cells by their exercise; what was repaired, and what was lost."""

    answers: dict[str, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def module_answers(
    data: bytes, exercises: Sequence[Exercise], base: str
) -> ModuleAnswers:
    """Return the answers in a module; `base` is what learners got."""
    found = ModuleAnswers()
    text, repair = text_of(data)
    if repair:
        found.repairs.append(repair)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text == base:
        return found
    sides = sides_of_conflict(text)
    if len(sides) > 1:
        found.repairs.append(
            "conflict markers of a merge were taken out; the side that is "
            "Python counts, the first one if both are"
        )
    module = next((side for side in sides if _is_python(side)), None)
    if module is None:
        found.problems.append(
            "it is not Python any more; only definitions that can be read "
            "alone were taken"
        )
        module = sides[0]
        for each in exercises:
            _rescue(module, each, found)
        return found
    for each in exercises:
        if each.kind == "tests":
            _whole_file(module, each, found)
        else:
            others = {e.path.partition(".")[0] for e in exercises}
            _definition(module, each, base, others, found)
    return found


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except _UNREADABLE:
        return False
    return True


def _whole_file(text: str, exercise: Exercise, found: ModuleAnswers) -> None:
    if "def test" in text and f'("exercise {exercise.id}")' not in text:
        found.answers[exercise.id] = decorated(exercise, text)


def _definition(
    text: str,
    exercise: Exercise,
    base: str,
    answers: set[str],
    found: ModuleAnswers,
) -> None:
    try:
        definition = definition_text(text, exercise.path)
        if is_blank(definition, exercise.name, exercise.id):
            return
    except DefinitionNotFoundError:
        found.problems.append(
            f"it has no `{exercise.path}` any more (exercise {exercise.id})"
        )
        return
    extra = "".join(_additions(text, answers, definition, base))
    found.answers[exercise.id] = extra + decorated(exercise, definition)


def _additions(
    text: str, answers: set[str], definition: str, base: str
) -> Iterator[str]:
    """Yield the imports and helpers of its own that a definition uses.

    `answers` are names that exercises write, this one's among them.
    """
    theirs = {code.strip() for _, code in _statements(base)}
    new = [
        (node, code)
        for node, code in _statements(text)
        if code.strip() not in theirs and answers.isdisjoint(bound_names(node))
    ]
    used = _names(ast.parse(definition))
    wanted: list[tuple[int, str]] = []
    grown = True
    while grown:
        grown = False
        for node, code in new:
            if node.lineno in dict(wanted) or used.isdisjoint(_binds(node)):
                continue
            wanted.append((node.lineno, code))
            used |= _names(node)
            grown = True
    for _, code in sorted(wanted):
        yield code if code.endswith("\n") else f"{code}\n"


def _statements(text: str) -> Iterator[tuple[ast.stmt, str]]:
    lines = split_lines(text)
    for node in parsed(text).body:
        yield node, "".join(lines[slice(*node_lines(lines, node))])


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, IMPORTS):
        if getattr(node, "module", "") == "__future__":
            return set()
        return {
            (each.asname or each.name).partition(".")[0] for each in node.names
        }
    return set(bound_names(node))


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _rescue(text: str, exercise: Exercise, found: ModuleAnswers) -> None:
    if exercise.kind == "tests":
        return
    definition = definition_alone(text, exercise.path)
    if definition is None:
        found.problems.append(f"exercise {exercise.id} could not be read")
    elif not is_blank(definition, exercise.name, exercise.id):
        found.answers[exercise.id] = decorated(exercise, definition)
