"""A module's top-level imports, looked at one name at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from course.building.definitions import DefinitionNode, parsed, split_lines
from course.checking.roots import FIRST, whole_name

__all__ = [
    "ImportedName",
    "add_imports",
    "drop_imports",
    "imported_names",
    "package_of",
]

def package_of(module: str) -> str:
    """Return what a module such as ``recommender.pareto`` stands in."""
    return whole_name(module).rpartition(".")[0]


@dataclass(frozen=True)
class ImportedName:
    """One name that an import binds.

    `source` is the module of a ``from`` import, else empty; `name` is what
    is imported, `bound` what it is called from then on.
    """

    source: str
    name: str
    bound: str

    @property
    def line(self) -> str:
        """The import as a line of its own."""
        renamed = f" as {self.bound}" if self.bound != self._own_name else ""
        if self.source:
            return f"from {self.source} import {self.name}{renamed}"
        return f"import {self.name}{renamed}"

    @property
    def _own_name(self) -> str:
        return self.name if self.source else self.name.partition(".")[0]


def imported_names(
    nodes: Iterable[ast.AST], package: str = FIRST
) -> list[ImportedName]:
    """Return what these statements import; relative imports made absolute.

    `package` is the one that the module with the statements stands in.
    """
    found: list[ImportedName] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [
                ImportedName("", n.name, n.asname or n.name.partition(".")[0])
                for n in node.names
            ]
        elif isinstance(node, ast.ImportFrom):
            around = package.strip(".").split(".")
            above = around[: max(len(around) - node.level + 1, 1)]
            parts = above if node.level else []
            parts += [node.module] if node.module else []
            found += [
                ImportedName(".".join(parts), n.name, n.asname or n.name)
                for n in node.names
            ]
    return found


def add_imports(text: str, lines: Iterable[str]) -> str:
    """Return the module with these lines below its last import."""
    added = "".join(f"{line}\n" for line in lines)
    if not added:
        return text
    position = 0
    for node in parsed(text).body:
        if isinstance(node, DefinitionNode):
            break
        docstring = isinstance(node, ast.Expr) and not position
        if docstring or isinstance(node, ast.Import | ast.ImportFrom):
            position = node.end_lineno or node.lineno
    parts = split_lines(text)
    parts[position:position] = [added]
    return "".join(parts)


def drop_imports(
    text: str, lines: Iterable[str], package: str = FIRST
) -> str:
    """Return the module without the names that these lines import."""
    unwanted = set(lines)
    parts = split_lines(text)
    for node in reversed(parsed(text).body):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = imported_names([node], package)
        kept = [name.line for name in names if name.line not in unwanted]
        if len(kept) < len(names):
            replacement = "".join(f"{line}\n" for line in kept)
            parts[node.lineno - 1 : node.end_lineno] = [replacement]
    return "".join(parts)
