"""The judge: checks exercises one after another, as long as it is asked.

Reads one JSON object a line from standard input, ``{"id": 1, "check": "2.1",
"workspace": "…"}``, and answers each with one line: the same id and the
verdict. With ``"briefly": true`` no test is run after one that fails. Ends
when standard input does.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from course.checking.contract import ContractCheck
from course.checking.drawn import Drawn, drawn_root
from course.checking.learner import Order
from course.checking.on_lines import nodes_on
from course.checking.processes import (
    Source,
    process_source,
    small_certificate_file,
)
from course.checking.reports import BareReports
from course.checking.roots import ROOTS
from course.checking.session import Check
from course.checking.show import placeless
from course.checking.sitting import Sitting
from course.checking.suite import UNUSED
from course.checking.verdict import CONTRACT, Verdict, broken_kit

_QUOTED = re.compile(r"mark\.exercise\([\"']([^\"']+)")
_INI = """\
[pytest]
markers =
    exercise(number): the test is part of this exercise's check
    fresh_process: the test needs a process of its own
    proof: shows that the course itself holds together
    browser: needs a Chromium
"""
State = tuple[int, int]

_OPTIONS = (
    *(f"-pno:{name}" for name in UNUSED),
    *("--disable-plugin-autoload", "--capture=no"),
    *("--import-mode=importlib", "--continue-on-collection-errors"),
)


class Judge:
    """Checks exercises by the tests in one folder and those within it."""

    def __init__(self, root: Path, temporary: Path, source: Source) -> None:
        self.source = source
        # As pytest calls it, too.
        self._root = Path(os.path.abspath(root))
        self._tests = self._root / "tests"
        self._temporary = temporary
        self._ini = temporary / "pytest.ini"
        self._ini.write_text(_INI)
        self._states: dict[str, State] = {}
        self._marks: dict[Path, frozenset[str]] = {}

    def answer(self, orders: Line) -> None:
        """Answer orders until there are no more.

        The tests are read once, and again when they have changed.
        """
        while True:
            files = self._files_with_tests()
            sitting = Sitting(
                self._root,
                self._temporary / "tests",
                lambda sitting: self._answer_in(sitting, orders),
            )
            self._run(files, sitting)
            if orders.next() is None:
                return
            if sitting.problem:
                number = orders.exercise
                orders.answer(self._broken(number, sitting.problem))

    def _answer_in(self, sitting: Sitting, orders: Line) -> None:
        while orders.next() and not self._has_changed():
            orders.answer(self._verdict(orders, sitting))

    def _verdict(self, orders: Line, sitting: Sitting) -> Verdict:
        exercise = orders.exercise
        try:
            files = [
                file
                for file, marks in self._marks.items()
                if exercise in marks
            ]
            if not files:
                reason = f"No test checks exercise {exercise}."
                return broken_kit(exercise, reason)
            place = orders.workspace, self._root, self._temporary
            order = Order(exercise, *place)
            if exercise == CONTRACT:
                return self._contract(order, files)
            check = Check(order, self.source)
            found = sitting.verdict(check, files, orders.briefly)
            if found.status == "kit_error" and found.failure:
                return self._broken(exercise, found.failure.message)
            return found
        except BaseException:
            return self._broken(exercise, traceback.format_exc(limit=-3))

    def _contract(self, order: Order, files: list[Path]) -> Verdict:
        """Return the verdict on the contract, in a session of its own."""
        check, problems = ContractCheck(order, self.source), Problems()
        try:
            self._run(files, check, problems)
        finally:
            verdict = check.verdict()
        if problems.text:
            return self._broken(order.exercise, problems.text)
        return verdict

    def _broken(self, exercise: str, text: str) -> Verdict:
        clean = placeless(text, self._temporary, self._root)
        return broken_kit(exercise, clean)

    def _run(self, files: list[Path], *plugins: object) -> None:
        options = [*_OPTIONS, "-c", str(self._ini), f"--rootdir={self._root}"]
        options.append(f"--basetemp={self._temporary / 'tests'}")
        # A test may import the data that lies beside it.
        beside = dict.fromkeys([*(file.parent for file in files), self._tests])
        quoted = " ".join(shlex.quote(str(folder)) for folder in beside)
        options.append(f"--override-ini=pythonpath={quoted}")
        chosen = Chosen(self._tests, files)
        arguments = [*options, str(self._tests)]
        pytest.main(arguments, [*plugins, chosen, BareReports()])

    def _files_with_tests(self) -> list[Path]:
        """Return the files with a test of an exercise.

        Files that changed on disk are forgotten as modules.
        """
        before, self._states = self._states, _states(self._tests)
        if any(self._states.get(name) != before[name] for name in before):
            _forget_modules(self._tests)
        self._marks = {
            path: _exercises_in(path)
            for path in sorted(map(Path, self._states))
            if path.name.startswith("test_") and path.suffix == ".py"
        }
        return [
            path for path, marks in self._marks.items() if marks - {CONTRACT}
        ]

    def _has_changed(self) -> bool:
        return _states(self._tests) != self._states


def _states(folder: Path) -> dict[str, State]:
    """Return time and size of each file of Python, folder by folder."""
    found: dict[str, State] = {}
    for entry in os.scandir(folder):
        if entry.is_dir() and entry.name != "__pycache__":
            found |= _states(Path(entry.path))
        elif entry.name.endswith(".py"):
            status = entry.stat()
            found[entry.path] = (status.st_mtime_ns, status.st_size)
    return found


class Chosen:
    """A pytest plugin: of all that is in a folder, only some files are read.

    Each file that is named to pytest has it look at all files beside it.
    """

    def __init__(self, folder: Path, files: list[Path]) -> None:
        self._order = {file: number for number, file in enumerate(files)}
        self._seen = {folder, *files}
        for file in files:
            self._seen |= {*file.parents} - {*folder.parents}

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return None if collection_path in self._seen else True

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self._order[item.path])


class Problems:
    """A pytest plugin: what is wrong with the kit's own tests."""

    def __init__(self) -> None:
        self.text = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.text = f"A test file cannot be read: {report.longrepr}"

    def pytest_internalerror(self, excrepr: object) -> None:
        self.text = f"The check itself failed: {excrepr}"


def _exercises_in(path: Path) -> frozenset[str]:
    """Return the exercises that a file's tests are marked with."""
    text = path.read_text("utf-8")
    if "mark.exercise(" not in text:
        return frozenset()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        # Running the tests will tell what is wrong with them.
        return frozenset(_QUOTED.findall(text))
    # Only real code counts: a test may hold the text of other tests.
    lines = [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if "exercise(" in line
    ]
    return frozenset(
        str(argument.value)
        for node in nodes_on(tree, lines)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("mark.exercise")
        for argument in node.args
        if isinstance(argument, ast.Constant)
    )


def _forget_modules(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder):
            del sys.modules[name]


class Verdicts:
    """Writes one JSON object a line; any thread may."""

    def __init__(self) -> None:
        # What pytest or a test prints must not get between the verdicts.
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def write(self, **fields: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(fields) + "\n")
            self._file.flush()


def main(arguments: list[str]) -> None:
    """Answer orders until there are no more.

    `arguments` are the folder with the tests, and an empty one to use and
    to remove. ``COURSE_CHECK_SEED`` draws other values for the tests.
    """
    root, temporary = map(Path, arguments)
    seed = int(os.environ.get("COURSE_CHECK_SEED") or "0")
    # Nothing here may reach a reference package by mistake.
    sys.modules.update(dict.fromkeys(ROOTS))  # type: ignore[arg-type]
    # A test's own client need not read all authorities either.
    os.environ["SSL_CERT_FILE"] = str(small_certificate_file(temporary))
    verdicts = Verdicts()
    source = process_source(temporary)

    def end() -> None:
        source.close()
        shutil.rmtree(temporary, ignore_errors=True)

    try:
        source.start()
        root, drawn = drawn_root(root, temporary, seed)
        judge = Judge(root, temporary, source)
        threading.Thread(
            target=_tell_when_warm, args=(source, verdicts), daemon=True
        ).start()
        judge.answer(Line(_orders(end), verdicts, drawn))
    finally:
        end()


def _tell_when_warm(source: Source, verdicts: Verdicts) -> None:
    try:
        source.wait()
    except Exception as error:
        verdicts.write(problem=str(error))
    else:
        verdicts.write(ready=True)


def _orders(end: Callable[[], object]) -> Iterator[dict[str, Any]]:
    """Yield the orders. When there are no more, nothing holds the end up."""
    queue: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            queue.put(json.loads(line))
        queue.put(None)
        time.sleep(1)
        end()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while (order := queue.get()) is not None:
        yield order


class Line:
    """The orders in their order: the next one stays until it is answered."""

    def __init__(
        self,
        orders: Iterator[dict[str, Any]],
        verdicts: Verdicts,
        drawn: Drawn,
    ) -> None:
        self._drawn = drawn
        self._orders = orders
        self._verdicts = verdicts
        self._first: dict[str, Any] | None = None

    def next(self) -> dict[str, Any] | None:
        """Return the order to answer; waits for one; None if all are."""
        if self._first is None:
            self._first = next(self._orders, None)
        return self._first

    @property
    def exercise(self) -> str:
        return str(self._first and self._first["check"])

    @property
    def workspace(self) -> Path:
        return Path(str(self._first and self._first["workspace"])).resolve()

    @property
    def briefly(self) -> bool:
        return bool(self._first and self._first.get("briefly"))

    def answer(self, verdict: Verdict) -> None:
        """Answer the next order."""
        assert self._first is not None
        number, self._first = self._first["id"], None
        told = self._drawn.as_seen(verdict.to_dict())
        self._verdicts.write(id=number, verdict=told)
