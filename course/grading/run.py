"""A grading run: what is new is graded, and everything written anew."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.building.lessons import load_exercises
from course.grading.contained import Protection
from course.grading.feedback import feedback_page
from course.grading.marks import grades_csv, grades_json
from course.grading.overview import overview_page
from course.grading.pool import Order, graded
from course.grading.progress_line import ProgressLine
from course.grading.results import (
    Result,
    digest_of,
    file_name,
    read_result,
    write_result,
)
from course.grading.submissions import Submission
from course.kit import Kit
from course.workspace.files import locked, write_atomically

__all__ = [
    "GradeAll",
    "Graded",
    "Run",
    "seed_of",
    "without_test_files",
    "write_pages",
]

Graded = Iterator[tuple[Submission, Result]]
GradeAll = Callable[[Sequence[Submission], Order, int], Graded]

_CONTROLS = {
    code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"
} | {127: "\ufffd"}


@dataclass(frozen=True)
class Run:
    """Where results go, and how they come about."""

    out: Path
    seed: int
    jobs: int
    level: str = "best"
    protection: Protection | None = None
    again: bool = False
    grade_all: GradeAll = graded

    @property
    def results(self) -> Path:
        """The folder with one file of plain data for each learner."""
        return self.out / "results"

    def grade(
        self, submissions: Sequence[Submission], only: Sequence[str] = ()
    ) -> list[Result]:
        """Grade what has changed and write all pages; return all results.

        `only` are learners' ids; without them everybody is graded. Whatever
        is done stays done if the run is interrupted. Raises OSError.
        """
        self.results.mkdir(parents=True, exist_ok=True)
        with locked(self.out / ".lock", seconds=1.0):
            wanted = [s for s in submissions if not only or s.learner in only]
            due = [each for each in wanted if self._is_due(each)]
            self._grade(due, len(wanted) - len(due))
            results = [
                found
                for each in submissions
                if (found := read_result(self.results, each.learner))
            ]
            said = str(self.protection or "")
            write_pages(self.out, results, self.seed, said)
        return results

    @property
    def _protected_by(self) -> str:
        return self.protection.name if self.protection else ""

    def _is_due(self, submission: Submission) -> bool:
        result = None
        if not self.again:
            result = read_result(self.results, submission.learner)
        if result is None or not result["digest"]:
            return True
        if result.get("protection") != self._protected_by:
            return True
        content = submission.collect().digest()
        return bool(result["digest"] != digest_of(content, self.seed, Kit()))

    def _grade(self, due: Sequence[Submission], unchanged: int) -> None:
        line = ProgressLine(len(due))
        if unchanged:
            line.say(f"{unchanged} submissions have not changed.")
        if not due:
            return
        with _scratch() as scratch:
            order = Order(scratch, self.seed, self.level)
            for submission, result in self.grade_all(due, order, self.jobs):
                result["protection"] = self._protected_by
                if self._protected_by == "limits":
                    without_test_files(result)
                write_result(self.results, result)
                line.step(
                    f"{submission.learner}: {result['points']} of "
                    f"{result['possible']} points, {result['seconds']:.1f} s"
                )
        line.end()


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="course-grade-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seed_of(out: Path, given: int | None) -> int:
    """Return the seed of a class, the same in every run into one folder.

    It is drawn at random the first time, so that nobody knows it before.
    """
    file = out / "seed"
    if given is None:
        try:
            return int(file.read_text("ascii"))
        except (OSError, ValueError):
            given = secrets.randbelow(10**6) + 1
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(file, f"{given}\n".encode())
    return given


def without_test_files(result: Result) -> None:
    """Take out the marks for a learner's own tests, which could be forged.

    Where nothing contains them, they can see which package they run on.
    """
    exercises = load_exercises(Kit())
    for row in result["exercises"]:
        exercise = exercises.get(row["exercise"])
        if exercise and exercise.kind == "tests":
            result["points"] -= row["points"]
            result["possible"] -= row["possible"]
            row["points"] = row["possible"] = 0
            row["notes"].append(
                "A file of tests counts only where grading is contained; "
                "here it is checked without marks."
            )


def write_pages(
    out: Path, results: Sequence[Result], seed: int, protection: str
) -> None:
    """Write CSV, JSON, a page for each learner, and the class's page."""
    exercises = load_exercises(Kit())
    _write(out / "grades.csv", grades_csv(results, list(exercises)))
    _write(out / "grades.json", grades_json(results, seed))
    for result in results:
        path = out / "feedback" / f"{file_name(result['learner'])}.html"
        _write_page(path, feedback_page(result, exercises))
    page = overview_page(results, exercises, protection)
    _write_page(out / "index.html", page)


def _write_page(path: Path, text: str) -> None:
    _write(path, text.translate(_CONTROLS))


def _write(path: Path, text: str) -> None:
    data = text.encode("utf-8", "replace")
    if not path.exists() or path.read_bytes() != data:
        write_atomically(path, data)
