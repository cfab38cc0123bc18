"""One learner's feedback: what holds, what does not, and a hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from urllib.parse import quote

from course.building.exercises import Exercise
from course.checking.verdict import Verdict
from course.grading.documents import document, table
from course.grading.marks import percent
from course.grading.results import Result
from course.views.pages import Block, Code, Facts, Items, Page, Say
from course.views.verdicts import OUTCOMES

__all__ = ["STATUSES", "feedback_page"]

# A word and a tone for each status, and what to do about it.
STATUSES = {
    "passed": ("passed", "good", ""),
    "failed": ("not right yet", "bad", ""),
    "missing": (
        "no answer",
        "open",
        "No answer was found: the cell is missing, or the blank is still in "
        "it.",
    ),
    "unreadable": (
        "could not be taken",
        "bad",
        "There is an answer, but it could not be put into the package.",
    ),
    "not_started": (
        "not finished",
        "open",
        "A part of the blank is still there, and was reached.",
    ),
    "waiting": (
        "waits for another exercise",
        "bad",
        "The answer came to a part of the package that is still blank and "
        "comes later in the course.",
    ),
    "import_error": (
        "cannot be imported",
        "bad",
        "The module stopped while Python was reading it, so that nothing "
        "could be checked.",
    ),
    "ended": (
        "ended the program",
        "bad",
        "The answer ended the program that it ran in: look for `sys.exit`, "
        "`os._exit`, a recursion without an end, or too much memory.",
    ),
    "hung": (
        "did not come to an end",
        "bad",
        "The answer did not come back in time and was stopped: look for a "
        "loop whose condition never changes, or for a real wait.",
    ),
    "flooded": (
        "wrote too much",
        "bad",
        "The answer printed without end and was stopped.",
    ),
    "kit_error": (
        "could not be checked",
        "open",
        "The check itself failed. Ask your instructor to look at it.",
    ),
    "not_judged": (
        "was not graded",
        "open",
        "Your instructor will grade this again, or by hand.",
    ),
}
SIGNS = {"good": "✓", "bad": "✗", "open": "–"}


def feedback_page(result: Result, exercises: Mapping[str, Exercise]) -> str:
    """Return the whole page as HTML; all that is not ours is escaped."""
    rows = [row for row in result["exercises"] if row["exercise"] in exercises]
    parts = [
        f"<p class='total'>{result['points']} of {result['possible']} points "
        f"({percent(result):g} %)</p>",
        *_about_submission(result),
        _summary(rows),
    ]
    for phase, group in groupby(rows, lambda row: _phase(row)):
        parts.append(f"<h2>Phase {escape(phase)}</h2>")
        parts += [_exercise(row) for row in group]
    return document(f"Feedback for {result['learner']}", "\n".join(parts))


def _phase(row: Result) -> str:
    return str(row["exercise"]).partition(".")[0]


def _about_submission(result: Result) -> Iterator[str]:
    for name, heading in (
        ("problems", "What could not be read"),
        ("repairs", "What was put right"),
    ):
        if result[name]:
            texts = map(escape, result[name])
            items = "".join(f"<li>{text}</li>" for text in texts)
            yield f"<h2>{heading}</h2><ul class='note'>{items}</ul>"


def _summary(rows: list[Result]) -> str:
    lines = []
    for row in rows:
        word, tone, _ = STATUSES[row["status"]]
        name = f"{escape(row['exercise'])} · {escape(row['title'])}"
        lines.append(
            [
                f"<a href='#exercise-{quote(row['exercise'])}'>{name}</a>",
                f"{SIGNS[tone]} {escape(word)}",
                f"{row['points']} of {row['possible']}",
            ]
        )
    head = ["Exercise", "Result", "Points"]
    return table("All exercises", head, lines, {2})


def _exercise(row: Result) -> str:
    word, tone, advice = STATUSES[row["status"]]
    points = f"{word}, {row['points']} of {row['possible']} points"
    title = f"{row['exercise']} · {row['title']}"
    blocks: list[Block] = [Say(advice)] if advice else []
    blocks += [Say(note, "Note") for note in row["notes"]]
    blocks += _about_help(row)
    if row["verdict"]:
        blocks += _about_checks(Verdict.from_dict(row["verdict"]))
    if row["source"]:
        blocks.append(Say(f"Taken from {row['source']}."))
    html = Page(title, points, tone, blocks).html()
    return f"<div id='exercise-{quote(row['exercise'])}'>{html}</div>"


def _about_help(row: Result) -> Iterator[Block]:
    if row["helped_by"]:
        numbers = ", ".join(row["helped_by"])
        yield Say(
            "Judged with right answers in place of earlier ones that are "
            f"missing or did not pass ({numbers}), so that those do not count "
            "against this one."
        )


def _about_checks(verdict: Verdict) -> Iterator[Block]:
    if verdict.expectations:
        yield Items(
            [(*OUTCOMES[e.outcome], e.sentence) for e in verdict.expectations]
        )
    failure = verdict.failure
    if failure:
        if failure.sentence:
            yield Say(failure.sentence, "The first that does not hold")
        facts = [
            ("called", failure.called),
            ("came back", failure.returned),
            ("raised", failure.raised),
            ("expected", failure.expected),
            ("and", failure.message),
        ]
        facts = [(label, value) for label, value in facts if value]
        if facts:
            yield Facts(facts)
        if failure.requests:
            yield Code("Arrived at the provider", "\n".join(failure.requests))
    if verdict.hint:
        yield Say(verdict.hint, "Hint")
    if verdict.printed and not verdict.passed:
        yield Code("Your code printed", verdict.printed)
