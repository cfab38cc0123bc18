"""An autograder for Gradescope: its folder, and what its run writes."""

import json
import os
import subprocess
import sys

import pytest

from course.exporting import gradescope, gradescope_run
from course.kit import Kit
from course.workspace.workspace import Workspace

FORMATS = ("text", "html", "simple_format", "md", "ansi")
SHOWN = ("hidden", "after_due_date", "after_published", "visible")


def require_valid(content):
    """Hold a `results.json` against what Gradescope documents."""
    assert "score" in content or content["tests"]
    assert content["stdout_visibility"] in SHOWN
    for test in content["tests"]:
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in SHOWN
        assert test["output_format"] in FORMATS
        assert isinstance(test["name"], str) and isinstance(
            test["output"], str
        )


def row(**changes):
    return {
        "exercise": "1.1",
        "title": "A secret",
        "points": 0,
        "possible": 10,
        "status": "failed",
        "helped_by": [],
        "notes": [],
        "verdict": None,
    } | changes


def graded(*rows):
    return {"problems": [], "repairs": [], "exercises": list(rows)}


def test_a_result_becomes_what_gradescope_reads():
    failure = {"sentence": "It hides", "called": "repr(s)", "raised": ""}
    verdict = {"failure": failure, "hint": "Look at repr."}
    content = gradescope_run.results(
        graded(
            row(points=10, status="passed"),
            row(exercise="1.2"),
            row(exercise="1.3", verdict=verdict, helped_by=["1.1"]),
        )
    )
    require_valid(content)
    assert [test["score"] for test in content["tests"]] == [10, 0, 0]
    output = content["tests"][2]["output"]
    assert "Expectation: It hides\nCalled: repr(s)" in output
    assert "Hint: Look at repr." in output
    assert "the course's answers to 1.1" in output


def test_a_run_that_breaks_writes_a_valid_file_too(tmp_path, capsys):
    gradescope_run.main(
        [str(tmp_path / "none"), str(tmp_path / "results"), "1"]
    )
    content = json.loads((tmp_path / "results" / "results.json").read_text())
    require_valid(content)
    assert content["score"] == 0 and "itself failed" in content["output"]
    assert "Error: " in capsys.readouterr().err


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    root = tmp_path_factory.mktemp("autograder")
    list(gradescope.export(Kit(), root / "source"))
    return root


def test_the_folder_has_what_gradescope_calls(autograder):
    source = autograder / "source"
    for name in ("setup.sh", "run_autograder"):
        assert os.access(source / name, os.X_OK)
        subprocess.run(["bash", "-n", source / name], check=True)
    assert (source / "kit" / "requirements.txt").is_file()
    assert not (source / "kit" / ".env").exists()
    assert not list(source.rglob("*.pyc"))


def test_a_run_of_the_folder_gives_points_for_right_answers(autograder):
    workspace = Workspace(autograder / "submission" / "workspace")
    workspace.ensure()
    workspace.catch_up(1)
    environ = os.environ | {
        "AUTOGRADER_ROOT": str(autograder),
        "AUTOGRADER_PYTHON": sys.executable,
    }
    command = [autograder / "source" / "run_autograder"]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=300
    )
    written = autograder / "results" / "results.json"
    assert written.is_file(), done.stderr
    content = json.loads(written.read_text())
    require_valid(content)
    scores = {test["number"]: test for test in content["tests"]}
    assert scores["1.2"]["score"] == scores["1.2"]["max_score"], done.stderr
    assert scores["2.5"]["score"] == 0
