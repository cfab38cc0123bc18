"""nbgrader and otter-grader on the same submissions, as they are called.

Both execute a notebook of the exercises' cells alone, in a kernel each time;
a cell asks for the exercise's check, by the same tests as ours. nbgrader has a
notebook for each phase and otter-grader one for all.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.grading_submissions import Handed, load
from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import ROOT, clean_environ
from course.building.lessons import Exercise, load_exercises, load_lessons
from course.building.notebook_files import code_cell, notebook_of, serialized
from course.exporting import nbgrader
from course.kit import Kit

__all__ = ["LEAST", "PEERS", "SUBMISSIONS", "Peer"]

# A peer takes minutes for what we grade in seconds.
SUBMISSIONS = 3
# How many times their rate ours should be.
LEAST = {"nbgrader": 5.0, "otter": 8.0}
NUMBER = re.compile(r'@exercise\("([\d.]+)"\)')
TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = {points}


@test_case(points={points})
def passes():
    from course.kernel.graded import require_passed

    require_passed("{id}")
"""
SET_UP = """\
import os, sys
sys.path.insert(0, os.environ["COURSE_KIT"])
from course.notebook import exercise
"""


@dataclass(frozen=True)
class Peer:
    """The seconds that a peer took for each submission, and what to say."""

    seconds: tuple[float, ...]
    note: str


def with_nbgrader(handed: Sequence[Handed]) -> Peer:
    """Have nbgrader autograde every phase of each submission."""
    python = peer_python("nbgrader")
    with tempfile.TemporaryDirectory(prefix="bench-nbgrader-") as folder:
        out = Path(folder)
        list(nbgrader.export(Kit(), out))
        names = []
        for lesson in load_lessons():
            notebook = nbgrader.assignment(lesson, whole=False)
            path = out / "source" / lesson.name / f"{lesson.name}.ipynb"
            path.write_text(serialized(notebook), "utf-8")
            names.append(lesson.name)
            call(python, out, "nbgrader", "generate_assignment", lesson.name)
            for each in handed:
                _submit(each, out, lesson.name)
        taken = []
        for each in handed:
            began = time.perf_counter()
            for name in names:
                who = f"--student={each.learner}"
                call(python, out, "nbgrader", "autograde", name, who)
            taken.append(time.perf_counter() - began)
        call(python, out, "nbgrader", "export")
        points = _points(handed)
        rows = (out / "grades.csv").read_text("utf-8").splitlines()
        given = sum(float(row.split(",")[7]) for row in rows[1:])
    return Peer(
        tuple(taken), f"nbgrader gave {given:.0f} of {points} points deserved."
    )


def _submit(handed: Handed, out: Path, name: str) -> None:
    """Hand in what nbgrader generated, the answers put into their cells."""
    notebook: dict[str, Any] = load(out / "release" / name / f"{name}.ipynb")
    for cell in notebook["cells"]:
        found = NUMBER.search("".join(cell["source"]))
        if cell["cell_type"] == "code" and found:
            text = handed.cells[found[1]]
            cell["source"] = text.splitlines(keepends=True)
    folder = out / "submitted" / handed.learner / name
    folder.mkdir(parents=True)
    (folder / f"{name}.ipynb").write_text(serialized(notebook), "utf-8")


def with_otter(handed: Sequence[Handed]) -> Peer:
    """Have otter-grader run each submission, in no container."""
    python = peer_python("otter")
    with tempfile.TemporaryDirectory(prefix="bench-otter-") as folder:
        out = Path(folder)
        (out / "tests").mkdir()
        for exercise in load_exercises().values():
            name, text = _otter_test(exercise)
            (out / "tests" / f"{name}.py").write_text(text, "utf-8")
        call(
            python,
            out,
            "otter",
            "generate",
            "--no-requirements",
            "--no-environment",
            "-o",
            "autograder.zip",
        )
        taken, given = [], 0.0
        for each in handed:
            path = out / f"{each.learner}.ipynb"
            texts = [SET_UP, *each.cells.values()]
            notebook = notebook_of([code_cell(text) for text in texts])
            path.write_text(serialized(notebook), "utf-8")
            results = out / f"{each.learner}-results"
            results.mkdir()
            began = time.perf_counter()
            call(
                python,
                out,
                "otter",
                "run",
                "-a",
                "autograder.zip",
                "--no-logo",
                "-o",
                str(results),
                str(path),
                COURSE_WORKSPACE=str(out / f"{each.learner}-workspace"),
            )
            taken.append(time.perf_counter() - began)
            tests = load(results / "results.json")["tests"]
            given += sum(test.get("score") or 0 for test in tests)
    return Peer(
        tuple(taken),
        f"otter-grader gave {given:.0f} of {_points(handed)} points deserved.",
    )


def _otter_test(exercise: Exercise) -> tuple[str, str]:
    name = f"q{exercise.id.replace('.', '_')}"
    text = TEST.format(name=name, points=exercise.points, id=exercise.id)
    return name, text


def _points(handed: Sequence[Handed]) -> int:
    """Return what the submissions deserve together."""
    exercises = load_exercises()
    return sum(
        exercises[name].points for each in handed for name in each.right
    )


def call(python: Path, folder: Path, *command: str, **more: str) -> None:
    """Run a peer's command in a folder. Raises BenchmarkError."""
    found = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environ = clean_environ(
        None,
        PATH=found,
        COURSE_KIT=str(ROOT),
        JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
        **more,
    )
    program, *arguments = command
    done = subprocess.run(
        [python.parent / program, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-800:]
        raise BenchmarkError(f"`{' '.join(command)}` failed:\n{said}")


PEERS: Mapping[str, Callable[[Sequence[Handed]], Peer]] = {
    "nbgrader": with_nbgrader,
    "otter": with_otter,
}
