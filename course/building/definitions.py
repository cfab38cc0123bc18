"""Find a definition in a module, take it out, put another in its place.

Everything works on whole lines, so that what is not replaced stays as it is,
byte for byte.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "Definition",
    "DefinitionNode",
    "DefinitionNotFoundError",
    "definition_text",
    "find",
    "indented",
    "node_lines",
    "parsed",
    "replace",
    "split_lines",
]

DefinitionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class DefinitionNotFoundError(LookupError):
    """A module does not define the name that was looked for."""


@dataclass(frozen=True)
class Definition:
    """Where a definition stands: lines `first` to `last`, not included.

    Counted from 0. Comments that touch its first line, its decorators and
    its overloads belong to it. `node` is the last definition of the name.
    """

    node: DefinitionNode
    first: int
    last: int
    indent: str


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends; only a line feed ends a line.

    `str.splitlines` would also break at form feeds and Unicode separators,
    which Python's parser does not count as lines.
    """
    return io.StringIO(text, newline="\n").readlines()


@lru_cache(maxsize=16)
def find(source: str, path: str) -> Definition:
    """Return where the definition ``name`` or ``Outer.name`` stands.

    Raises DefinitionNotFoundError, or SyntaxError for a broken source.
    """
    body = parsed(source).body
    for name in path.split("."):
        run = _last_run(body, name)
        if not run:
            raise DefinitionNotFoundError(f"{path} is not defined.")
        body = run[-1].body
    lines = split_lines(source)
    first = node_lines(lines, run[0])[0]
    return Definition(
        node=run[-1],
        first=first,
        last=node_lines(lines, run[-1])[1],
        indent=lines[first][: _leading(lines[first])],
    )


@lru_cache(maxsize=16)
def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a source, which must not be changed."""
    return ast.parse(source)


def _last_run(body: list[ast.stmt], name: str) -> list[DefinitionNode]:
    """Return the definitions of a name that follow each other, the last.

    More than one are overloads, or a property with its setter.
    """
    run: list[DefinitionNode] = []
    for node in reversed(body):
        if isinstance(node, DefinitionNode) and node.name == name:
            run.insert(0, node)
        elif run:
            break
    return run


def node_lines(lines: list[str], node: ast.stmt) -> tuple[int, int]:
    """Return the lines of a statement as a slice, its comments included.

    These are comments directly above it, and below it those that are
    indented more deeply, as at the end of a function's body.
    """
    decorators = getattr(node, "decorator_list", [])
    first = min(n.lineno for n in [node, *decorators]) - 1
    # The "@" may stand above an expression in parentheses.
    while decorators and not lines[first].lstrip().startswith("@"):
        first -= 1
    while first > 0 and _is_comment(lines[first - 1], node.col_offset):
        first -= 1
    last = node.end_lineno or node.lineno
    for number, line in enumerate(lines[last:], last + 1):
        comment = line.lstrip().startswith("#")
        if comment and _leading(line) > node.col_offset:
            last = number
        elif line.strip():
            break
    return first, last


def definition_text(source: str, path: str) -> str:
    """Return the definition's own text, moved to the left margin."""
    where = find(source, path)
    text = "".join(split_lines(source)[where.first : where.last])
    if not text.endswith("\n"):
        text += "\n"
    if not where.indent:
        return text
    fixed = _fixed_lines(text)
    return "".join(
        line if number in fixed else line.removeprefix(where.indent)
        for number, line in enumerate(split_lines(text))
    )


def indented(text: str, indent: str) -> str:
    """Return `text` moved to the right, the insides of strings unmoved.

    Docstrings move along: the inverse of what `definition_text` does.
    """
    if not indent:
        return text
    fixed = _fixed_lines(text)
    return "".join(
        line if number in fixed or not line.strip() else indent + line
        for number, line in enumerate(split_lines(text))
    )


def replace(source: str, path: str, text: str) -> str:
    """Return `source` with the definition's lines replaced by `text`.

    `text` starts at the left margin and gets the definition's indent.
    """
    where = find(source, path)
    lines = split_lines(source)
    if not text.endswith("\n"):
        text += "\n"
    lines[where.first : where.last] = [indented(text, where.indent)]
    return "".join(lines)


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _is_comment(line: str, column: int) -> bool:
    return line.lstrip().startswith("#") and _leading(line) == column


@lru_cache(maxsize=64)
def _fixed_lines(source: str) -> frozenset[int]:
    """Return the lines, from 0, that begin inside a string.

    Their indent is part of a value and must not change. A docstring is no
    such string: it is indented with the code around it.
    """
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in (tokenize.NL, tokenize.COMMENT)
    ]
    fixed: set[int] = set()
    opened: list[int] = []
    layout = (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)
    for before, token, after in zip(
        [None, *tokens], tokens, tokens[1:], strict=False
    ):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING":
            alone = before is None or before.type in layout
            if not (alone and after.type == tokenize.NEWLINE):
                fixed.update(range(token.start[0], token.end[0]))
        # From Python 3.12 on an f-string is a run of tokens.
        elif kind.endswith("STRING_START"):
            opened.append(token.start[0])
        elif kind.endswith("STRING_END"):
            fixed.update(range(opened.pop(), token.end[0]))
    return frozenset(fixed)
