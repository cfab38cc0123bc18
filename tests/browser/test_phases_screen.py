"""Every phase on a learner's screen, and on an instructor's."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pictures import picture

from course.building.lessons import load_lessons
from course.building.notebook_files import decorated
from course.kit import Kit

pytestmark = pytest.mark.browser

LESSONS = [
    lesson
    for lesson in load_lessons(Kit())
    if (Kit().notebooks / f"{lesson.name}.ipynb").is_file()
]
SET_UP = r"sys\.path\.insert"
IMPORTS = """\
import sys

sys.path.insert(0, "..")
from course.notebook import exercise, hint, playground, progress, solution
"""


@pytest.fixture(scope="module")
def course(clone, environ):
    """Run a verb of the course in the clone."""

    def run(module, *argv):
        name, _, function = module.partition(":")
        code = (
            f"from {name} import {function} as verb; import sys; "
            "sys.exit(verb(sys.argv[1:]))"
        )
        subprocess.run(
            [sys.executable, "-c", code, *argv],
            cwd=clone,
            env=environ,
            check=True,
            timeout=120,
            stdout=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="module", params=LESSONS, ids=lambda each: each.name)
def phase(request, notebook, course):
    """A phase, opened by a learner who has done all before it."""
    lesson = request.param
    if lesson.phase > 1:
        course(
            "course.workspace.commands:catch_up", str(lesson.phase - 1)
        )
        notebook.open_another(f"notebooks/{lesson.name}.ipynb")
        notebook.run(SET_UP)
    return lesson


def first(lesson):
    return next(e for e in lesson.exercises if e.kind == "definition")


def all_of(lesson):
    count = len(lesson.exercises)
    return f"Phase {lesson.phase}: {count} of {count} passed"


def cell_of(exercise):
    return rf'@exercise\("{re.escape(exercise.id)}"\)'


def test_its_title_is_the_page_s_first_heading(notebook, phase):
    levels = notebook.page.locator(".jp-RenderedMarkdown").evaluate_all(
        "all => all.flatMap(one => [...one.querySelectorAll('h1,h2,h3,h4')]"
        ".map(h => Number(h.tagName[1])))"
    )
    title = notebook.page.locator(".jp-RenderedMarkdown h1")
    assert title.first.inner_text().startswith(f"Phase {phase.phase}")
    assert levels[0] == 1
    steps = zip(levels, levels[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps)


def test_each_exercise_is_blank_and_then_solved(notebook, phase):
    for exercise in phase.exercises:
        shown = notebook.run(cell_of(exercise))
        assert f"Exercise {exercise.id}" in shown
        assert ": not started" in shown
        notebook.write(
            cell_of(exercise), decorated(exercise, exercise.solution)
        )
        shown = notebook.run(cell_of(exercise))
        assert f"Exercise {exercise.id}" in shown
        assert ": passed" in shown


def test_a_hint_an_answer_and_the_progress_are_shown(notebook, phase):
    exercise = first(phase)
    code = f'hint("{exercise.id}"); solution("{exercise.id}"); progress()'
    notebook.write(SET_UP, f"{IMPORTS}\n{code}")
    shown = notebook.run(SET_UP)
    assert "hint 1 of" in shown
    assert "Show the answer" in shown
    assert all_of(phase) in shown


def test_a_restart_of_the_kernel_loses_nothing(notebook, phase):
    notebook.restart()
    shown = notebook.run(SET_UP)
    assert all_of(phase) in shown
    exercise = first(phase)
    assert ": passed" in notebook.run(cell_of(exercise))


def test_the_playground_answers_from_all_four(
    notebook, course, tmp_path
):
    course("course.workspace.commands:catch_up", "3")
    notebook.write(SET_UP, f"{IMPORTS}\nplayground()")
    notebook.run(SET_UP)
    cell = notebook.cell(SET_UP)
    for name in ("gemini", "openai", "openrouter", "requestry"):
        cell.get_by_text(name, exact=True).first.wait_for()
    cell.get_by_role("button", name="Ask all").wait_for()
    cell.get_by_text("Finish").filter(visible=True).nth(3).wait_for()
    picture(cell, "playground.png", tmp_path)


def test_nothing_broke_and_nobody_was_asked(notebook):
    assert notebook.errors == []
    hosts = {
        urlsplit(url).hostname
        for url in notebook.requested
        if url.startswith("http")
    }
    assert hosts == {"127.0.0.1"}


# The instructor's view


def test_the_instructor_s_notebook_has_notes_beside_blank_cells(
    notebook, clone
):
    kit, lesson = Kit(clone), LESSONS[0]
    from course.teaching.presenting import prepare

    path = prepare(kit, lesson)
    notebook.open_another(path.relative_to(clone).as_posix())
    note = notebook.page.get_by_text("For the instructor")
    note.filter(visible=True).first.wait_for()
    cells = json.loads(path.read_text("utf-8"))["cells"]
    blanks = sum("NotImplementedError" in str(each) for each in cells)
    assert blanks == len(lesson.exercises)


def test_slides_turn_by_key_and_ask_no_network(browser, clone, tmp_path):
    from course.teaching.slides import write_slides

    target: Path = tmp_path / "slides.html"
    write_slides(Kit(clone), LESSONS[0], target)
    page = browser.new_page()
    asked, errors = [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda one: errors.append(str(one)))
    page.goto(target.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("Reveal.getIndices().h === 1")
    assert page.evaluate("Reveal.getTotalSlides()") > len(LESSONS[0].exercises)
    assert page.locator("aside.notes").count() > 0
    assert errors == []
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}
    page.close()
