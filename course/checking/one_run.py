"""One run of a learner's own tests, on one package, whichever it is.

Whoever asks for several runs can then tell whether the tests notice what is
wrong: nothing here knows whether anything is.
"""

from __future__ import annotations

import base64
import marshal
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import pytest
from _pytest.assertion import rewrite

from .side_by_side import Package, time_limit
from .suite import Suite, run_pytest

__all__ = ["in_session", "rehearse", "rewritten", "run_once"]

_REHEARSED = """
import pytest

def test_warm(llm, tmp_path):
    with pytest.raises(AssertionError):
        assert "warm" == "cold"
"""


def run_once(
    text: str, package: Package, agent: str, provider: str, code: str = ""
) -> dict[str, Any]:
    """Return how a file's tests end on one package, without its name.

    `code` is what `rewritten` made of the text, if anything.
    """
    if code:
        _take_for_rewritten(marshal.loads(base64.b64decode(code)))
    return _told(text, OneRun(package, agent, provider))


def _told(text: str, plugin: OneRun) -> dict[str, Any]:
    sys.dont_write_bytecode = True
    file = _written(text)
    with plugin.counting_raises():
        if _begun.session is None:
            run_pytest(str(file), plugin)
        else:
            _begun.go_on(_begun.session, plugin)
    return {"result": plugin.results.get(""), "problem": plugin.problem}


def _written(text: str) -> Path:
    """Write a file of tests where every process has it."""
    file = _file()
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def _file() -> Path:
    return Path(tempfile.gettempdir()) / "one_run" / "test_own.py"


def rewritten(text: str) -> str:
    """Return what pytest makes of a file of tests; nothing of it runs.

    That takes longer than most tests. Empty if they cannot be read.
    """
    asks_for_all: Any = SimpleNamespace(getini=lambda name: True)
    with suppress(Exception):
        code = rewrite._rewrite_test(_written(text), asks_for_all)[1]
        return base64.b64encode(marshal.dumps(code)).decode("ascii")
    return ""


def _take_for_rewritten(code: CodeType) -> None:
    setattr(rewrite, "_rewrite_test", lambda *_: (b"", code))  # noqa: B010


def in_session(work: Callable[[], object]) -> None:
    """Do some work where a session of pytest has begun, for later runs.

    They are made by processes that are forked meanwhile. To begin a session
    takes longer than most tests do.
    """
    with suppress(Exception):
        _begun.work = work
        run_pytest(str(_file()), _begun)
    if _begun.session is None:
        work()


class _Begun:
    """A pytest plugin: keeps its session from reading any tests as yet."""

    def __init__(self) -> None:
        self.work: Callable[[], object] = _nothing
        self.session: pytest.Session | None = None
        self._finders: list[Any] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        if self.session is not None:
            return None
        self.session = session
        # No other import is pytest's business.
        self._finders = [
            finder
            for finder in sys.meta_path
            if isinstance(finder, rewrite.AssertionRewritingHook)
        ]
        self._show_finders(False)
        os.environ.pop("PYTEST_VERSION", None)
        self.work()
        return True

    def _show_finders(self, shown: bool) -> None:
        others = [each for each in sys.meta_path if each not in self._finders]
        sys.meta_path[:] = [*self._finders, *others] if shown else others

    def go_on(self, session: pytest.Session, plugin: object) -> None:
        """Let the session read its tests and run them."""
        self._show_finders(True)
        session.config.pluginmanager.register(plugin)
        # What ends a session early leaves no result behind.
        with suppress(BaseException):
            session.config.hook.pytest_collection(session=session)
            session.config.hook.pytest_runtestloop(session=session)


def _nothing() -> None:
    pass


_begun = _Begun()


def rehearse() -> None:
    """Run a test once: a second run takes much less time than a first."""
    before = set(sys.modules)
    _told(_REHEARSED, _Rehearsal({"name": "", "peer": None}, "", ""))
    # A learner's file is a module of the same name.
    for name in sys.modules.keys() - before:
        if getattr(sys.modules[name], "__file__", "") == str(_file()):
            del sys.modules[name]


class OneRun(Suite):
    """Runs all tests on one package, and ends with the first that fails."""

    def __init__(self, package: Package, agent: str, provider: str) -> None:
        super().__init__(lambda done, stuck: None, 1, agent, provider)
        self._only = package
        # One that fails on the right package, too, is enough to know.
        self._first_only = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.problem:
            self._items = list(session.items)
            with time_limit():
                self.results[""] = asdict(self._run(self._only, ()))
        return True


class _Rehearsal(OneRun):
    """A run without a package, for which nobody waits."""

    def _reached(self, package: Package) -> Any:
        return SimpleNamespace(package=None, blanks=set())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = list(session.items)
        self.results[""] = asdict(self._run(self._only, ()))
        return True
