"""A learner's screen: a copy of the course, in JupyterLab, in a Chromium."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import (
    Browser,
    Locator,
    Page,
    TimeoutError,
    sync_playwright,
)

from course.upkeep.chromium import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = (
    "course",
    "data",
    "docs",
    "llm_providers",
    "notebooks",
    "release",
    "tests",
    ".env.example",
    "pyproject.toml",
)
PATIENCE = 60_000  # milliseconds
DONE = re.compile(r"^\s*\[\d+\]:\s*$")
# With settings of its own: somebody may have chosen a dark theme. Its kernels
# listen in a folder: of ports, chosen seconds before a kernel binds them, a
# busy machine may have given one away. A socket's path has to be short.
LAB = """\
import os
import sys
from pathlib import Path
from course.setup import lab, lab_settings

keep = lab.keep_to_itself
settings = lab_settings.server_settings

def kept(folder):
    keep(Path(".jupyter-of-test").resolve())
    os.environ["JUPYTER_RUNTIME_DIR"] = sys.argv[1]

def without_ports(*wanted):
    config = settings(*wanted)
    if os.name != "nt":
        config.KernelManager.transport = "ipc"
    return config

lab.keep_to_itself = kept
lab_settings.server_settings = without_ports
lab.main(["--no-browser"])
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium was found")
    with sync_playwright() as playwright:
        # A container's root has no sandbox; only this machine is visited.
        args = ["--no-sandbox"] if is_root() else []
        started = playwright.chromium.launch(
            executable_path=chromium, args=args
        )
        yield started
        started.close()


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course whose path has spaces and umlauts in it."""
    root = tmp_path_factory.mktemp("lab") / "Kurs für Ölçü"
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "browser")
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root / name)
    return root


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """A learner's environment: the workspace is the clone's own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COURSE_", "PYTEST_"))
    }


@pytest.fixture(scope="module")
def sockets() -> Iterator[str]:
    """A folder with a short path, for the sockets of kernels."""
    with TemporaryDirectory(prefix="lab-") as folder:
        yield folder


@pytest.fixture(scope="module")
def address(
    clone: Path, environ: dict[str, str], sockets: str
) -> Iterator[str]:
    """The address of a running lab, with its token."""
    lab = subprocess.Popen(
        [sys.executable, "-c", LAB, sockets],
        cwd=clone,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    timer = threading.Timer(PATIENCE / 1_000, lab.kill)
    timer.start()
    with lab:
        assert lab.stdout is not None
        said = []
        for line in lab.stdout:
            said.append(line)
            if "?token=" in line:
                break
        timer.cancel()
        assert "?token=" in said[-1], "".join(said)
        # What the lab says from now on must not fill the pipe.
        reader = threading.Thread(target=lab.stdout.read)
        reader.start()
        yield said[-1].strip()
        lab.send_signal(signal.SIGINT)
        lab.wait(30)
        reader.join()


class Notebook:
    """The first notebook on the screen; cells are named by their text."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.requested: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda one: self.requested.append(one.url))
        page.on("pageerror", lambda one: self.errors.append(str(one)))
        self.address = address
        self.open(address)

    def open(self, address: str) -> None:
        """Go to a lab's page that shows a notebook."""
        # Without the tabs of a lab that was open before.
        self.page.goto(f"{address}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.wait_until_idle()

    def open_another(self, path: str) -> None:
        """Go to the notebook at a path of the clone."""
        lab, _, token = self.address.partition("/lab")
        token = token.partition("?")[2]
        self.open(f"{lab}/lab/tree/{path}?{token}")

    def restart(self) -> None:
        """Restart the kernel by key, as learners do."""
        self.page.locator(".jp-Notebook .jp-Cell").first.click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("0")
        self.page.keyboard.press("0")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.wait_for_timeout(500)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_selector(
            ".jp-Notebook-ExecutionIndicator[data-status=idle]"
        )

    def cell(self, text: str) -> Locator:
        """Return the first code cell with this text in it."""
        cells = self.page.locator(".jp-Notebook .jp-CodeCell")
        found = cells.filter(
            has=self.page.locator(".cm-content", has_text=re.compile(text))
        ).first
        found.scroll_into_view_if_needed()
        return found

    def edit(self, text: str) -> Locator:
        """Return a cell with the cursor in it."""
        cell = self.cell(text)
        try:
            cell.locator(".cm-content").click()
        except TimeoutError as error:
            state = self.state(cell.locator(".jp-InputPrompt"))
            raise AssertionError(f"not clicked: {text}\n{state}") from error
        # A key that comes sooner would go to the page.
        cell.locator(".cm-focused").wait_for()
        return cell

    def write(self, text: str, code: str) -> None:
        """Replace all of a cell's text."""
        self.edit(text)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def state(self, prompt: Locator) -> str:
        """Return what may explain why a cell did not run."""
        focus = self.page.evaluate("document.activeElement.className")
        dialogs = self.page.locator(".jp-Dialog").all_inner_texts()
        return (
            f"prompt {prompt.inner_text()!r}, focus {focus!r}, "
            f"dialogs {dialogs}, errors {self.errors}"
        )

    def leaves(self, prompt: Locator, before: str) -> bool:
        """Return whether a cell's prompt changes within a second."""
        for _ in range(20):
            if prompt.inner_text() != before:
                return True
            self.page.wait_for_timeout(50)
        return False

    def run(self, text: str) -> str:
        """Run a cell as a learner does, and return what is shown below."""
        cell = self.edit(text)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.page.keyboard.press("Shift+Enter")
        if not self.leaves(prompt, before):
            # A busy page may still move its focus; people press again, too.
            self.edit(text)
            self.page.keyboard.press("Shift+Enter")
        for _ in range(PATIENCE // 100):
            now = prompt.inner_text()
            if DONE.match(now) and now != before:
                break
            self.page.wait_for_timeout(100)
        else:
            raise AssertionError(f"not done: {text}\n{self.state(prompt)}")
        # The reply comes before the last output is drawn.
        self.page.wait_for_timeout(200)
        return cell.locator(".jp-Cell-outputArea").inner_text()


@pytest.fixture(scope="module")
def notebook(browser: Browser, address: str) -> Iterator[Notebook]:
    """The first notebook, opened, its set-up cell run."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = Notebook(context.new_page(), address)
    opened.run(r"from course\.notebook import")
    yield opened
    context.close()
