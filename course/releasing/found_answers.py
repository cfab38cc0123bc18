"""Look for answers in the files of a folder, in whatever form they lie."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from course.building.blanks import FunctionNode
from course.building.exercises import Exercise

__all__ = ["Body", "answers_in", "bodies"]

# A shorter body, such as one `return`, may stand anywhere by chance; it
# counts as an answer under its own name only.
TELLING = 60
SPACE = re.compile(r"\s+")
FENCED = re.compile(
    r"^[ >]*(?:```|~~~).*?\n(.*?)^[ >]*(?:```|~~~)", re.M | re.S
)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
COMMENT = re.compile(r"(?m)(?:^|\s)#[^\n]*")


@dataclass(frozen=True)
class Body:
    """What a function of an answer does, written in comparable ways."""

    exercise: str
    name: str
    tree: str
    texts: tuple[str, ...]

    @property
    def is_telling(self) -> bool:
        """Whether nobody writes this body by chance."""
        return len(min(self.texts, key=len)) >= TELLING


def bodies(exercise: Exercise) -> list[Body]:
    """Return the bodies of an answer's functions."""
    text = exercise.solution
    return [
        Body(exercise.id, node.name, _tree(node), tuple(_texts(node, text)))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, FunctionNode)
    ]


def answers_in(folder: Path, exercises: Iterable[Exercise]) -> list[str]:
    """Return a sentence for each answer that lies in a folder's files.

    Code is compared as Python reads it; every other text, also in JSON and
    YAML, without its spaces.
    """
    wanted = [body for each in exercises for body in bodies(each)]
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes().decode("utf-8", "replace")
        known = set(_known_in(path, data, wanted))
        name = path.relative_to(folder).as_posix()
        found += [
            f"{name} has the answer to exercise {body.exercise}, "
            f"`{body.name}`."
            for body in wanted
            if body in known
        ]
    return found


def _known_in(path: Path, data: str, wanted: list[Body]) -> Iterator[Body]:
    pieces = [data, *_strings(path, data)]
    code: set[tuple[str, str]] = set()
    for piece in pieces:
        code |= set(_functions(piece))
    trees = {tree for _, tree in code}
    bare = "\n".join(_bare(piece) for piece in pieces)
    for body in wanted:
        alike = (
            body.tree in trees
            if body.is_telling
            else ((body.name, body.tree) in code)
        )
        if alike or (
            body.is_telling and any(text in bare for text in body.texts)
        ):
            yield body


def _strings(path: Path, data: str) -> Iterator[str]:
    """Yield the texts within a file that may hold code of their own."""
    if path.suffix == ".ipynb":
        for cell in json.loads(data)["cells"]:
            yield "".join(cell["source"])
            for output in cell.get("outputs", ()):
                yield from _texts_in(output)
    elif path.suffix == ".json":
        yield from _texts_in(json.loads(data))
    elif path.suffix in (".yaml", ".yml"):
        yield from _texts_in(yaml.load(data, _Loader))  # noqa: S506
    elif path.suffix == ".py":
        for node in ast.walk(ast.parse(data)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    elif path.suffix == ".md":
        yield from FENCED.findall(data)


def _texts_in(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _texts_in(key)
            yield from _texts_in(value)
    elif isinstance(content, list):
        if content and all(isinstance(each, str) for each in content):
            yield "".join(content)
        for each in content:
            yield from _texts_in(each)


def _functions(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and body of each function in a text, if it is Python."""
    if "def " not in text:
        return
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            yield node.name, _tree(node)


def _statements(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> list[ast.stmt]:
    first = node.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(
        first.value, ast.Constant
    )
    return node.body[1:] if has_docstring else node.body


def _tree(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return "\n".join(map(ast.dump, _statements(node)))


def _texts(
    node: ast.FunctionDef | ast.AsyncFunctionDef, source: str
) -> Iterator[str]:
    """Yield a body as it is written, and as Python would write it."""
    statements = _statements(node)
    if not statements:
        return
    lines = source.split("\n")[
        statements[0].lineno - 1 : statements[-1].end_lineno
    ]
    yield _bare("\n".join(lines))
    yield _bare("\n".join(map(ast.unparse, statements)))


def _bare(text: str) -> str:
    return SPACE.sub("", COMMENT.sub("", text))
