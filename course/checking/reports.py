"""Reports of failing tests without pytest's own long explanation.

Nobody reads it here, and it would take longer than the tests.
"""

from __future__ import annotations

import pytest

from .show import shortened

LONGEST_MESSAGE = 400


class BareReports:
    """A pytest plugin: a failure's report is its line and its message."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        error = call.excinfo
        if error is None or call.when == "collect":
            return None
        if isinstance(error.value, pytest.skip.Exception):
            return None
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome="failed",
            longrepr=f"{_line(item, error)}: {_message(error)}",
            when=call.when,
            duration=call.duration,
        )


Failure = pytest.ExceptionInfo[BaseException]


def _line(item: pytest.Item, error: Failure) -> str:
    """Return the last line of the test's own file, in brackets."""
    lines = [
        entry.lineno + 1
        for entry in error.traceback
        if entry.frame.code.raw.co_filename == str(item.path)
    ]
    return f" (line {lines[-1]})" if lines else ""


def _message(error: Failure) -> str:
    return shortened(error.exconly(), LONGEST_MESSAGE)
