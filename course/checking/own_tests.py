"""A learner's own tests, run on the right package and on broken ones.

Each run takes two processes: one runs the tests, the other serves the
package, so that tests see no more than the public interface.
"""

from __future__ import annotations

import ast
import os
import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.checking.calls import Call
from course.checking.connection import Connection, FaultError
from course.checking.hints import AnswersError, load_answers
from course.checking.processes import LearnerProcess, Source
from course.checking.remote import Remote
from course.checking.show import plain
from course.sandbox import Sandbox

# Seconds that all tests of one run may take.
SUITE_SECONDS = 8.0


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

    The first run starts them all, side by side. `log` gets a line for each
    run that is asked for.
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
        self._source = source
        self._folder = temporary
        self._log = log
        self._runs: dict[str, Future[OwnTestsResult]] = {}

    def observed(self) -> dict[str, Any]:
        """Return what a hint may look at: the run on the right package."""
        right = self._runs.get("")
        if right is None or right.exception() is not None:
            return {}
        return vars(right.result())

    def run(self, mutant: str = "") -> OwnTestsResult:
        """Return how the tests end on a mutant, or on the right package.

        Raises FaultError where they do not end, or are no tests at all.
        """
        if not self._runs:
            self._start()
        entry = Call("pytest", f"your tests, on {mutant or 'the package'}")
        self._log.append(entry)
        result = self._runs[mutant].result()
        entry.returned = {"passed": result.passed, "failed": result.failed}
        return result

    def _start(self) -> None:
        if is_blank(self._text):
            raise FaultError("not_started", "The file holds no tests yet.")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            packages = [None, *self._mutants]
            for number, package in enumerate(packages):
                name = package.name if package else ""
                self._runs[name] = pool.submit(self._run, number, package)

    def _run(self, number: int, mutant: Mutant | None) -> OwnTestsResult:
        file = self._folder / str(number) / "test_own.py"
        file.parent.mkdir()
        file.write_text(self._text, "utf-8")
        overlay = {}
        if mutant is not None:
            reference = self._root / "llm_providers" / f"{mutant.module}.py"
            broken = file.with_name(f"{mutant.module}.py")
            broken.write_text(mutant.text(reference.read_text("utf-8")))
            overlay[mutant.module] = str(broken)
        with Processes(self._source) as processes, Sandbox() as sandbox:
            package = processes.new()
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
            }
            tests = processes.new()
            found = tests.ask("suite", order=order, seconds=SUITE_SECONDS)
        return _result(found["ok"])


def _result(found: dict[str, Any]) -> OwnTestsResult:
    problem = found.pop("problem")
    if problem:
        raise FaultError("import_error", plain(problem))
    return OwnTestsResult(**{**found, "output": plain(found["output"])})


def is_blank(text: str) -> bool:
    """Return whether a test file is as it was found: without statements."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    idle = (ast.Import, ast.ImportFrom, ast.Expr, ast.Raise)
    return all(isinstance(node, idle) for node in body)


class Processes:
    """Processes for one run; they end with it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._started: list[LearnerProcess] = []

    def __enter__(self) -> Processes:
        return self

    def new(self) -> Remote:
        process = self._source.new_process()
        self._started.append(process)
        process.output.on_flood = process.end

        def ended() -> FaultError:
            process.end(died=True)
            if process.output.flooded:
                return FaultError("flooded", "Your tests print without end.")
            return FaultError("ended", "Your tests ended their process.")

        return Remote(
            lambda answer: Connection(
                process.channel, answer, ended, process.end
            ),
            [],
        )

    def __exit__(self, *error: object) -> None:
        for process in self._started:
            threading.Thread(target=process.end).start()
