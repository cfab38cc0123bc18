"""What a check of the release's list gets, and what it gives back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Checked", "Release", "failed", "good", "unchecked"]

Status = Literal["ok", "failed", "not checked"]


@dataclass(frozen=True)
class Checked:
    """One line of the list: how it came out, why, and what to do."""

    status: Status
    reason: str
    to_do: str = ""


@dataclass
class Release:
    """The copy of the project that is to be released.

    `scratch` is a folder for what is needed on the way, `tests` says which
    tests to run (no, quick, all), `out` where the archives are to stay.
    `wheel` and `python`, the fresh environment's, are set by the checks that
    make them.
    """

    root: Path
    scratch: Path
    tests: str = "no"
    out: Path | None = None
    wheel: Path | None = None
    python: Path | None = None

    def course(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of the course and return what it said."""
        return self.program([sys.executable, "-m", "course", *arguments])

    def program(
        self, command: Sequence[str], seconds: float = 3600
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the project; return what it said, all of it."""
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
        )


def good(reason: str) -> Checked:
    """Return that an item holds."""
    return Checked("ok", reason)


def failed(reason: str, to_do: str) -> Checked:
    """Return that an item does not hold, and what mends it."""
    return Checked("failed", reason, to_do)


def unchecked(reason: str, to_do: str) -> Checked:
    """Return that nobody knows, why, and how to find out."""
    return Checked("not checked", reason, to_do)
