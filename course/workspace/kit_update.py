"""Make a learner's workspace from the kit, and keep it up to date."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from course.building.blanks import blank
from course.building.definitions import (
    DefinitionNode,
    DefinitionNotFoundError,
    definition_text,
)
from course.building.exercises import Exercise
from course.checking.roots import short_name
from course.kit import Kit
from course.workspace.files import read_text_file, write_atomically
from course.workspace.kept_texts import KeptTexts
from course.workspace.three_way_merge import merge

__all__ = ["SKELETONS", "base_of", "starting_text", "update_workspace"]

SKELETONS = {
    "tests/test_openai_agent.py": '"""My tests of the OpenAI agent."""\n',
    "tests/test_gemini_agent.py": '"""My tests of the Gemini agent."""\n',
    "tests/test_requestry_agent.py": (
        '"""My tests of the Requestry agent."""\n'
    ),
    "tests/test_openrouter_agent.py": (
        '"""My tests of the OpenRouter agent."""\n'
    ),
    "tests/test_recommender_agent.py": (
        '"""My tests of the recommender agent."""\n'
    ),
}


def starting_text(source: str, name: str, exercises: list[Exercise]) -> str:
    """Return a module as a learner gets it, its exercises left blank."""
    for each in exercises:
        if each.kind == "definition" and each.saved_in == name:
            source = blank(source, each.path, each.id, each.steps)
    return source


def base_of(workspace: Path, name: str) -> Path:
    """Return where the kit's own version of a workspace's file is kept."""
    return workspace / ".kit" / name


def update_workspace(
    workspace: Path,
    kit: Kit,
    exercises: Mapping[str, Exercise],
    solved: bool = False,
) -> list[str]:
    """Bring what is missing or new into a workspace; return what to tell.

    What the learner changed stays: a file that the kit changed too gets the
    kit's changes around the learner's, or none where that cannot be done.
    A `solved` workspace is the reference itself.
    """
    kept = KeptTexts(workspace / "history")
    for left_behind in workspace.rglob(".*.tmp"):
        left_behind.unlink()  # of a save that was killed
    notes: list[str] = []
    shown = [] if solved else list(exercises.values())
    for name, path in _kit_files(kit):
        new = path.read_bytes()
        if path.suffix == ".py":
            new = starting_text(new.decode(), name, shown).encode()
        notes += _update(workspace, name, new, kept, solved)
    for name, text in _test_files(exercises, solved).items():
        path = workspace / name
        if not path.exists() or (solved and path.read_text("utf-8") != text):
            write_atomically(path, text.encode())
    return notes


def _test_files(
    exercises: Mapping[str, Exercise], solved: bool
) -> dict[str, str]:
    files = dict(SKELETONS)
    for exercise in exercises.values():
        if solved and exercise.kind == "tests":
            files[exercise.file] = exercise.solution
    return files


def _kit_files(kit: Kit) -> Iterator[tuple[str, Path]]:
    for folder in (*kit.packages, kit.data):
        for path in sorted(folder.rglob("*")):
            hidden = path.name.startswith(".") or path.suffix == ".pyc"
            if path.is_file() and not hidden:
                yield path.relative_to(kit.root).as_posix(), path


def _update(
    workspace: Path, name: str, new: bytes, kept: KeptTexts, solved: bool
) -> list[str]:
    target, base = workspace / name, base_of(workspace, name)
    old = base.read_bytes() if base.exists() else None
    mine = target.read_bytes() if target.exists() else None
    notes: list[str] = []
    if mine == new or (mine is not None and old == new and not solved):
        pass
    elif mine is None or mine == old or solved:
        if mine not in (None, old) and target.suffix == ".py":
            kept.keep(_module(name), mine)
        write_atomically(target, new)
    else:
        notes = [_bring_in(target, name, old or b"", new, kept)]
    if old != new:
        write_atomically(base, new)
    return notes


def _bring_in(
    target: Path, name: str, old: bytes, new: bytes, kept: KeptTexts
) -> str:
    """Merge the kit's changes of a file into the learner's version of it."""
    unchanged = (
        f"The course has a new version of {name}. Yours stays as it is; the "
        "new one lies in history."
    )
    if target.suffix != ".py":
        return f"The course has a new version of {name}. Yours stays."
    try:
        mine = read_text_file(target)
        merged = merge(old.decode(), mine.text, new.decode())
        safe = _keeps_what_is_mine(old.decode(), mine.text, merged)
    except (SyntaxError, UnicodeDecodeError):
        safe = False
    if not safe:
        kept.keep(f"{_module(name)}_of_the_kit", new)
        return unchanged
    kept.keep(_module(name), target.read_bytes())
    write_atomically(target, mine.with_text(merged))
    return f"The course's changes of {name} were brought into yours."


def _module(name: str) -> str:
    """Return a file's name in the history, such as ``recommender.pareto``."""
    return short_name(".".join(Path(name).with_suffix("").parts))


def _keeps_what_is_mine(base: str, mine: str, merged: str) -> bool:
    return all(
        _text(merged, path) == _text(mine, path)
        for path in _paths(ast.parse(mine).body)
        if _text(base, path) != _text(mine, path)
    )


def _paths(body: list[ast.stmt], outer: str = "") -> Iterator[str]:
    """Yield the functions and methods of a module, without whole classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _paths(node.body, f"{outer}{node.name}.")
        elif isinstance(node, DefinitionNode):
            yield f"{outer}{node.name}"


def _text(source: str, path: str) -> str | None:
    try:
        return definition_text(source, path)
    except DefinitionNotFoundError:
        return None
