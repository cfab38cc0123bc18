"""An instructor's file of answers, made and read."""

import json

import pytest

from course.building.lessons import load_exercises
from course.problems import CommandError
from course.releasing import command
from course.workspace.commands import in_short
from course.workspace.released import read_answers


def test_the_file_has_the_answers_up_to_a_phase(tmp_path):
    file = tmp_path / "answers.json"
    assert command.main(["--answers", "2", str(file)]) == 0
    answers = read_answers(file)
    exercises = load_exercises()
    assert list(answers) == [
        name for name, each in exercises.items() if each.phase <= 2
    ]
    assert answers["2.5"] == exercises["2.5"].solution


def test_a_phase_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="There is no phase 99"):
        command.main(["--answers", "99", str(tmp_path / "answers.json")])


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 9, "answers": {}}', '{"answers": {"1.1": 1}}']
    + [json.dumps({"format": 1, "answers": {"1.1": 1}})],
)
def test_what_is_no_such_file_is_refused(tmp_path, content):
    file = tmp_path / "answers.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="is no file of answers"):
        read_answers(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="none.json cannot be read"):
        read_answers(tmp_path / "none.json")


def test_the_same_problem_is_told_once():
    assert in_short(["1.1: no", "1.2: no", "1.3: broken: badly"]) == [
        "1.1, 1.2: no",
        "1.3: broken: badly",
    ]
