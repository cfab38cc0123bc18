"""Who handed something in, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course.grading.collected import Collected, collect, shown

__all__ = ["NoSubmissionsError", "Submission", "find"]

PACKED = (".zip", ".ipynb")


class NoSubmissionsError(Exception):
    """A folder in which nobody has handed anything in; says what it is."""


@dataclass(frozen=True)
class Submission:
    """One learner's folder, zip or notebook; nothing of it is read yet."""

    learner: str
    path: Path

    def collect(self) -> Collected:
        """Return the files, read into memory."""
        return collect(self.path)


def find(folder: Path) -> list[Submission]:
    """Return the submissions in a folder, by the learners' ids.

    A folder's name is the learner's id, as is that of a zip or notebook
    without its ending; where two would be the same, the ending stays.
    Raises NoSubmissionsError.
    """
    if not folder.is_dir():
        raise NoSubmissionsError(f"There is no folder {folder}.")
    entries = sorted(folder.iterdir(), key=lambda each: each.name)
    if any(each.name.startswith("phase_") for each in entries):
        raise NoSubmissionsError(
            f"{folder} looks like one learner's own folder. Name the folder "
            "that holds a folder for each learner."
        )
    found: dict[str, Submission] = {}
    folders = [each for each in entries if each.is_dir() and _is_seen(each)]
    packed = [
        each
        for each in entries
        if not each.is_dir() and each.suffix.lower() in PACKED
    ]
    for path in [*folders, *filter(_is_seen, packed)]:
        learner = shown(path.name if path in folders else path.stem)
        if learner in found:
            learner = shown(path.name)
        while learner in found:
            learner += "+"
        found[learner] = Submission(learner, path)
    if not found:
        raise NoSubmissionsError(
            f"Nobody has handed anything in: {folder} holds no folder, zip "
            "or notebook."
        )
    return [found[learner] for learner in sorted(found)]


def _is_seen(path: Path) -> bool:
    return not path.name.startswith((".", "__MACOSX"))
