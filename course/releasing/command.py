"""`python3 -m course release OUT`: a copy of the course without answers."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from course.building.lessons import load_exercises
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.releasing.found_answers import answers_in
from course.releasing.learners_files import copy_without_answers
from course.workspace.files import write_atomically
from course.workspace.released import answers_file, is_learners_copy

__all__ = ["main", "release"]


def main(argv: list[str]) -> int:
    """Write a learners' copy, or an instructor's file of answers."""
    wanted = _parser().parse_args(argv)
    kit = Kit()
    if is_learners_copy(kit):
        raise CommandError(
            ExitCode.WRONG_USE,
            "This is a learners' copy itself; it has no answers to give.",
        )
    if wanted.answers is not None:
        exercises = load_exercises(kit)
        _require_phase(wanted.answers, {e.phase for e in exercises.values()})
        text = answers_file(exercises.values(), wanted.answers)
        write_atomically(wanted.out, text.encode())
        print(f"The answers up to phase {wanted.answers}: {wanted.out}")
        return ExitCode.DONE
    count = release(kit, wanted.out, wanted.through)
    print(
        f"{count} files in {wanted.out}. No answer of phases after "
        f"{wanted.through} was found in any of them."
    )
    return ExitCode.DONE


def release(kit: Kit, out: Path, through: int = 0) -> int:
    """Write a learners' copy into a new folder; return its files' number.

    The answers of the phases up to `through` are in it. Raises CommandError
    for a folder that is not empty, and where an answer would lie in the
    copy: then there is none.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(
            ExitCode.WRONG_USE, f"{out} is there already, and not empty."
        )
    exercises = load_exercises(kit)
    if through:
        _require_phase(through, {e.phase for e in exercises.values()})
    out.parent.mkdir(parents=True, exist_ok=True)
    withheld = [e for e in exercises.values() if e.phase > through]
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        copy_without_answers(kit, copy, through)
        _require_none(answers_in(copy, withheld))
        shutil.copytree(copy, out, dirs_exist_ok=True)
    return sum(path.is_file() for path in out.rglob("*"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m course release",
        description="Write a copy of the course for learners, without any "
        "answer. docs/releasing.md says what is in it.",
    )
    parser.add_argument("out", type=Path, help="a new folder, or a file")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--through",
        type=int,
        default=0,
        metavar="N",
        help="with the solutions of the first N phases",
    )
    choice.add_argument(
        "--answers",
        type=int,
        metavar="N",
        help="write a file with the answers up to phase N, for "
        "`catch-up N --from FILE`, and no copy",
    )
    return parser


def _require_phase(phase: int, phases: set[int]) -> None:
    if phase not in phases:
        known = ", ".join(map(str, sorted(phases)))
        raise CommandError(
            ExitCode.WRONG_USE,
            f"There is no phase {phase}; there are {known}.",
        )


def _require_none(found: list[str]) -> None:
    if found:
        raise CommandError(
            ExitCode.FAILED,
            "Nothing was released, since answers would lie in it:\n"
            + "\n".join(found),
        )
