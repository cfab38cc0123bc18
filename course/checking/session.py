"""One check: pytest runs the exercise's tests against a learner's process.

The plugin here is what `tests/conftest.py` asks for the package, the sandbox
and the served router while an exercise is checked.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from course.checking.calls import Call, last_step
from course.checking.connection import FaultError
from course.checking.explaining import Comparison, explain, place
from course.checking.hints import general_hint, hint_for
from course.checking.http_log import logged_http
from course.checking.learner import CHECK_SECONDS, Learner, Order
from course.checking.own_tests import OwnTests, in_words
from course.checking.processes import Source
from course.checking.roots import FIRST
from course.checking.show import placeless
from course.checking.verdict import (
    Expectation,
    Failure,
    Outcome,
    Status,
    Verdict,
    sentence,
)
from course.sandbox import Sandbox

Raised = pytest.ExceptionInfo[BaseException] | None

# After these the rest of the tests would only take as long again.
_STOPPING = ("hung", "flooded")


@dataclass
class Problem:
    """How the first failing test is judged."""

    status: Status
    failure: Failure | None = None
    hint: str = ""
    waits_for: str = ""


class Check:
    """One exercise of one workspace being checked; a pytest plugin."""

    # For all calls of the check together.
    seconds = CHECK_SECONDS

    def __init__(self, order: Order, source: Source) -> None:
        self._order = order
        self._log: list[Call] = []
        self._learner = Learner(order, source, self._log, self.seconds)
        self._outcomes: dict[str, Outcome] = {}
        self._problem: Problem | None = None
        self._sandbox: Sandbox | None = None
        self._comparison: Comparison | None = None
        self._stop = ""

    @property
    def exercise(self) -> str:
        return self._order.exercise

    @property
    def stopped(self) -> bool:
        """Whether the rest of the tests would only take as long again."""
        return bool(self._stop)

    @property
    def has_failed(self) -> bool:
        """Whether a test has failed."""
        return self._problem is not None

    # -- what conftest asks for --------------------------------------------

    def package(self, name: str = FIRST) -> Any:
        """Return a package of the learner's; its modules are attributes."""
        return self._learner.remote.root(name)

    def sandbox(self) -> Sandbox:
        """Return the sandbox of the running test."""
        if self._sandbox is None:
            listening = self._learner.room.listen()
            self._sandbox = Sandbox(
                control=False, listening=[listening] if listening else ()
            ).start()
        return self._sandbox

    def serve(self, *args: Any, **options: Any) -> str:
        """Return the base URL of the learner's router, served over HTTP."""
        return self._learner.serve(*args, **options)

    def own_tests(self) -> OwnTests:
        """Return the learner's own tests."""
        return self._learner.own_tests

    # -- what pytest tells -------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        setattr(config, "check", self)  # noqa: B010

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._belongs(item)]
        self.begin(items)

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Take these as the tests of the check, none of which has run."""
        self._outcomes = {item.name: "not_run" for item in items}
        if items:
            self.pytest_configure(items[0].config)

    def _belongs(self, item: pytest.Item) -> bool:
        marks = item.iter_markers("exercise")
        return any(self._order.exercise in mark.args for mark in marks)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item
    ) -> Generator[None, object, object]:
        with self.around(item):
            return (yield)

    @contextmanager
    def around(self, item: pytest.Item) -> Iterator[None]:
        """Watch one test, which is run inside."""
        self._log.clear()
        self._comparison = None
        fresh = item.get_closest_marker("fresh_process") is not None
        self._learner.begin_test(fresh)
        try:
            with logged_http(self._log, self._learner.served):
                yield
        finally:
            self._after(item)

    def _after(self, item: pytest.Item) -> None:
        self._stop_sandbox()
        self._learner.restore()
        if self._learner.fault:
            self._learner.drop_process()

    def _stop_sandbox(self) -> None:
        if self._sandbox is not None:
            self._sandbox.stop()
            self._sandbox = None

    def pytest_assertrepr_compare(
        self, op: str, left: object, right: object
    ) -> None:
        self._comparison = Comparison(op, left, right)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if not report.skipped:
            passed = self.ended(item, report.when or "", call.excinfo)
            report.outcome = "passed" if passed else "failed"
        return report

    def ended(self, item: pytest.Item, when: str, error: Raised) -> bool:
        """Take note of how a part of a test ended; return whether well.

        `when` is "setup", "call" or "teardown".
        """
        fault = self._learner.fault
        if error is not None:
            self._judge(item, fault or error.value, error.traceback)
        elif fault and when == "call":
            # The test got over it, but the child did not.
            self._judge(item, fault, None)
        else:
            if when == "call":
                self._outcomes[item.name] = "passed"
            return True
        return False

    # -- judging -----------------------------------------------------------

    def _judge(
        self, item: pytest.Item, error: BaseException, traceback: Any
    ) -> None:
        crashes = self._learner.crashes()
        blanks = list(self._learner.blanks)
        status = error.status if isinstance(error, FaultError) else "failed"
        if status in _STOPPING or (self._learner.tests and status != "failed"):
            self._stop = status
        blank = self._order.exercise in blanks or status == "not_started"
        open_yet = blank or status == "waiting"
        self._outcomes[item.name] = "not_run" if open_yet else "failed"
        if self._problem is not None:
            return
        if blank:
            self._problem = Problem("not_started")
            return
        failure = self._failure(item.name, error, traceback, crashes)
        if blanks:
            self._problem = Problem("waiting", failure, waits_for=blanks[0])
            return
        hint = self._hint(item.name, status, failure)
        self._problem = Problem(cast(Status, status), failure, hint)

    def _failure(
        self,
        test: str,
        error: BaseException,
        traceback: Any,
        crashes: list[Any],
    ) -> Failure:
        failure = explain(
            test,
            error,
            traceback,
            self._log,
            self._comparison,
            self._requests,
        )
        if self._learner.tests is not None:
            failure = in_words(failure, self._log)
        if crashes and not failure.raised:
            crash, where = crashes[0]
            text = f"{type(crash).__name__}: {crash}{place(where)}"
            failure = replace(failure, raised=f"in the router: {text}")
        return replace(
            failure,
            called=self._clean(failure.called),
            returned=self._clean(failure.returned),
            raised=self._clean(failure.raised),
            expected=self._clean(failure.expected),
            message=self._clean(failure.message),
        )

    @property
    def _requests(self) -> list[Any]:
        return self._sandbox.requests if self._sandbox else []

    def _hint(self, test: str, status: str, failure: Failure) -> str:
        last = last_step(self._log) or Call("", "")
        compared = self._comparison or Comparison("", None, None)
        tests = self._learner.tests
        if status == "import_error" and not tests:
            # No answer was called: typical mistakes say nothing of this one.
            return ""
        observed = {
            **last.as_dict(),
            "left": compared.left,
            "right": compared.right,
            "requests": self._requests,
            "calls": [call.as_dict() for call in self._log],
            "printed": self._learner.output,
            **(tests.observed() if tests else {}),
        }
        found = hint_for(self._order.answers, test, observed) or ""
        if found or status != "failed" or tests:
            return found
        came = "" if failure.raised else failure.returned
        return general_hint(failure.called, came, failure.expected)

    def verdict(self) -> Verdict:
        """Return the verdict, after all tests have run."""
        self._learner.close()
        expectations = tuple(
            Expectation(test, sentence(test), outcome)
            for test, outcome in self._outcomes.items()
        )
        found = self._problem
        if found is None:
            passed = all(row.outcome == "passed" for row in expectations)
            found = Problem("passed" if passed else "kit_error")
        return Verdict(
            exercise=self._order.exercise,
            status=found.status,
            expectations=expectations,
            failure=found.failure,
            hint=found.hint,
            printed=self._clean(self._learner.printed),
            waits_for=found.waits_for,
        )

    def _clean(self, text: str) -> str:
        order = self._order
        return placeless(text, order.workspace, order.temporary, order.root)
