"""The verbs about a learner's workspace: progress, hint, solution, reset."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.views.pages import Page
from course.views.progress import progress_page
from course.views.verdicts import hint_page, solution_page
from course.workspace.cell_source import CellProblemError
from course.workspace.released import read_answers
from course.workspace.results import CaughtUp
from course.workspace.workspace import Workspace, workspace_folder

__all__ = [
    "catch_up",
    "hint",
    "learners_workspace",
    "progress",
    "reset",
    "solution",
]


def learners_workspace() -> Workspace:
    """Return the learner's workspace, made or brought up to date.

    What there is to tell about that is printed. Raises OSError.
    """
    kit = Kit()
    workspace = Workspace(workspace_folder(kit, kit.root), kit)
    for note in workspace.ensure():
        print(note)
    return workspace


def progress(argv: list[str]) -> int:
    """Print where the learner is in the course, and what is next."""
    parser = _parser("progress", "Show what is done, and what is next.")
    parser.add_argument(
        "--all", action="store_true", help="list the exercises of all phases"
    )
    whole = parser.parse_args(argv).all
    return _shown(progress_page(learners_workspace().standings(), whole))


def hint(argv: list[str]) -> int:
    """Print the next hint for an exercise."""
    number = _number("hint", "Show the next hint for an exercise.", argv)
    workspace = learners_workspace()
    try:
        exercise = workspace.exercise(number)
    except CellProblemError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None
    return _shown(hint_page(exercise, *workspace.next_hint(number)))


def solution(argv: list[str]) -> int:
    """Print an answer; nothing of the learner's changes."""
    number = _number("solution", "Show an answer to an exercise.", argv)
    try:
        exercise = learners_workspace().exercise(number)
    except CellProblemError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None
    return _shown(solution_page(exercise))


def catch_up(argv: list[str]) -> int:
    """Fill in what is missing up to the end of a phase, or one exercise."""
    parser = _parser(
        "catch-up",
        "Fill in the answers that you lack, up to the end of a phase, or that "
        "of one exercise alone. What passed stays yours; what is replaced is "
        "kept in workspace/history.",
    )
    parser.add_argument(
        "what", help="a phase's number, or an exercise such as 2.1"
    )
    parser.add_argument(
        "--from",
        dest="file",
        type=Path,
        help="an instructor's file of answers, in place of the course's own",
    )
    wanted = parser.parse_args(argv)
    given = read_answers(wanted.file) if wanted.file else None
    caught_up = _caught_up(learners_workspace(), wanted.what, given)
    if caught_up.filled_in:
        print(f"Filled in: {', '.join(caught_up.filled_in)}.")
    else:
        print("There was nothing to fill in.")
    if caught_up.left:
        print(
            f"Left as they are, changed since they passed: "
            f"{', '.join(caught_up.left)}."
        )
    for problem in in_short(caught_up.problems):
        print(problem)
    print("Restart the kernel of a notebook that is open.")
    return ExitCode.FAILED if caught_up.problems else ExitCode.DONE


def _caught_up(
    workspace: Workspace, what: str, given: Mapping[str, str] | None
) -> CaughtUp:
    """Fill in up to a phase's end, or an exercise.

    Raises CommandError where there is no such one.
    """
    if what.isdecimal():
        return workspace.catch_up(int(what), given)
    try:
        return workspace.fill_in(what, given)
    except CellProblemError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None


def in_short(problems: Iterable[str]) -> list[str]:
    """Return problems, each ``1.1: words``, those with the same words once."""
    numbers: dict[str, list[str]] = {}
    for problem in problems:
        number, _, words = problem.partition(": ")
        numbers.setdefault(words, []).append(number)
    return [f"{', '.join(who)}: {words}" for words, who in numbers.items()]


def reset(argv: list[str]) -> int:
    """Make an exercise, a module or everything as it was at first."""
    parser = _parser(
        "reset",
        "Start an exercise, a module or everything afresh. What you wrote "
        "is kept in workspace/history.",
    )
    parser.add_argument(
        "what", nargs="?", help="an exercise such as 2.1, or a module's name"
    )
    parser.add_argument(
        "--all", action="store_true", help="start everything afresh"
    )
    wanted = parser.parse_args(argv)
    if bool(wanted.what) == wanted.all:
        parser.error("name an exercise or a module, or say --all")
    try:
        files = learners_workspace().reset(wanted.what)
    except CellProblemError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None
    for name in files:
        print(f"As it was at first: workspace/{name}")
    print("What it held is kept in workspace/history.")
    return ExitCode.DONE


def _parser(verb: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"python3 -m course {verb}", description=about
    )


def _number(verb: str, about: str, argv: list[str]) -> str:
    parser = _parser(verb, about)
    parser.add_argument("exercise", help="its number, such as 2.1")
    return str(parser.parse_args(argv).exercise)


def _shown(page: Page) -> int:
    print(page.text())
    return ExitCode.DONE
