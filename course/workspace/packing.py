"""The verbs `pack` and `unpack`: go on with a workspace elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from course.problems import CommandError, ExitCode
from course.views.progress import progress_page
from course.workspace.commands import learners_workspace
from course.workspace.files import write_atomically
from course.workspace.packed import PackedError
from course.workspace.packed import pack as packed
from course.workspace.packed import unpack as put_back

__all__ = ["pack", "unpack"]


def pack(argv: list[str]) -> int:
    """Write the whole workspace into one file."""
    file = _file(
        "pack",
        "Put your workspace, with its history and your progress, into one "
        "file, to go on with on another day or machine.",
        "the file to write, such as my-course.zip",
        argv,
    )
    if file.exists():
        raise CommandError(
            ExitCode.WRONG_USE,
            f"{file} is there already, and stays as it is. Choose another "
            "name.",
        )
    data = packed(learners_workspace().folder)
    write_atomically(file, data)
    print(f"Packed into {file}, {len(data) / 1000:.0f} kB.")
    print(f"To go on elsewhere: python3 -m course unpack {file.name}")
    return ExitCode.DONE


def unpack(argv: list[str]) -> int:
    """Go on with a packed workspace in place of the one that is here."""
    file = _file(
        "unpack",
        "Go on with a workspace that `pack` has written. The one that is "
        "here is kept in workspace/history. Only text is put in place; none "
        "of it runs until you check an exercise.",
        "the file that was packed",
        argv,
    )
    workspace = learners_workspace()
    try:
        place = put_back(workspace.folder, file.read_bytes())
    except FileNotFoundError:
        raise CommandError(
            ExitCode.WRONG_USE, f"There is no file {file}."
        ) from None
    except PackedError as error:
        raise CommandError(
            ExitCode.FAILED, f"{error}\nYour workspace is as it was."
        ) from None
    for note in workspace.ensure():
        print(note)
    if place:
        name = place.relative_to(workspace.folder).as_posix()
        print(f"What was here is kept in workspace/{name}.")
    print(progress_page(workspace.standings()).text())
    print("Restart the kernel of a notebook that is open.")
    return ExitCode.DONE


def _file(verb: str, about: str, meant: str, argv: list[str]) -> Path:
    parser = argparse.ArgumentParser(
        prog=f"python3 -m course {verb}", description=about
    )
    parser.add_argument("file", type=Path, help=meant)
    chosen: Path = parser.parse_args(argv).file
    return chosen
