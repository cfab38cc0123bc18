"""One submission graded: its answers put in and checked, one by one.

The exercises come in the order of the lessons, each answer put in right
before its check. An answer is right if it passes in the learner's own
package, or in the same package with the kit's answers in place of the
earlier ones that are missing or did not pass: nobody is marked down twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from course.building.exercises import Exercise
from course.building.lessons import load_exercises
from course.checking.verdict import Verdict
from course.grading.answers_in import Candidate, Found, find_answers
from course.grading.fresh import FreshWorkspace, Template
from course.grading.results import FORMAT, Result, digest_of
from course.grading.submissions import Submission
from course.kit import Kit

__all__ = [
    "AnyChecker",
    "CheckerFactory",
    "Grader",
    "close_graders",
    "grade_one",
    "not_judged",
]

# Of all that an answer printed, what stands in the feedback.
LONGEST_PRINT = 2_000

# Seconds for a check of grading, where the machine has a lot to do. Answers
# that do not come to an end cost their whole time each; after so many of
# them, seconds for each that follows.
PATIENCE = 60.0
PATIENCE_LOST_AFTER = 3
LITTLE_PATIENCE = 10.0

# What an own package's check says that is not about the answer itself.
_NOT_ABOUT_IT = ("waiting", "import_error", "not_started", "kit_error")
_ENDLESS = ("hung", "flooded")


class AnyChecker(Protocol):
    """What checks the exercises of one workspace.

    It may have a `check_briefly`, which is the same up to the first failure.
    """

    def check(
        self, exercise: str, patience: float | None = None
    ) -> Verdict: ...
    def close(self) -> None: ...


CheckerFactory = Callable[[Path], AnyChecker]


class Grader:
    """Grades one submission after another in one folder of its own."""

    def __init__(
        self,
        scratch: Path,
        seed: int,
        factory: CheckerFactory,
        kit: Kit | None = None,
    ) -> None:
        self.kit = kit or Kit()
        self._seed = seed
        self._exercises = load_exercises(self.kit)
        template = Template(self.kit, self._exercises, scratch)
        self._bases = {
            each.saved_in: template.text(each.saved_in)
            for each in self._exercises.values()
        }
        self._own = FreshWorkspace(scratch / "own", template)
        self._helped = FreshWorkspace(scratch / "helped", template)
        self._own.begin()
        self._helped.begin()
        self._checkers: dict[Path, AnyChecker] = {}
        self._factory = factory

    def grade(self, submission: Submission) -> Result:
        """Return the result, as plain data. Raises OSError."""
        began = time.monotonic()
        collected = submission.collect()
        digest = digest_of(collected.digest(), self._seed, self.kit)
        found = find_answers(collected, self._exercises, self._bases)
        rows = _Judging(self, found).rows()
        return {
            "format": FORMAT,
            "learner": submission.learner,
            "digest": digest,
            "seed": self._seed,
            "points": sum(row["points"] for row in rows),
            "possible": sum(row["possible"] for row in rows),
            "seconds": round(time.monotonic() - began, 2),
            "problems": [*_unchecked(rows), *found.problems[:200]],
            "repairs": found.repairs[:200],
            "files": found.files[:200],
            "exercises": rows,
        }

    def check(
        self,
        workspace: FreshWorkspace,
        exercise: str,
        patience: float,
        briefly: bool = False,
    ) -> Verdict:
        """Return the verdict on an exercise as it stands in a workspace.

        If `briefly`, no test need be run after one that fails.
        """
        folder = workspace.folder
        if folder not in self._checkers:
            self._checkers[folder] = self._factory(folder)
        checker = self._checkers[folder]
        check = checker.check
        if briefly:
            check = getattr(checker, "check_briefly", check)
        verdict = check(exercise, patience)
        if verdict.status == "kit_error":
            # Perhaps the machine was too busy; it says nothing of the answer.
            verdict = check(exercise, patience)
        return verdict

    def close(self) -> None:
        for checker in self._checkers.values():
            checker.close()
        self._checkers.clear()

    @property
    def exercises(self) -> Mapping[str, Exercise]:
        return self._exercises

    @property
    def workspaces(self) -> tuple[FreshWorkspace, FreshWorkspace]:
        return self._own, self._helped


class _Judging:
    """One submission on its way through the exercises."""

    def __init__(self, grader: Grader, found: Found) -> None:
        self._grader = grader
        self._found = found
        self._own, self._helped = grader.workspaces
        self._failed: list[Exercise] = []
        self._replaced = 0
        self._endless = 0

    def rows(self) -> list[Result]:
        self._own.begin()
        return [self._row(each) for each in self._grader.exercises.values()]

    def _row(self, exercise: Exercise) -> Result:
        notes: list[str] = []
        candidate = self._put_in(exercise, notes)
        if candidate is None:
            status = "unreadable" if notes else "missing"
            self._failed.append(exercise)
            return _row(exercise, status, notes)
        verdict, helped_by = self._judged(exercise, candidate)
        if not verdict.passed:
            self._failed.append(exercise)
        row = _row(exercise, verdict.status, notes)
        return row | {
            "points": exercise.points if verdict.passed else 0,
            "helped_by": helped_by,
            "source": candidate.place,
            "verdict": _shortened(verdict).to_dict(),
        }

    def _put_in(
        self, exercise: Exercise, notes: list[str]
    ) -> Candidate | None:
        """Put in the last answer that can be taken; None without one."""
        rows = self._found.candidates.get(exercise.id, [])
        different = {row.code: row for row in rows}
        for candidate in reversed(rows):
            saved = self._own.put(exercise.id, candidate.code)
            if saved.status == "saved":
                if len(different) > 1:
                    notes.insert(
                        0,
                        f"{len(rows)} answers were found; the last one that "
                        f"can be taken counts: {candidate.place}.",
                    )
                notes += saved.notes
                return candidate
            if saved.problem:
                notes.append(f"{candidate.place}: {saved.problem}")
        return None

    def _judged(
        self, exercise: Exercise, candidate: Candidate
    ) -> tuple[Verdict, list[str]]:
        """Return the verdict, and the answers that others stood in for."""
        failed = [each.id for each in self._failed]
        if not failed or not self._help(exercise, candidate):
            return self._check(self._own, exercise), []
        helped = self._check(self._helped, exercise, briefly=True)
        if helped.passed:
            return helped, failed
        if helped.status in _ENDLESS:
            return _without_values(helped), failed
        own = self._check(self._own, exercise)
        if own.status in _NOT_ABOUT_IT:
            helped = self._check(self._helped, exercise)
            return _without_values(helped), failed
        return own, []

    def _help(self, exercise: Exercise, candidate: Candidate) -> bool:
        """Put the kit's answers in place of what failed, and this one too."""
        if not self._replaced:
            self._helped.begin_like(self._own)
        while self._replaced < len(self._failed):
            self._helped.put_reference(self._failed[self._replaced])
            self._replaced += 1
        return self._helped.put_like(
            self._own, exercise, candidate.code, self._failed
        )

    def _check(
        self,
        workspace: FreshWorkspace,
        exercise: Exercise,
        briefly: bool = False,
    ) -> Verdict:
        lost = self._endless >= PATIENCE_LOST_AFTER
        patience = LITTLE_PATIENCE if lost else PATIENCE
        asked = workspace, exercise.id, patience, briefly
        verdict = self._grader.check(*asked)
        no_answer = verdict.status == "hung" and not verdict.expectations
        if no_answer and not lost:
            # A call is only late where it had a processor; a whole check
            # may be late on a busy machine although its answer is right.
            verdict = self._grader.check(*asked)
        self._endless += verdict.status == "hung"
        return verdict


def _row(exercise: Exercise, status: str, notes: list[str]) -> Result:
    return {
        "exercise": exercise.id,
        "title": exercise.title,
        "points": 0,
        "possible": exercise.points,
        "status": status,
        "helped_by": [],
        "notes": [note[:1_000] for note in notes[:10]],
        "source": "",
        "verdict": None,
    }


def _unchecked(rows: list[Result]) -> list[str]:
    """Return what a person has to look at, since no check said anything."""
    numbers = [r["exercise"] for r in rows if r["status"] == "kit_error"]
    if not numbers:
        return []
    return [
        f"The check itself failed for {', '.join(numbers)}: no points were "
        "given. Grade it again, or by hand."
    ]


def _shortened(verdict: Verdict) -> Verdict:
    printed = verdict.printed
    if len(printed) > LONGEST_PRINT:
        printed = f"{printed[:LONGEST_PRINT]}\n…"
    return replace(verdict, printed=printed)


def _without_values(verdict: Verdict) -> Verdict:
    """Return a verdict that shows only what the kit says.

    It is about a package that holds answers of the kit, which an answer
    could read and print.
    """
    failure = verdict.failure
    if failure and verdict.status != "kit_error":
        failure = replace(
            failure,
            called="",
            returned="",
            raised="",
            expected="",
            message="",
            requests=(),
        )
    return replace(verdict, failure=failure, printed="", failures=())


def not_judged(
    submission: Submission, seed: int, reason: str, kit: Kit | None = None
) -> Result:
    """Return the result of a submission that could not be graded.

    It has no digest, so that the next run tries again.
    """
    exercises = load_exercises(kit or Kit()).values()
    return {
        "format": FORMAT,
        "learner": submission.learner,
        "digest": "",
        "seed": seed,
        "points": 0,
        "possible": sum(each.points for each in exercises),
        "seconds": 0.0,
        "problems": [
            f"This submission was not graded: {reason}. Run the command "
            "again, or mark it by hand."
        ],
        "repairs": [],
        "files": [],
        "exercises": [_row(each, "not_judged", []) for each in exercises],
    }


_graders: dict[tuple[Path, int], Grader] = {}


def grade_one(
    submission: Submission, workdir: Path, seed: int, factory: CheckerFactory
) -> dict[str, Any]:
    """Return a submission's result, as plain data.

    `workdir` is a folder of this process alone; what is made there is kept
    for the next submission, as are the checkers that `factory` gives for a
    workspace. Raises OSError where the machine has a fault.
    """
    key = (workdir, seed)
    if key not in _graders:
        _graders[key] = Grader(workdir, seed, factory)
    return _graders[key].grade(submission)


def close_graders() -> None:
    """End what `grade_one` keeps."""
    for grader in _graders.values():
        grader.close()
    _graders.clear()
