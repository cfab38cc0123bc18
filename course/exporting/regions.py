"""Solutions as other graders' sources have them: marked, to be cut out."""

from __future__ import annotations

import ast

from course.building.blanks import FunctionNode, step_comments
from course.building.definitions import split_lines
from course.building.exercises import Exercise
from course.building.notebook_files import decorated

__all__ = ["BEGIN", "END", "marked_solution"]

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
WIDTH = 79

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def marked_solution(exercise: Exercise) -> str:
    """Return an exercise's solved cell, what to cut out between two lines.

    What remains without it has signature, docstring and steps, and lacks a
    body where a grader puts its own.
    """
    marked = _tests if exercise.kind == "tests" else _definition
    return decorated(exercise, marked(exercise))


def _definition(exercise: Exercise) -> str:
    lines = split_lines(exercise.solution)
    while lines[0].startswith(("#", "\n")):
        del lines[0]  # they explain the answer
    node = ast.parse("".join(lines)).body[-1]
    functions = [
        each
        for each in ast.walk(node)
        if isinstance(each, FunctionNode) and each in _own(node)
    ]
    for each in sorted(functions, key=lambda one: -one.lineno):
        first, last = _body(each)
        indent = " " * (each.col_offset + 4)
        lines.insert(last, f"{indent}{END}\n")
        lines.insert(first, f"{indent}{BEGIN}\n")
    if isinstance(node, FunctionNode | ast.ClassDef):
        steps = step_comments(exercise.steps, WIDTH, indent="    ")
        lines.insert(_body(node)[0], steps)
    return "".join(lines)


def _own(node: ast.AST) -> list[ast.stmt]:
    """Return the functions that have a body of their own to write."""
    if isinstance(node, ast.ClassDef):
        return node.body
    return [node] if isinstance(node, FunctionNode) else []


def _body(node: _Function | ast.ClassDef) -> tuple[int, int]:
    """Return the lines of a body below its docstring, as a slice."""
    first = node.body[0]
    last = node.end_lineno or node.lineno
    if ast.get_docstring(node, clean=False) is not None:
        return first.end_lineno or first.lineno, last
    return first.lineno - 1, last


def _tests(exercise: Exercise) -> str:
    """Return a file of tests; each begins as the learner's own cell does."""
    lines = split_lines(exercise.solution)
    begun = _begun(exercise.start)
    text = ""
    is_open = False
    reached = 0
    for node in ast.parse(exercise.solution).body:
        last = node.end_lineno or node.lineno
        head = begun.get(getattr(node, "name", ""))
        if head is None and isinstance(node, FunctionNode) and not is_open:
            steps = step_comments(exercise.steps, WIDTH, indent="    ")
            head = "".join(lines[node.lineno - 1 : _body(node)[0]]) + steps
        if head is None:
            text += "".join(lines[reached:last])
        else:
            assert isinstance(node, FunctionNode)
            text += f"    {END}\n\n\n" if is_open else "\n\n" * bool(text)
            body = lines[_body(node)[0] : last]
            while body and body[0] in split_lines(head):
                del body[0]  # given to the learner
            text += f"{head}    {BEGIN}\n{''.join(body)}"
            is_open = True
        reached = last
    return f"{text}    {END}\n" if is_open else text


def _begun(start: str) -> dict[str, str]:
    """Return the tests that a learner's cell begins with, without `raise`."""
    lines = split_lines(start)
    return {
        node.name: "".join(lines[node.lineno - 1 : node.body[-1].lineno - 1])
        for node in ast.parse(start).body
        if isinstance(node, FunctionNode)
    }
