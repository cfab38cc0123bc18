"""Running a learner's own tests: here the tests are theirs, not the kit's.

They see the package as every test does, through ``llm``; the package itself,
right or broken, lives in yet another process.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from .connection import Connection, FaultError
from .remote import Remote
from .channel import Channel

KEY = "sk-test-0123456789"
LONGEST_OUTPUT = 4_000
OPTIONS = (
    *("-p", "no:cacheprovider", "-p", "no:warnings", "-p", "no:doctest"),
    *("-p", "no:unittest", "-p", "no:junitxml", "-p", "no:pastebin"),
    *("-q", "--tb=short", "--no-header", "--noconftest"),
    "--import-mode=importlib",
)


def run_suite(
    file: str, folder: str, peer: dict[str, Any], sandbox_url: str
) -> dict[str, Any]:
    """Return how the tests of one file end.

    `peer` says where the package is served, `folder` is one for pytest's
    own files.
    """
    plugin = Suite(connected(peer), sandbox_url)
    options = [*OPTIONS, f"--rootdir={folder}", f"--basetemp={folder}/tests"]
    options += ["-c", f"{folder}/suite.ini"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), plugin.counting_raises():
        pytest.main([*options, file], plugins=[plugin])
    return {
        "collected": plugin.collected,
        "passed": plugin.passed,
        "failed": plugin.failed,
        "empty": plugin.empty,
        "problem": plugin.problem,
        "output": printed.getvalue()[:LONGEST_OUTPUT],
    }


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

    def __init__(self, remote: Remote, sandbox_url: str) -> None:
        self.collected: list[str] = []
        self.passed: list[str] = []
        self.failed: list[str] = []
        # Tests that passed without having checked anything.
        self.empty: list[str] = []
        # Why the file could not be read as tests.
        self.problem = ""
        self._remote = remote
        self._sandbox_url = sandbox_url
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
            self.problem = str(report.longrepr)[:LONGEST_OUTPUT]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.collected = [item.name for item in items]

    def pytest_runtest_setup(self) -> None:
        self._checks = 0

    def pytest_assertion_pass(self) -> None:
        self._checks += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.failed and name not in self.failed:
            self.failed.append(name)
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
