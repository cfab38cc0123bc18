"""The class at a glance: which exercises, which mistakes, how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from course.building.exercises import Exercise
from course.grading.class_plots import exercises_plot, points_plot
from course.grading.documents import document, table
from course.grading.feedback import STATUSES
from course.grading.marks import percent
from course.grading.results import Result, file_name
from course.views.plots import Plot

__all__ = ["Mistake", "mistakes", "overview_page"]

MOST_MISTAKES = 40
_KINDS = {
    "passed": "passed",
    "missing": "missing",
    "kit_error": "unchecked",
    "not_judged": "unchecked",
}


class Mistake:
    """A wrong answer that several may have given: hint and who."""

    def __init__(self, exercise: str, words: str) -> None:
        self.exercise = exercise
        self.words = words
        self.learners: list[str] = []


def mistakes(results: Sequence[Result]) -> list[Mistake]:
    """Return the mistakes of a class, the most frequent first.

    One is the hint that fitted, which the kit's tests choose by what was
    observed; without one, the expectation that did not hold.
    """
    found: dict[tuple[str, str], Mistake] = {}
    for result in results:
        for row in result["exercises"]:
            words = _mistake(row)
            if words:
                key = (row["exercise"], words)
                found.setdefault(key, Mistake(*key))
                found[key].learners.append(result["learner"])
    return sorted(found.values(), key=lambda each: -len(each.learners))


def _mistake(row: Result) -> str:
    verdict = row["verdict"]
    if not verdict or row["status"] in _KINDS:
        return ""
    failure = verdict["failure"] or {}
    hint, sentence = verdict["hint"], failure.get("sentence", "")
    if row["status"] != "failed":
        return STATUSES[row["status"]][0].capitalize()
    general = hint.startswith(_GENERAL)
    if sentence and (general or not hint):
        return f"{sentence}: this does not hold"
    return str(hint or "Not right yet")


# Hints that say how to look, not what the mistake is.
_GENERAL = ("Compare what came", "Make the same call", "Read the sentence")


def overview_page(
    results: Sequence[Result],
    exercises: Mapping[str, Exercise],
    protection: str,
) -> str:
    """Return the page of a class as HTML."""
    parts = [
        f"<p class='total'>{len(results)} submissions</p>",
        f"<pre class='note' tabindex='0'>{escape(protection)}</pre>",
        *_pictures(results, exercises),
        "<h2>Learners</h2>",
        _learners(results),
        "<h2>Exercises</h2>",
        _exercises(results, exercises),
        "<h2>Typical mistakes</h2>",
        _mistakes(results),
    ]
    return document("Grades of the class", "\n".join(parts))


def _pictures(
    results: Sequence[Result], exercises: Mapping[str, Exercise]
) -> Iterator[str]:
    if not results:
        return
    plots: list[Plot] = [
        points_plot([percent(each) for each in results]),
        exercises_plot(list(exercises), _counts(results)),
    ]
    for plot in plots:
        yield f"<h2>{escape(plot.title)}</h2>"
        yield f"<figure style='margin:0'>{plot.html()}"
        yield f"<figcaption>{escape(plot.words)}</figcaption></figure>"


def _counts(results: Sequence[Result]) -> dict[str, Counter[str]]:
    """Return for each exercise how many passed, were wrong, or missing."""
    found: dict[str, Counter[str]] = {}
    for result in results:
        for row in result["exercises"]:
            kind = _KINDS.get(row["status"], "wrong")
            found.setdefault(row["exercise"], Counter())[kind] += 1
    return found


def _learners(results: Sequence[Result]) -> str:
    rows = []
    for result in results:
        link = f"feedback/{quote(file_name(result['learner']))}.html"
        states = Counter(
            _KINDS.get(row["status"], "wrong") for row in result["exercises"]
        )
        remarks = len(result["problems"]) + len(result["repairs"])
        first = [*result["problems"], *result["repairs"], ""][0]
        more = f" (and {remarks - 1} more)" if remarks > 1 else ""
        rows.append(
            [
                f"<a href='{link}'>{escape(result['learner'])}</a>",
                f"{result['points']} of {result['possible']}",
                f"{percent(result):g} %",
                str(states["passed"]),
                str(states["wrong"]),
                str(states["missing"]),
                escape(first + more),
            ]
        )
    head = ["Learner", "Points", "Share", "Passed", "Wrong", "Missing"]
    head.append("Remarks")
    return table("Marks of each learner", head, rows, {1, 2, 3, 4, 5})


def _exercises(
    results: Sequence[Result], exercises: Mapping[str, Exercise]
) -> str:
    counts = _counts(results)
    rows = []
    for number, exercise in exercises.items():
        count = counts.get(number, Counter())
        rows.append(
            [
                f"{escape(number)} · {escape(exercise.title)}",
                str(exercise.points),
                *(str(count[kind]) for kind in ("passed", "wrong", "missing")),
            ]
        )
    head = ["Exercise", "Points", "Passed", "Wrong", "Missing"]
    return table("Results of each exercise", head, rows, {1, 2, 3, 4})


def _mistakes(results: Sequence[Result]) -> str:
    rows = [
        [
            escape(each.exercise),
            str(len(each.learners)),
            escape(each.words),
            escape(", ".join(each.learners[:12]))
            + (" …" if len(each.learners) > 12 else ""),
        ]
        for each in mistakes(results)[:MOST_MISTAKES]
    ]
    if not rows:
        return "<p>None.</p>"
    head = ["Exercise", "How many", "What is wrong", "Who"]
    return table("The most frequent wrong answers", head, rows, {1})
