"""The verb `contract`: the scorecard of all agents in a terminal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from course.checking.client import Checker
from course.contract.scorecard import Scorecard, judged
from course.kit import Kit
from course.problems import ExitCode
from course.views.contract import contract_page
from course.workspace.commands import learners_workspace

__all__ = ["main"]

OWN = Path()


def main(argv: list[str]) -> int:
    """Judge all agents by the contract; 0 if every cell holds."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course contract",
        description="Judge every agent in every case of the contract: of "
        "the reference package, or of your own.",
    )
    parser.add_argument(
        "--workspace",
        type=Path,
        nargs="?",
        const=OWN,
        metavar="FOLDER",
        help="judge the package in your workspace, or in another folder",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the scorecard as JSON"
    )
    wanted = parser.parse_args(argv)
    kit = Kit()
    card = _scorecard(_folder(wanted.workspace, kit), kit)
    if wanted.json:
        print(json.dumps(card.to_dict(), indent=2, ensure_ascii=False))
    else:
        whose = "the reference" if wanted.workspace is None else "your package"
        print(contract_page(card, whose).text())
    return ExitCode.DONE if card.holds else ExitCode.FAILED


def _folder(wanted: Path | None, kit: Kit) -> Path:
    """Return the folder that holds the package to judge."""
    if wanted is None:
        return kit.root
    return learners_workspace().folder if wanted == OWN else wanted


def _scorecard(folder: Path, kit: Kit) -> Scorecard:
    checker = Checker(folder)
    try:
        return judged(checker, kit)
    finally:
        checker.close()
