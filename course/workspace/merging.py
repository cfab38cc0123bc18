"""Put a learner's answer into a module: definition, helpers, imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from course.building.definitions import (
    node_lines,
    parsed,
    replace,
    split_lines,
)
from course.workspace.additions import (
    Traces,
    Wanted,
    additions,
    bound_in,
    replaced,
    taken_over,
)
from course.workspace.cells import Part, bound_names
from course.workspace.module_imports import (
    add_imports,
    drop_imports,
    imported_names,
    package_of,
)
from course.workspace.placing import placed

__all__ = ["Merged", "Traces", "Wanted", "put_answer"]


@dataclass(frozen=True)
class Merged:
    """A module with an answer in it, and what to tell the learner."""

    text: str
    traces: Traces
    notes: tuple[str, ...] = ()


def put_answer(
    module: str,
    name: str,
    wanted: Wanted,
    earlier: Traces,
    others: Traces,
    base: str,
) -> Merged:
    """Return the module called `name` with an answer put in.

    What `earlier` saves of this exercise added, and this one does not, goes
    away unless the rest of the module uses it; where it had replaced
    something of the kit's `base`, that comes back. What `others` added too
    stays. Raises CellProblemError where names get into each other's way.
    """
    package = package_of(name)
    new, notes = additions(module, name, wanted, earlier, others)
    stale = _without(earlier, new)
    unwanted = _without(stale, others)
    while True:
        text = _taken_out(module, unwanted, base, package)
        # Moved, so that the cell's helpers stand in the cell's order.
        moved = set(new.helpers).intersection(earlier.helpers)
        for helper in moved - set(others.helpers) - bound_in(base):
            text = _restored(text, helper, "")
        text = replace(text, wanted.path, wanted.definition)
        text = _with_helpers(text, wanted)
        text = add_imports(text, _missing(new.imports, text, package))
        used = _used_but_gone(text, wanted, unwanted)
        if used == Traces():
            break
        unwanted = _without(unwanted, used)
    in_use = _without(_without(stale, others), unwanted)
    in_base = [
        each.line for each in imported_names(parsed(base).body, package)
    ]
    traces = Traces(
        (*new.helpers, *in_use.helpers),
        tuple(
            line
            for line in (*new.imports, *in_use.imports)
            if line not in in_base
        ),
    )
    notes += replaced(wanted, base) + taken_over(wanted, module, others)
    return Merged(text, traces, notes)


def _without(one: Traces, other: Traces) -> Traces:
    return Traces(
        tuple(name for name in one.helpers if name not in other.helpers),
        tuple(line for line in one.imports if line not in other.imports),
    )


def _taken_out(
    module: str, unwanted: Traces, base: str, package: str
) -> str:
    for helper in unwanted.helpers:
        module = _restored(module, helper, base)
    return drop_imports(module, unwanted.imports, package)


def _restored(text: str, name: str, base: str) -> str:
    """Return the module with what `base` has under a name, or without it."""
    lines = split_lines(base)
    original = "".join(
        "".join(lines[slice(*node_lines(lines, node))])
        for node in parsed(base).body
        if name in bound_names(node)
    )
    return _exchange(text, {name}, original)


def _exchange(text: str, names: Collection[str], replacement: str) -> str:
    """Return the module with one text for all that binds these names.

    Without a replacement the blank lines below go too, at the end those
    above: the inverse of putting a helper above a definition.
    """
    lines = split_lines(text)
    nodes = [
        node
        for node in parsed(text).body
        if set(names).intersection(bound_names(node))
    ]
    for number, node in reversed(list(enumerate(nodes))):
        first, last = node_lines(lines, node)
        new = [replacement] if number == 0 and replacement else []
        while not new and last < len(lines) and not lines[last].strip():
            last += 1
        lines[first:last] = new
        while not new and first == len(lines) and not lines[-1].strip():
            lines.pop()
            first -= 1
    return "".join(lines)


def _with_helpers(text: str, wanted: Wanted) -> str:
    inside = bound_in(text)
    present: list[list[Part]] = []
    new: list[Part] = []
    for part in wanted.helpers:
        if not inside.intersection(part.names):
            new.append(part)
            continue
        for group in present:
            if any(set(part.names) & set(each.names) for each in group):
                group.append(part)
                break
        else:
            present.append([part])
    for group in present:
        names = {name for part in group for name in part.names}
        text = _exchange(text, names, "".join(part.text for part in group))
    home = wanted.path.partition(".")[0]
    return placed(text, home, wanted.definition, new)


def _missing(imports: Sequence[str], text: str, package: str) -> list[str]:
    found = imported_names(parsed(text).body, package)
    present = {each.line for each in found}
    return [line for line in imports if line not in present]


def _used_but_gone(text: str, wanted: Wanted, unwanted: Traces) -> Traces:
    """Return what was taken out although the rest of the module uses it.

    The answer itself is not the rest: its own cell says what it needs.
    """
    if unwanted == Traces():
        return unwanted
    tree = parsed(text)
    bound = bound_in(text)
    bound |= {each.bound for each in imported_names(tree.body)}
    gone = _used(tree, wanted) - bound
    return Traces(
        tuple(name for name in unwanted.helpers if name in gone),
        tuple(
            line
            for line in unwanted.imports
            if gone.intersection(
                each.bound for each in imported_names(parsed(line).body)
            )
        ),
    )


def _used(tree: ast.Module, wanted: Wanted) -> set[str]:
    own = {name for part in wanted.helpers for name in part.names}
    used: set[str] = set()

    def visit(node: ast.AST, path: str) -> None:
        name = getattr(node, "name", "")
        inner = f"{path}.{name}".strip(".") if name else path
        if inner == wanted.path:
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    for statement in tree.body:
        if not own.intersection(bound_names(statement)):
            visit(statement, "")
    return used
