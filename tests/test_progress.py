"""Where a learner is in the course, and the time that is known of."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_kit import make_kit

from course.building.lessons import load_exercises
from course.kit import Kit
from course.views.progress import progress_page
from course.workspace.results import Standing
from course.workspace.time_spent import duration
from course.workspace.workspace import Workspace

STATES = ("passed", "changed", "filled_in", "failed", "not_started")

Work = Callable[..., list[Standing]]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return make_kit(tmp_path)


@pytest.fixture
def work(kit: Kit) -> Work:
    """Check, or with "hint" ask for one, at these seconds; what is known."""

    def do(*moments: tuple[str, str, int], solved: bool = False) -> list:
        now = [0.0]
        workspace = Workspace(
            kit.root / "workspace", kit, solved, clock=lambda: now[0]
        )
        workspace.ensure()
        for number, status, seconds in moments:
            now[0] = 1_000_000.0 + seconds
            if status == "hint":
                workspace.next_hint(number)
            else:
                workspace.record(number, status)
        return workspace.standings()

    return do


def seconds(standings: list[Standing]) -> list[int]:
    return [each.seconds for each in standings]


def shown(kit: Kit, states: tuple[str, ...], whole: bool = False) -> str:
    exercises = load_exercises(kit).values()
    standings = [
        Standing(each, state, 0)
        for each, state in zip(exercises, states, strict=True)
    ]
    page = progress_page(standings, whole)
    assert page.html().count("<section") == 1
    return page.text()


def test_progress_tells_each_phase_and_lists_the_one_at_hand(
    kit: Kit,
) -> None:
    assert shown(kit, STATES) == (
        "Progress: 1 of 5 passed, 5 of 35 points\n"
        "\n"
        "Phase 1: 1 of 3 passed, 1 filled in for you, 5 of 25 points, about "
        "5 min left.\n"
        "\n"
        "passed                   1.1 · Count words\n"
        "changed since it passed  1.2 · Add up\n"
        "filled in for you        1.3 · A test of your own\n"
        "\n"
        "Phase 2: 0 of 2 passed, 0 of 10 points, about 16 min left.\n"
        "\n"
        "Next: 1.2 · Add up (5 minutes), in `notebooks/phase_1_words.ipynb`\n"
        "\n"
        "Time: about 21 min of exercises left."
    )


def test_the_whole_lists_every_exercise(kit: Kit) -> None:
    assert "2.2 · The longest word" in shown(kit, STATES, whole=True)


def test_what_was_filled_in_is_never_called_complete(kit: Kit) -> None:
    text = shown(kit, ("filled_in",) * 5)
    assert (
        "Phase 2: 0 of 2 passed, 2 filled in for you, 0 of 10 points, "
        "nothing left."
    ) in text
    assert "complete" not in text
    assert text.endswith("Every exercise there is, is done.")


def test_time_counts_from_run_to_run_for_the_exercise_that_ran(
    work: Work,
) -> None:
    known = work(
        ("1.1", "not_started", 0),
        ("1.1", "failed", 120),
        ("1.1", "hint", 180),
        ("1.2", "passed", 600),
    )
    assert seconds(known) == [180, 420, 0, 0, 0]
    text = progress_page(known).text()
    assert "at least 10 min so far" in text
    assert "gaps over 15 minutes" in text


def test_a_break_and_a_clock_that_goes_back_count_nothing(
    work: Work,
) -> None:
    known = work(
        ("1.1", "failed", 5_000),
        ("1.1", "failed", 5_901),
        ("1.1", "failed", 100),
        ("1.1", "failed", 160),
    )
    assert seconds(known) == [60, 0, 0, 0, 0]


def test_the_solutions_know_no_time(work: Work) -> None:
    known = work(("1.1", "passed", 0), ("1.2", "passed", 60), solved=True)
    assert seconds(known) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59.6, "1 h"), (75, "1 h 15 min"), (442, "7 h 22 min")],
)
def test_a_duration_is_told_in_hours_and_minutes(
    minutes: float, words: str
) -> None:
    assert duration(minutes) == words
