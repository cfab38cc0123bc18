"""What a learner starts from: a definition with its body taken out."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections.abc import Sequence

from course.building.definitions import (
    DefinitionNode,
    DefinitionNotFoundError,
    definition_text,
    find,
    indented,
    node_lines,
    replace,
    split_lines,
)

__all__ = [
    "FunctionNode",
    "blank",
    "blank_text",
    "is_blank",
    "is_blank_tests",
    "step_comments",
]

WIDTH = 79
# What other graders put in the place of a body.
STUB = "raise NotImplementedError()"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def blank(source: str, path: str, exercise: str, steps: Sequence[str]) -> str:
    """Return `source` with one definition left for the learner to write."""
    return replace(source, path, blank_text(source, path, exercise, steps))


def blank_text(
    source: str, path: str, exercise: str, steps: Sequence[str]
) -> str:
    """Return what the learner starts from, at the left margin.

    That is the signature, the decorators and the docstring, the steps as
    comments, and an error that names the exercise. A class keeps its typed
    fields and each method that is public or has a meaning to Python.
    """
    width = WIDTH - len(find(source, path).indent)
    text = definition_text(source, path)
    node = find(text, path.rpartition(".")[2]).node
    head = _head(text, node) + step_comments(steps, width, indent="    ")
    if isinstance(node, ast.ClassDef):
        return head + _members(text, node, exercise)
    return head + _raise_line(exercise)


def is_blank(text: str, path: str, exercise: str) -> bool:
    """Return whether a definition is still as the learner found it.

    A function is when nothing but the error is left in it, a class when all
    its methods are.
    """
    node = find(text, path).node
    functions = [node]
    if isinstance(node, ast.ClassDef):
        functions = [n for n in node.body if isinstance(n, FunctionNode)]
    return bool(functions) and all(_raises(n, exercise) for n in functions)


def is_blank_tests(text: str, exercise: str) -> bool:
    """Return whether a file of tests is still as the learner found it."""
    stubs = (f'NotImplementedError("exercise {exercise}")', f"{STUB}\n")
    return any(stub in f"{text}\n" for stub in stubs)


def step_comments(steps: Sequence[str], width: int, indent: str = "") -> str:
    """Return numbered comment lines of at most `width` characters."""
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        lines += textwrap.wrap(
            " ".join(step.split()),
            width=width,
            initial_indent=f"{indent}# {number}. ",
            subsequent_indent=f"{indent}#    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "".join(line + "\n" for line in lines)


def _raise_line(exercise: str) -> str:
    return f'    raise NotImplementedError("exercise {exercise}")\n'


def _members(text: str, node: ast.ClassDef, exercise: str) -> str:
    lines = split_lines(text)
    methods = {
        child.name: blank_text(text, f"{node.name}.{child.name}", exercise, [])
        for child in node.body
        if isinstance(child, FunctionNode) and _is_kept(child.name)
    }
    if not methods:
        # Fields alone cannot fail, so making an object has to.
        parameters = "self, *args: object, **kwargs: object"
        signature = f"def __init__({parameters}) -> None:\n"
        methods["__init__"] = signature + _raise_line(exercise)
        fields = ""
    else:
        fields = "".join(
            "".join(lines[slice(*node_lines(lines, child))])
            for child in node.body
            if isinstance(child, ast.AnnAssign)
        )
    members = [fields, *(indented(each, "    ") for each in methods.values())]
    return "".join("\n" + each for each in members if each)


def _is_kept(name: str) -> bool:
    return not name.startswith("_") or name.endswith("__")


def _head(text: str, node: DefinitionNode) -> str:
    """Return the lines from the decorators to the end of the docstring.

    Comments above the definition stay away: they explain the answer.
    """
    lines = split_lines(text)
    start = 0
    while lines[start].startswith("#"):
        start += 1
    row, column = _colon(text, node.lineno)
    head = "".join(lines[start : row - 1]) + lines[row - 1][:column] + "\n"
    docstring = _docstring(node)
    if docstring is None:
        return head
    if docstring.lineno == row:
        return f"{head}    {ast.get_source_segment(text, docstring)}\n"
    return head + "".join(lines[docstring.lineno - 1 : docstring.end_lineno])


def _docstring(node: DefinitionNode) -> ast.Expr | None:
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return first
    return None


def _colon(text: str, line: int) -> tuple[int, int]:
    """Return the line and the end column of the colon that opens a body."""
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.start[0] < line or token.type != tokenize.OP:
            continue
        if token.string in "([{":
            depth += 1
        elif token.string in ")]}":
            depth -= 1
        elif token.string == ":" and depth == 0:
            return token.end
    raise DefinitionNotFoundError("A definition without a body.")


def _raises(node: DefinitionNode, exercise: str) -> bool:
    """Return whether a body holds nothing but the exercise's own error."""
    rest = node.body[1:] if _docstring(node) else node.body
    error = f"raise NotImplementedError('exercise {exercise}')"
    alone = len(rest) == 1 and isinstance(rest[0], ast.Raise)
    return alone and ast.unparse(rest[0]) in (error, STUB)
