"""A learners' copy: no answer in it, and a learner can work with it."""

import ast
import json
import subprocess
import sys

import pytest
import yaml

from course.building.lessons import load_exercises
from course.kit import Kit
from course.problems import CommandError
from course.releasing import command
from course.releasing.found_answers import answers_in
from course.releasing.lesson_texts import learners_lesson
from course.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "copy"
    command.release(Kit(), out)
    return Kit(out)


def functions_of(text, kinds=None):
    """Give the bodies of all functions as Python reads them.

    Only those whose statements are of these kinds, if any are given: to
    write out all that there are takes seconds.
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body
            if isinstance(body[0], ast.Expr) and len(body) > 1:
                body = body[1:]
            kind = tuple(type(each).__name__ for each in body)
            if kinds is None or kind in kinds:
                found.add("\n".join(map(ast.dump, body)))
    return found


def is_some_code(body):
    return body.count("(") > 20


def python_texts(folder):
    for path in folder.rglob("*.py"):
        yield path, path.read_text("utf-8")
    for path in folder.rglob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and "def " in source:
                yield path, source


def test_no_answer_s_body_is_in_any_file(copy):
    bodies = {
        body: number
        for number, exercise in load_exercises().items()
        for body in functions_of(exercise.solution)
        if is_some_code(body)
    }
    assert len(bodies) > 30
    kinds = {
        tuple(line.partition("(")[0] for line in body.split("\n"))
        for body in bodies
    }
    for path, text in python_texts(copy.root):
        found = functions_of(text, kinds) & bodies.keys()
        assert not found, (path, [bodies[body] for body in found])


def test_every_definition_is_blank_in_the_copy(copy):
    mine = load_exercises(copy)
    assert mine.keys() == load_exercises().keys()
    for exercise in mine.values():
        if exercise.kind == "definition":
            assert f'("exercise {exercise.id}")' in exercise.solution
            assert exercise.blank == exercise.solution
        else:
            assert "def " not in exercise.solution


def test_nothing_else_that_tells_answers_is_in_the_copy(copy):
    names = {path.name for path in copy.root.rglob("*")}
    assert not names & {".git", "solutions", "grading", "__pycache__"}
    for path in (copy.root / "course" / "answers").iterdir():
        content = yaml.safe_load(path.read_text("utf-8"))
        assert content.keys() == {"wrong"}
        for row in content["wrong"]:
            assert row.keys() <= {"fails", "when", "hint"}
    lessons = [path.read_text("utf-8") for path in copy.lessons.iterdir()]
    assert not any("```{instructor}" in text for text in lessons)


@pytest.mark.parametrize(
    "name",
    ["page.md", "cells.ipynb", "kept.json", "kept.yaml", "notes.py", "a.txt"],
)
def test_an_answer_is_found_in_whatever_form_it_lies(tmp_path, name):
    exercise = load_exercises()["2.5"]
    text = ast.unparse(ast.parse(exercise.solution))
    source = text.splitlines(keepends=True)
    written = {
        "page.md": f"As here:\n\n```python\n{text}\n```\n",
        "cells.ipynb": json.dumps({"cells": [{"source": source}]}),
        "kept.json": json.dumps({"deep": [{"answer": text}]}),
        "kept.yaml": yaml.safe_dump({"right": [text]}),
        "notes.py": f"ANSWER = {text!r}\n",
        "a.txt": exercise.solution.replace("    ", "\t"),
    }
    (tmp_path / name).write_text(written[name], "utf-8")
    assert answers_in(tmp_path, [exercise]) == [
        f"{name} has the answer to exercise 2.5, `call_with_retries`."
    ]


def test_a_copy_with_an_answer_in_it_is_not_made(tmp_path, monkeypatch):
    answer = load_exercises()["2.5"].solution

    def careless(kit, out, through):
        (out / "notes.md").write_text(answer, "utf-8")

    monkeypatch.setattr(command, "copy_without_answers", careless)
    with pytest.raises(CommandError, match="exercise 2.5"):
        command.release(Kit(), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_nothing_is_written_into_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not empty"):
        command.release(Kit(), tmp_path)


def run_in(copy, code, *arguments):
    """Run Python that finds the copy's modules, as its own commands do."""
    begin = f"import sys; sys.path.insert(0, {str(copy.root)!r}); "
    return subprocess.run(
        [sys.executable, "-P", "-c", begin + code, *arguments],
        cwd=copy.root,
        capture_output=True,
        text=True,
        timeout=120,
    )


CHECK = (
    "from course.checking.command import main; "
    "from course.workspace.workspace import Workspace; "
    "import pathlib; folder = pathlib.Path(sys.argv[2]); "
    "Workspace(folder).ensure(); "
    "sys.exit(main([sys.argv[1], '--workspace', str(folder)]))"
)


def test_the_copy_s_package_can_be_imported(copy):
    done = run_in(copy, "import llm_providers; print(llm_providers.__file__)")
    assert str(copy.root) in done.stdout, done.stderr


def test_a_first_check_runs_in_the_copy(copy, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CHECK_WARM", "no")
    blank = run_in(copy, CHECK, "1.2", str(tmp_path))
    assert "Exercise 1.2 · Redact: not started" in blank.stdout, blank.stderr
    workspace = Workspace(tmp_path, copy)
    answers = {name: e.solution for name, e in load_exercises().items()}
    workspace.catch_up(1, answers)
    assert "passed" in run_in(copy, CHECK, "1.2", str(tmp_path)).stdout


def test_own_tests_wait_for_what_they_ask_in_the_copy(
    copy, tmp_path, monkeypatch
):
    monkeypatch.setenv("COURSE_CHECK_WARM", "no")
    workspace = Workspace(tmp_path, copy)
    workspace.ensure()
    answers = {"1.8": load_exercises()["1.8"].solution}
    workspace.catch_up(1, answers)
    done = run_in(copy, CHECK, "1.8", str(tmp_path))
    assert "comes in phase 2" in done.stdout, done.stderr
    assert "saved, not run yet" in done.stdout


def test_catching_up_in_the_copy_needs_the_instructor_s_file(copy, tmp_path):
    workspace = Workspace(tmp_path, copy)
    workspace.ensure()
    assert workspace.catch_up(1).filled_in == ()
    assert "catch-up 1 --from FILE" in workspace.catch_up(1).problems[0]
    assert "catch-up 1.2 --from FILE" in workspace.fill_in("1.2").problems[0]


def test_the_solutions_of_the_first_phases_stay_where_asked(tmp_path):
    from course.releasing.learners_files import files_without_notebooks

    kit = Kit()
    files = files_without_notebooks(kit, through=1)
    retry = kit.package / "retry.py"
    redaction = kit.package / "redaction.py"
    assert files["llm_providers/redaction.py"] == redaction.read_bytes()
    assert files["llm_providers/retry.py"] != retry.read_bytes()
    lesson = files["course/lessons/phase_1_environment_and_setup.md"].decode()
    assert "def test_without_a_key_nothing_is_sent(llm, sandbox):" in lesson


def test_a_lesson_loses_the_instructor_s_notes_and_answers_of_tests():
    text = (
        "Prose\n```{instructor}\nsecret\n```\n```{exercise} 1.1\n"
        "file: tests/test_a.py\nsteps:\n  - One.\nsolution: |\n"
        "  def test_a():\n      assert 1\npoints: 2\n```\nEnd"
    )
    kept = learners_lesson(text, Kit().lessons / "x.md", open_answers=False)
    assert "secret" not in kept and "def test_a" not in kept
    assert '  - One.\n  - "In this copy' in kept
    assert kept.endswith("points: 2\n```\nEnd")
