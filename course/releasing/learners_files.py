"""What lies in a learners' copy, file by file, before anything is written."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from course.building.agent_tests import agent_tests
from course.building.lessons import (
    Exercise,
    Lesson,
    load_exercises,
    load_lessons,
)
from course.building.notebook_files import learner_notebook, serialized
from course.checking.judge import _exercises_in as exercises_in
from course.checking.verdict import CONTRACT
from course.kit import Kit
from course.releasing.lesson_texts import learners_lesson
from course.workspace.kit_update import starting_text

__all__ = ["FIXED", "copy_without_answers", "files_without_notebooks"]

FIXED = (
    ".env.example",
    "CHANGELOG.md",
    "LICENSE",
    "environment.yml",
    "pyproject.toml",
    "requirements.txt",
)
DOCUMENTS = ("docs/glossary.md", "docs/pictures", "docs/sandbox.md")
# Parts of `course` that no learner needs, or that only work with answers.
LEFT_OUT = (
    *("answers", "exporting", "grading", "lessons", "releasing", "upkeep"),
    *("teaching", "building/build.py", "building/solving.py"),
    # It asks with the package of the kit, which is blank here.
    "setup/providers.py",
)
# A learner's work is what the copy's repository is for.
NOT_IGNORED = "/workspace/"
OWN_TESTS = "tests/test_own_tests.py"
OWN_FILES = "tests/test_own_test_files.py"
NEVER = ("__pycache__", ".ipynb_checkpoints")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def copy_without_answers(kit: Kit, out: Path, through: int) -> None:
    """Write a learners' copy of the kit into a folder, its notebooks too.

    The answers of the phases up to `through` stay in it.
    """
    for name, data in files_without_notebooks(kit, through).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    copy = Kit(out)
    for lesson in load_lessons(copy):
        name = f"{lesson.name}.ipynb"
        copy.notebooks.mkdir(exist_ok=True)
        text = serialized(learner_notebook(lesson))
        (copy.notebooks / name).write_text(text, "utf-8")
        if lesson.phase <= through:
            copy.solutions.mkdir(exist_ok=True)
            shutil.copyfile(kit.solutions / name, copy.solutions / name)


def files_without_notebooks(kit: Kit, through: int) -> dict[str, bytes]:
    """Return a copy's files by name; the notebooks are made from them."""
    lessons = load_lessons(kit)
    exercises = load_exercises(kit)
    withheld = [e for e in exercises.values() if e.phase > through]
    files = {name: _read(kit, name) for name in FIXED if _is_here(kit, name)}
    for name in (*DOCUMENTS, "data", *_packages(kit), "course"):
        for path in _files(kit.root / name):
            inner = path.relative_to(kit.root).as_posix()
            if not _is_left_out(inner):
                files[inner] = _blanked(path, inner, withheld)
    files |= _lessons(kit, lessons, through)
    files |= _hints(kit, exercises)
    files |= _tests(kit, exercises)
    note = {"format": 1, "through": through}
    files["course/released.json"] = f"{json.dumps(note)}\n".encode()
    ignored = (kit.root / ".gitignore").read_text("utf-8")
    files[".gitignore"] = ignored.replace(f"{NOT_IGNORED}\n", "").encode()
    readme = Path(__file__).with_name("learners_readme.md")
    files["README.md"] = readme.read_bytes()
    return files


def _is_here(kit: Kit, name: str) -> bool:
    return (kit.root / name).is_file()


def _read(kit: Kit, name: str) -> bytes:
    return (kit.root / name).read_bytes()


def _packages(kit: Kit) -> tuple[str, ...]:
    return tuple(path.name for path in kit.packages)


def _files(place: Path) -> Iterator[Path]:
    """Yield the files of a folder, or the file itself, in order.

    None of those that some program left there.
    """
    if place.is_file():
        yield place
    for path in sorted(place.rglob("*")):
        inner = path.relative_to(place).parts
        made = path.suffix == ".pyc" or set(inner).intersection(NEVER)
        if path.is_file() and not made and not path.name.startswith("."):
            yield path


def _is_left_out(name: str) -> bool:
    inner = name.removeprefix("course/")
    return inner != name and any(
        f"{inner}/".startswith(f"{each}/") for each in LEFT_OUT
    )


def _blanked(path: Path, name: str, withheld: list[Exercise]) -> bytes:
    data = path.read_bytes()
    if not any(each.saved_in == name for each in withheld):
        return data
    return starting_text(data.decode(), name, withheld).encode()


def _lessons(
    kit: Kit, lessons: list[Lesson], through: int
) -> dict[str, bytes]:
    return {
        lesson.path.relative_to(kit.root).as_posix(): learners_lesson(
            lesson.path.read_text("utf-8"),
            lesson.path,
            lesson.phase <= through,
        ).encode()
        for lesson in lessons
    }


def _hints(kit: Kit, exercises: Mapping[str, Exercise]) -> dict[str, bytes]:
    """Return the hints to typical mistakes, without the mistakes."""
    files: dict[str, bytes] = {}
    for number in exercises:
        name = f"course/answers/{number}.yaml"
        if _is_here(kit, name):
            content = yaml.load(_read(kit, name), _Loader)  # noqa: S506
            text = yaml.safe_dump(_only_hints(content), allow_unicode=True)
            files[name] = text.encode()
    return files


def _only_hints(content: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("fails", "when", "hint")
    return {
        "wrong": [
            {name: row[name] for name in kept if name in row}
            for row in content.get("wrong") or ()
        ]
    }


def _tests(kit: Kit, exercises: Mapping[str, Exercise]) -> dict[str, bytes]:
    """Return the tests that check exercises, and what they import."""
    checked = {*exercises, *agent_tests(kit), CONTRACT}
    beside = {path.stem: path for path in _files(kit.tests)}
    wanted = [
        path
        for path in _files(kit.tests)
        if path.name.startswith("test_")
        and path.suffix == ".py"
        and exercises_in(path) & checked
    ]
    folders = {kit.tests, *(path.parent for path in wanted)}
    fixtures = [folder / "conftest.py" for folder in folders]
    wanted += [path for path in fixtures if path.is_file()]
    found: dict[str, bytes] = {}
    while wanted:
        path = wanted.pop()
        name = path.relative_to(kit.root).as_posix()
        if name in found or name == OWN_TESTS:
            continue
        found[name] = path.read_bytes()
        imported = _imported(path) & beside.keys()
        wanted += [beside[each] for each in imported]
    if OWN_FILES in found:
        found[OWN_FILES] = _also_for(found[OWN_FILES].decode(), exercises)
    return found


def _imported(path: Path) -> set[str]:
    """Return the first names of the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def _also_for(text: str, exercises: Mapping[str, Exercise]) -> bytes:
    """Have the exercises' own tests checked as other files of tests are.

    That is on the learner's own package: the right one is not in the copy.
    """
    numbers = [each.id for each in exercises.values() if each.kind == "tests"]
    quoted = "".join(f'    "{number}",\n' for number in numbers)
    return text.replace(
        "mark.exercise(\n", f"mark.exercise(\n{quoted}", 1
    ).encode()
