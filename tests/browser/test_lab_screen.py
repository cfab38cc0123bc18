"""What a learner sees in JupyterLab, from the first page to a verdict."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from pictures import distance, picture

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "docs" / "pictures"
SECRET = r'@exercise\("1\.1"\)'
REQUIRE_KEY = r'@exercise\("1\.3"\)'


def answers(number):
    path = ROOT / "course" / "answers" / f"{number}.yaml"
    return yaml.safe_load(path.read_text("utf-8"))


def cell(number, code):
    return f'@exercise("{number}")\n{code}'


def test_the_first_notebook_opens_and_asks_nobody(notebook):
    heading = notebook.page.locator(".jp-RenderedMarkdown h1").first
    assert heading.inner_text().startswith("Phase 1")
    hosts = {
        urlsplit(url).hostname
        for url in notebook.requested
        if not url.startswith(("data:", "blob:"))
    }
    assert hosts == {"127.0.0.1"}
    assert notebook.page.locator(".jp-Dialog").count() == 0
    assert notebook.page.locator(".Toastify__toast").count() == 0


def test_its_pictures_are_shown(notebook):
    notebook.page.locator(".jp-RenderedMarkdown img").first.wait_for()
    widths = notebook.page.evaluate(
        "[...document.querySelectorAll('.jp-RenderedMarkdown img')]"
        ".map(one => one.naturalWidth)"
    )
    assert widths
    assert min(widths) > 0


def test_the_kernel_is_the_one_of_the_environment(notebook):
    name = notebook.page.locator(".jp-Toolbar-kernelName").inner_text()
    assert name == "Python 3 (ipykernel)"


def test_a_raw_request_reaches_the_sandbox(notebook):
    assert "200 application/json" in notebook.run(r"^import requests")


def test_a_blank_is_not_started_rather_than_wrong(notebook):
    shown = notebook.run(SECRET)
    assert "Exercise 1.1" in shown
    assert "not started" in shown
    assert "Traceback" not in shown


def test_a_right_answer_passes_and_lands_in_the_workspace(notebook, clone):
    answer = answers("1.1")["right"][0]
    notebook.write(SECRET, cell("1.1", answer))
    shown = notebook.run(SECRET)
    assert "passed" in shown
    assert "not passed" not in shown
    assert "1 of" in shown
    saved = clone / "workspace" / "llm_providers" / "settings.py"
    line = answer.strip().splitlines()[-1]
    assert line in saved.read_text("utf-8")


def test_a_wrong_answer_gets_what_happened_and_a_hint(notebook, tmp_path):
    mistakes = answers("1.3")["wrong"]
    mistake = next(one for one in mistakes if whole(one))
    notebook.write(REQUIRE_KEY, cell("1.3", whole(mistake)))
    shown = notebook.run(REQUIRE_KEY)
    found = notebook.cell(REQUIRE_KEY)
    shot = picture(found, "checked_exercise.png", tmp_path)
    assert distance(shot, PICTURES / "checked_exercise.png") < 25
    assert "not right yet" in shown
    assert "Called" in shown
    assert first_words(mistake["hint"]) in " ".join(shown.split())


def whole(mistake):
    codes = [mistake.get("solution"), mistake.get("twin")]
    return next((code for code in codes if isinstance(code, str)), None)


def first_words(hint):
    return " ".join(hint.replace("`", "").split()[:5])


def test_an_endless_loop_is_told_and_the_notebook_lives_on(notebook):
    loop = "def require_key(self):\n    while True:\n        pass"
    notebook.write(REQUIRE_KEY, cell("1.3", loop))
    shown = notebook.run(REQUIRE_KEY)
    assert "did not come to an end" in shown
    assert "200 application/json" in notebook.run(r"^import requests")


def test_nothing_breaks_on_the_page(notebook):
    """The last test of this file: it looks back at the whole session."""
    assert notebook.page.locator(".jp-Dialog").count() == 0
    assert {
        urlsplit(url).hostname
        for url in notebook.requested
        if url.startswith("http")
    } == {"127.0.0.1"}
