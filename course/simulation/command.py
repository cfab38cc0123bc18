"""`python3 -m course simulate`: make the simulated files again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.simulation.files import as_lines, read_lines, write_lines
from course.simulation.outcomes import (
    SPLITS,
    mislabelled,
    settings,
    simulate,
)
from course.simulation.router_log import log_lines
from course.simulation.targets import read_targets

__all__ = ["file_of", "log_file", "main", "simulated_lines"]

DONE = "{path}: {count} rows"
STALE = "{} is not what the simulation gives."
UP_TO_DATE = "The simulated {what} in data/ {is_} up to date."


def main(argv: list[str]) -> int:
    """Write the rows, or tell whether those in data/ are up to date."""
    wanted = parse(argv)
    if wanted.log:
        return log(wanted.check, wanted.out)
    seed = settings()["seed"] if wanted.seed is None else wanted.seed
    lines = simulated_lines(seed, wanted.wrong_labels)
    if wanted.check:
        return check(lines)
    if wanted.out:
        write(Path(wanted.out), lines[wanted.split])
        return ExitCode.DONE
    if seed != settings()["seed"] or wanted.wrong_labels:
        raise CommandError(
            ExitCode.WRONG_USE,
            "The files in data/ are those of the seed in settings.yaml, with "
            "right labels. Say where other rows should go: --out FILE.",
        )
    for split in SPLITS:
        write(file_of(split), lines[split])
    return ExitCode.DONE


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course simulate",
        description="Simulate how well models do on prompts, and at what "
        "cost. Without --out, write all three files in data/. What is "
        "assumed stands in course/simulation/settings.yaml; for the log, in "
        "router_day.yaml beside it.",
    )
    parser.add_argument(
        "--log",
        action="store_true",
        help="the log of a router's day, in place of the outcomes",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write one split to a .jsonl[.gz] file"
    )
    parser.add_argument(
        "--split", choices=SPLITS, default="train", help="which, for --out"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="other draws")
    parser.add_argument(
        "--wrong-labels",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="share of training rows under a wrong task type, 0 to 1",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; 1 if the files in data/ are not up to date",
    )
    return parser.parse_args(argv)


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def file_of(split: str, kit: Kit | None = None) -> Path:
    """Return where the rows of a split lie."""
    name = f"simulated_outcomes_{split}.jsonl.gz"
    return (kit or Kit()).data / name


def simulated_lines(seed: int, wrong_labels: float = 0.0) -> dict[str, str]:
    """Return the lines of each split."""
    rows = simulate(read_targets(), seed)
    rows["train"] = mislabelled(rows["train"], wrong_labels, seed)
    return {split: as_lines(each) for split, each in rows.items()}


def check(lines: dict[str, str]) -> int:
    """Say which files in data/ differ from these lines."""
    stale = [
        path
        for path, expected in ((file_of(s), lines[s]) for s in SPLITS)
        if not path.is_file() or read_lines(path) != expected
    ]
    if not stale:
        print(UP_TO_DATE.format(what="outcomes", is_="are"))
        return ExitCode.DONE
    for path in stale:
        print(STALE.format(path.name))
    print("Run `python3 -m course simulate`.")
    return ExitCode.FAILED


def log(is_check: bool, out: str | None) -> int:
    """Write the log, or tell whether the one in data/ is up to date."""
    path, lines = Path(out) if out else log_file(), log_lines()
    if not is_check:
        write(path, lines)
        return ExitCode.DONE
    if path.is_file() and read_lines(path) == lines:
        print(UP_TO_DATE.format(what="log", is_="is"))
        return ExitCode.DONE
    print(STALE.format(path.name))
    print("Run `python3 -m course simulate --log`.")
    return ExitCode.FAILED


def log_file(kit: Kit | None = None) -> Path:
    """Return where the log of the simulated day lies."""
    return (kit or Kit()).data / "router_log.jsonl"


def write(path: Path, lines: str) -> None:
    """Write a file and say so."""
    write_lines(path, lines)
    print(DONE.format(path=path, count=lines.count("\n")))
