"""Read a learner's cell: the answer, its helpers and its imports.

Nothing of a cell is evaluated here.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from course.building.definitions import (
    DefinitionNode,
    find,
    node_lines,
    parsed,
    split_lines,
)
from course.workspace.cell_source import CellProblemError, parse_cell

__all__ = [
    "Answer",
    "CellProblemError",
    "Part",
    "answered_name",
    "bound_names",
    "read_cell",
]

# Also notebook.exercise and course.notebook.exercise; not pytest's mark.
DECORATOR = re.compile(r"((course\.)?(?!mark\.)\w+\.)?exercise")

ImportNode = ast.Import | ast.ImportFrom
IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Part:
    """One statement of a cell; `line` counts from 1."""

    names: tuple[str, ...]
    text: str
    line: int


@dataclass(frozen=True)
class Answer:
    """What a cell under ``@exercise`` holds.

    `definition` is the decorated definition without the decorator, `whole`
    the cell without it, `left_out` what belongs to no answer.
    """

    exercise: str
    name: str
    node: DefinitionNode
    definition: str
    helpers: tuple[Part, ...]
    imports: tuple[ImportNode, ...]
    left_out: tuple[Part, ...]
    whole: str


@lru_cache(maxsize=8)
def read_cell(cell: str) -> Answer:
    """Return the answer in a cell.

    Raises CellProblemError when it is not Python, or when there is not
    exactly one definition under ``@exercise`` at its top level.
    """
    text, tree = parse_cell(cell)
    decorated = _decorated(tree)
    decorator = _decorators(decorated)[0]
    lines = split_lines(text)
    row = decorator.lineno - 1
    while not lines[row].lstrip().startswith("@"):
        row -= 1
    gap = (row, len(lines[row : decorator.end_lineno]))
    del lines[row : decorator.end_lineno]
    where = find("".join(lines), decorated.name)
    tree = parsed("".join(lines))
    rest = [n for n in tree.body if not where.first < n.lineno <= where.last]
    before = [n for n in tree.body if n not in rest][:-1]
    overloads = all(getattr(n, "decorator_list", []) for n in before)
    again = any(bound_names(node) == (decorated.name,) for node in rest)
    if again or not overloads:
        raise CellProblemError(
            f"This cell defines `{decorated.name}` more than once. Keep the "
            "one under @exercise."
        )
    parts = [_part(node, tree, lines, gap) for node in rest]
    return Answer(
        exercise=_exercise_id(decorator),
        name=decorated.name,
        node=where.node,
        definition="".join(lines[where.first : where.last]),
        helpers=tuple(part for part in parts if part.names),
        imports=tuple(node for node in rest if _is_wanted_import(node)),
        left_out=tuple(
            part
            for node, part in zip(rest, parts, strict=True)
            if not part.names and not isinstance(node, IMPORTS)
        ),
        whole=_without_kit_imports(lines, tree),
    )


def answered_name(cell: str) -> str | None:
    """Return the name of the definition under ``@exercise``, if any.

    Empty when the cell is not Python, so that nobody can know.
    """
    try:
        tree = ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, DefinitionNode) and _decorators(node):
            return node.name
    return None


def bound_names(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that a definition or a plain assignment binds."""
    if isinstance(node, DefinitionNode):
        return (node.name,)
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    names: list[str] = []
    while targets:
        target = targets.pop(0)
        if isinstance(target, ast.Tuple | ast.List):
            targets += target.elts
        elif isinstance(target, ast.Starred):
            targets.append(target.value)
        elif isinstance(target, ast.Name):
            names.append(target.id)
        else:
            return ()  # a part of something else, such as a["b"] = 1
    return tuple(names)


def _decorators(node: DefinitionNode) -> list[ast.expr]:
    """Return the decorators that say which exercise a definition answers."""
    found: list[ast.expr] = []
    for decorator in node.decorator_list:
        call = decorator
        if isinstance(decorator, ast.Call):
            call = decorator.func
        name = ast.unparse(call)
        if DECORATOR.fullmatch(name):
            found.append(decorator)
    return found


def _decorated(tree: ast.Module) -> DefinitionNode:
    every = [
        node
        for node in ast.walk(tree)
        if isinstance(node, DefinitionNode) and _decorators(node)
    ]
    if not every:
        raise CellProblemError("No definition here stands under @exercise.")
    count = sum(len(_decorators(node)) for node in every)
    if count > 1:
        raise CellProblemError(
            f"This cell has {count} times @exercise. One cell holds one "
            "exercise: move the others to cells of their own."
        )
    if every[0] not in tree.body:
        raise CellProblemError(
            f"`{every[0].name}` stands inside something else. Write the "
            "definition under @exercise at the left margin of its cell; a "
            "method too, as a function with `self`."
        )
    return every[0]


def _exercise_id(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call) and len(decorator.args) == 1:
        value = decorator.args[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value.strip()
    raise CellProblemError(
        "@exercise needs the number of the exercise in quotes, such as "
        '@exercise("2.1").'
    )


def _part(
    node: ast.stmt, tree: ast.Module, lines: list[str], gap: tuple[int, int]
) -> Part:
    first, last = node_lines(lines, node)
    text = "".join(lines[first:last])
    for other in tree.body:
        beside = other.lineno <= last and (other.end_lineno or 0) > first
        if beside and other is not node:
            text = f"{ast.get_source_segment(''.join(lines), node)}\n"
    row, removed = gap
    line = node.lineno + (removed if node.lineno > row else 0)
    return Part(bound_names(node), text, line)


def _is_wanted_import(node: ast.stmt) -> TypeGuard[ImportNode]:
    return isinstance(node, IMPORTS) and not _is_kits_own(node)


def _is_kits_own(node: ImportNode) -> bool:
    """Return whether an import makes sense in a notebook only."""
    if isinstance(node, ast.ImportFrom):
        package = (node.module or "").partition(".")[0]
        return not node.level and package in ("course", "__future__")
    return all(n.name.partition(".")[0] == "course" for n in node.names)


def _without_kit_imports(lines: list[str], tree: ast.Module) -> str:
    kept = list(lines)
    for node in reversed(tree.body):
        if not isinstance(node, IMPORTS) or not _is_kits_own(node):
            continue
        if getattr(node, "module", "") != "__future__":
            del kept[node.lineno - 1 : node.end_lineno]
    return "".join(kept).lstrip("\n")
