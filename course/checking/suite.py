"""Running a learner's own tests: here the tests are theirs, not the kit's.

They see the package as every test does, through ``llm``; the package itself,
right or broken, lives in yet another process.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .channel import Channel
from .connection import Connection, FaultError
from .leftovers import Beginning, left_behind
from .remote import Remote
from .reports import BareReports
from .show import shortened
from .side_by_side import Crew, NextPackage, Package, time_limit

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
    next_package: NextPackage,
    at_once: int,
    agent: str,
    provider: str,
) -> dict[str, Any]:
    """Return how the tests of one file end on each package, by its name.

    `file` lies in a folder of its own. `next_package` is given the names of
    the packages that are done, and of those among them in which a call may
    still go on; it tells where the next one is served. With
    `at_once` above 1 the tests run on so many packages side by side. Their
    `agent` is named with its module, and talks to one `provider` or to none.
    """
    sys.dont_write_bytecode = True
    plugin = Suite(next_package, at_once, agent, provider)
    with plugin.counting_raises():
        run_pytest(file, plugin)
    return {
        "results": plugin.results,
        "problem": plugin.problem,
        "fault": plugin.fault,
    }


def run_pytest(file: str, plugin: object) -> None:
    folder = Path(file).parent
    ini = folder / "suite.ini"
    ini.write_text(INI)
    options = [*OPTIONS, f"--rootdir={folder}", f"-c{ini}"]
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


@dataclass
class Result:
    """How tests end on one package; `empty` are those without a check.

    In `any_order` they may run if none leaves anything for the next; what
    is `unwritten` came to a blank of the package.
    """

    collected: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    output: str = ""
    any_order: bool = True
    unwritten: list[str] = field(default_factory=list)


class Suite:
    """A pytest plugin: the fixtures of the learner's tests, and the runs."""

    def __init__(
        self,
        next_package: NextPackage,
        at_once: int,
        agent: str,
        provider: str,
    ) -> None:
        self.results: dict[str, dict[str, Any]] = {}
        # Why the file could not be read as tests.
        self.problem = ""
        # How the run on the right package ended if it gave no result.
        self.fault = ""
        self._items: list[pytest.Item] = []
        self._package: Package = {}
        self._next_package = next_package
        self._at_once = at_once
        self._agent = agent
        self._provider = provider
        self._missing = False
        self._first_only = False
        self._sandbox_used = False
        self._result = Result()
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

        client = SandboxClient(self._package["sandbox"])
        if self._sandbox_used:
            client.clear()
        self._sandbox_used = True
        return client

    @pytest.fixture
    def waits(self) -> list[float]:
        """The seconds that the agent asked to sleep; nothing sleeps."""
        return []

    @pytest.fixture
    def agent(self, llm: Any, sandbox: Any, waits: list[float]) -> Any:
        """The agent that the file is about; it talks to the sandbox."""
        module, _, name = self._agent.partition(".")
        try:
            made = getattr(getattr(llm, module), name)
        except AttributeError:
            self._missing = True
            raise
        urls = self._package["urls"]
        if not self._provider:
            # No key is set here: all providers are said to be at hand.
            return made(providers=tuple(urls))
        url = urls[self._provider]
        return made(api_key=KEY, base_url=url, sleep=waits.append)

    # -- what pytest tells -------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problem = _problem(str(report.longrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.problem:
            self._items = list(session.items)
            if self._at_once > 1:
                crew = Crew(self._run, self._next_package, self._at_once)
                crew.work()
                self.results, self.fault = crew.results, crew.fault
            else:
                self._run_in_turn()
        return True

    def _run_in_turn(self) -> None:
        """Run all in this process, where there is no forking."""
        failed: list[str] = []
        done: list[str] = []
        modules = {getattr(item, "module", None) for item in self._items}
        beginnings = [Beginning(module) for module in modules if module]
        while (package := self._next_package(done, [])) is not None:
            done = [package["name"]]
            right = self.results.get("")
            if right and not right["any_order"]:
                package.pop("first", None)
            for beginning in beginnings:
                beginning.again()
            with time_limit():
                result = self._run(package, failed)
            self.results[package["name"]] = asdict(result)
            failed = self.results[""]["failed"]
            if not self.results[""]["passed"]:
                return

    def _run(self, package: Package, without: Collection[str]) -> Result:
        """Run the tests on the right package, or on another until one fails.

        The names in `without` are of tests that are left out.
        """
        items = [item for item in self._items if item.name not in without]
        items.sort(key=lambda item: item.name != package.get("first"))
        self._remote = self._reached(package)
        self._package = package
        self._sandbox_used = package.get("used", False)
        self._result = Result([item.name for item in items])
        for item in items:
            before = {} if package["name"] else left_behind(item)
            self._checks = 0
            self._missing = False
            self._remote.blanks.clear()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if package["name"] or self._first_only:
                if self._result.failed:
                    break
            elif left_behind(item) != before:
                self._result.any_order = False
        return self._result

    def _reached(self, package: Package) -> Any:
        """Return the package, wherever it is served."""
        return connected(package["peer"])

    def pytest_fixture_setup(self, fixturedef: Any) -> None:
        if fixturedef.scope != "function":
            self._result.any_order = False

    def pytest_assertion_pass(self) -> None:
        self._checks += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = self._result
        name = report.nodeid.rpartition("::")[2]
        if report.failed and (self._missing or self._remote.blanks):
            found.unwritten.append(name)
        elif report.failed and name not in found.failed:
            found.failed.append(name)
            found.output += f"{name}{report.longrepr}\n"
        elif report.when == "call" and report.passed:
            found.passed.append(name)
            if not self._checks:
                found.empty.append(name)

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
