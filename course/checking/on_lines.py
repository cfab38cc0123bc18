"""The parts of a syntax tree that stand on some lines, found quickly."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence

__all__ = ["nodes_on"]


def nodes_on(tree: ast.AST, lines: Sequence[int]) -> Iterator[ast.AST]:
    """Yield the nodes that stand on one of these lines, with what is in them.

    `lines` are in order. In most of a module there is nothing to look for.
    """
    for node in ast.iter_child_nodes(tree):
        own = getattr(node, "lineno", 0)
        decorators = getattr(node, "decorator_list", [])
        first = min([own, *(each.lineno for each in decorators)])
        place = bisect_left(lines, first)
        last = getattr(node, "end_lineno", None) or sys.maxsize
        if place < len(lines) and lines[place] <= last:
            yield node
            yield from nodes_on(node, lines)
