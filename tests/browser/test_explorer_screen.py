"""The explorer in JupyterLab: a slider moved by key, the answer with it."""

import subprocess
import sys

import pytest
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.browser

CELL = r"^import requests"
CATCH_UP = "from course.workspace.commands import catch_up as do; do(['4'])"
CODE = "from course.notebook import explorer\nexplorer()"
RUN = r"^from course\.notebook import explorer\s*explorer"


@pytest.fixture(scope="module")
def explorer(notebook, clone, environ):
    """The cell with the explorer, the learner's phase 4 being done."""
    catch_up = [sys.executable, "-c", CATCH_UP]
    subprocess.run(catch_up, cwd=clone, env=environ, check=True, timeout=120)
    notebook.write(CELL, CODE)
    shown = notebook.run(RUN)
    cell = notebook.cell(RUN)
    try:
        cell.get_by_role("img").wait_for()
    except TimeoutError as error:
        now = cell.locator(".jp-Cell-outputArea").inner_text()
        raise AssertionError(
            f"no plot\nat first: {shown}\nnow: {now}\n{notebook.errors}"
        ) from error
    return cell


def heading(explorer):
    return explorer.get_by_role("heading").inner_text()


def test_a_choice_and_its_plot_are_there_at_once(explorer):
    assert heading(explorer).startswith("Explorer: ")
    plot = explorer.get_by_role("img")
    assert "Chosen: " in plot.get_attribute("aria-label")
    assert explorer.get_by_text("chosen: ").count() == 1


def test_the_weight_is_moved_by_key_and_choice_and_plot_with_it(
    notebook, explorer
):
    before = heading(explorer)
    explorer.get_by_role("slider", name="Quality weight").focus()
    notebook.page.keyboard.press("End")
    explorer.get_by_text("quality weight 1.00").wait_for()
    assert heading(explorer) != before
    chosen = heading(explorer).removeprefix("Explorer: ")
    label = explorer.get_by_role("img").get_attribute("aria-label")
    assert f"Chosen: {chosen}" in label


def test_a_provider_is_taken_out_by_key(notebook, explorer):
    for name in ("gemini", "openai", "requestry"):
        explorer.get_by_role("checkbox", name=name).focus()
        notebook.page.keyboard.press("Space")
    explorer.get_by_text("text only, openrouter, prices").wait_for()
    assert heading(explorer).startswith("Explorer: openrouter/")


def test_nothing_broke_on_the_page(notebook):
    assert notebook.errors == []
