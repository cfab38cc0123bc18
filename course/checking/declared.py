"""What the kit's own text says of a package's records: their fields.

A record's class lives with the learner's code, and may have been changed
there: its fields may be left out of comparisons, or read as what they are
not. The text of the kit's package is read here, and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .roots import file_of


@dataclass(frozen=True)
class Field:
    """A field of a record; `default` holds one value if it is known."""

    name: str
    default: tuple[Any, ...] = ()
    positional: bool = True
    compared: bool = True


@dataclass(frozen=True)
class RecordClass:
    """A dataclass, as its text says."""

    fields: tuple[Field, ...]
    frozen: bool
    inherits: bool

    @property
    def compared(self) -> frozenset[str]:
        return frozenset(each.name for each in self.fields if each.compared)

    def given(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what a new record's fields have, where that is certain."""
        known = {each.name: each.default for each in self.fields}
        ordered = [each.name for each in self.fields if each.positional]
        named = {key: kwargs[key] for key in kwargs.keys() & known.keys()}
        if self.inherits and args:
            # They may be fields of the class that it inherits from.
            return named
        found = {key: value[0] for key, value in known.items() if value}
        return {**found, **dict(zip(ordered, args, strict=False)), **named}


class Declared:
    """The records of the packages in a folder, by their full names.

    A class that is found under another name than its own is known by both.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._also: dict[str, set[str]] = {}

    def note(self, module: str, name: str, type_name: str) -> None:
        """Take note of the class that a module has under a name."""
        self._also.setdefault(type_name, set()).add(f"{module}:{name}")

    def records(self, names: Iterable[str]) -> list[RecordClass]:
        """Return the records among classes, which are full names."""
        found = {}
        for name in names:
            for each in (name, *self._also.get(name, ())):
                known = self._find(each)
                if known is not None:
                    found[each] = known
        return list(found.values())

    def _find(self, name: str) -> RecordClass | None:
        module, _, qualname = name.partition(":")
        if self._root is None or not module.replace(".", "").isidentifier():
            return None
        return _classes(self._root / file_of(module)).get(qualname)


@lru_cache(maxsize=64)
def _classes(file: Path) -> Mapping[str, RecordClass]:
    try:
        tree = ast.parse(file.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return {}
    return dict(_records(tree))


def _records(tree: ast.Module) -> Iterator[tuple[str, RecordClass]]:
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        options = _options(node)
        if options is None or options.get("eq") is False:
            continue
        if _defines(node, "__eq__"):
            continue
        fields = tuple(_fields(node, options.get("kw_only") is True))
        frozen = options.get("frozen") is True
        # What is given to these need not be what their fields have.
        changes = _defines(node, "__post_init__") or _defines(node, "__init__")
        yield (
            node.name,
            RecordClass(fields, frozen and not changes, bool(node.bases)),
        )


def _options(node: ast.ClassDef) -> dict[str, Any] | None:
    """Return what a class's decorator `dataclass` is given; None without."""
    for each in node.decorator_list:
        call = each.func if isinstance(each, ast.Call) else each
        if ast.unparse(call) in ("dataclass", "dataclasses.dataclass"):
            words = each.keywords if isinstance(each, ast.Call) else []
            return {
                word.arg: word.value.value
                for word in words
                if word.arg and isinstance(word.value, ast.Constant)
            }
    return None


def _defines(node: ast.ClassDef, name: str) -> bool:
    return any(
        isinstance(each, ast.FunctionDef) and each.name == name
        for each in node.body
    )


def _fields(node: ast.ClassDef, kw_only: bool) -> Iterator[Field]:
    for each in node.body:
        if not isinstance(each, ast.AnnAssign):
            continue
        if not isinstance(each.target, ast.Name):
            continue
        kind = ast.unparse(each.annotation)
        if kind in ("KW_ONLY", "dataclasses.KW_ONLY"):
            kw_only = True
        elif not kind.startswith(("ClassVar", "typing.ClassVar", "InitVar")):
            yield _field(each.target.id, each.value, not kw_only)


def _field(name: str, value: ast.expr | None, positional: bool) -> Field:
    if not isinstance(value, ast.Call):
        return Field(name, _literal(value), positional)
    given = {word.arg: _literal(word.value) for word in value.keywords}
    return Field(
        name,
        given.get("default", ()),
        positional and given.get("init") != (False,),
        given.get("compare") != (False,),
    )


def _literal(value: ast.expr | None) -> tuple[Any, ...]:
    """Return a literal's value, in a tuple; an empty one of all else."""
    try:
        return (ast.literal_eval(value),) if value is not None else ()
    except ValueError:
        return ()
