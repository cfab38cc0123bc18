"""Notebooks for nbgrader: valid, and blank where its stub is put in."""

import json
import re

import nbformat
import pytest

from course.building.lessons import load_exercises, load_lessons
from course.exporting import command, nbgrader, regions
from course.kernel.graded import begin_phase
from course.kit import Kit
from course.problems import CommandError
from course.workspace.cells import read_cell
from course.workspace.fitting import is_still_blank
from course.workspace.workspace import Workspace

# nbgrader's own names and types, of its schema's version 3.
TYPES = {
    "schema_version": int,
    "grade": bool,
    "locked": bool,
    "solution": bool,
    "task": bool,
    "grade_id": str,
    "points": int,
}
EXERCISES = list(load_exercises())


@pytest.fixture(scope="module")
def notebooks():
    return {
        lesson.phase: nbgrader.assignment(lesson) for lesson in load_lessons()
    }


def marks_of(notebook):
    """Give nbgrader's metadata of the cells that have some."""
    cells = [cell["metadata"] for cell in notebook["cells"]]
    return [cell["nbgrader"] for cell in cells if "nbgrader" in cell]


def test_every_notebook_is_valid(notebooks):
    for notebook in notebooks.values():
        nbformat.validate(nbformat.from_dict(notebook))


def test_the_metadata_keeps_to_nbgrader_s_schema(notebooks):
    for notebook in notebooks.values():
        marks = marks_of(notebook)
        for each in marks:
            assert each["schema_version"] == 3
            assert ("points" in each) == each["grade"]
            assert re.fullmatch(r"[a-zA-Z0-9_\-]+", each["grade_id"])
            for name, value in each.items():
                assert type(value) is TYPES[name], name
        names = [each["grade_id"] for each in marks]
        assert len(set(names)) == len(names)


def test_the_points_are_those_of_the_lessons(notebooks):
    for lesson in load_lessons():
        points = {
            each["grade_id"]: each["points"]
            for each in marks_of(notebooks[lesson.phase])
            if each["grade"]
        }
        assert points == {
            f"check-{each.id.replace('.', '-')}": each.points
            for each in lesson.exercises
        }


def test_what_grades_is_locked_and_what_is_answered_is_not(notebooks):
    for notebook in notebooks.values():
        for each in marks_of(notebook):
            assert each["locked"] != each["solution"]
            assert not (each["grade"] and each["solution"])


def stubbed(text):
    """Do to a cell what nbgrader's generate_assignment does."""
    stub = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()\n"
    region = rf"(?m)^( *){regions.BEGIN}\n(?:.*\n)*?.*{regions.END}\n"
    return re.sub(region, stub, text)


@pytest.mark.parametrize("number", EXERCISES)
def test_a_cell_without_its_solution_counts_as_blank(number):
    exercise = load_exercises()[number]
    marked = regions.marked_solution(exercise)
    cell = stubbed(marked)
    assert cell != marked
    assert read_cell(cell).exercise == number
    assert is_still_blank(exercise, read_cell(cell))
    assert not is_still_blank(exercise, read_cell(marked))


@pytest.mark.parametrize("number", EXERCISES)
def test_a_learner_s_first_lines_do_not_stand_twice(number):
    marked = regions.marked_solution(load_exercises()[number])
    lines = [line for line in marked.splitlines() if "fail_next(" in line]
    if number == "2.9":
        assert len(lines) == len(set(lines)) > 3


def test_the_kernel_and_the_kit_are_named_to_nbgrader(tmp_path):
    kit, out = Kit(), tmp_path / "out"
    paths = list(nbgrader.export(kit, out))
    config = (out / "nbgrader_config.py").read_text("utf-8")
    assert "COURSE_FILL_IN" in config
    assert repr(str(kit.root)) in config
    kernel = out / "jupyter" / "kernels" / "course" / "kernel.json"
    assert "ipykernel_launcher" in json.loads(kernel.read_text())["argv"]
    for lesson in load_lessons(kit):
        name = f"source/{lesson.name}/{lesson.name}.ipynb"
        text = (out / name).read_text("utf-8")
        assert "../docs/" not in text
        assert 'os.environ.get(\\"COURSE_KIT\\", \\"..\\")' in text
    assert len(paths) == len(set(paths))


def test_nothing_is_exported_into_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not empty"):
        command.main(["nbgrader", str(tmp_path)])


def test_a_grader_s_notebook_begins_with_the_phases_before(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("COURSE_FILL_IN", "1")
    begin_phase(2)
    states = {
        each.exercise.id: each.state
        for each in Workspace(tmp_path).standings()
    }
    assert states["1.7"] == "filled_in" and states["2.1"] == "not_started"


def test_a_learner_s_own_notebook_begins_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    begin_phase(2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", EXERCISES)
def test_no_comment_of_an_answer_is_left_in_a_blank(number):
    exercise = load_exercises()[number]
    comments = {
        line.strip()
        for line in exercise.solution.splitlines()
        if line.strip().startswith("#")
    }
    given = {line.strip() for line in exercise.blank.splitlines()}
    left = {
        line.strip()
        for line in stubbed(regions.marked_solution(exercise)).splitlines()
    }
    assert not (comments - given) & left
