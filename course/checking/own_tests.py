"""A learner's own tests, run on the right package and on broken ones.

The tests run in one process, each package is served by another, so that
tests see no more than the public interface.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course.building.agent_tests import agent_of
from course.checking.blind import BlindRuns
from course.checking.calls import NOTHING, Call
from course.checking.connection import FaultError
from course.checking.containers import Containers
from course.checking.packages import (
    Packages,
    end_soon,
    load_mutants,
    remote_of,
)
from course.checking.processes import Source
from course.checking.roots import FIRST
from course.checking.show import plain
from course.checking.side_by_side import UNENDED
from course.checking.verdict import Failure
from course.checking.ways_to_fail import able_to_fail

# Seconds that the tests may take on all packages together.
SUITE_SECONDS = 15.0

_BLANK = re.compile(r"NotImplementedError\(\"exercise (\d+)\.")

# Bytes of a file of tests.
LONGEST_FILE = 256 * 1024

# Packages that are tried side by side where processes are cheap.
AT_ONCE = max(2, os.cpu_count() or 2)


@dataclass(frozen=True)
class OwnTestsResult:
    """How the tests end on one package; each list has tests' names.

    `empty` are those that passed without a check, hold no way to fail and
    failed on no broken package; `output` says what went wrong in those that
    failed. `unwritten` are those that came to a part of
    the package that is still blank.
    """

    collected: list[str]
    passed: list[str]
    failed: list[str]
    empty: list[str]
    output: str
    any_order: bool = True
    unwritten: tuple[str, ...] = ()

    @property
    def in_short(self) -> str:
        """How many passed, and how many did not."""
        return f"{len(self.passed)} passed, {len(self.failed)} failed"


# What each expectation of `tests/test_own_tests.py` asks for, in words.
_EXPECTED = {
    "test_there_is_at_least_one_test": (
        "a function whose name begins with test_"
    ),
    "test_they_pass_on_the_right_package": "every test passes",
    "test_each_of_them_expects_something": (
        "an assert, or another way to fail, in every test"
    ),
    "test_they_pass_on_your_own_package": "every test passes",
    "test_they_catch": "a test that passes on the right package fails here",
}


def in_words(failure: Failure, log: list[Call]) -> Failure:
    """Return a failure of a learner's tests in words about tests."""
    expected = _EXPECTED.get(failure.test.partition("[")[0])
    found = log[-1].returned if log else NOTHING
    if expected is None or found is NOTHING:
        return failure
    return replace(failure, expected=expected, returned=str(found))


class OwnTests:
    """The tests of one file against the package of `root`, and broken ones.

    The right package comes first; then the broken ones are tried, each until
    a test notices, beginning with the one that noticed when these packages
    were last tried. `log` gets a line for each result that is asked for.
    The package `is_ours` if it is not the learner's own.
    """

    def __init__(
        self,
        tests: Path,
        answers: Path,
        root: Path,
        source: Source,
        temporary: Path,
        log: list[Call],
        is_ours: bool = False,
    ) -> None:
        # What the tests printed on the right package.
        self.printed = ""
        self._text = _text_of(tests)
        self._about = agent_of(tests.name)
        self._answers = answers
        self._root = root
        self._is_ours = is_ours
        self._source = source
        self._folder = temporary
        self._log = log
        self._results: dict[str, OwnTestsResult] = {}

    def observed(self) -> dict[str, Any]:
        """Return what a hint may look at: the run on the right package."""
        return vars(self._results[""]) if self._results else {}

    def run(self, mutant: str = "") -> OwnTestsResult:
        """Return how the tests end on a mutant, or on the right package.

        Raises FaultError where they do not end, or are no tests at all.
        """
        ours = load_mutants(self._answers)
        what = mutant or "the right package" if ours else "your package"
        entry = Call("pytest", f"your tests, on {what}")
        self._log.append(entry)
        if not self._results:
            self._results = self._with_ways_to_fail(self._run_all())
        # Where no test passes on the right package, none is tried further.
        nothing = OwnTestsResult([], [], [], [], "")
        result = self._results.get(mutant, nothing)
        entry.returned = result.in_short
        return result

    def _with_ways_to_fail(
        self, results: dict[str, OwnTestsResult]
    ) -> dict[str, OwnTestsResult]:
        """Take no test for empty that can fail, however it says so."""
        right = results.get("")
        if right and right.empty:
            able = able_to_fail(self._text, right.empty)
            able.update(*(row.failed for row in results.values()))
            empty = [name for name in right.empty if name not in able]
            results = {**results, "": replace(right, empty=empty)}
        return results

    def require_written(self) -> None:
        """Raise FaultError if what the tests ask is still to be written."""
        result = self.run()
        if result.unwritten and not result.failed:
            phase = self._about.phase
            words = f"The agent that they ask comes in phase {phase}."
            raise FaultError("waiting", words)

    def _run_all(self) -> dict[str, OwnTestsResult]:
        if is_blank(self._text):
            raise FaultError("not_started", "The file holds no tests yet.")
        if isinstance(self._source, Containers):
            return self._run_blind(self._source)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        file = self._folder / "test_own.py"
        file.write_text(self._text, "utf-8")
        noticed = Noticed(self._folder.parent / "noticed.json")
        packages = Packages(
            self._root,
            load_mutants(self._answers),
            self._source,
            self._folder,
            AT_ONCE,
            noticed.by,
            self._libraries(),
        )
        try:
            found = self._tested(file, packages)
        finally:
            packages.close()
        _require_readable(found["problem"])
        if found["fault"]:
            raise FaultError(found["fault"], _FAULTS[found["fault"]])
        noticed.keep(found["results"])
        return {
            name: OwnTestsResult(**{**row, "output": _told(row["output"])})
            for name, row in found["results"].items()
        }

    def _run_blind(self, source: Containers) -> dict[str, OwnTestsResult]:
        """Run them in rooms; on the kit's packages but once.

        Grading asks twice about a file that fails, once for each of the
        learner's packages, of which its tests see neither.
        """
        if not self._is_ours:
            return self._in_rooms(source)
        key = self._text, self._answers, repr(load_mutants(self._answers))
        if key not in _last_results:
            found = self._in_rooms(source)
            _last_results.clear()
            _last_results[key] = found
        return dict(_last_results[key])

    def _in_rooms(self, source: Containers) -> dict[str, OwnTestsResult]:
        runs = BlindRuns(
            self._text,
            self._about,
            self._root,
            load_mutants(self._answers),
            source,
            self._libraries(),
        )
        found = runs.results()
        _require_readable(found[""].pop("problem"))
        for row in found.values():
            row.pop("problem", None)
        return {
            name: OwnTestsResult(**{**row, "output": _told(row["output"])})
            for name, row in found.items()
        }

    def _libraries(self) -> tuple[str, ...]:
        """Return what the agent stands on, if there may be an agent yet."""
        for path in (self._root / FIRST).rglob("*.py"):
            for phase in _BLANK.findall(path.read_text("utf-8", "replace")):
                if int(phase) <= self._about.phase:
                    return ()
        return self._about.libraries

    def _tested(self, file: Path, packages: Packages) -> dict[str, Any]:
        process = self._source.room(self._folder).new_process()
        remote = remote_of(process, _FAULTS["ended"])
        order = {
            "file": str(file),
            "next_package": packages.next,
            "at_once": 1 if self._source.dear else AT_ONCE,
            "agent": self._about.agent,
            "provider": self._about.provider,
        }
        try:
            data = remote.encode(order)
            reply = remote.ask("suite", order=data, seconds=SUITE_SECONDS)
            remote.ask("hush")
            process.output.finish()
        finally:
            end_soon(process)
            self.printed = process.output.text
        found: dict[str, Any] = reply["ok"]
        return found


_last_results: dict[tuple[str, Path, str], dict[str, OwnTestsResult]] = {}


def _text_of(file: Path) -> str:
    """Return a test file's text; empty if it is no ordinary file.

    Raises FaultError for one that is no text, or too long.
    """
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return ""
        with file.open("rb") as opened:
            content = opened.read(LONGEST_FILE + 1)
        text = content.decode("utf-8")
    except OSError:
        return ""
    except UnicodeDecodeError:
        raise FaultError("import_error", "The file is no UTF-8.") from None
    if len(content) > LONGEST_FILE:
        raise FaultError("import_error", "The file is too long.")
    return text


def _told(output: str) -> str:
    return plain(output.replace(f"checking.connection.{_FAULT}: ", ""))


class Noticed:
    """Which test noticed a broken package last time, kept in a file.

    A file of tests grows by one test at a time, so the same one most likely
    notices again.
    """

    def __init__(self, file: Path) -> None:
        # The names of tests, by the names of the packages.
        self.by: dict[str, str] = {}
        self._file = file
        with suppress(OSError, ValueError):
            self.by = json.loads(file.read_text("utf-8"))

    def keep(self, results: dict[str, dict[str, Any]]) -> None:
        """Remember what noticed in these results."""
        for name, row in results.items():
            if name and row["failed"] and row["failed"] != [UNENDED]:
                self.by[name] = row["failed"][0]
        self._file.write_text(json.dumps(self.by), "utf-8")


_FAULT = FaultError.__name__
_FAULTS = {
    "hung": "Your tests did not come to an end.",
    "ended": "Your tests ended their process.",
}


def _require_readable(problem: str) -> None:
    """Raise FaultError if pytest could not read the file."""
    if f"No module named '{FIRST}'" in problem:
        problem += ". Tests reach the package through the fixture `llm`."
    if problem:
        raise FaultError("import_error", plain(problem))


def is_blank(text: str) -> bool:
    """Return whether a test file is as it was found: without statements."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    idle = (ast.Import, ast.ImportFrom, ast.Expr, ast.Raise)
    return all(isinstance(node, idle) for node in body)
