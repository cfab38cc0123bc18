"""What the locked cells of an exported notebook do."""

import sys
from types import SimpleNamespace

import pytest

from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.checking.verdict import Failure, Verdict
from course.kernel import graded
from course.kernel.session import NotebookSession
from course.workspace.workspace import Workspace


class Counting:
    """Checks that all end in the same way, and are counted."""

    def __init__(self, status):
        self.asked = []
        self._status = status

    def check(self, exercise, patience=None):
        self.asked.append(exercise)
        return Verdict(exercise, self._status)


@pytest.fixture
def session(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.ensure()
    return NotebookSession(workspace, Counting("passed"), lambda page: None)


def cell(number):
    exercise = load_exercises()[number]
    return decorated(exercise, exercise.solution)


def test_an_answer_that_was_just_checked_is_not_checked_again(session):
    session.run_cell(cell("1.3"))
    assert session.verdict_on("1.3").passed
    assert session._checks.asked == ["1.3"]


def test_an_answer_that_no_cell_saved_is_checked(session):
    session.workspace.save("1.3", cell("1.3"))
    assert session.verdict_on("1.3").passed
    assert session._checks.asked == ["1.3"]


def on(monkeypatch, verdict):
    """Have the set-up cell's module know one verdict."""
    known = SimpleNamespace(verdict_on=lambda number: verdict)
    monkeypatch.setitem(sys.modules, "course.notebook", known)
    monkeypatch.setattr("course.notebook", known, raising=False)


def test_a_graded_cell_ends_well_where_the_check_passes(monkeypatch):
    on(monkeypatch, Verdict("1.3", "passed"))
    assert graded.require_passed("1.3") is None


def test_a_graded_cell_says_what_fails(monkeypatch):
    failure = Failure("test_it_is_named", "It is named")
    on(monkeypatch, Verdict("1.3", "not_started", failure=failure))
    with pytest.raises(graded.NotPassedError, match="not started: It is"):
        graded.require_passed("1.3")
