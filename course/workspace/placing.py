"""Where in a module the helpers of a cell have to stand.

Above the answer, as in most cells; but a value, a default, a decorator or a
base is looked up while the module is read, so a helper that names something
further down there has to stand below it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence, Set

from course.building.definitions import node_lines, parsed, split_lines
from course.workspace.cells import Part, bound_names

__all__ = ["placed"]


def placed(
    text: str, name: str, definition: str, parts: Sequence[Part]
) -> str:
    """Return the module with helpers put in for one of its definitions.

    They go above `name`; those that need more go below the last of what
    they need, unless the answer's own `definition` needs them at once.
    """
    body = parsed(text).body
    bound = [bound_names(node) for node in body]
    if (name,) not in bound:
        return text
    position = bound.index((name,))
    below = {
        each: row
        for row, names in enumerate(bound)
        for each in names
        if row >= position
    }
    needs = _needs(parts)
    first = _at_once(parsed(definition))
    late = _late(parts, needs, below.keys(), first)
    needed = {each for part in late for each in needs[part]}
    last = max((below[each] for each in needed & below.keys()), default=0)
    # From the end of the module, so that the lines above stay where they are.
    text = _inserted(text, body, last + 1, late)
    above = [part for part in parts if part not in late]
    return _inserted(text, body, position, above)


def _late(
    parts: Sequence[Part],
    needs: Mapping[Part, set[str]],
    below: Set[str],
    first: Set[str],
) -> list[Part]:
    """Return the helpers that cannot stand above all that is `below`."""
    homes = {name: part for part in parts for name in part.names}
    early = {homes[name] for name in first & homes.keys()}
    early |= {
        homes[name] for part in early for name in needs[part] & homes.keys()
    }
    return [p for p in parts if p not in early and needs[p] & below]


def _needs(parts: Sequence[Part]) -> dict[Part, set[str]]:
    """Return the names that each helper needs while the module is read.

    Of a helper that is named there, all it mentions: it may be called. So
    these are also the names that the helpers among them need.
    """
    trees = {part: parsed(part.text) for part in parts}
    mentions = {
        name: _loaded(ast.walk(trees[part]))
        for part in parts
        for name in part.names
    }
    found = {}
    for part in parts:
        needed: set[str] = set()
        left = list(_at_once(trees[part]))
        while left:
            name = left.pop()
            if name not in needed:
                needed.add(name)
                left += mentions.get(name, ())
        found[part] = needed
    return found


def _at_once(tree: ast.AST) -> set[str]:
    """Return the names that are looked up when statements are run.

    Annotations are none: modules keep them as texts.
    """
    return _loaded(_run_at_once(tree))


def _run_at_once(node: ast.AST) -> Iterable[ast.AST]:
    yield node
    for child in _parts_run_at_once(node):
        yield from _run_at_once(child)


def _parts_run_at_once(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [*node.decorator_list, *_defaults(node.args)]
    if isinstance(node, ast.Lambda):
        return _defaults(node.args)
    if isinstance(node, ast.AnnAssign):
        return [node.value] if node.value else []
    return ast.iter_child_nodes(node)


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *filter(None, arguments.kw_defaults)]


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _inserted(
    text: str, body: Sequence[ast.stmt], row: int, parts: Sequence[Part]
) -> str:
    """Return the module with helpers above one of its statements."""
    if not parts:
        return text
    if row == len(body):
        return f"{text.rstrip()}\n\n\n{_spaced(parts).rstrip()}\n"
    lines = split_lines(text)
    position = node_lines(lines, body[row])[0]
    lines[position:position] = [_spaced(parts)]
    return "".join(lines)


def _spaced(parts: Sequence[Part]) -> str:
    """Return helpers as a module has them: two blank lines around blocks."""
    text = ""
    for before, part in zip([None, *parts], parts, strict=False):
        if before and (_is_block(before) or _is_block(part)):
            text += "\n\n"
        text += part.text
    return text + "\n\n" if parts else ""


def _is_block(part: Part) -> bool:
    return "\n" in part.text.strip()
