"""The verb `grade`: a class's submissions in, marks and feedback out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from course.grading.contained import LEVELS, ContainmentError, protection
from course.grading.marks import percent
from course.grading.pool import Order, graded
from course.grading.results import Result
from course.grading.run import GradeAll, Graded, Run, seed_of
from course.grading.submissions import NoSubmissionsError, Submission, find
from course.problems import CommandError, ExitCode
from course.workspace.files import BusyError

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Grade a folder of submissions; 0 if every one could be graded."""
    wanted = _parser().parse_args(argv)
    try:
        submissions = find(wanted.submissions)
    except NoSubmissionsError as error:
        raise CommandError(ExitCode.WRONG_USE, str(error)) from None
    _require_apart(wanted.submissions, wanted.out)
    _require_known(wanted.only, submissions)
    try:
        protected = protection(wanted.containment)
    except ContainmentError as error:
        raise CommandError(ExitCode.PART_MISSING, str(error)) from None
    print(protected, file=sys.stderr)
    run = Run(
        out=wanted.out,
        seed=seed_of(wanted.out, wanted.seed),
        jobs=max(1, wanted.jobs),
        level=protected.name,
        protection=protected,
        again=wanted.again,
        grade_all=_on_cluster(wanted.scheduler)
        if wanted.scheduler
        else graded,
    )
    try:
        results = run.grade(submissions, wanted.only)
    except BusyError:
        raise CommandError(
            ExitCode.FAILED, f"Another run is writing to {wanted.out}."
        ) from None
    print(_summary(results, wanted.out))
    lost = any(not result["digest"] for result in results)
    return ExitCode.FAILED if lost else ExitCode.DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m course grade",
        description="Grade a class: a folder, zip or notebook per learner.",
    )
    parser.add_argument(
        "submissions", type=Path, help="the folder of submissions"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="where marks and pages go"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="submissions at a time; as many as there are processors",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ID",
        help="grade this learner alone; may be given several times",
    )
    parser.add_argument(
        "--seed",
        type=int,
        help="draw the tests' values by this number; 0: as learners saw them",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="grade also what has not changed since the last run",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on a Dask cluster, such as tcp://127.0.0.1:8786",
    )
    parser.add_argument(
        "--containment",
        choices=LEVELS,
        default="best",
        help="how learners' code is contained; best: as well as it works here",
    )
    return parser


def _on_cluster(address: str) -> GradeAll:
    """Return what grades on a cluster in place of this machine."""
    from course.grading import cluster

    def grade_all(
        submissions: Sequence[Submission], order: Order, jobs: int
    ) -> Graded:
        return cluster.graded(submissions, order, address)

    return grade_all


def _require_apart(submissions: Path, out: Path) -> None:
    here, there = submissions.resolve(), out.resolve()
    if there == here or here in there.parents:
        raise CommandError(
            ExitCode.WRONG_USE,
            f"{out} lies within the submissions and would be taken for one. "
            "Name another folder with --out.",
        )


def _require_known(
    only: Sequence[str], submissions: Sequence[Submission]
) -> None:
    known = {each.learner for each in submissions}
    for learner in only:
        if learner not in known:
            raise CommandError(
                ExitCode.WRONG_USE,
                f'"{learner}" has handed nothing in. There are: '
                f"{', '.join(sorted(known))}.",
            )


def _summary(results: Sequence[Result], out: Path) -> str:
    shares = sorted(percent(each) for each in results)
    middle = shares[len(shares) // 2] if shares else 0.0
    return (
        f"{len(results)} learners, median {middle:g} % of the points.\n"
        f"{out / 'index.html'} shows the class, {out / 'feedback'} has a "
        f"page for each learner, {out / 'grades.csv'} the marks."
    )
