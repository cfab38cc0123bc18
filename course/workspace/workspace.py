"""The learner's workspace: a package that grows with each answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from course.building.agent_tests import agent_tests
from course.building.definitions import DefinitionNode, find
from course.building.exercises import Exercise
from course.building.lessons import load_exercises
from course.kit import Kit
from course.workspace.answer_files import AnswerFiles
from course.workspace.cell_source import CellProblemError
from course.workspace.cells import Answer, read_cell
from course.workspace.files import locked
from course.workspace.fitting import fit_notes, is_still_blank, require_fit
from course.workspace.kit_update import update_workspace
from course.workspace.merging import Wanted
from course.workspace.progress_file import ProgressFile, Record
from course.workspace.released import is_withheld, where_answers_are
from course.workspace.results import (
    CaughtUp,
    SaveResult,
    Standing,
    disk_problem,
)
from course.workspace.time_spent import since_last

__all__ = ["Workspace", "in_solutions", "workspace_folder"]


def workspace_folder(kit: Kit, current: Path | None = None) -> Path:
    """Return the folder of the workspace in use.

    That is ``COURSE_WORKSPACE`` where it is set; notebooks in the folder
    of solutions have one of their own, so that no learner's work is hurt.
    """
    named = os.environ.get("COURSE_WORKSPACE")
    if named:
        return Path(named).resolve()
    solved = in_solutions(kit, current)
    return kit.root / (".workspace-solutions" if solved else "workspace")


def in_solutions(kit: Kit, current: Path | None = None) -> bool:
    """Return whether a notebook runs in the course's folder of solutions."""
    folder = current or Path.cwd()
    return kit.solutions.exists() and folder.samefile(kit.solutions)


class Workspace:
    """A learner's files, and what is known of each exercise.

    A `solved` workspace holds the whole reference; what is known of it ends
    with the process, so that the solutions always show the same.
    """

    def __init__(
        self,
        folder: Path,
        kit: Kit | None = None,
        solved: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._clock = clock
        self.kit = kit or Kit()
        self.solved = solved
        path = None if solved else folder / "progress.json"
        self._progress = ProgressFile(path)

    @cached_property
    def exercises(self) -> Mapping[str, Exercise]:
        """All exercises of the course, in order."""
        return load_exercises(self.kit)

    @cached_property
    def _agent_tests(self) -> Mapping[str, Exercise]:
        return agent_tests(self.kit)

    @cached_property
    def _files(self) -> AnswerFiles:
        return AnswerFiles(self.folder, self.exercises, self._progress)

    def ensure(self) -> list[str]:
        """Make the workspace, or add what is new in the kit.

        Returns what to tell the learner. Raises OSError.
        """
        with self._locked():
            return update_workspace(
                self.folder, self.kit, self.exercises, self.solved
            )

    def save(self, exercise_id: str, cell: str) -> SaveResult:
        """Put the answer of a cell into the workspace.

        Nothing is raised: what went wrong stands in the result, and then
        nothing has changed.
        """
        try:
            exercise = self.exercise(exercise_id)
            answer = read_cell(cell)
            with self._locked():
                return self._save(exercise, answer)
        except CellProblemError as error:
            return SaveResult(exercise_id, "not_saved", problem=str(error))
        except OSError as error:
            problem = disk_problem(error)
            return SaveResult(exercise_id, "not_saved", problem=problem)

    def exercise(self, exercise_id: str) -> Exercise:
        """Return an exercise, or a test file of an agent by its name.

        CellProblemError lists the exercises if there is neither.
        """
        try:
            return {**self._agent_tests, **self.exercises}[exercise_id]
        except KeyError:
            raise CellProblemError(
                f'There is no exercise "{exercise_id}". The exercises are '
                f"{', '.join(self.exercises)}."
            ) from None

    def digest(self, exercise_id: str) -> str:
        """Return a short name of the saved answer; empty while blank."""
        return self._files.digest(self.exercise(exercise_id))

    def record(
        self, exercise_id: str, status: str, digest: str | None = None
    ) -> None:
        """Note a verdict on the answer, or on the one with this digest."""
        with self._locked():
            if digest is None:
                digest = self.digest(exercise_id)
            passed = {"passed": digest} if status == "passed" else {}
            known = {"status": status, "checked": digest, **passed}
            self._progress.change(
                exercise_id, **known, **self._worked(exercise_id, 1)
            )
            if self.solved and passed and exercise_id in self.exercises:
                self._count_earlier(exercise_id)

    def standings(self) -> list[Standing]:
        """Return how far each exercise is, in the order of the course."""
        records = self._progress.read()
        return [
            Standing(
                exercise,
                self._state(exercise, records.get(name, Record())),
                records.get(name, Record()).hints,
                records.get(name, Record()).seconds,
            )
            for name, exercise in self.exercises.items()
        ]

    def mine(self) -> tuple[int, int]:
        """Return how many of the definitions are the learner's, of how many.

        Those that passed and have not changed since; what catching up
        filled in is not counted.
        """
        states = [
            each.state
            for each in self.standings()
            if each.exercise.kind == "definition"
        ]
        return states.count("passed"), len(states)

    def next_hint(self, exercise_id: str) -> tuple[int, int, str]:
        """Return the next hint's number, how many there are, and its text.

        After the last one the text is empty.
        """
        exercise = self.exercise(exercise_id)
        total = len(exercise.hints)
        with self._locked():
            record = self._progress.read().get(exercise_id, Record())
            if record.hints >= total:
                return total, total, ""
            self._progress.change(
                exercise_id,
                hints=record.hints + 1,
                **self._worked(exercise_id),
            )
        return record.hints + 1, total, exercise.hints[record.hints]

    def reset(self, what: str | None = None) -> list[str]:
        """Start an exercise, a module or everything afresh.

        A folder of modules, such as ``recommender``, counts as one.
        Returns the files that were reset; what they held is kept in the
        history. Raises CellProblemError for an unknown name, and OSError.
        """
        everything = list(self.exercises.values())
        if what is None:
            chosen = everything
        elif what in self.exercises:
            chosen = [self.exercises[what]]
        else:
            chosen = [
                each
                for each in everything
                if f"{each.module}.".startswith(f"{what}.") and each.module
            ]
        if not chosen:
            raise CellProblemError(
                f'There is no exercise and no module "{what}". The exercises '
                f"are {', '.join(self.exercises)}."
            )
        with self._locked():
            for exercise in chosen:
                if what == exercise.id or exercise.kind == "tests":
                    self._files.blank(exercise)
                else:
                    self._files.start_afresh(exercise)
                self._progress.forget(exercise.id)
        return list(dict.fromkeys(each.saved_in for each in chosen))

    def catch_up(
        self, phase: int, given: Mapping[str, str] | None = None
    ) -> CaughtUp:
        """Fill in what a learner lacks of a phase and the ones before it.

        An answer that passed is left alone, also when it has changed since.
        `given` are answers by exercise, in place of the kit's own. Raises
        OSError.
        """
        wanted = {e.id for e in self.exercises.values() if e.phase <= phase}
        return self._catch_up(wanted, str(phase), given or {})

    def fill_in(
        self, exercise_id: str, given: Mapping[str, str] | None = None
    ) -> CaughtUp:
        """Fill in one exercise, as `catch_up` does, and touch no other.

        Raises CellProblemError if there is no such exercise, and OSError.
        """
        wanted = {self.exercise(exercise_id).id}
        return self._catch_up(wanted, exercise_id, given or {})

    def _catch_up(
        self, wanted: set[str], asked_for: str, given: Mapping[str, str]
    ) -> CaughtUp:
        filled: list[str] = []
        left: list[str] = []
        problems: list[str] = []
        with self._locked():
            for standing in self.standings():
                exercise = standing.exercise
                done = standing.state in ("passed", "filled_in")
                if exercise.id not in wanted or done:
                    continue
                if standing.state == "changed":
                    left.append(exercise.id)
                    continue
                try:
                    self._fill_in(exercise, given, asked_for)
                    filled.append(exercise.id)
                except CellProblemError as error:
                    problems.append(f"{exercise.id}: {error}")
        return CaughtUp(tuple(filled), tuple(left), tuple(problems))

    def _fill_in(
        self, exercise: Exercise, given: Mapping[str, str], asked_for: str = ""
    ) -> None:
        if exercise.id not in given and is_withheld(exercise):
            asked_for = asked_for or str(exercise.phase)
            raise CellProblemError(where_answers_are(asked_for))
        answer = given.get(exercise.id) or exercise.solution
        if exercise.kind == "tests":
            self._files.put_file(exercise, answer)
        else:
            self._files.put(exercise, Wanted(exercise.path, answer))
        digest = self._files.digest(exercise)
        self._progress.change(exercise.id, filled_in=digest)

    def _save(self, exercise: Exercise, answer: Answer) -> SaveResult:
        file = f"workspace/{exercise.saved_in}"
        wanted: DefinitionNode | None = None
        if exercise.kind == "definition":
            wanted = find(self._files.base(exercise), exercise.path).node
        require_fit(exercise, answer, wanted)
        if is_still_blank(exercise, answer):
            kept = "kept" if self._files.digest(exercise) else "unchanged"
            return SaveResult(exercise.id, kept, file)
        before = self._files.digest(exercise)
        notes: tuple[str, ...] = ()
        if exercise.kind == "tests":
            self._files.put_file(exercise, answer.whole)
        else:
            notes = self._put(exercise, answer)
            notes += fit_notes(answer, wanted)
        after = self._files.digest(exercise)
        status = "unchanged" if before == after else "saved"
        self._progress.change(exercise.id, filled_in="")
        return SaveResult(exercise.id, status, file, notes)

    def _put(self, exercise: Exercise, answer: Answer) -> tuple[str, ...]:
        """Put a definition in, without what other exercises write."""
        theirs = {
            each.path.partition(".")[0]: each.id
            for each in self.exercises.values()
            if each.saved_in == exercise.saved_in
        }
        helpers, notes = [], []
        for part in answer.helpers:
            taken = theirs.keys() & set(part.names)
            if taken:
                name = taken.pop()
                notes.append(
                    f"`{name}` was not saved from this cell: it belongs to "
                    f"exercise {theirs[name]}."
                )
            else:
                helpers.append(part)
        wanted = Wanted(
            exercise.path, answer.definition, tuple(helpers), answer.imports
        )
        return (*notes, *self._files.put(exercise, wanted))

    def _state(self, exercise: Exercise, record: Record) -> str:
        digest = self._files.digest(exercise)
        if not digest:
            return "not_started"
        if digest == record.filled_in:
            return "filled_in"
        if digest == record.passed:
            return "passed"
        if record.passed:
            return "changed"
        return "failed" if digest == record.checked else "unchecked"

    def _worked(self, exercise_id: str, runs: int = 0) -> dict[str, int]:
        """Return what to note of a moment; solutions know no time."""
        if self.solved:
            return {}
        records, now = self._progress.read(), self._clock()
        record = records.get(exercise_id, Record())
        return {
            "runs": record.runs + runs,
            "seconds": record.seconds + since_last(records.values(), now),
            "last": int(now),
        }

    def _count_earlier(self, exercise_id: str) -> None:
        """Count what comes before as passed: the solutions have it all."""
        for name in self.exercises:
            if name == exercise_id:
                return
            self._progress.change(name, passed=self.digest(name))

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self.folder / ".lock")
