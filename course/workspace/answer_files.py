"""Where each exercise's answer stands in a workspace, and how it gets there.

Nothing here locks: the workspace does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from course.building.blanks import is_blank, is_blank_tests
from course.building.definitions import (
    DefinitionNotFoundError,
    definition_text,
    node_lines,
    parsed,
    split_lines,
)
from course.building.exercises import Exercise
from course.workspace.cell_source import CellProblemError
from course.workspace.cells import bound_names
from course.workspace.files import TextFile, read_text_file, write_atomically
from course.workspace.kept_texts import KeptTexts
from course.workspace.kit_update import SKELETONS, base_of
from course.workspace.merging import Traces, Wanted, put_answer
from course.workspace.progress_file import ProgressFile, Record
from course.workspace.rescue import with_definition

__all__ = ["AnswerFiles"]


class AnswerFiles:
    """The answers in the files of one workspace."""

    def __init__(
        self,
        folder: Path,
        exercises: Mapping[str, Exercise],
        progress: ProgressFile,
    ) -> None:
        self._folder = folder
        self._exercises = exercises
        self._progress = progress
        self.kept = KeptTexts(folder / "history")

    def text(self, exercise: Exercise) -> str:
        """Return the answer with its helpers; empty while it is blank.

        Raises SyntaxError, UnicodeDecodeError or OSError when the file
        cannot be read.
        """
        text = read_text_file(self._folder / exercise.saved_in).text
        if exercise.kind == "tests":
            untouched = text == SKELETONS.get(exercise.file, "")
            blank = untouched or is_blank_tests(text, exercise.id)
            return "" if blank else text
        helpers = self._record(exercise).helpers
        return _answer_in(
            text, exercise.path, exercise.name, exercise.id, helpers
        )

    def digest(self, exercise: Exercise) -> str:
        """Return a short name of the answer's text; empty while blank."""
        try:
            text = self.text(exercise)
        except (OSError, SyntaxError, ValueError):
            return ""
        return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""

    def put(self, exercise: Exercise, wanted: Wanted) -> tuple[str, ...]:
        """Put an answer into its module and return notes on it.

        What it replaces goes into the history first. Raises
        CellProblemError, and OSError with the old file in place.
        """
        path = self._folder / exercise.saved_in
        base = self.base(exercise)
        file = self._readable(exercise, wanted, base)
        record = self._record(exercise)
        earlier = Traces(record.helpers, record.imports)
        others = self._traces_of_others(exercise)
        try:
            merged = put_answer(
                file.text, exercise.module, wanted, earlier, others, base
            )
            parsed(merged.text)
        except (DefinitionNotFoundError, SyntaxError):
            raise CellProblemError(
                f"{_shown(exercise)} has no `{exercise.path}` any more, so "
                f"the answer has no place in it. {_start_afresh(exercise)}"
            ) from None
        self._keep(exercise)
        added = merged.traces
        changed = added != earlier
        if changed:
            # Before the module: if the machine stops in between, what is
            # noted and not there does no harm, but the other way round an
            # import would stay for ever.
            self._note(exercise, earlier, added)
        if not path.exists() or merged.text != read_text_file(path).text:
            self._write(path, file.with_text(merged.text))
        if changed:
            self._note(exercise, added)
        return merged.notes

    def _note(self, exercise: Exercise, *traces: Traces) -> None:
        self._progress.change(
            exercise.id,
            helpers=tuple({n: 1 for each in traces for n in each.helpers}),
            imports=tuple({n: 1 for each in traces for n in each.imports}),
        )

    def put_file(self, exercise: Exercise, text: str) -> None:
        """Put a whole file in place; the one before goes into the history."""
        path = self._folder / exercise.saved_in
        self._keep(exercise)
        if not path.exists() or read_text_file(path).text != text:
            self._write(path, text.encode())

    def _write(self, path: Path, data: bytes) -> None:
        write_atomically(path, data)

    def blank(self, exercise: Exercise) -> None:
        """Make one exercise as it was at first."""
        if exercise.kind == "tests":
            self.put_file(exercise, SKELETONS.get(exercise.file, ""))
            return
        definition = definition_text(self.base(exercise), exercise.path)
        self.put(exercise, Wanted(exercise.path, definition))

    def start_afresh(self, exercise: Exercise) -> None:
        """Make a whole module as it was at first."""
        path = self._folder / exercise.saved_in
        base = self.base(exercise)
        if path.exists() and path.read_bytes() != base.encode():
            self.kept.keep(exercise.module, path.read_bytes())
        write_atomically(path, base.encode())

    def base(self, exercise: Exercise) -> str:
        """Return the module as the kit gave it to this workspace."""
        path = base_of(self._folder, exercise.saved_in)
        return path.read_text(encoding="utf-8")

    def _record(self, exercise: Exercise) -> Record:
        return self._progress.read().get(exercise.id, Record())

    def _traces_of_others(self, exercise: Exercise) -> Traces:
        records = [
            record
            for name, record in self._progress.read().items()
            if name != exercise.id
            and name in self._exercises
            and self._exercises[name].saved_in == exercise.saved_in
        ]
        return Traces(
            tuple(name for each in records for name in each.helpers),
            tuple(line for each in records for line in each.imports),
        )

    def _keep(self, exercise: Exercise) -> None:
        """Copy the answer that is about to be replaced into the history."""
        try:
            text = self.text(exercise)
        except (OSError, SyntaxError, ValueError):
            return  # a file that cannot be read was kept as a whole
        if text:
            self.kept.keep(exercise.id, text.encode())

    def _readable(
        self, exercise: Exercise, wanted: Wanted, base: str
    ) -> TextFile:
        """Return the module; one that an edit broke is repaired or kept."""
        path = self._folder / exercise.saved_in
        file = TextFile(base)
        try:
            file = read_text_file(path)
            parsed(file.text)
        except FileNotFoundError:
            return file
        except (SyntaxError, ValueError) as error:
            self.kept.keep(exercise.module, path.read_bytes())
            where = "it is not UTF-8"
            if isinstance(error, SyntaxError):
                where = f"line {error.lineno}: {error.msg}"
                text = with_definition(
                    file.text, exercise.path, wanted.definition
                )
                if text:
                    return replace(file, text=text)
            raise CellProblemError(
                f"{_shown(exercise)} is not Python any more ({where}), so "
                "the answer could not be put into it. Repair it in an "
                f"editor. Or: {_start_afresh(exercise)}"
            ) from None
        return file


def _shown(exercise: Exercise) -> str:
    return f"workspace/{exercise.saved_in}"


def _start_afresh(exercise: Exercise) -> str:
    return (
        f"`python3 -m course reset {exercise.module}` starts the file afresh "
        "and keeps a copy of it; then run your cells again."
    )


# Asked for every exercise at each verdict, of files that hardly change.
@lru_cache(maxsize=256)
def _answer_in(
    text: str, path: str, name: str, number: str, helpers: tuple[str, ...]
) -> str:
    """Return a module's answer with its helpers; empty while it is blank.

    Raises SyntaxError when the module is not Python.
    """
    try:
        definition = definition_text(text, path)
    except DefinitionNotFoundError:
        return ""
    if is_blank(definition, name, number):
        return ""
    return _statements(text, helpers) + definition


def _statements(text: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    lines = split_lines(text)
    return "".join(
        "".join(lines[slice(*node_lines(lines, node))]) + "\n\n"
        for node in parsed(text).body
        if set(names).intersection(bound_names(node))
    )
