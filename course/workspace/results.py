"""What a workspace answers: results of saving, standings, problems."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from course.building.exercises import Exercise
from course.workspace.files import BusyError

__all__ = [
    "CaughtUp",
    "SaveResult",
    "Standing",
    "disk_problem",
    "disk_reason",
]


@dataclass(frozen=True)
class SaveResult:
    """What became of a cell.

    `status` is "saved", "unchanged" (the same text again, or still blank),
    "kept" (the cell is blank, the answer saved before stays) or
    "not_saved", with `problem` saying why. `file` is as a learner sees it.
    """

    exercise: str
    status: str
    file: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Standing:
    """How far an exercise is.

    `state` is "not_started", "unchecked", "failed", "passed", "changed"
    (since it passed) or "filled_in" (by catching up). `seconds` of work on
    it are known of.
    """

    exercise: Exercise
    state: str
    hints: int
    seconds: int = 0


@dataclass(frozen=True)
class CaughtUp:
    """What catching up filled in, left as it was, and could not fill in."""

    filled_in: tuple[str, ...]
    left: tuple[str, ...]
    problems: tuple[str, ...]


def disk_problem(error: OSError) -> str:
    """Return in words that nothing was saved, and that nothing is lost."""
    return (
        f"Not saved: {disk_reason(error)}. Nothing is lost: your answer "
        "stands in its cell, and the one that was saved before is as it was. "
        "Put that right and run the cell again."
    )


def disk_reason(error: OSError) -> str:
    """Return in words why nothing could be written."""
    if isinstance(error, BusyError):
        return "another notebook is saving and does not come to an end"
    reasons = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "your share of the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "the workspace cannot be written to",
        errno.EPERM: "the workspace cannot be written to",
    }
    return reasons.get(error.errno or 0, str(error.strerror or error))
