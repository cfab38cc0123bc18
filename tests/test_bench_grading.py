"""What the benchmark of grading hands in, and how it is counted."""

import json

import pytest

from benchmarks import grading, grading_peers
from benchmarks.grading_submissions import handed_in, write
from course.building.lessons import load_exercises
from course.grading.submissions import find
from course.workspace.cells import read_cell


@pytest.fixture(scope="module")
def handed():
    return list(handed_in(6))


def test_submissions_differ_and_are_the_same_in_each_run(handed):
    assert len({tuple(each.cells.values()) for each in handed}) == len(handed)
    assert list(handed_in(6)) == handed


def test_every_submission_answers_every_exercise(handed):
    for each in handed:
        assert list(each.cells) == list(load_exercises())
        for name, cell in each.cells.items():
            assert read_cell(cell).exercise == name


def test_most_answers_are_right_and_some_are_not(handed):
    right = sum(len(each.right) for each in handed)
    whole = sum(len(each.cells) for each in handed)
    assert 0.5 < right / whole < 1


def test_submissions_are_found_as_a_class_hands_them_in(handed, tmp_path):
    for each in handed:
        write(each, tmp_path)
    assert [each.learner for each in find(tmp_path)] == [
        each.learner for each in handed
    ]


def test_marks_that_are_not_deserved_are_counted(handed, tmp_path):
    (tmp_path / "results").mkdir()
    first = handed[0]
    rows = [
        {"exercise": name, "points": 5 * (name in first.right)}
        for name in first.cells
    ]
    rows[0]["points"] = 5 - rows[0]["points"]
    path = tmp_path / "results" / f"{first.learner}.json"
    path.write_text(json.dumps({"exercises": rows}))
    assert grading.wrong_marks([first], tmp_path) == 1


def test_a_peer_s_tests_ask_for_the_exercises_checks():
    exercise = load_exercises()["2.5"]
    name, text = grading_peers._otter_test(exercise)
    compile(text, name, "exec")
    assert name == "q2_5" and 'require_passed("2.5")' in text
