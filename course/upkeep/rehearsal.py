"""`python3 -m course rehearse`: the whole course, as a learner goes through.

In a fresh copy and in real kernels, phase after phase: every cell in order;
at each exercise first the blank, then a typical wrong answer, which has to
get its own hint, then the answer, which has to pass. So the cells in between
are shown to need no exercise that comes later.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course.building.exercises import Exercise
from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.building.notebook_kernel import notebook_client
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.upkeep.fresh_copy import fresh_copy, learners_environ
from course.upkeep.typical_answers import first_mistake
from course.workspace.workspace import Workspace

__all__ = ["RehearsalError", "main", "rehearse"]

EXERCISE = re.compile(r'^@exercise\("(?P<number>[\d.]+)"\)', re.MULTILINE)
PHASE = re.compile(r"phase_(?P<phase>\d+)_")
CATCH_UP = "from course.workspace.commands import catch_up; catch_up({!r})"
# An agent's tests may be written before the agent is.
EARLY = "saved, not run yet"


class RehearsalError(Exception):
    """Something that a learner would have stumbled over, and where."""


def main(argv: list[str]) -> int:
    """Rehearse the course and return 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course rehearse",
        description="Work through the whole course in a fresh copy: every "
        "blank, a typical mistake, the answer, and all cells in between.",
    )
    parser.add_argument(
        "--phase", type=int, help="one phase, those before it filled in"
    )
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="course-rehearsal-") as folder:
        kit = Kit(fresh_copy(Kit().root, Path(folder) / "course"))
        try:
            for line in rehearse(kit, wanted.phase):
                print(line, flush=True)
        except RehearsalError as problem:
            print(problem)
            return ExitCode.FAILED
    return ExitCode.DONE


def rehearse(kit: Kit, phase: int | None = None) -> Iterator[str]:
    """Work through the notebooks of a copy and yield a line on each.

    Raises RehearsalError for the first thing that goes wrong, CommandError
    for a phase that there is not.
    """
    notebooks = {_phase(path): path for path in kit.notebooks.glob("*.ipynb")}
    if phase is not None:
        if phase not in notebooks:
            text = f"There is no phase {phase}."
            raise CommandError(ExitCode.WRONG_USE, text)
        notebooks = {phase: notebooks[phase]}
        if phase > 1:
            _catch_up(kit, phase - 1)
    began = time.monotonic()
    for number, path in sorted(notebooks.items()):
        yield _rehearsed(kit, number, path)
    yield _closing(kit, set(notebooks), time.monotonic() - began)


def _phase(path: Path) -> int:
    found = PHASE.match(path.name)
    if not found:
        raise RehearsalError(f"{path.name} belongs to no phase.")
    return int(found["phase"])


def _catch_up(kit: Kit, phase: int) -> None:
    subprocess.run(
        [sys.executable, "-c", CATCH_UP.format([str(phase)])],
        cwd=kit.root,
        env=learners_environ(os.environ),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _rehearsed(kit: Kit, phase: int, path: Path) -> str:
    """Work through one notebook and say in a line what was done."""
    exercises = load_exercises(kit)
    began = time.monotonic()
    done: Counter[str] = Counter()
    with _kernel(path) as (notebook, run):
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            found = EXERCISE.search(cell.source)
            if found:
                _work_on(exercises[found["number"]], cell.source, run, done)
            else:
                run(cell.source)
                done["other cells"] += 1
    told = ", ".join(f"{count} {what}" for what, count in done.items())
    return f"Phase {phase}: {told}, in {time.monotonic() - began:.0f} s"


def _work_on(
    exercise: Exercise, blank: str, run: Any, done: Counter[str]
) -> None:
    """Do an exercise as learners do: not at all, wrongly, and rightly."""
    _require(": not started", _first_line(run(blank)), exercise, "the blank")
    done["blanks"] += 1
    mistake = first_mistake(exercise)
    if mistake:
        shown = run(decorated(exercise, mistake.code))
        if exercise.kind == "tests" and EARLY in _first_line(shown):
            done["tests ahead of their agent"] += 1
        else:
            what = f"a wrong answer:\n{mistake.code}"
            _require(mistake.hint, " ".join(shown.split()), exercise, what)
            done["mistakes"] += 1
    shown = run(decorated(exercise, exercise.solution))
    fine = ": passed"
    if exercise.kind == "tests" and EARLY in _first_line(shown):
        fine = EARLY
    _require(fine, _first_line(shown), exercise, f"the answer:\n{shown}")
    done["answers"] += 1


def _first_line(shown: str) -> str:
    return shown.strip().partition("\n")[0]


def _require(wanted: str, shown: str, exercise: Exercise, what: str) -> None:
    if wanted not in shown:
        raise RehearsalError(
            f"Exercise {exercise.id}: {wanted!r} is not shown for {what}\n"
            f"but: {shown}"
        )


@contextmanager
def _kernel(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield a notebook and a function that runs code in its kernel.

    That returns what is shown as text. Raises RehearsalError for a cell
    that ends in an error, dies or takes too long.
    """
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbformat import read
    from nbformat.v4 import new_code_cell

    notebook = read(path, as_version=4)  # type: ignore[no-untyped-call]

    def run(source: str) -> str:
        cell = new_code_cell(source)  # type: ignore[no-untyped-call]
        try:
            client.execute_cell(cell, 0)
        except (CellExecutionError, DeadKernelError, TimeoutError) as error:
            raise RehearsalError(
                f"{path.name}: a cell went wrong:\n{source}\n{error}"
            ) from None
        return "\n".join(map(_as_text, cell.outputs))

    with notebook_client(notebook, path.parent) as client:
        with client.setup_kernel(env=learners_environ(os.environ)):
            yield notebook, run


def _as_text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))


def _closing(kit: Kit, phases: Container[int], seconds: float) -> str:
    """Return what was passed; raise RehearsalError unless it is all."""
    standings = [
        each
        for each in Workspace(kit.root / "workspace", kit).standings()
        if each.exercise.phase in phases
    ]
    passed = [each for each in standings if each.state == "passed"]
    early = [
        each
        for each in standings
        if each.exercise.kind == "tests" and each.state != "passed"
    ]
    missing = len(standings) - len(passed) - len(early)
    line = f"{len(passed)} of {len(standings)} exercises passed"
    if early:
        line += f", {len(early)} test files wait for their agent"
    if missing:
        raise RehearsalError(f"{line}; that is {missing} too few.")
    return f"{line}, in {seconds:.0f} s"
