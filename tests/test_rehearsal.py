"""The dress rehearsal stops at what a learner would have stumbled over."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbformat import read
from small_kit import make_kit

from course.building.lessons import load_lessons
from course.building.notebook_files import learner_notebook, serialized
from course.kit import Kit
from course.problems import CommandError
from course.upkeep import rehearsal
from course.upkeep.fresh_copy import fresh_copy, learners_environ
from course.upkeep.rehearsal import RehearsalError, rehearse
from course.upkeep.typical_answers import edited
from course.workspace.cells import read_cell
from course.workspace.workspace import Workspace

HINT = "Mind the capitals: `A` and `a` are the same."
ANSWERS = {
    "wrong": [
        {"name": "a", "hint": HINT, "solution": {"text.lower()": "text"}}
    ]
}

Run = Callable[[str], str]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """The small course with its notebooks, and a mistake in 1.1."""
    kit = make_kit(tmp_path / "kit")
    for lesson in load_lessons(kit):
        path = kit.notebooks / f"{lesson.name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(serialized(learner_notebook(lesson)), "utf-8")
    answers = kit.root / "course" / "answers" / "1.1.yaml"
    answers.parent.mkdir(parents=True)
    answers.write_text(json.dumps(ANSWERS), "utf-8")
    return kit


@pytest.fixture
def kernel(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A kernel that saves answers and believes them; what it was given."""
    given: list[str] = []
    workspace = Workspace(kit.root / "workspace", kit)
    workspace.ensure()

    def run(source: str) -> str:
        given.append(source)
        if "@exercise" not in source:
            return ""
        number = read_cell(source).exercise
        workspace.save(number, source)
        if "NotImplementedError" in source:
            return f"Exercise {number}: not started"
        if "WORD.findall(text))" in source and number == "1.1":
            hint = HINT.replace("and", "and\n")
            return f"Exercise 1.1: not right yet\n\nHint: {hint}"
        workspace.record(number, "passed")
        return f"Exercise {number}: passed"

    @contextmanager
    def started(path: Path) -> Iterator[tuple[Any, Run]]:
        yield read(path, as_version=4), run

    monkeypatch.setattr(rehearsal, "_kernel", started)
    return given


def test_every_cell_runs_in_order_each_exercise_three_times(
    kit: Kit, kernel: list[str]
) -> None:
    lines = list(rehearse(kit))
    assert lines[0].startswith(
        "Phase 1: 2 other cells, 3 blanks, 1 mistakes, 3 answers, in "
    )
    assert lines[-1].startswith("5 of 5 exercises passed, in ")
    first = [cell for cell in kernel if '@exercise("1.1")' in cell]
    assert ["NotImplementedError" in cell for cell in first] == [
        True,
        False,
        False,
    ]
    assert kernel.index(first[-1]) < kernel.index(
        "from llm_providers.words import count_words\n"
        'count_words("A rose is a rose")'
    )


def test_one_phase_has_the_ones_before_it_filled_in(
    kit: Kit, kernel: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled_in = []
    monkeypatch.setattr(
        rehearsal, "_catch_up", lambda kit, phase: filled_in.append(phase)
    )
    lines = list(rehearse(kit, 2))
    assert filled_in == [1]
    assert lines[-1].startswith("2 of 2 exercises passed")
    with pytest.raises(CommandError, match="no phase 7"):
        list(rehearse(kit, 7))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (": not started", ": passed"),
        ("the capitals", "something"),
        ("1.2: passed", "1.2: not right yet"),
    ],
)
def test_it_stops_where_something_is_not_as_it_should_be(
    kit: Kit,
    kernel: list[str],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    instead: str,
) -> None:
    started = rehearsal._kernel

    @contextmanager
    def spoilt(path: Path) -> Iterator[tuple[Any, Run]]:
        with started(path) as (notebook, run):
            yield notebook, lambda code: run(code).replace(said, instead)

    monkeypatch.setattr(rehearsal, "_kernel", spoilt)
    with pytest.raises(RehearsalError, match=r"Exercise 1\.[12]: "):
        list(rehearse(kit))


def test_an_exercise_that_is_not_passed_in_the_end_is_missed(
    kit: Kit, kernel: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workspace, "record", lambda *_: None)
    with pytest.raises(RehearsalError, match="4 too few"):
        list(rehearse(kit))


def test_a_fresh_copy_has_what_git_knows_and_no_keys(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("a.py", "new.py", ".env", "workspace/mine.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    plain = fresh_copy(root, tmp_path / "without git")
    assert sorted(path.name for path in plain.iterdir()) == ["a.py", "new.py"]
    (root / ".gitignore").write_text(".env\n/workspace/\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "a.py"], cwd=root, check=True)
    copied = fresh_copy(root, tmp_path / "with git")
    assert sorted(path.name for path in copied.iterdir()) == [
        ".gitignore",
        "a.py",
        "new.py",
    ]


def test_a_learner_has_nothing_set() -> None:
    environ = {
        "PATH": "/bin",
        "COURSE_WORKSPACE": "elsewhere",
        "OPENAI_API_KEY": "sk-real",
        "OPENAI_BASE_URL": "https://example.org",
    }
    assert learners_environ(environ) == {"PATH": "/bin"}


def test_an_edit_has_one_place() -> None:
    assert edited("a b", {"a": "c"}) == "c b"
    assert edited("a b", "all new") == "all new"
    with pytest.raises(ValueError, match="'a' stands 2 times"):
        edited("a a", {"a": "c"})
