"""`python3 -m course export GRADER OUT`: the course for another grader."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from course.exporting import classroom, gradescope, nbgrader
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.workspace.released import is_learners_copy

__all__ = ["GRADERS", "main"]

GRADERS: dict[str, Callable[[Kit, Path], Iterator[Path]]] = {
    "nbgrader": nbgrader.export,
    "gradescope": gradescope.export,
    "classroom": classroom.export,
}


def main(argv: list[str]) -> int:
    """Write the files of another grader into a new folder."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course export",
        description="Write the course for another grader; docs/exporting.md "
        "says how each goes on from there.",
    )
    parser.add_argument("grader", choices=GRADERS)
    parser.add_argument("out", type=Path, help="a new folder")
    wanted = parser.parse_args(argv)
    out, kit = wanted.out, Kit()
    if is_learners_copy(kit):
        words = "This is a learners' copy; it has no answers to grade by."
        raise CommandError(ExitCode.WRONG_USE, words)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        words = f"{out} is there already, and not empty."
        raise CommandError(ExitCode.WRONG_USE, words)
    count = sum(1 for _ in GRADERS[wanted.grader](kit, out))
    print(f"{count} files in {out}.")
    return ExitCode.DONE
