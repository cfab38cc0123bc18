"""The judge: checks exercises one after another, as long as it is asked.

Reads one JSON object a line from standard input, ``{"id": 1, "check": "2.1",
"workspace": "…"}``, and answers each with one line: the same id and the
verdict. Ends when standard input does.
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
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from course.checking.contract import ContractCheck
from course.checking.learner import Order
from course.checking.processes import Source, process_source
from course.checking.reports import BareReports
from course.checking.roots import ROOTS
from course.checking.session import Check
from course.checking.show import placeless
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
_OPTIONS = (
    *(f"-pno:{name}" for name in UNUSED),
    *("--disable-plugin-autoload", "--capture=no"),
    "--import-mode=importlib",
)


class Judge:
    """Checks exercises by the tests in one folder and those within it."""

    def __init__(self, root: Path, temporary: Path, source: Source) -> None:
        self.source = source
        self._root = root
        self._tests = root / "tests"
        self._temporary = temporary
        self._ini = temporary / "pytest.ini"
        self._ini.write_text(_INI)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._marks: dict[Path, frozenset[str]] = {}
        # The first look at all files takes longer than a check.
        self._test_files("")

    def check(self, exercise: str, workspace: Path) -> Verdict:
        """Return the verdict on one exercise of a workspace."""
        files = self._test_files(exercise)
        if not files:
            return broken_kit(exercise, f"No test checks exercise {exercise}.")
        order = Order(exercise, workspace, self._root, self._temporary)
        kind = ContractCheck if exercise == CONTRACT else Check
        check = kind(order, self.source)
        problems = Problems()
        options = [*_OPTIONS, "-c", str(self._ini), f"--rootdir={self._root}"]
        options.append(f"--basetemp={self._temporary / 'tests'}")
        # A test may import the data that lies beside it.
        beside = dict.fromkeys([*(file.parent for file in files), self._tests])
        quoted = " ".join(shlex.quote(str(folder)) for folder in beside)
        options.append(f"--override-ini=pythonpath={quoted}")
        try:
            plugins = [check, problems, BareReports()]
            pytest.main([*options, *map(str, files)], plugins)
        finally:
            verdict = check.verdict()
        if problems.text:
            text = placeless(problems.text, self._temporary, self._root)
            return broken_kit(exercise, text)
        return verdict

    def _test_files(self, exercise: str) -> list[Path]:
        """Return the files with a test of this exercise.

        Files that changed on disk are forgotten as modules.
        """
        found = []
        for path in sorted(self._tests.rglob("*.py")):
            stat = path.stat()
            state = (stat.st_mtime_ns, stat.st_size)
            if self._seen.get(path) != state:
                if path in self._seen:
                    _forget_modules(self._tests)
                self._seen[path] = state
                self._marks[path] = _exercises_in(path)
            if path.name.startswith("test_") and exercise in self._marks[path]:
                found.append(path)
        return found


class Problems:
    """A pytest plugin: what is wrong with the kit's own tests."""

    def __init__(self) -> None:
        self.text = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.text = f"A test file cannot be read: {report.longrepr}"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        names = Counter(item.name for item in session.items)
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            self.text = f"Several tests are called {', '.join(twice)}."

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
    return frozenset(
        str(argument.value)
        for node in ast.walk(tree)
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
    to remove.
    """
    root, temporary = map(Path, arguments)
    # Nothing here may reach a reference package by mistake.
    sys.modules.update(dict.fromkeys(ROOTS))  # type: ignore[arg-type]
    verdicts = Verdicts()
    source = process_source(temporary)

    def end() -> None:
        source.close()
        shutil.rmtree(temporary, ignore_errors=True)

    try:
        source.start()
        judge = Judge(root, temporary, source)
        threading.Thread(
            target=_tell_when_warm, args=(source, verdicts), daemon=True
        ).start()
        for order in _orders(end):
            verdict = _judged(judge, order, root)
            verdicts.write(id=order["id"], verdict=verdict.to_dict())
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


def _judged(judge: Judge, order: dict[str, Any], root: Path) -> Verdict:
    exercise = str(order["check"])
    try:
        return judge.check(exercise, Path(order["workspace"]).resolve())
    except BaseException:
        text = traceback.format_exc(limit=-3)
        return broken_kit(exercise, placeless(text, root))
