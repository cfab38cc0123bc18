"""Where forking is missing: processes that were started beforehand."""

import sys

import pytest
from small_check import small_course

from course.building.lessons import load_exercises
from course.checking.client import Checker


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    with small_course(folder, COURSE_CHECK_PROCESSES="pool") as made:
        yield made


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("return sum(n)", "passed"),
        ("return 0", "failed"),
        ("import os\n    os._exit(3)", "ended"),
        ("while True: pass", "hung"),
        ("while True: print('x' * 1000)", "flooded"),
    ],
)
def test_the_verdict_is_that_of_a_forked_process(course, body, status):
    assert course.check(f"def add(*n):\n    {body}\n").status == status


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_code_that_kills_the_judge_hurts_only_this_check(course):
    body = "import os\n    os.kill(os.getppid(), 9)\n    while True: pass"
    verdict = course.check(f"def add(*n):\n    {body}\n")
    assert verdict.status == "ended"
    assert "the process that checks it" in verdict.failure.message
    assert course.check().status == "passed"


def test_a_learner_s_own_tests_are_run_in_turn(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CHECK_PROCESSES", "pool")
    monkeypatch.delenv("COURSE_CHECK_WARM", raising=False)
    exercise = load_exercises()["1.8"]
    file = tmp_path / exercise.file
    file.parent.mkdir()
    file.write_text(exercise.solution)
    checker = Checker(tmp_path)
    try:
        verdict = checker.check("1.8")
    finally:
        checker.close()
    assert verdict.status == "passed"
