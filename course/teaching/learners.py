"""What is known of each learner of a class, from files that they hand in."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course.building.exercises import Exercise
from course.workspace.packed import PackedError, read_packed
from course.workspace.progress_file import ProgressFile, Record

__all__ = ["STUCK_RUNS", "Learner", "read_class"]

# Checked this often without passing, an exercise holds somebody up.
STUCK_RUNS = 4
PROGRESS = "progress.json"


@dataclass(frozen=True)
class Learner:
    """One learner: a name, and what is known of each exercise.

    `problem` says why nothing is.
    """

    name: str
    records: Mapping[str, Record] = field(default_factory=dict)
    problem: str = ""

    def passed(self, exercise: str) -> bool:
        """Return whether the last check of it passed."""
        return self.records.get(exercise, Record()).status == "passed"

    def done(self, exercise: str) -> bool:
        """Return whether it is passed or filled in."""
        record = self.records.get(exercise, Record())
        return self.passed(exercise) or bool(record.filled_in)

    def at(self, exercises: Iterable[Exercise]) -> Exercise | None:
        """Return the exercise that comes next; None when all are done."""
        return next((e for e in exercises if not self.done(e.id)), None)

    def stuck(self, exercise: str) -> bool:
        """Return whether it was checked often and has never passed."""
        record = self.records.get(exercise, Record())
        tried = record.runs >= STUCK_RUNS and not record.passed
        return tried and not self.done(exercise)

    @property
    def seconds(self) -> int:
        """The time at work that is known of."""
        return sum(each.seconds for each in self.records.values())


def read_class(folder: Path) -> list[Learner]:
    """Return the learners whose files lie in a folder, by name.

    A file is a packed workspace or a progress file, ``NAME.zip`` or
    ``NAME.json``; a folder ``NAME`` is a workspace, or holds one.
    """
    found = map(_read, sorted(folder.iterdir()))
    return [each for each in found if each is not None]


def _read(path: Path) -> Learner | None:
    if path.name.startswith("."):
        return None
    try:
        for data in _progress(path):
            return Learner(path.stem, _records(data))
    except (OSError, PackedError, ValueError) as error:
        return Learner(path.stem, problem=str(error))
    return None


def _progress(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        for place in (path / PROGRESS, path / "workspace" / PROGRESS):
            if place.is_file():
                yield place.read_bytes()
    elif path.suffix == ".zip":
        yield read_packed(path.read_bytes()).get(PROGRESS, b"{}")
    elif path.suffix == ".json":
        yield path.read_bytes()


def _records(data: bytes) -> dict[str, Record]:
    """Return the records of a progress file's content.

    Raises ValueError for what is none.
    """
    if "exercises" not in json.loads(data or b"{}"):
        raise ValueError("This is no progress file.")
    # Read in a folder of its own, where a damaged one may be put aside.
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / PROGRESS
        path.write_bytes(data)
        records = ProgressFile(path).read()
        if not path.with_name("history").exists():
            return records
    raise ValueError("This progress file is damaged.")
