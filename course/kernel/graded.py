"""What the graded cells of an exported notebook call."""

from __future__ import annotations

import os

from course.checking.verdict import Verdict
from course.kit import Kit
from course.workspace.workspace import Workspace, workspace_folder

__all__ = ["NotPassedError", "begin_phase", "require_passed"]


class NotPassedError(AssertionError):
    """An exercise's check does not pass; the text says what fails."""


def begin_phase(phase: int) -> None:
    """Fill in the phases before this one where a grader wants that.

    A grader has the notebook of one phase, which needs those before. It says
    so by the variable COURSE_FILL_IN.
    """
    if os.environ.get("COURSE_FILL_IN"):
        kit = Kit()
        workspace = Workspace(workspace_folder(kit), kit)
        workspace.ensure()
        workspace.catch_up(phase - 1)


def require_passed(number: str) -> None:
    """Raise NotPassedError unless the saved answer passes its check."""
    from course import notebook

    verdict = notebook.verdict_on(number)
    if not verdict.passed:
        raise NotPassedError(_in_words(verdict))


def _in_words(verdict: Verdict) -> str:
    words = verdict.status.replace("_", " ")
    failure = verdict.failure
    about = failure and (failure.sentence or failure.message)
    return f"Exercise {verdict.exercise}: {words}" + (
        f": {about}." if about else "."
    )
