"""Running a learner's own tests: here the tests are theirs, not the kit's.

They see the package as every test does, through ``llm``; the package itself,
right or broken, lives in yet another process.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from .channel import Channel
from .connection import Connection, FaultError
from .remote import Remote
from .reports import BareReports
from .show import shortened

KEY = "sk-test-0123456789"
# Loading the plugins of everything that is installed takes 1.9 s, and none
# is needed; pytest's own that are no use here cost a third of each check.
UNUSED = (
    *("cacheprovider", "terminal", "warnings", "doctest", "unittest"),
    *("junitxml", "pastebin", "faulthandler", "logging", "debugging"),
    *("unraisableexception", "threadexception", "legacypath", "stepwise"),
    *("setuponly", "setupplan", "subtests"),
)
OPTIONS = (
    *(f"-pno:{name}" for name in UNUSED),
    *("--disable-plugin-autoload", "--noconftest"),
    *("--capture=no", "--import-mode=importlib"),
)
INI = "[pytest]\nenable_assertion_pass_hook = true\n"


def run_suite(
    file: str,
    peer: dict[str, Any],
    sandbox: str,
    without: Sequence[str],
    until_noticed: bool,
) -> dict[str, Any]:
    """Return how the tests of one file end, each by its name.

    `file` lies in a folder of its own. `peer` says where the package is
    served, `sandbox` is an address. The tests `without` are left out; with
    `until_noticed` the first one that fails is the last.
    """
    sys.dont_write_bytecode = True
    plugin = Suite(connected(peer), sandbox, without)
    with plugin.counting_raises():
        run_pytest(file, plugin, ["-x"] if until_noticed else [])
    return {
        "collected": plugin.collected,
        "passed": plugin.passed,
        "failed": plugin.failed,
        "empty": plugin.empty,
        "output": "\n".join(plugin.output),
        "problem": plugin.problem,
    }


def run_pytest(file: str, plugin: object, more: Sequence[str] = ()) -> None:
    folder = Path(file).parent
    ini = folder / "suite.ini"
    ini.write_text(INI)
    options = [*OPTIONS, *more, f"--rootdir={folder}", f"-c{ini}"]
    pytest.main([*options, file], plugins=[plugin, BareReports()])


def connected(peer: dict[str, Any]) -> Remote:
    """Return the package that another process serves."""
    channel = Channel(socket.create_connection(("127.0.0.1", peer["port"])))
    channel.send({"word": peer["word"]})

    def ended() -> FaultError:
        return FaultError("ended", "The package's process ended.")

    return Remote(
        lambda answer: Connection(channel, answer, ended, lambda: None), []
    )


class Suite:
    """A pytest plugin: the fixtures of the learner's tests, and a count."""

    def __init__(
        self, remote: Remote, sandbox_url: str, without: Sequence[str] = ()
    ) -> None:
        self.collected: list[str] = []
        self.passed: list[str] = []
        self.failed: list[str] = []
        # Tests that passed without having checked anything.
        self.empty: list[str] = []
        # What went wrong in each test that failed.
        self.output: list[str] = []
        # Why the file could not be read as tests.
        self.problem = ""
        self._remote = remote
        self._sandbox_url = sandbox_url
        self._without = without
        self._checks = 0

    # -- fixtures ----------------------------------------------------------

    @pytest.fixture
    def llm(self) -> Any:
        """The package; its modules are attributes."""
        return self._remote.package

    @pytest.fixture
    def sandbox(self) -> Any:
        """The sandbox, with nothing recorded and no fault planned."""
        from .warming import SandboxClient

        client = SandboxClient(self._sandbox_url)
        client.clear()
        return client

    @pytest.fixture
    def waits(self) -> list[float]:
        """The seconds that the agent asked to sleep; nothing sleeps."""
        return []

    @pytest.fixture
    def agent(self, llm: Any, sandbox: Any, waits: list[float]) -> Any:
        """An OpenAI agent that talks to the sandbox."""
        return llm.openai_agent.OpenAIAgent(
            api_key=KEY,
            base_url=sandbox.base_url("openai"),
            sleep=waits.append,
        )

    # -- what pytest tells -------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problem = _problem(str(report.longrepr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if i.name not in self._without]
        self.collected = [item.name for item in items]

    def pytest_runtest_setup(self) -> None:
        self._checks = 0

    def pytest_assertion_pass(self) -> None:
        self._checks += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.failed and name not in self.failed:
            self.failed.append(name)
            self.output.append(f"{name}{report.longrepr}")
        elif report.when == "call" and report.passed:
            self.passed.append(name)
            if not self._checks:
                self.empty.append(name)

    @contextlib.contextmanager
    def counting_raises(self) -> Iterator[None]:
        """Let ``pytest.raises`` count as a check, like an assertion."""
        original = pytest.raises

        def raises(*args: Any, **kwargs: Any) -> Any:
            self._checks += 1
            return original(*args, **kwargs)

        setattr(pytest, "raises", raises)  # noqa: B010
        try:
            yield
        finally:
            setattr(pytest, "raises", original)  # noqa: B010


def _problem(text: str) -> str:
    """Return why a file cannot be read, with the last line that is named."""
    lines = re.findall(r"test_own\.py(?:\", line |:)(\d+)", text)
    place = f" (line {lines[-1]})" if lines else ""
    return _last_line(text) + place


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return shortened(lines[-1].removeprefix("E").strip(), 300) if lines else ""
