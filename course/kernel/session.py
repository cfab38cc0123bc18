"""One notebook at work: its workspace, its checks, what it shows."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course.building.exercises import Exercise
from course.checking.verdict import Verdict
from course.contract.scorecard import Checks, judged
from course.views.contract import contract_page
from course.views.pages import Page, Say
from course.views.progress import progress_page
from course.views.verdicts import (
    hint_page,
    not_saved_page,
    solution_page,
    verdict_page,
)
from course.workspace.cell_source import CellProblemError
from course.workspace.cells import answered_name, read_cell
from course.workspace.results import SaveResult, disk_reason
from course.workspace.workspace import Workspace

__all__ = ["NotebookSession", "SavedAnswer", "rewritten"]

# Only a first look; what it finds is then read as Python.
LOOKS_LIKE_AN_ANSWER = re.compile(
    r"^[ \t]*@[ \t]*(?:\w+[ \t]*\.[ \t]*)*exercise\b", re.MULTILINE
)
RUN = "__import__('course.notebook', fromlist=['run_cell']).run_cell"


@dataclass(frozen=True)
class SavedAnswer:
    """What the name of an answer is bound to in its notebook.

    The definition itself lives in the workspace, not in the notebook.
    """

    exercise: str
    title: str
    status: str
    file: str

    def __repr__(self) -> str:
        place = f", saved in {self.file}" if self.file else ""
        return (
            f'<exercise {self.exercise} "{self.title}": {self.status}{place}>'
        )

    def __call__(self, *args: object, **kwargs: object) -> None:
        """Raise TypeError that says where the definition is."""
        raise TypeError(
            f"This name stands for exercise {self.exercise}. What you wrote "
            f"is in {self.file or 'its cell, not saved'}: import it from "
            "there to call it."
        )


def rewritten(lines: list[str]) -> list[str]:
    """Return a notebook's cell, an answer turned into a call that takes it.

    So nothing of an answer is run, or even has to be Python. Any other cell
    is returned as it is.
    """
    text = "".join(lines)
    if not LOOKS_LIKE_AN_ANSWER.search(text):
        return lines
    name = answered_name(text)
    if name is None:
        return lines
    call = f"{RUN}({text!r})\n"
    return [f"{name} = {call}" if name else call]


class NotebookSession:
    """Takes cells, has them checked, and shows what came of it."""

    def __init__(
        self,
        workspace: Workspace,
        checks: Checks,
        show: Callable[[Page], object],
        refresh: Callable[[], object] = lambda: None,
    ) -> None:
        self.workspace = workspace
        self._checks = checks
        self._show = show
        self._refresh = refresh
        self._last = ""
        # The last verdict on each exercise, with its answer's digest.
        self._verdicts: dict[str, tuple[str, Verdict]] = {}

    def run_cell(self, source: str) -> SavedAnswer | None:
        """Save the answer of a cell, check it and show the verdict."""
        try:
            number = read_cell(source).exercise
            exercise = self.workspace.exercise(number)
        except CellProblemError as error:
            self._show(_problem_page(str(error), source))
            return None
        self._last = number
        saved = self.workspace.save(number, source)
        if saved.problem:
            self._show(not_saved_page(saved, exercise))
            return SavedAnswer(number, exercise.title, "not saved", "")
        self._refresh()
        return self._check(exercise, saved)

    def _check(self, exercise: Exercise, saved: SaveResult) -> SavedAnswer:
        digest = self.workspace.digest(exercise.id)
        try:
            verdict = self._checks.check(exercise.id)
        except KeyboardInterrupt:
            words = "Your answer is saved. Run the cell again to check it."
            title = f"Exercise {exercise.id} · {exercise.title}"
            self._show(Page(title, "check stopped", "open", [Say(words)]))
            return _answer(exercise, saved, "saved, not checked")
        try:
            self.workspace.record(exercise.id, verdict.status, digest)
            verdict = verdict.with_mine(*self.workspace.mine())
        except OSError as error:
            words = f"This verdict could not be noted: {disk_reason(error)}."
            self._show(Page("Progress", "not noted", "open", [Say(words)]))
        self._verdicts[exercise.id] = digest, verdict
        page = verdict_page(verdict, exercise, saved)
        self._show(page)
        return _answer(exercise, saved, page.word)

    def verdict_on(self, number: str) -> Verdict:
        """Return the verdict on a saved answer, checked if it is not known.

        Raises CellProblemError for an exercise that there is not.
        """
        digest = self.workspace.digest(number)
        known, verdict = self._verdicts.get(number, ("", None))
        if verdict is None or known != digest:
            verdict = self._checks.check(number)
        return verdict

    def exercise(self, number: str) -> Callable[[Any], SavedAnswer | None]:
        """Save and check the definition below, instead of making it.

        In a notebook the cell is taken before Python sees it; this does the
        same where no notebook is.
        """
        if not isinstance(number, str):
            raise TypeError('Write @exercise("2.1"), with its number.')
        source = "".join(linecache.getlines(_callers_file()))
        if not source:
            raise RuntimeError(
                "The text of this definition cannot be found. Run it in a "
                "notebook, or edit your file in workspace and run "
                f"`python3 -m course check {number}`."
            )
        return lambda definition: self.run_cell(source)

    def hint(self, number: str | None = None) -> None:
        """Show the next hint for an exercise, or for the one at hand."""
        exercise = self._numbered(number)
        if exercise is None:
            return
        try:
            found = self.workspace.next_hint(exercise.id)
        except OSError:
            found = (1, len(exercise.hints), exercise.hints[0])
        self._show(hint_page(exercise, *found))

    def solution(self, number: str | None = None) -> None:
        """Show an answer, folded; nothing that you wrote changes."""
        exercise = self._numbered(number)
        if exercise:
            self._show(solution_page(exercise))

    def progress(self, whole: bool = False) -> None:
        """Show where you are in the course, and what is next.

        With `whole`, each exercise of all phases.
        """
        self._show(progress_page(self.workspace.standings(), whole))

    def contract(self) -> None:
        """Judge every agent in every case, and show the scorecard."""
        try:
            card = judged(self._checks, self.workspace.kit)
        except KeyboardInterrupt:
            self._show(Page("The contract", "stopped", "open"))
            return
        self._show(contract_page(card, "your package"))

    def _numbered(self, number: str | None) -> Exercise | None:
        try:
            return self.workspace.exercise(number or self._current())
        except CellProblemError as error:
            self._show(
                Page(f"Exercise {number}", "", "bad", [Say(str(error))])
            )
            return None

    def _current(self) -> str:
        """Return the exercise that ran last, or the first that is open."""
        if self._last:
            return self._last
        for standing in self.workspace.standings():
            if standing.state not in ("passed", "filled_in"):
                return standing.exercise.id
        return next(iter(self.workspace.exercises), "")


def _answer(exercise: Exercise, saved: SaveResult, status: str) -> SavedAnswer:
    return SavedAnswer(exercise.id, exercise.title, status, saved.file)


def _problem_page(problem: str, source: str) -> Page:
    found = re.search(r"@.*exercise\(\s*[\"']([\d.]+)[\"']", source)
    title = f"Exercise {found[1]}" if found else "This cell"
    return Page(title, "not saved", "bad", [Say(problem)])


def _unknown_page(error: CellProblemError) -> Page:
    return Page("Which exercise?", "", "open", [Say(str(error))])


def _callers_file() -> str:
    return sys._getframe(2).f_code.co_filename
