"""Many checks in one pytest session: tests are read once, not per check."""

from __future__ import annotations

import functools
import gc
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from _pytest import assertion
from _pytest.tmpdir import tmppath_result_key

from course.checking.session import Check
from course.checking.verdict import Verdict, broken_kit

__all__ = ["Sitting"]


class Sitting:
    """A pytest plugin that runs the tests of one check after another.

    `work` is called once the tests below `root` have been read; it asks for
    `verdict` as often as it likes. With its end the session ends.
    `temporary` is where tests write; it is emptied after each check.
    """

    def __init__(
        self,
        root: Path,
        temporary: Path,
        work: Callable[[Sitting], object],
    ) -> None:
        # Why the session itself failed.
        self.problem = "The tests could not be read."
        self._work = work
        self._root = root
        self._temporary = temporary
        self._check: Check | None = None
        self._items: dict[str, list[pytest.Item]] = {}
        self._unread: dict[Path, str] = {}

    @property
    def check(self) -> Check:
        """The check whose tests run now."""
        assert self._check is not None
        return self._check

    def verdict(
        self, check: Check, files: Collection[Path], briefly: bool = False
    ) -> Verdict:
        """Run the tests of a check; `files` are where they stand.

        If `briefly`, none is run after one that fails.
        """
        exercise = check.exercise
        for file in files:
            if file in self._unread:
                return broken_kit(exercise, self._unread[file])
        items = self._items.get(exercise, [])
        twice = _twice(items)
        if twice:
            reason = f"Several tests are called {', '.join(twice)}."
            return broken_kit(exercise, reason)
        self._check = check
        check.begin(items)
        try:
            for item, following in zip(items, [*items[1:], None], strict=True):
                self._run(item, following)
                if check.stopped or (briefly and check.has_failed):
                    break
        finally:
            # No fixture lasts longer than a check: the next one is about
            # other code.
            if items:
                items[0].session._setupstate.teardown_exact(None)
            found = check.verdict()
            self._check = None
            self._clear_away()
        return found

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """Run a test, as pytest does it where nobody listens to reports.

        Its own way asks two dozen times who wants to know.
        """
        odd = any(map(item.get_closest_marker, ("skip", "skipif", "xfail")))
        if odd or not isinstance(item, pytest.Function):
            hook = item.ihook.pytest_runtest_protocol
            hook(item=item, nextitem=following)
            return
        state = item.session._setupstate
        # Where the end of `tmp_path` looks whether the test has failed.
        item.stash[tmppath_result_key] = {}
        with self.check.around(item), _compared(item):
            try:
                if not item._request:
                    item._initrequest()
                if self._is_done(item, "setup", lambda: state.setup(item)):
                    self._is_done(item, "call", item.runtest)
                end = functools.partial(state.teardown_exact, following)
                self._is_done(item, "teardown", end)
            finally:
                vars(item).update(_request=False, funcargs=None)

    def _is_done(
        self, item: pytest.Item, when: str, part: Callable[[], object]
    ) -> bool:
        """Run a part of a test; return whether it was done, and well."""
        error = None
        try:
            part()
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except pytest.skip.Exception:
            return False
        except BaseException:
            error = pytest.ExceptionInfo.from_current()
        return self.check.ended(item, when, error)

    def _clear_away(self) -> None:
        if self._temporary.is_dir():
            for folder in self._temporary.iterdir():
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    folder.unlink()

    # -- what pytest tells -------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            file = self._root / report.nodeid.partition("::")[0]
            text = f"A test file cannot be read: {report.longrepr}"
            self._unread[file] = text

    def pytest_internalerror(self, excrepr: object) -> None:
        self.problem = f"The check itself failed: {excrepr}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("exercise"):
                for exercise in dict.fromkeys(mark.args):
                    self._items.setdefault(str(exercise), []).append(item)
        items[:] = [each for row in self._items.values() for each in row]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        gc.collect()
        # The tests stay for ever: there is nothing to look for among them.
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        self.problem = ""
        # Asked for by each test a dozen times; no conftest is added now.
        found = functools.cache(session.gethookproxy)
        setattr(session, "gethookproxy", found)  # noqa: B010
        self._work(self)
        return True

    # -- what the check wants to know --------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item
    ) -> Generator[None, object, object]:
        return (yield from self.check.pytest_runtest_protocol(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        return (yield from self.check.pytest_runtest_makereport(item, call))

    def pytest_assertrepr_compare(
        self, op: str, left: object, right: object
    ) -> None:
        self.check.pytest_assertrepr_compare(op, left, right)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: object
    ) -> Generator[None, object, object]:
        try:
            return (yield)
        except BaseException as error:
            # Pytest remembers exceptions alone, and ends only fixtures that
            # it remembers. One that a fault has cut short, which is none,
            # could not be set up again in this session.
            if fixturedef.cached_result is None:
                reason = (error, error.__traceback__)
                fixturedef.cached_result = (None, None, reason)
            raise


# Lets comparisons that fail be told to plugins.
_compared = contextmanager(assertion.pytest_runtest_protocol)


def _twice(items: Collection[pytest.Item]) -> list[str]:
    names: Mapping[str, int] = Counter(item.name for item in items)
    return [name for name, count in names.items() if count > 1]
