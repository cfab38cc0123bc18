"""`python3 -m course class FOLDER`: who is where, and what holds many up."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from course.building.exercises import Exercise
from course.building.lessons import load_exercises
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.teaching.learners import STUCK_RUNS, Learner, read_class
from course.views.pages import Block, Items, Page, Say
from course.views.tables import Table
from course.workspace.files import write_atomically
from course.workspace.time_spent import duration

__all__ = ["class_page", "main"]

DOCUMENT = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; --jp-ui-font-color1: CanvasText;
  --jp-layout-color2: Canvas; --jp-ui-font-family: sans-serif }}
</style></head>
<body><main>{page}</main></body></html>
"""
NAMES_SHOWN = 6


def main(argv: list[str]) -> int:
    """Print the view of a class, or write it as a page."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course class",
        description="Show who is where. FOLDER holds what learners handed "
        "in: packed workspaces (NAME.zip), progress files (NAME.json), or "
        "folders with a workspace. Nothing of it is run.",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--html", type=Path, help="write a page, too")
    wanted = parser.parse_args(argv)
    if not wanted.folder.is_dir():
        raise CommandError(
            ExitCode.WRONG_USE, f"There is no folder {wanted.folder}."
        )
    page = class_page(read_class(wanted.folder), load_exercises(Kit()))
    print(page.text())
    if wanted.html:
        html = DOCUMENT.format(title="The class", page=page.html())
        write_atomically(wanted.html, html.encode())
    return ExitCode.DONE


def class_page(
    learners: Sequence[Learner], exercises: Mapping[str, Exercise]
) -> Page:
    """Return a row for each learner, and the exercises that hold many up."""
    known = [each for each in learners if not each.problem]
    blocks: list[Block] = [*_holding_up(known, exercises)]
    if known:
        columns = ("learner", "passed", "points", "at", "runs", "time", "seen")
        rows = [_row(each, exercises) for each in known]
        blocks.append(Table("Who is where", columns, rows))
        blocks.append(
            Say(
                "`runs` are the checks of the exercise at hand. `time` goes "
                "from check to check, breaks left out: a bound from below."
            )
        )
    for each in learners:
        if each.problem:
            blocks.append(Say(each.problem, each.name))
    return Page("The class", f"{len(known)} learners", "plain", blocks)


def _holding_up(
    learners: Sequence[Learner], exercises: Mapping[str, Exercise]
) -> list[Block]:
    """Return the exercises with somebody stuck, most of them first."""
    stuck = {
        each: [who.name for who in learners if who.stuck(each.id)]
        for each in exercises.values()
    }
    most = sorted(
        (each for each in stuck if stuck[each]),
        key=lambda each: -len(stuck[each]),
    )
    if not most:
        return [Say("Nobody is stuck.")] if learners else []
    rows = [
        (
            "✗",
            f"{len(stuck[each])} stuck",
            f"{each.id} · {each.title}: {_names(stuck[each])}",
        )
        for each in most
    ]
    words = f"checked {STUCK_RUNS} times or more, and never passed"
    return [Say(words, "Stuck"), Items(rows)]


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    told = ", ".join(names[:NAMES_SHOWN])
    return f"{told} and {more} more" if more > 0 else told


def _row(learner: Learner, exercises: Mapping[str, Exercise]) -> list[str]:
    own = [each for each in exercises.values() if learner.passed(each.id)]
    at = learner.at(exercises.values())
    record = learner.records.get(at.id) if at else None
    last = max((each.last for each in learner.records.values()), default=0)
    return [
        learner.name,
        f"{len(own)} of {len(exercises)}",
        str(sum(each.points for each in own)),
        f"{at.id} · {at.title}" if at else "done",
        str(record.runs) if record else "0",
        duration(learner.seconds / 60),
        time.strftime("%Y-%m-%d %H:%M", time.localtime(last)) if last else "–",
    ]
