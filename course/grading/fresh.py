"""Workspaces made afresh for each submission, quickly and in place.

Made by the workspace's own code, so that an answer is put in as the notebook
puts it in; nothing of it runs here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path, PurePosixPath

from course.building.exercises import Exercise
from course.kit import Kit
from course.workspace.answer_files import AnswerFiles
from course.workspace.cell_source import CellProblemError
from course.workspace.results import SaveResult
from course.workspace.workspace import Workspace

__all__ = ["BLANK", "FreshWorkspace", "Template"]

# The folder beside the others that has the workspace without answers.
BLANK = "blank"

# Of a file: number, size, and the time of change, which nobody can set.
State = tuple[int, int, int]


class Template:
    """The workspace as every learner gets it, in memory."""

    def __init__(
        self, kit: Kit, exercises: Mapping[str, Exercise], scratch: Path
    ) -> None:
        self.kit = kit
        self.exercises = exercises
        folder = scratch / BLANK
        shutil.rmtree(folder, ignore_errors=True)
        Workspace(folder, kit).ensure()
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in (".lock", "progress.json")
        }

    def text(self, name: str) -> str:
        """Return a module as learners get it; empty if it is none."""
        return self.files.get(name, b"").decode("utf-8")

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that there are, by their places."""
        return frozenset(
            str(parent)
            for name in self.files
            for parent in PurePosixPath(name).parents
        )


class _Files(AnswerFiles):
    """Files that nobody has to get back: no history, no wait for the disk."""

    def _write(self, path: Path, data: bytes) -> None:
        unfinished = f"{path}.new"
        with open(unfinished, "wb") as file:  # noqa: PTH123
            file.write(data)
        os.replace(unfinished, path)

    def _keep(self, exercise: Exercise) -> None:
        pass


class _Open(Workspace):
    """A workspace whose records stay in memory, out of anybody's reach."""

    def __init__(self, folder: Path, template: Template) -> None:
        super().__init__(folder, template.kit, solved=True)
        self.__dict__["exercises"] = template.exercises
        self.__dict__["_agent_tests"] = {}
        self.__dict__["_files"] = _Files(
            folder, template.exercises, self._progress
        )

    def _locked(self) -> AbstractContextManager[None]:
        # The folder is this process's alone.
        return nullcontext()

    def take_over_answer(self, other: _Open, exercise: Exercise) -> None:
        """Put in what stands in another workspace's module of an answer."""
        name = exercise.saved_in
        self._files._write(
            self.folder / name, (other.folder / name).read_bytes()
        )
        record = other._progress.read().get(exercise.id)
        if record is not None:
            self._progress.change(exercise.id, **vars(record))

    def put_reference(self, exercise: Exercise) -> None:
        with self._locked():
            self._fill_in(exercise, {})

    def take_over(self, other: _Open) -> None:
        for name, record in other._progress.read().items():
            self._progress.change(name, **vars(record))


class FreshWorkspace:
    """One folder that holds one submission's package after another."""

    def __init__(self, folder: Path, template: Template) -> None:
        self.folder = folder
        self._template = template
        self._states: dict[str, State] = {}
        self._content = dict(template.files)
        self._workspace = _Open(folder, template)

    def begin(self) -> None:
        """Make the folder what every learner starts with."""
        self._content = dict(self._template.files)
        self._workspace = _Open(self.folder, self._template)
        self._refill()

    def begin_like(self, other: FreshWorkspace) -> None:
        """Make the folder what another one is now."""
        self._content = {}
        for name, known in self._template.files.items():
            data = (other.folder / name).read_bytes()
            # What is as every learner gets it, need not be written again.
            self._content[name] = known if data == known else data
        self._workspace = _Open(self.folder, self._template)
        self._workspace.take_over(other._workspace)
        self._refill()

    def put(self, exercise: str, cell: str) -> SaveResult:
        """Put a cell's answer in, as running it in a notebook would."""
        try:
            return self._workspace.save(exercise, cell)
        except (RecursionError, SyntaxError, ValueError, MemoryError) as error:
            # Nested so deeply, say, that Python's own tools give up.
            problem = f"It cannot be read ({type(error).__name__})."
            return SaveResult(exercise, "not_saved", problem=problem)

    def put_like(
        self,
        other: FreshWorkspace,
        exercise: Exercise,
        cell: str,
        replaced: Collection[Exercise],
    ) -> bool:
        """Put in an answer that another one has, but for what is replaced.

        Returns whether it found its place.
        """
        if any(each.saved_in == exercise.saved_in for each in replaced):
            return not self.put(exercise.id, cell).problem
        self._workspace.take_over_answer(other._workspace, exercise)
        return True

    def put_reference(self, exercise: Exercise) -> bool:
        """Put the kit's own answer in; return whether it found its place."""
        try:
            self._workspace.put_reference(exercise)
        except CellProblemError:
            return False
        return True

    def _refill(self) -> None:
        """Write what differs, and take away what does not belong here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        seen = self._sweep(self.folder, "")
        for folder in sorted(self._template.folders):
            (self.folder / folder).mkdir(exist_ok=True)
        for name, data in self._content.items():
            if name not in seen or self._template.files[name] is not data:
                self._write(name, data)

    def _sweep(self, folder: Path, below: str) -> set[str]:
        """Remove what differs from what was written; return what is left."""
        left: set[str] = set()
        for entry in os.scandir(folder):
            name = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if name in self._template.folders:
                    left |= self._sweep(Path(entry.path), f"{name}/")
                else:
                    shutil.rmtree(entry.path)
            elif self._states.get(name) == _state(entry.path):
                left.add(name)
            else:
                os.unlink(entry.path)
        return left

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        with path.open("xb") as file:
            file.write(data)
        self._states.pop(name, None)
        if self._template.files[name] is data:
            self._states[name] = _state(str(path))


def _state(path: str) -> State:
    found = os.lstat(path)
    return found.st_ino, found.st_size, found.st_ctime_ns
