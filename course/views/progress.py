"""How far a learner is in the whole course, and what is next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from course.views.pages import Block, Items, Page, Say
from course.workspace.results import Standing
from course.workspace.time_spent import BREAK_SECONDS, duration

__all__ = ["STATES", "progress_page"]

STATES = {
    "not_started": ("–", "not started"),
    "unchecked": ("–", "saved, not checked"),
    "failed": ("✗", "not right yet"),
    "passed": ("✓", "passed"),
    "changed": ("–", "changed since it passed"),
    "filled_in": ("–", "filled in for you"),
}


def progress_page(standings: Sequence[Standing], whole: bool = False) -> Page:
    """Return where a learner is: each phase, what is next, the time.

    The exercises of the phase at hand are listed, with `whole` those of all
    phases.
    """
    blocks: list[Block] = []
    following = next((each for each in standings if not _done(each)), None)
    for phase, group in groupby(standings, lambda each: each.exercise.phase):
        rows = list(group)
        blocks.append(Say(_phase(rows), f"Phase {phase}"))
        if whole or (following and following.exercise.phase == phase):
            blocks.append(Items([_row(each) for each in rows]))
    if following:
        first = following.exercise
        words = f"{first.id} · {first.title} ({first.minutes} minutes)"
        notebook = f"notebooks/{first.lesson.stem}.ipynb"
        blocks.append(Say(f"{words}, in `{notebook}`", "Next"))
    elif standings:
        blocks.append(Say("Every exercise there is, is done."))
    blocks += _time(standings)
    word = f"{_count(standings)} passed, {_points(standings)}"
    return Page("Progress", word, "plain", blocks)


def _phase(rows: Sequence[Standing]) -> str:
    parts = [f"{_count(rows)} passed"]
    filled_in = sum(each.state == "filled_in" for each in rows)
    if filled_in:
        parts.append(f"{filled_in} filled in for you")
    left = _minutes_left(rows)
    about = f"about {duration(left)} left" if left else "nothing left"
    return ", ".join([*parts, _points(rows), about]) + "."


def _time(standings: Sequence[Standing]) -> list[Block]:
    spent = sum(each.seconds for each in standings) / 60
    left = _minutes_left(standings)
    parts = []
    if spent >= 1:
        parts.append(
            f"at least {duration(spent)} so far (from run to run of a cell; "
            f"gaps over {BREAK_SECONDS // 60} minutes are left out)"
        )
    if left:
        parts.append(f"about {duration(left)} of exercises left")
    return [Say(f"{', '.join(parts)}.", "Time")] if parts else []


def _minutes_left(rows: Sequence[Standing]) -> int:
    return sum(each.exercise.minutes for each in rows if not _done(each))


def _done(standing: Standing) -> bool:
    return standing.state in ("passed", "filled_in")


def _count(standings: Sequence[Standing]) -> str:
    passed = [each for each in standings if each.state == "passed"]
    return f"{len(passed)} of {len(standings)}"


def _points(standings: Sequence[Standing]) -> str:
    passed = [each for each in standings if each.state == "passed"]
    own = sum(each.exercise.points for each in passed)
    return f"{own} of {sum(e.exercise.points for e in standings)} points"


def _row(standing: Standing) -> tuple[str, str, str]:
    exercise = standing.exercise
    sign, word = STATES[standing.state]
    return sign, word, f"{exercise.id} · {exercise.title}"
