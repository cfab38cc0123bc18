"""A learner's own tests, run on the right package and on broken ones.

Each run takes two processes: one runs the tests, the other serves the
package, so that tests see no more than the public interface.
"""

from __future__ import annotations

import ast
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course.checking.calls import NOTHING, Call
from course.checking.connection import Connection, FaultError
from course.checking.hints import AnswersError, load_answers
from course.checking.processes import LearnerProcess, Source
from course.checking.remote import Remote
from course.checking.show import plain
from course.checking.verdict import Failure
from course.sandbox import Sandbox

# Seconds that all tests of one run may take.
SUITE_SECONDS = 6.0


@dataclass(frozen=True)
class OwnTestsResult:
    """How the tests end on one package; each list has tests' names.

    `empty` are those that passed without a check, `output` says what went
    wrong in those that failed.
    """

    collected: list[str]
    passed: list[str]
    failed: list[str]
    empty: list[str]
    output: str

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
        "an assert or pytest.raises in every test"
    ),
    "test_they_catch": "a test that passes on the right package fails here",
}


def in_words(failure: Failure, log: list[Call]) -> Failure:
    """Return a failure of a learner's tests in words about tests."""
    expected = _EXPECTED.get(failure.test.partition("[")[0])
    found = log[-1].returned if log else NOTHING
    if expected is None or found is NOTHING:
        return failure
    return replace(failure, expected=expected, returned=str(found))


@dataclass(frozen=True)
class Mutant:
    """A broken package: the module that differs, and what breaks it."""

    name: str
    module: str
    swap: Mapping[str, str]

    def text(self, reference: str) -> str:
        """Return the module's text. Raises AnswersError."""
        for old, new in self.swap.items():
            if reference.count(old) != 1:
                raise AnswersError(
                    f"{self.name}: {self.module}.py has {old!r}"
                    f" {reference.count(old)} times, not once"
                )
            reference = reference.replace(old, new)
        return reference


def load_mutants(answers: Path) -> list[Mutant]:
    """Return the broken packages of an answers file."""
    return [
        Mutant(row["name"], row["module"], row["swap"])
        for row in load_answers(answers).get("mutants") or ()
    ]


class OwnTests:
    """The tests of one file, `text`, against all the packages of `root`.

    The right package comes first; then the broken ones are tried side by
    side, each until a test notices. `log` gets a line for each run that is
    asked for.
    """

    def __init__(
        self,
        text: str,
        answers: Path,
        root: Path,
        source: Source,
        temporary: Path,
        log: list[Call],
    ) -> None:
        self._text = text
        self._mutants = load_mutants(answers)
        self._root = root
        self._folder = temporary
        self._log = log
        self._pairs = Pairs(source)
        self._right: OwnTestsResult | None = None
        self._runs: dict[str, Future[OwnTestsResult]] = {}

    def observed(self) -> dict[str, Any]:
        """Return what a hint may look at: the run on the right package."""
        return vars(self._right) if self._right else {}

    def run(self, mutant: str = "") -> OwnTestsResult:
        """Return how the tests end on a mutant, or on the right package.

        Raises FaultError where they do not end, or are no tests at all.
        """
        what = mutant or "the right package"
        entry = Call("pytest", f"your tests, on {what}")
        self._log.append(entry)
        result = self._start() if not mutant else self._runs[mutant].result()
        entry.returned = result.in_short
        return result

    def close(self) -> None:
        self._pairs.close()

    def _start(self) -> OwnTestsResult:
        if self._right is not None:
            return self._right
        if is_blank(self._text):
            raise FaultError("not_started", "The file holds no tests yet.")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        right = self._right = self._run(0, None, [])
        pool = ThreadPoolExecutor(self._pairs.at_once)
        for number, mutant in enumerate(self._mutants, 1):
            self._runs[mutant.name] = pool.submit(
                self._run, number, mutant, right.failed
            )
        pool.shutdown(wait=False)
        return right

    def _run(
        self, number: int, mutant: Mutant | None, without: list[str]
    ) -> OwnTestsResult:
        file = self._folder / str(number) / "test_own.py"
        file.parent.mkdir()
        file.write_text(self._text, "utf-8")
        overlay = {}
        if mutant is not None:
            reference = self._root / "llm_providers" / f"{mutant.module}.py"
            broken = file.with_name(f"{mutant.module}.py")
            broken.write_text(mutant.text(reference.read_text("utf-8")))
            overlay[mutant.module] = str(broken)
        with self._pairs.one() as (package, tests), Sandbox() as sandbox:
            package.ask(
                "use",
                workspace=str(self._root),
                kept=str(self._folder.parent / "code"),
                overlay=overlay,
            )
            order = {
                "file": str(file),
                "peer": package.ask("listen")["ok"],
                "sandbox": sandbox.url,
                "without": without,
                "until_noticed": mutant is not None,
            }
            found = tests.ask("suite", order=order, seconds=SUITE_SECONDS)
        return _result(found["ok"])


def _result(found: dict[str, Any]) -> OwnTestsResult:
    problem = plain(found.pop("problem"))
    if "No module named 'llm_providers'" in problem:
        problem += ". Tests reach the package through the fixture `llm`."
    if problem:
        raise FaultError("import_error", problem)
    return OwnTestsResult(**{**found, "output": plain(found["output"])})


def is_blank(text: str) -> bool:
    """Return whether a test file is as it was found: without statements."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    idle = (ast.Import, ast.ImportFrom, ast.Expr, ast.Raise)
    return all(isinstance(node, idle) for node in body)


class Pairs:
    """Two processes for each run: one for the package, one for the tests.

    Where processes are dear, one pair serves all runs in turn, until
    something goes wrong in it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: list[tuple[Pair, list[LearnerProcess]]] = []
        self.at_once = 1 if source.dear else os.cpu_count() or 2

    @contextmanager
    def one(self) -> Iterator[Pair]:
        if self._kept:
            pair, processes = self._kept.pop()
        else:
            processes = [self._source.new_process() for _ in range(2)]
            pair = (_remote(processes[0]), _remote(processes[1]))
        try:
            yield pair
        except BaseException:
            _end(processes)
            raise
        if self._source.dear:
            self._kept.append((pair, processes))
        else:
            _end(processes)

    def close(self) -> None:
        while self._kept:
            _end(self._kept.pop()[1])


Pair = tuple[Remote, Remote]


def _end(processes: list[LearnerProcess]) -> None:
    for process in processes:
        # Nobody has to wait until it is cleared away.
        threading.Thread(target=process.end).start()


def _remote(process: LearnerProcess) -> Remote:
    process.output.on_flood = process.end

    def ended() -> FaultError:
        process.end(died=True)
        if process.output.flooded:
            return FaultError("flooded", "Your tests print without end.")
        return FaultError("ended", "Your tests ended their process.")

    return Remote(
        lambda answer: Connection(process.channel, answer, ended, process.end),
        [],
    )
