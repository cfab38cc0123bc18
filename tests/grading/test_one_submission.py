"""One submission: answers found, put in, judged, and marked fairly."""

import json
import zipfile

import pytest
from small_kit import make_kit

from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.checking.verdict import Failure, Verdict
from course.grading.one import Grader
from course.grading.submissions import Submission
from course.workspace.workspace import Workspace


class Stub:
    """A checker that passes what a rule passes; `seen` has all it saw."""

    def __init__(self, rule):
        self.rule = rule
        self.seen = []

    def __call__(self, workspace):
        self.workspaces = [*getattr(self, "workspaces", []), workspace]
        return _Bound(self, workspace)


class _Bound:
    def __init__(self, stub, workspace):
        self.stub, self.workspace = stub, workspace

    def check(self, exercise, patience=None):
        package = self.workspace / "llm_providers"
        text = "".join(p.read_text() for p in sorted(package.rglob("*.py")))
        self.stub.seen.append((self.workspace.name, exercise, text))
        status = self.stub.rule(exercise, text)
        failure = Failure("t", "T", returned="secret", message="why")
        failure = None if status == "passed" else failure
        return Verdict(exercise, status, failure=failure, printed="secret")

    def close(self):
        pass


def right(exercise, text):
    """Pass what has no mistake in it, on a package without earlier ones."""
    return "failed" if "MISTAKE" in text else "passed"


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return make_kit(tmp_path_factory.mktemp("kit"))


@pytest.fixture
def graded(kit, tmp_path):
    """Grade cells, given by exercise or as a list, by a rule."""

    def grade(cells, rule=right, write=None):
        folder = tmp_path / "ada"
        folder.mkdir(exist_ok=True)
        if isinstance(cells, dict):
            cells = [in_cell(kit, *each) for each in cells.items()]
        (write or as_notebook)(folder, cells)
        stub = Stub(rule)
        grader = Grader(tmp_path / "scratch", 0, stub, kit)
        result = grader.grade(Submission("ada", folder))
        result["seen"] = stub.seen
        return result

    return grade


def in_cell(kit, number, code):
    exercise = load_exercises(kit)[number]
    return decorated(exercise, exercise.solution if code is None else code)


def as_notebook(folder, cells):
    rows = [{"cell_type": "code", "source": cell} for cell in cells]
    text = json.dumps({"nbformat": 4, "cells": rows})
    (folder / "phase_1.ipynb").write_text(text)


def statuses(result):
    return {row["exercise"]: row["status"] for row in result["exercises"]}


def points(result):
    return {row["exercise"]: row["points"] for row in result["exercises"]}


def row_of(result, number):
    return next(r for r in result["exercises"] if r["exercise"] == number)


EVERYTHING = dict.fromkeys(("1.1", "1.2", "1.3", "2.1", "2.2"))
WRONG = "def count_words(text):\n    return 'MISTAKE'\n"


def test_all_right_answers_give_all_points(graded):
    result = graded(EVERYTHING)
    assert result["points"] == result["possible"] == 35
    assert result["problems"] == result["repairs"] == []


def test_the_order_of_the_cells_does_not_matter(graded, kit):
    cells = [in_cell(kit, *each) for each in EVERYTHING.items()]
    assert graded(cells[::-1])["points"] == 35


def test_a_missing_answer_costs_its_own_points_alone(graded):
    result = graded({n: None for n in EVERYTHING if n != "1.1"})
    assert statuses(result)["1.1"] == "missing"
    assert result["points"] == 30


def test_a_blank_counts_as_missing(graded, kit):
    blank = load_exercises(kit)["1.1"].blank
    result = graded(EVERYTHING | {"1.1": blank})
    assert statuses(result)["1.1"] == "missing"


def test_what_was_never_answered_is_not_checked(graded):
    assert graded({"1.2": None})["seen"][0][1] == "1.2"


def test_a_wrong_answer_does_not_count_against_later_ones(graded):
    result = graded(EVERYTHING | {"1.1": WRONG})
    assert points(result) == {"1.1": 0, "1.2": 10, "1.3": 10, "2.1": 5} | {
        "2.2": 5
    }
    assert row_of(result, "1.2")["helped_by"] == ["1.1"]


def test_a_later_answer_hurts_no_earlier_one(graded):
    broken = "def longest(text):\n    return 'MISTAKE'\n"
    result = graded(EVERYTHING | {"2.2": broken})
    assert points(result)["2.2"] == 0
    assert result["points"] == 30


def test_an_answer_that_only_suits_the_learner_s_own_package_counts(graded):
    def rule(exercise, text):
        return "passed" if exercise != "1.1" and "OWN" in text else "failed"

    own = "def count_words(text):\n    return 'OWN'\n"
    result = graded({"1.1": own, "1.2": None}, rule)
    assert points(result)["1.2"] == 10


def test_no_answer_of_the_kit_is_there_while_its_exercise_is_judged(
    graded, kit
):
    exercises = load_exercises(kit)
    wrong = {
        "1.1": WRONG,
        "1.2": "def add(self, text, times=1):\n    return 'MISTAKE'\n",
        "2.2": "def longest(text):\n    return 'MISTAKE'\n",
    }
    for _, number, text in graded(wrong)["seen"]:
        later = [n for n in ("1.1", "1.2", "2.1", "2.2") if n >= number]
        for each in later:
            body = exercises[each].solution.strip().splitlines()[-1]
            assert body.strip() not in text, (number, each)


def test_what_a_package_with_our_answers_gave_is_not_shown(graded):
    def rule(exercise, text):
        return "waiting" if "MISTAKE" in text else "failed"

    result = graded({"1.1": WRONG, "1.2": None}, rule)
    assert "secret" not in json.dumps(row_of(result, "1.2"))
    assert "secret" in json.dumps(row_of(result, "1.1"))


def test_of_several_answers_the_last_that_can_be_taken_counts(graded, kit):
    good = in_cell(kit, "1.1", None)
    cells = [in_cell(kit, "1.1", WRONG), good, good.replace("(", "((", 2)]
    row = row_of(graded(cells), "1.1")
    assert row["status"] == "passed"
    assert any("3 answers" in note for note in row["notes"])
    assert row["source"] == "phase_1.ipynb, cell 2"


def test_an_answer_that_is_no_python_is_told(graded, kit):
    bad = in_cell(kit, "1.1", None).replace(":", "", 1)
    row = row_of(graded([bad]), "1.1")
    assert row["status"] == "unreadable"
    assert "is not Python" in row["notes"][0]


def test_several_answers_in_one_cell_are_taken_apart(graded, kit):
    cell = "\n\n".join(in_cell(kit, n, None) for n in ("1.1", "1.2", "2.1"))
    assert points(graded([cell])) | {"1.3": 0} == {
        "1.1": 5,
        "1.2": 10,
        "1.3": 0,
        "2.1": 5,
        "2.2": 0,
    }


def test_an_answer_under_a_condition_is_told(graded, kit):
    cell = in_cell(kit, "1.1", None)
    inside = "if True:\n" + "\n".join(f"    {x}" for x in cell.splitlines())
    row = row_of(graded([inside]), "1.1")
    assert row["status"] == "unreadable"
    assert "inside something else" in row["notes"][0]


@pytest.mark.parametrize("depth", [300, 600, 900, 1_200, 2_500, 100_000])
def test_an_answer_nested_too_deeply_costs_itself_alone(graded, kit, depth):
    body = f"    return {'-' * depth}1\n"
    deep = f"def count_words(text):\n{body}"
    result = graded([f'@exercise("1.1")\n{deep}', in_cell(kit, "1.2", None)])
    assert points(result)["1.2"] == 10


def test_a_code_cell_that_became_text_is_taken(graded, kit):
    def write(folder, cells):
        rows = [{"cell_type": "markdown", "source": cell} for cell in cells]
        (folder / "a.ipynb").write_text(json.dumps({"cells": rows}))

    result = graded({"1.1": None}, write=write)
    assert points(result)["1.1"] == 5
    assert "no code cell" in result["repairs"][0]


def test_conflict_markers_within_a_cell_are_resolved(graded, kit):
    good = in_cell(kit, "1.1", None)
    cell = f"<<<<<<< HEAD\n{good}=======\n{good}((\n>>>>>>> topic\n"
    assert points(graded([cell]))["1.1"] == 5


def filled_workspace(kit, folder):
    workspace = Workspace(folder, kit)
    workspace.ensure()
    for number in ("1.1", "1.2", "2.1"):
        assert not workspace.save(number, in_cell(kit, number, None)).problem
    return folder / "llm_providers" / "words.py"


def test_a_workspace_is_graded_as_notebooks_are(graded, kit):
    result = graded(
        [], write=lambda folder, _: filled_workspace(kit, folder / "workspace")
    )
    assert statuses(result) == {
        "1.1": "passed",
        "1.2": "passed",
        "1.3": "missing",
        "2.1": "passed",
        "2.2": "missing",
    }


def test_a_zip_of_a_workspace_is_graded_too(graded, kit, tmp_path):
    def write(folder, _):
        words = filled_workspace(kit, tmp_path / "elsewhere")
        with zipfile.ZipFile(folder / "all.zip", "w") as archive:
            archive.write(words, "workspace/llm_providers/words.py")

    assert statuses(graded([], write=write))["1.1"] == "passed"


def test_of_a_workspace_only_the_exercises_and_their_helpers_count(
    graded, kit
):
    def write(folder, _):
        words = filled_workspace(kit, folder / "workspace")
        text = words.read_text().replace(
            "    return dict(Counter(WORD.findall(text.lower())))",
            "    return dict(Counter(found(text)))",
        )
        assert "found(text)" in text
        text += (
            "\n\ndef found(text):\n    return PATTERN.findall(text.lower())\n"
            "\n\nPATTERN = WORD\n\n\ndef _words(text):\n    return HACKED\n"
        )
        words.write_text(text)

    text = graded([], write=write)["seen"][-1][2]
    assert "def found(text)" in text
    assert "PATTERN = WORD" in text
    assert "HACKED" not in text


def test_a_module_that_is_no_python_gives_what_can_be_read(graded, kit):
    def write(folder, _):
        words = filled_workspace(kit, folder / "workspace")
        text = words.read_text()
        words.write_text(text.replace("def longest(text", "def longest(text("))

    result = graded([], write=write)
    assert points(result)["1.1"] == 5
    assert any("not Python any more" in each for each in result["problems"])


def test_the_next_submission_starts_afresh(kit, tmp_path):
    def rule(exercise, text):
        return "failed" if "MISTAKE" in text else "passed"

    stub = Stub(rule)
    grader = Grader(tmp_path / "scratch", 0, stub, kit)
    for learner, code in (("ada", WRONG), ("bela", None)):
        folder = tmp_path / learner
        folder.mkdir()
        as_notebook(folder, [in_cell(kit, "1.1", code)])
        result = grader.grade(Submission(learner, folder))
        own = tmp_path / "scratch" / "own"
        # As code that nothing contains might leave it.
        (own / "llm_providers" / "shout.py").unlink()
        (own / "llm_providers" / "shout.py").symlink_to("/etc/passwd")
        (own / "llm_providers" / "more.py").write_text("MISTAKE")
        (own / "data" / "models.json").write_text("{}")
    assert points(result)["1.1"] == 5
    empty = tmp_path / "chen"
    empty.mkdir()
    grader.grade(Submission("chen", empty))
    assert not (own / "llm_providers" / "more.py").exists()
    assert (own / "data" / "models.json").read_text() != "{}"
    assert not (own / "llm_providers" / "shout.py").is_symlink()


def test_late_once_is_not_late_twice(graded):
    tries = []

    def rule(exercise, text):
        tries.append(exercise)
        return "hung" if len(tries) == 1 else "passed"

    assert points(graded({"1.1": None}, rule))["1.1"] == 5


def test_a_check_that_fails_itself_is_told_to_a_person(graded):
    result = graded({"1.1": None}, lambda exercise, text: "kit_error")
    assert result["points"] == 0
    assert "by hand" in result["problems"][0]


def test_the_same_answers_have_the_same_digest(graded):
    one, again = (graded({"1.1": None})["digest"] for _ in range(2))
    assert one == again != graded({"1.1": WRONG})["digest"]
