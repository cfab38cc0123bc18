"""Which tests of a file hold a way to fail, in themselves or in a helper.

A test that asserts nothing may still raise, or call what raises: its own
text does not say it all, but what it names within the file does.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

__all__ = ["able_to_fail"]

_CALLS = ("fail", "raises", "warns", "deprecated_call")
# What pytest runs around tests, though none of them names it.
_UNNAMED = ("setup", "teardown")

Names = dict[str, set[str]]


def able_to_fail(text: str, tests: Collection[str]) -> set[str]:
    """Return those of the `tests` in `text` that hold a way to fail.

    That is an assert or raise statement, or a call of what is named like
    one, as `pytest.fail` or `assertEqual`; also where a test names a function
    or a fixture that holds one. A name may have its parameters in brackets.
    """
    mentioned, holding = _definitions(ast.parse(text))
    return {
        test
        for test in tests
        if holding & _reached(test.partition("[")[0], mentioned)
    }


def _definitions(module: ast.Module) -> tuple[Names, set[str]]:
    """Return what each definition mentions, and those that may raise."""
    mentioned: Names = {}
    holding = set()
    for statement in ast.walk(module):
        for name in _defined(statement):
            inside = list(ast.walk(statement))
            mentions = {each for node in inside for each in _named(node)}
            mentioned.setdefault(name, set()).update(mentions)
            if any(map(_may_raise, inside)):
                holding.add(name)
    return mentioned, holding


def _defined(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _named(target)


def _reached(test: str, mentioned: Names) -> set[str]:
    """Return the names that a test leads to, its own among them."""
    found: set[str] = set()
    left = [test, *filter(_runs_anyway, mentioned)]
    left += [name for name in mentioned if "autouse" in mentioned[name]]
    while left:
        name = left.pop()
        if name in mentioned and name not in found:
            found.add(name)
            left += mentioned[name]
    return found


def _runs_anyway(name: str) -> bool:
    return name.startswith(_UNNAMED)


def _named(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node mentions itself, those in texts too."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg | ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _may_raise(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    names = [name.lower() for name in _named(node.func)]
    return any(n in _CALLS or n.startswith("assert") for n in names)
