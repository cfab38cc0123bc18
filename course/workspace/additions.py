"""What an answer adds to its module beside the definition."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from course.building.definitions import parsed
from course.checking.roots import whole_name
from course.workspace.cell_source import CellProblemError
from course.workspace.cells import ImportNode, Part, bound_names
from course.workspace.module_imports import (
    ImportedName,
    imported_names,
    package_of,
)

__all__ = [
    "Traces",
    "Wanted",
    "additions",
    "bound_in",
    "replaced",
    "taken_over",
]


@dataclass(frozen=True)
class Traces:
    """What an exercise's saves left in a module beside the definition."""

    helpers: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A definition to put in, with the helpers and imports that it needs."""

    path: str
    definition: str
    helpers: tuple[Part, ...] = ()
    imports: tuple[ImportNode, ...] = ()


def additions(
    module: str, name: str, wanted: Wanted, earlier: Traces, others: Traces
) -> tuple[Traces, tuple[str, ...]]:
    """Return what an answer adds to the module called `name`, and notes.

    What only `earlier` saves of it brought does not count as there. Raises
    CellProblemError for a name that the module uses for something else.
    """
    own = set(earlier.imports) - set(others.imports)
    package = package_of(name)
    imports = imported_names(parsed(module).body, package)
    present = {each.bound: each for each in imports if each.line not in own}
    defined = bound_in(module) - set(earlier.helpers)
    lines: dict[str, None] = {}
    notes: list[str] = []
    for each in imported_names(wanted.imports, package):
        if each.source == whole_name(name) and each.bound == each.name:
            continue  # the module's own name
        there = present.get(each.bound)
        if there and _is_same_name(there, each):
            notes.append(
                f"`{each.line}` was left out: this module already has "
                f"`{there.line}`."
            )
            continue
        _require_free(each, there, defined)
        lines[each.line] = None
    names = dict.fromkeys(n for part in wanted.helpers for n in part.names)
    for helper in names.keys() & present.keys():
        raise CellProblemError(
            f"Your `{helper}` would hide what this module imports "
            f"(`{present[helper].line}`). Give it another name."
        )
    return Traces(tuple(names), tuple(lines)), tuple(notes)


def _is_same_name(there: ImportedName, new: ImportedName) -> bool:
    """Return whether both import a name from somewhere, from elsewhere."""
    both = bool(there.source and new.source)
    return both and there.name == new.name and there.line != new.line


def _require_free(
    new: ImportedName, there: ImportedName | None, defined: set[str]
) -> None:
    hidden = f"`{new.bound}`" if new.bound in defined else ""
    if there and there.line != new.line and not _same_root(there, new):
        hidden = f"`{new.bound}` (`{there.line}`)"
    if hidden:
        raise CellProblemError(
            f"`{new.line}` would hide what this module has as {hidden}. "
            "Import it under another name, or inside the function."
        )


def _same_root(one: ImportedName, other: ImportedName) -> bool:
    """Return whether both bind one package, as ``import a.b`` binds a."""
    return not (one.source or other.source) and (
        one.name.partition(".")[0] == other.name.partition(".")[0] == one.bound
    )


def replaced(wanted: Wanted, base: str) -> tuple[str, ...]:
    """Return notes on helpers that take the place of the kit's own.

    One that says the same as the kit's `base` needs none.
    """
    return tuple(
        f"Your `{name}` has replaced the module's own, which the rest of "
        "the module may need as it was. Unless you meant to change it, give "
        "yours another name: then the module's own comes back."
        for name in _otherwise(wanted, base)
    )


def taken_over(
    wanted: Wanted, module: str, others: Traces
) -> tuple[str, ...]:
    """Return notes on helpers that take the place of another answer's."""
    return tuple(
        f"Your `{name}` has replaced the helper of that name that another "
        "answer brought into this module, and may need as it was. Give yours "
        "another name, and run the other exercise's cell again."
        for name in _otherwise(wanted, module)
        if name in others.helpers
    )


def _otherwise(wanted: Wanted, text: str) -> list[str]:
    """Return the names of helpers that mean something else in a module."""
    same = {ast.dump(node) for node in parsed(text).body}
    own = bound_in(text)
    return [
        name
        for part in wanted.helpers
        for name in part.names
        if name in own and ast.dump(parsed(part.text).body[0]) not in same
    ]


def bound_in(text: str) -> set[str]:
    """Return the names of a module's own top-level definitions."""
    return {n for node in parsed(text).body for n in bound_names(node)}
