"""The check of the contract: every cell is judged, not the first alone.

A cell is one test, and its agent a column. Code that ends its process ends
one cell; a column whose code hangs, floods or keeps ending is given up, and
the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import Any

import pytest

from course.checking.calls import Call
from course.checking.connection import FaultError
from course.checking.session import Check
from course.checking.verdict import Failure, Status, Verdict, sentence

# Faults of one column after which the rest of it is not tried.
MOST_FAULTS = {"hung": 1, "flooded": 1, "ended": 3}

# The calls that a cell is about; others prepare or look closer.
_ASKING = ("process_prompt", "stream", "complete", "pieces")


class ContractCheck(Check):
    """The contract being checked on one package; a pytest plugin."""

    seconds = 90.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._failures: dict[str, Failure] = {}
        self._faults: Counter[tuple[str, str]] = Counter()
        self._over: dict[str, str] = {}

    def load(self, libraries: Iterable[str]) -> None:
        """Import what an agent stands on, which no cell has to wait for."""
        self._learner.load(libraries)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        reason = self._over.get(_column(item))
        if self._learner.is_late:
            reason = "All cells together took too long."
        if reason:
            pytest.skip(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: Any, request: Any
    ) -> Generator[None, object, object]:
        """Let a fixture that a fault has ended be cleared away like others."""
        try:
            return (yield)
        except FaultError as fault:
            key = fixturedef.cache_key(request)
            error = (fault, fault.__traceback__)
            fixturedef.cached_result = (None, key, error)
            raise

    def _stop_sandbox(self) -> None:
        """Keep it: the cells clear it, which is quicker than a new one."""

    def _judge(
        self, item: pytest.Item, error: BaseException, traceback: Any
    ) -> None:
        blanks = list(self._learner.blanks)
        self._outcomes[item.name] = "not_started" if blanks else "failed"
        if blanks:
            words = f"Exercise {blanks[0]} is still blank."
            failure = Failure(item.name, sentence(item.name), message=words)
        else:
            failure = self._failure(item.name, error, traceback, [])
        self._failures.setdefault(item.name, failure)
        if isinstance(error, FaultError):
            self._count(_column(item), error)

    def _failure(
        self,
        test: str,
        error: BaseException,
        traceback: Any,
        crashes: list[Any],
    ) -> Failure:
        self._log[:] = [*filter(_asks, self._log)] or self._log
        failure = super()._failure(test, error, traceback, crashes)
        compared = self._comparison
        if compared is None or not hasattr(compared.right, "in_words"):
            return failure
        return replace(
            failure,
            requests=tuple(map(_line, self._requests)),
            returned=self._clean(compared.left.in_words()),
            expected=compared.right.in_words(),
            message="",
        )

    def _count(self, column: str, error: FaultError) -> None:
        self._faults[column, error.status] += 1
        most = MOST_FAULTS.get(error.status)
        if most is not None and self._faults[column, error.status] >= most:
            self._over[column] = error.message

    def verdict(self) -> Verdict:
        """Return the verdict, with every failure, after all cells."""
        super()._stop_sandbox()
        found = super().verdict()
        outcomes = {row.outcome for row in found.expectations}
        status: Status = "kit_error"
        if outcomes == {"passed"}:
            status = "passed"
        elif "failed" in outcomes:
            status = "failed"
        elif "not_started" in outcomes:
            status = "not_started"
        failures = tuple(self._failures.values())
        of_this_kind = (
            each for each in failures if self._outcomes[each.test] == status
        )
        first = next(of_this_kind, None)
        return replace(found, status=status, failure=first, failures=failures)


def _column(item: pytest.Item) -> str:
    """Return the agent of a cell: its test's name is ``…[agent | case]``."""
    return item.name.partition("[")[2].partition(" | ")[0]


def _line(request: Any) -> str:
    """Return a request without its body, which is the same in each cell."""
    status = "unanswered" if request.status is None else request.status
    return f"{request.method} {request.path} -> {status}"


def _asks(call: Call) -> bool:
    return call.name.rpartition(".")[2] in _ASKING
