"""What a learner sees: verdicts, hints, solutions."""

from __future__ import annotations

from collections.abc import Iterator

from course.building.agent_tests import agent_of
from course.building.exercises import Exercise
from course.checking.verdict import Verdict
from course.views.pages import Block, Code, Facts, Folded, Items, Page, Say
from course.workspace.released import is_withheld, where_answers_are
from course.workspace.results import SaveResult

__all__ = [
    "hint_page",
    "not_saved_page",
    "solution_page",
    "verdict_page",
]

# How a verdict is called, its tone, and what to do about it.
STATUS = {
    "passed": ("passed", "good", ""),
    "failed": ("not right yet", "bad", ""),
    "not_started": (
        "not started",
        "open",
        "The blank is still there. Write your code in place of the line with "
        '`raise`, then run the cell again. `hint("{id}")` helps to begin.',
    ),
    "waiting": (
        "waits for another exercise",
        "open",
        "Your code reached a part of the package that exercise {waits_for} "
        "builds, and which is still blank. Solve that one first, or have it "
        "alone filled in: `python3 -m course catch-up {waits_for}`.",
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
        "Your code ended the program that it ran in: look for `sys.exit`, "
        "`exit`, `os._exit`, or a recursion that has no end. This notebook "
        "is not touched by it.",
    ),
    "hung": (
        "did not come to an end",
        "bad",
        "Your code did not come back and was stopped: look for a loop whose "
        "condition never changes, or for a real wait where the function that "
        "was handed in should be called.",
    ),
    "flooded": (
        "wrote too much",
        "bad",
        "Your code printed without end and was stopped: look for a `print` "
        "in a loop.",
    ),
    "kit_error": (
        "could not be checked",
        "open",
        "The check itself failed; that says nothing about your answer, which "
        "is saved. Run the cell again.",
    ),
}
# How tests are called that ask an agent which the learner has yet to write.
UNWRITTEN = (
    "saved, not run yet",
    "open",
    "The agent that these tests ask comes in phase {agent_phase}. When you "
    "have built it, `python3 -m course check {file}` runs them.",
)
OUTCOMES = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "not passed"),
    "not_run": ("–", "not run"),
}
DIFFICULTIES = {1: "easy", 2: "medium", 3: "hard"}


def verdict_page(
    verdict: Verdict, exercise: Exercise, saved: SaveResult | None = None
) -> Page:
    """Return what a check found, for the learner who just ran it."""
    word, tone, advice = STATUS[verdict.status]
    unwritten = verdict.status == "waiting" and not verdict.waits_for
    if unwritten:
        word, tone, advice = UNWRITTEN
    blocks: list[Block] = []
    if advice:
        words = {"id": exercise.id, "waits_for": verdict.waits_for}
        # An exercise's tests may be of an agent that comes in a later phase.
        agent_phase = str(agent_of(exercise.file).phase)
        words |= {"file": exercise.file, "agent_phase": agent_phase}
        blocks.append(Say(advice.format(**words)))
    blocks += _about_saving(saved)
    if verdict.status != "not_started" and not unwritten:
        blocks += _about_checks(verdict)
    if verdict.hint:
        blocks.append(Say(verdict.hint, "Hint"))
    if verdict.printed:
        blocks.append(Code("Your code printed", verdict.printed))
    done, total = verdict.mine
    if total:
        owned = f"{done} of {total} definitions of the package are yours."
        blocks.append(Say(owned))
    if verdict.status == "waiting" and verdict.waits_for:
        word = f"waits for exercise {verdict.waits_for}"
    return Page(_title(exercise), word, tone, blocks)


def not_saved_page(result: SaveResult, exercise: Exercise | None) -> Page:
    """Return why a cell was not taken."""
    title = _title(exercise) if exercise else f"Exercise {result.exercise}"
    return Page(title, "not saved", "bad", [Say(result.problem)])


def hint_page(exercise: Exercise, number: int, total: int, text: str) -> Page:
    """Return a hint, or that there are no more."""
    if not text:
        words = (
            f"You have seen all {total} hints. "
            f'`solution("{exercise.id}")` shows an answer.'
        )
        return Page(_title(exercise), "no more hints", "plain", [Say(words)])
    word = f"hint {number} of {total}"
    return Page(_title(exercise), word, "plain", [Say(text)])


def solution_page(exercise: Exercise) -> Page:
    """Return an answer, folded; nothing of the learner's is changed."""
    if is_withheld(exercise):
        where = Say(where_answers_are(exercise.id))
        return Page(_title(exercise), "not in this copy", "open", [where])
    words = (
        "One right answer; yours may look different. Nothing of yours is "
        "changed by looking at it."
    )
    code = f'@exercise("{exercise.id}")\n{exercise.solution}'
    if exercise.kind == "tests":
        code = exercise.solution
    blocks: list[Block] = [Say(words), Folded("Show the answer", code)]
    return Page(_title(exercise), "a solution", "plain", blocks)


def _title(exercise: Exercise) -> str:
    if exercise.id in exercise.file:
        return f"{exercise.file} · {exercise.title}"
    return f"Exercise {exercise.id} · {exercise.title}"


def _about_saving(saved: SaveResult | None) -> Iterator[Block]:
    if saved is None:
        return
    if saved.status == "kept":
        yield Say(
            "This cell is still blank. Your saved answer is kept, and it is "
            "the one that was checked."
        )
    for note in saved.notes:
        yield Say(note, "Note")


def _about_checks(verdict: Verdict) -> Iterator[Block]:
    if verdict.expectations:
        yield Items(
            [(*OUTCOMES[e.outcome], e.sentence) for e in verdict.expectations]
        )
    failure = verdict.failure
    if failure is None:
        return
    if failure.sentence and len(verdict.expectations) > 1:
        yield Say(failure.sentence, "The first that does not hold")
    facts = [
        ("Called", failure.called),
        ("Came back", failure.returned),
        ("Raised", failure.raised),
        ("Expected", failure.expected),
        ("Because", failure.message),
        ("Arrived", "\n".join(failure.requests)),
    ]
    known = [(label, value) for label, value in facts if value]
    if known:
        yield Facts(known)
