"""What the graded cells of an exported notebook call."""

from __future__ import annotations

from course.checking.verdict import Verdict

__all__ = ["NotPassedError", "require_passed"]


class NotPassedError(AssertionError):
    """An exercise's check does not pass; the text says what fails."""


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
