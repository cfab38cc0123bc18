"""A run over a class: resumed, isolated, and told in files and pages."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import passing_checker
import pytest

from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.checking.verdict import Expectation, Failure, Verdict
from course.grading.command import main
from course.grading.contained import Protection
from course.grading.feedback import STATUSES, feedback_page
from course.grading.marks import grades_csv, grades_json, harmless
from course.grading.overview import mistakes, overview_page
from course.grading.pool import Order, graded
from course.grading.progress_line import ProgressLine, duration
from course.grading.results import file_name, read_result, write_result
from course.grading.run import Run, seed_of
from course.grading.submissions import find
from course.problems import CommandError

EXERCISES = load_exercises()
HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>'


def result(learner="ada", **rows):
    """Return a result in which exercises have a status, all others none."""
    made = {
        "format": 1,
        "learner": learner,
        "digest": "d",
        "seed": 1,
        "seconds": 1.0,
        "problems": [],
        "repairs": [],
        "files": [],
        "exercises": [],
    }
    for number, exercise in EXERCISES.items():
        status = rows.get(f"e{number.replace('.', '_')}", "missing")
        made["exercises"].append(
            {
                "exercise": number,
                "title": exercise.title,
                "points": exercise.points if status == "passed" else 0,
                "possible": exercise.points,
                "status": status,
                "helped_by": [],
                "notes": [],
                "source": "",
                "verdict": None,
            }
        )
    made["points"] = sum(row["points"] for row in made["exercises"])
    made["possible"] = sum(row["possible"] for row in made["exercises"])
    return made


def failing(learner, hint, **failure):
    made = result(learner, e1_1="failed")
    found = Failure("test_a", "A holds", **failure)
    rows = (Expectation("test_a", "A holds", "failed"),)
    verdict = Verdict("1.1", "failed", rows, found, hint, "printed by it")
    made["exercises"][0]["verdict"] = verdict.to_dict()
    return made


def hand_in(folder, learner, more=""):
    """Write a submission with one right answer."""
    cell = decorated(EXERCISES["1.3"], EXERCISES["1.3"].solution) + more
    notebook = {"cells": [{"cell_type": "code", "source": cell}]}
    (folder / learner).mkdir(parents=True)
    (folder / learner / "a.ipynb").write_text(json.dumps(notebook))


def passed(submissions, order, jobs):
    for each in submissions:
        made = result(each.learner, e1_1="passed")
        made["digest"] = digest(each)
        yield each, made


def digest(submission):
    from course.grading.results import digest_of
    from course.kit import Kit

    return digest_of(submission.collect().digest(), 5, Kit())


@pytest.fixture
def a_class(tmp_path):
    for learner in ("ada", "bela", "chen"):
        hand_in(tmp_path / "in", learner)
    return tmp_path / "in"


def counting(calls):
    def grade(submissions, order, jobs):
        for each, made in passed(submissions, order, jobs):
            calls.append(each.learner)
            yield each, made

    return grade


def test_only_what_changed_is_graded_again(a_class, tmp_path):
    calls = []
    run = Run(tmp_path / "out", 5, 1, grade_all=counting(calls))
    run.grade(find(a_class))
    assert calls == ["ada", "bela", "chen"]
    (a_class / "bela" / "b.py").write_text('@exercise("1.1")\n')
    hand_in(a_class, "dora")
    run.grade(find(a_class))
    assert calls[3:] == ["bela", "dora"]


def test_another_containment_is_a_reason_to_grade_again(a_class, tmp_path):
    calls = []
    grade_all = counting(calls)
    Run(tmp_path, 5, 1, grade_all=grade_all).grade(find(a_class))
    limits = Protection("limits", (), ())
    run = Run(tmp_path, 5, 1, protection=limits, grade_all=grade_all)
    run.grade(find(a_class))
    assert len(calls) == 6


def test_an_interrupted_run_goes_on_where_it_stopped(a_class, tmp_path):
    def interrupted(submissions, order, jobs):
        yield next(passed(submissions, order, jobs))
        raise KeyboardInterrupt

    out, calls = tmp_path / "out", []
    with pytest.raises(KeyboardInterrupt):
        Run(out, 5, 1, grade_all=interrupted).grade(find(a_class))
    results = Run(out, 5, 1, grade_all=counting(calls)).grade(find(a_class))
    assert calls == ["bela", "chen"]
    assert len(results) == 3


def test_one_learner_can_be_graded_alone(a_class, tmp_path):
    calls = []
    run = Run(tmp_path / "out", 5, 1, grade_all=counting(calls))
    assert len(run.grade(find(a_class), only=["bela"])) == 1
    assert calls == ["bela"]


def test_a_half_written_result_is_made_again(tmp_path):
    write_result(tmp_path, result("ada"))
    file = tmp_path / "ada.json"
    file.write_text(file.read_text()[:50])
    assert read_result(tmp_path, "ada") is None


def test_tests_of_one_s_own_count_only_where_contained(a_class, tmp_path):
    def all_passed(submissions, order, jobs):
        for each in submissions:
            made = result(each.learner, e1_1="passed", e1_8="passed")
            yield each, made

    points = EXERCISES["1.1"].points
    limits = Protection("limits", (), ())
    run = Run(tmp_path / "a", 5, 1, protection=limits, grade_all=all_passed)
    assert {each["points"] for each in run.grade(find(a_class))} == {points}
    best = Protection("bubblewrap", (), ())
    run = Run(tmp_path / "b", 5, 1, protection=best, grade_all=all_passed)
    assert run.grade(find(a_class))[0]["points"] > points


def test_a_worker_that_dies_costs_its_submission_alone(
    a_class, tmp_path, monkeypatch
):
    cell = decorated(EXERCISES["1.3"], EXERCISES["1.3"].solution)
    deadly = cell.replace("    return", "    # deadly\n    return", 1)
    assert deadly != cell
    notebook = {"cells": [{"cell_type": "code", "source": deadly}]}
    (a_class / "bela" / "a.ipynb").write_text(json.dumps(notebook))
    # A worker imports it by its name.
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    order = Order(tmp_path / "scratch", 0, factory=passing_checker.passing)
    found = {s.learner: r for s, r in graded(find(a_class), order, 2)}
    assert found["ada"]["points"] == found["chen"]["points"] == 5
    assert found["bela"]["points"] == 0
    assert "came to an end" in found["bela"]["problems"][0]
    assert found["bela"]["digest"] == ""


def test_the_seed_of_a_class_stays(tmp_path):
    drawn = seed_of(tmp_path, None)
    assert drawn > 0
    assert seed_of(tmp_path, None) == drawn
    assert seed_of(tmp_path, 7) == 7
    assert seed_of(tmp_path, None) == 7


def test_file_names_are_safe_and_nobody_else_s():
    names = ["ada", "Ada", "../etc", "a/b", "", "CON ", HOSTILE, "ä" * 300]
    files = [file_name(name) for name in names]
    assert len({each.lower() for each in files}) == len(names)
    for each in files:
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", each)
        assert not each.startswith(".")


def test_no_cell_of_the_csv_is_a_formula():
    rows = list(
        csv.reader(io.StringIO(grades_csv([result(HOSTILE)], ["1.1"])))
    )
    assert rows[1][0] == f"'{HOSTILE}"
    for text in ("=1", "+1", "-1", "@a", "\t=1", " =1", "\r=1"):
        assert harmless(text).startswith("'")
    assert harmless("ada-1") == "ada-1"


def test_the_json_has_every_exercise_s_points():
    content = json.loads(grades_json([result("ada", e1_1="passed")], 5))
    assert content["seed"] == 5
    learner = content["learners"][0]
    assert learner["exercises"]["1.1"]["points"] == EXERCISES["1.1"].points
    assert set(learner["exercises"]) == set(EXERCISES)


class Structure(HTMLParser):
    """Tags and attributes of a page, and whether each tag is closed."""

    VOID = {"meta", "img", "br"}

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.words = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_feedback_tells_what_was_called_expected_and_returned():
    made = failing(
        "ada", "Look again.", called="f(1)", returned="2", expected="3"
    )
    words = Structure(feedback_page(made, EXERCISES)).words
    for text in ("A holds", "f(1)", "Look again.", "printed by it"):
        assert text in words


def test_nothing_of_a_learner_s_is_markup():
    made = failing(HOSTILE, HOSTILE, called=HOSTILE, returned=HOSTILE)
    made["problems"] = made["repairs"] = [HOSTILE]
    made["exercises"][0]["notes"] = [HOSTILE]
    made["exercises"][0]["source"] = HOSTILE
    for page in (
        feedback_page(made, EXERCISES),
        overview_page([made], EXERCISES, HOSTILE),
    ):
        structure = Structure(page)
        assert structure.open == []
        assert "script" not in {tag for tag, _ in structure.tags}
        assert HOSTILE in structure.words


def test_pages_can_be_used_without_seeing_them():
    made = [failing("ada", "Look again."), result("bela", e1_1="passed")]
    for page in (
        feedback_page(made[0], EXERCISES),
        overview_page(made, EXERCISES, ""),
    ):
        tags = Structure(page).tags
        assert ("html", {"lang": "en"}) in tags
        assert sum(tag == "h1" for tag, _ in tags) == 1
        assert all(each["alt"] for tag, each in tags if tag == "img")
        headings = [each for tag, each in tags if tag == "th"]
        assert all("scope" in each for each in headings)
        ids = {each.get("id") for _, each in tags}
        links = [e["href"] for tag, e in tags if tag == "a" and "href" in e]
        assert all(x[1:] in ids for x in links if x.startswith("#"))


def test_a_page_loads_nothing_from_elsewhere():
    page = overview_page([result("ada")], EXERCISES, "")
    tags = Structure(page).tags
    policies = [e.get("content", "") for tag, e in tags if tag == "meta"]
    assert any("default-src 'none'" in each for each in policies)
    sources = [e["src"] for tag, e in tags if "src" in e]
    assert all(each.startswith("data:") for each in sources)


def test_the_same_mistakes_are_counted_together():
    rows = [failing(n, "The mask is kept.") for n in ("ada", "bela")]
    rows.append(failing("chen", "Compare what came back with it."))
    found = mistakes(rows)
    assert [(each.words, each.learners) for each in found] == [
        ("The mask is kept.", ["ada", "bela"]),
        ("A holds: this does not hold", ["chen"]),
    ]


def test_every_status_has_words():
    from typing import get_args

    from course.checking.verdict import Status

    extra = {"missing", "unreadable", "not_judged"}
    assert set(STATUSES) == {*get_args(Status), *extra}


def test_progress_is_told_in_plain_lines_where_nobody_watches():
    stream = io.StringIO()
    line = ProgressLine(2, stream)
    line.step("ada: 5 of 10 points")
    line.end()
    assert stream.getvalue() == "      1/2  ada: 5 of 10 points\n"


def test_a_terminal_gets_a_bar_with_the_time_left():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    line = ProgressLine(2, stream)
    line.step("ada")
    assert re.search(r"\[#{12}\.{12}\] 1/2, 0 s left  ada", stream.getvalue())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (7260, "2 h 01 min")],
)
def test_a_duration_is_short(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere", "--out", "out"], "There is no folder"),
        (["in", "--out", "in/out"], "lies within the submissions"),
        (["in", "--out", "out", "--only", "zoe"], "handed nothing in"),
    ],
)
def test_wrong_use_is_told(a_class, tmp_path, monkeypatch, arguments, problem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=problem):
        main(arguments)


def test_two_runs_do_not_write_to_one_folder(a_class, tmp_path):
    from course.workspace.files import BusyError, locked

    out = tmp_path / "out"
    with locked(out / ".lock"), pytest.raises(BusyError):
        Run(out, 5, 1, grade_all=passed).grade(find(a_class))
