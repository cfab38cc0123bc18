"""Whether a cell's definition is what its exercise asks for."""

from __future__ import annotations

import ast

from course.building.blanks import FunctionNode, is_blank, is_blank_tests
from course.building.definitions import DefinitionNode
from course.building.exercises import Exercise
from course.workspace.cell_source import CellProblemError
from course.workspace.cells import Answer

__all__ = ["fit_notes", "is_still_blank", "require_fit"]


def require_fit(
    exercise: Exercise, answer: Answer, wanted: DefinitionNode | None
) -> None:
    """Raise CellProblemError unless the cell answers this exercise.

    `wanted` is the definition as the package has it; a test file has none.
    """
    if answer.exercise != exercise.id:
        raise CellProblemError(
            f"This cell answers exercise {answer.exercise}, not {exercise.id}."
        )
    if wanted is None:
        return
    is_class = isinstance(answer.node, ast.ClassDef)
    wanted_class = isinstance(wanted, ast.ClassDef)
    kind = "class" if wanted_class else "function"
    if is_class and not wanted_class and "." in exercise.path:
        raise CellProblemError(
            f"Exercise {exercise.id} asks for the method `{exercise.name}` "
            "alone. Write it as a function with `self` at the left margin; "
            f"it is put into `{exercise.path.partition('.')[0]}` for you."
        )
    if is_class != wanted_class or answer.name != exercise.name:
        has = "class" if is_class else "function"
        raise CellProblemError(
            f"Exercise {exercise.id} asks for the {kind} `{exercise.name}`; "
            f"this cell has the {has} `{answer.name}` under @exercise."
        )


def is_still_blank(exercise: Exercise, answer: Answer) -> bool:
    """Return whether a cell is as the learner found it."""
    if exercise.kind == "tests":
        return is_blank_tests(answer.whole, exercise.id)
    return is_blank(answer.definition, answer.name, exercise.id)


def fit_notes(
    answer: Answer, wanted: DefinitionNode | None
) -> tuple[str, ...]:
    """Return what the learner should know about the cell that was saved."""
    notes: list[str] = []
    given = answer.node
    if isinstance(wanted, FunctionNode) and isinstance(given, FunctionNode):
        expected, found = _signature(wanted), _signature(given)
        if expected != found:
            notes.append(
                f"The package calls `{expected}`; yours is `{found}`. Names "
                "and order of the parameters belong to the interface."
            )
    if answer.left_out:
        shown = ", ".join(
            f"line {part.line} (`{_first_line(part.text)}`)"
            for part in answer.left_out
        )
        notes.append(
            f"Neither saved nor run: {shown}. An exercise's cell holds the "
            "definition, its helpers and its imports; put the rest into a "
            "cell of its own."
        )
    return tuple(notes)


def _first_line(text: str) -> str:
    code = [line for line in text.split("\n") if not line.startswith("#")]
    line = (code or [""])[0].strip()
    return line if len(line) <= 40 else f"{line[:39]}…"


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = node.args
    names = [each.arg for each in arguments.posonlyargs]
    if names:
        names.append("/")
    names += [each.arg for each in arguments.args]
    if arguments.vararg:
        names.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        names.append("*")
    names += [each.arg for each in arguments.kwonlyargs]
    if arguments.kwarg:
        names.append(f"**{arguments.kwarg.arg}")
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{prefix}{node.name}({', '.join(names)})"
