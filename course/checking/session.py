"""One check: pytest runs the exercise's tests against a learner's process.

The plugin here is what `tests/conftest.py` asks for the package, the sandbox
and the served router while an exercise is checked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from course.checking.calls import Call
from course.checking.connection import Connection, FaultError
from course.checking.explaining import Comparison, explain, place
from course.checking.hints import general_hint, hint_for
from course.checking.http_log import logged_http
from course.checking.own_tests import OwnTests, in_words
from course.checking.processes import LearnerProcess, Source
from course.checking.remote import Remote
from course.checking.show import plain
from course.checking.verdict import (
    Expectation,
    Failure,
    Outcome,
    Status,
    Verdict,
    sentence,
)
from course.sandbox import Sandbox

# Seconds that all calls of one check may take together.
CHECK_SECONDS = 15.0

# After these the rest of the tests would only take as long again.
_STOPPING = ("hung", "flooded")


@dataclass
class Problem:
    """How the first failing test is judged."""

    status: Status
    failure: Failure | None
    hint: str = ""
    waits_for: str = ""


@dataclass
class Check:
    """One exercise of one workspace being checked; a pytest plugin."""

    exercise: str
    workspace: Path
    source: Source
    root: Path
    temporary: Path
    log: list[Call] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problem: Problem | None = None
    printed: str = ""

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + CHECK_SECONDS
        self._process: LearnerProcess | None = None
        self._remote: Remote | None = None
        self._sandbox: Sandbox | None = None
        self._served: list[str] = []
        self._own_tests: OwnTests | None = None
        self._stop = ""
        self._comparison: Comparison | None = None

    # -- what conftest asks for --------------------------------------------

    @property
    def package(self) -> Any:
        """The learner's package in its process, a new one if need be."""
        return self.remote.package

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of the running test."""
        if self._sandbox is None:
            self._sandbox = Sandbox().start()
        return self._sandbox

    def serve(self, *args: Any, **options: Any) -> str:
        """Return the base URL of the learner's router, served over HTTP."""
        data = self.remote.encode([list(args), options])
        url: str = self.remote.ask("serve", options=data)["ok"]
        self._served.append(url)
        return url

    @property
    def own_tests(self) -> OwnTests:
        """The learner's own tests, as they stand in the workspace."""
        if self._own_tests is None:
            from course.kit import Kit
            from course.lessons import load_exercises

            exercises = load_exercises(Kit(self.root))
            file = self.workspace / exercises[self.exercise].file
            text = file.read_text("utf-8") if file.is_file() else ""
            self._own_tests = OwnTests(
                text,
                self.answers,
                self.root,
                self.source,
                self.temporary / "own_tests",
                self.log,
            )
        return self._own_tests

    @property
    def answers(self) -> Path:
        """The file of the exercise's typical answers."""
        return self.root / "course" / "answers" / f"{self.exercise}.yaml"

    @property
    def remote(self) -> Remote:
        if self._remote is None:
            self._process = self.source.new_process()
            self._remote = Remote(self._connect, self.log)
            self._remote.connection.deadline = self.deadline
            self._remote.ask(
                "use",
                workspace=str(self.workspace),
                kept=str(self.temporary / "code"),
            )
        return self._remote

    def _connect(self, answer: Callable[[Any], Any]) -> Connection:
        process = self._process
        assert process is not None
        process.output.on_flood = process.end
        return Connection(
            process.channel,
            answer,
            lambda: how_it_ended(process),
            process.end,
        )

    def drop_process(self) -> None:
        """End the child; the next use of the package starts another."""
        process, remote = self._process, self._remote
        self._process = self._remote = None
        if process is None:
            return
        if remote is not None and remote.connection.fault is None:
            with suppress(FaultError):
                remote.ask("hush", seconds=1.0)
        process.output.finish()
        self.printed += process.output.text
        # Nobody has to wait until the process is cleared away.
        threading.Thread(target=process.end).start()

    # -- what pytest tells -------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        setattr(config, "check", self)  # noqa: B010

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._belongs(item)]
        self.outcomes = {item.name: "not_run" for item in items}

    def _belongs(self, item: pytest.Item) -> bool:
        marks = item.iter_markers("exercise")
        return any(self.exercise in mark.args for mark in marks)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item
    ) -> Generator[None, object, object]:
        self.log.clear()
        self._served.clear()
        self._comparison = None
        if item.get_closest_marker("fresh_process"):
            self.drop_process()
        if self._remote is not None:
            self._remote.blanks.clear()
        try:
            with logged_http(self.log, self._served):
                return (yield)
        finally:
            self._after(item)

    def _after(self, item: pytest.Item) -> None:
        if self._sandbox is not None:
            self._sandbox.stop()
            self._sandbox = None
        fault = self._remote and self._remote.connection.fault
        if fault:
            self.drop_process()
        if self._stop:
            item.session.shouldstop = self._stop

    def pytest_assertrepr_compare(
        self, op: str, left: object, right: object
    ) -> None:
        self._comparison = Comparison(op, left, right)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        fault = self._remote and self._remote.connection.fault
        if call.excinfo is None and fault and call.when == "call":
            # The test got over it, but the child did not.
            report.outcome = "failed"
            self._judge(item, fault, None)
        elif call.excinfo is not None and not report.skipped:
            error = fault or call.excinfo.value
            self._judge(item, error, call.excinfo.traceback)
        elif call.when == "call" and report.passed:
            self.outcomes[item.name] = "passed"
        return report

    # -- judging -----------------------------------------------------------

    def _judge(
        self, item: pytest.Item, error: BaseException, traceback: Any
    ) -> None:
        requests = self._sandbox.requests if self._sandbox else []
        crash = self._notes()
        blanks = self._remote.blanks if self._remote else []
        status = error.status if isinstance(error, FaultError) else "failed"
        if status in _STOPPING or (self._own_tests and status != "failed"):
            self._stop = status
        own = self.exercise in blanks or status == "not_started"
        self.outcomes[item.name] = "not_run" if own else "failed"
        if self.problem is not None:
            return
        if own:
            self.problem = Problem("not_started", None)
            return
        failure = explain(
            item.name, error, traceback, self.log, self._comparison, requests
        )
        if self._own_tests is not None:
            failure = in_words(failure, self.log)
        if crash and not failure.raised:
            failure = _with_crash(failure, crash)
        if blanks:
            self.problem = Problem("waiting", failure, waits_for=blanks[0])
            return
        hint = self._hint(item.name, status, failure, requests)
        self.problem = Problem(status, failure, hint)  # type: ignore[arg-type]

    def _notes(self) -> str:
        """Return what went wrong in the served router, if anything did."""
        remote = self._remote
        if remote is None or remote.connection.fault or not self._served:
            return ""
        try:
            crashes = remote.ask("notes")["crashes"]
        except FaultError:
            return ""
        for crash in crashes[:1]:
            if "raised" in crash:
                error = remote.decode(crash["raised"])
                text = f"{type(error).__name__}: {error}"
                return plain(text) + place(crash["where"])
        return ""

    def _hint(
        self, test: str, status: str, failure: Failure, requests: list[Any]
    ) -> str:
        last = self.log[-1].as_dict() if self.log else Call("", "").as_dict()
        compared = self._comparison
        process = self._process
        observed = {
            **last,
            "left": compared.left if compared else None,
            "right": compared.right if compared else None,
            "requests": requests,
            "calls": [call.as_dict() for call in self.log],
            "printed": process.output.text if process else "",
            **(self._own_tests.observed() if self._own_tests else {}),
        }
        found = hint_for(self.answers, test, observed) or ""
        if found or status != "failed" or self._own_tests:
            return found
        came = failure.returned or failure.raised
        return general_hint(failure.called, came, failure.expected)

    def verdict(self) -> Verdict:
        """Return the verdict, after all tests have run."""
        self.drop_process()
        if self._own_tests is not None:
            self._own_tests.close()
        expectations = tuple(
            Expectation(test, sentence(test), outcome)
            for test, outcome in self.outcomes.items()
        )
        found = self.problem
        if found is None:
            status: Status = "passed"
            if any(row.outcome != "passed" for row in expectations):
                status = "kit_error"
            found = Problem(status, None)
        return Verdict(
            exercise=self.exercise,
            status=found.status,
            expectations=expectations,
            failure=found.failure,
            hint=found.hint,
            printed=self._clean(self.printed),
            waits_for=found.waits_for,
        )

    def _clean(self, text: str) -> str:
        return plain(text.replace(f"{self.workspace}/", ""))


def _with_crash(failure: Failure, crash: str) -> Failure:
    return replace(failure, raised=f"in the router: {crash}")


# By number, since not every system has names for them.
_SIGNALS: Mapping[int, str] = {
    6: "it was aborted",
    9: "it was killed, perhaps for its memory or its forks",
    11: "it crashed (segmentation fault)",
    24: "it used up its processor time",
}


def how_it_ended(process: LearnerProcess) -> FaultError:
    """Return in words how a child ended that nobody ended."""
    status = process.end(died=True)
    if process.output.flooded:
        return FaultError("flooded", "Your code printed without end.")
    how = "it closed its connection"
    if status is not None and status >= 0:
        how = f"it left with exit code {status}, as os._exit does"
    elif status is not None:
        how = _SIGNALS.get(-status, f"signal {-status} ended it")
    return FaultError(
        "ended", f"Your code ended its process in the middle of a call: {how}."
    )
