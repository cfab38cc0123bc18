"""What is known of each exercise: hints, verdicts, what a save added."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from course.workspace.files import write_atomically
from course.workspace.kept_texts import KeptTexts

__all__ = ["ProgressFile", "Record"]


@dataclass(frozen=True)
class Record:
    """One exercise's past.

    `status` is the last verdict and `checked` the digest of the text that
    it was about; `passed` that of the last text that passed, `filled_in`
    that of an answer which catching up put in. `hints` have been shown.
    `helpers` and `imports` are what saves put beside the definition. It was
    checked `runs` times, `seconds` of work are known of, and `last` is the
    latest moment of any, in seconds since 1970.
    """

    status: str = ""
    checked: str = ""
    passed: str = ""
    filled_in: str = ""
    hints: int = 0
    helpers: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    runs: int = 0
    seconds: int = 0
    last: int = 0


_NAMES = tuple(each.name for each in fields(Record))


class ProgressFile:
    """The records of all exercises, kept in a file or, without one, here."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._records: dict[str, Record] = {}
        # A save asks several times: what was read last, and as what.
        self._last: tuple[bytes, dict[str, Record]] = b"", {}

    def read(self) -> dict[str, Record]:
        """Return the records by exercise; a damaged file is kept aside."""
        if self._path is None:
            return dict(self._records)
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        known, records = self._last
        if known == data:
            return dict(records)
        try:
            exercises = json.loads(data)["exercises"]
            records = {name: _record(row) for name, row in exercises.items()}
            self._last = data, records
            return dict(records)
        except (ValueError, KeyError, TypeError, AttributeError):
            kept = KeptTexts(self._path.parent / "history")
            kept.keep("progress", data, ".json")
            return {}

    def change(self, exercise: str, **changes: Any) -> None:
        """Change some fields of one exercise's record."""
        records = self.read()
        before = records.get(exercise, Record())
        records[exercise] = replace(before, **changes)
        if records[exercise] == before:
            return
        self._write(records)

    def forget(self, exercise: str) -> None:
        """Forget what is known of an exercise."""
        records = self.read()
        if records.pop(exercise, None):
            self._write(records)

    def _write(self, records: dict[str, Record]) -> None:
        if self._path is None:
            self._records = records
            return
        rows = {name: vars(row) for name, row in sorted(records.items())}
        text = json.dumps({"format": 1, "exercises": rows}, indent=1)
        write_atomically(self._path, f"{text}\n".encode())


def _record(row: dict[str, Any]) -> Record:
    values = {name: row[name] for name in _NAMES if name in row}
    for name in ("helpers", "imports"):
        values[name] = tuple(values.get(name, ()))
    record = Record(**values)
    texts = (record.status, record.checked, record.passed, record.filled_in)
    if not all(isinstance(each, str) for each in texts):
        raise TypeError("a text is expected")
    numbers = (record.hints, record.runs, record.seconds, record.last)
    if not all(type(each) is int for each in numbers):
        raise TypeError("a number is expected")
    return record
