"""The verb `check`: an exercise's verdict in a terminal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from course.checking.client import Checker
from course.checking.verdict import Verdict
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.views.verdicts import verdict_page
from course.workspace.cells import CellProblemError
from course.workspace.commands import learners_workspace
from course.workspace.workspace import Workspace

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Check one exercise and print its verdict; 0 if it passes."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course check",
        description="Check an exercise as it stands in your workspace.",
    )
    parser.add_argument(
        "exercise",
        help="its number, such as 2.1, or one of your test files, such as "
        "tests/test_gemini_agent.py",
    )
    parser.add_argument(
        "--workspace", type=Path, help="another folder than your own"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the verdict as JSON"
    )
    wanted = parser.parse_args(argv)
    name = wanted.exercise
    # A test file of an agent goes by its name without folder and ending.
    name = Path(name).stem if name.endswith(".py") else name
    verdict = _checked(name, wanted.workspace, wanted.json)
    return ExitCode.DONE if verdict.passed else ExitCode.FAILED


def _checked(number: str, folder: Path | None, as_json: bool) -> Verdict:
    workspace = Workspace(folder, Kit()) if folder else learners_workspace()
    try:
        exercise = workspace.exercise(number)
    except CellProblemError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None
    digest = workspace.digest(number)
    checker = Checker(workspace.folder)
    try:
        verdict = checker.check(number)
    finally:
        checker.close()
    if folder is None:
        workspace.record(number, verdict.status, digest)
        verdict = verdict.with_mine(*workspace.mine())
    if as_json:
        print(json.dumps(verdict.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(verdict_page(verdict, exercise).text())
    return verdict
