"""What a learner sees, as text and as HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from small_kit import make_kit

from course.building.lessons import Exercise, load_exercises
from course.checking.verdict import Expectation, Failure, Status, Verdict
from course.views.pages import Code, Facts, Folded, Items, Page, Say
from course.views.verdicts import (
    STATUS,
    hint_page,
    not_saved_page,
    solution_page,
    verdict_page,
)
from course.workspace.results import SaveResult


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    return load_exercises(make_kit(tmp_path))["1.1"]


FAILED = Verdict(
    "1.1",
    "failed",
    expectations=(
        Expectation("test_a", "Words are counted", "passed"),
        Expectation("test_b", "Capitals do not matter", "failed"),
        Expectation("test_c", "Nothing is an empty count", "not_run"),
    ),
    failure=Failure(
        "test_b",
        "Capitals do not matter",
        called="count_words('A a')",
        returned="{'A': 1, 'a': 1}",
        expected="{'a': 2}",
        requests=("GET /openai/v1/models -> 200", "POST /x -> 401"),
    ),
    hint="Make the text lower case first.",
    printed="looking at A\nlooking at a\n",
    mine=(3, 15),
)


def html(page: Page) -> str:
    """Return a page's HTML after checking that its tags are balanced."""
    text = page._repr_mimebundle_()["text/html"]
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "br":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Balance().feed(text)
    assert not opened
    return text


def test_a_failed_check_says_everything_that_is_known(
    exercise: Exercise,
) -> None:
    assert verdict_page(FAILED, exercise).text() == (
        "Exercise 1.1 · Count words: not right yet\n"
        "\n"
        "passed      Words are counted\n"
        "not passed  Capitals do not matter\n"
        "not run     Nothing is an empty count\n"
        "\n"
        "The first that does not hold: Capitals do not matter\n"
        "\n"
        "Called:    count_words('A a')\n"
        "Came back: {'A': 1, 'a': 1}\n"
        "Expected:  {'a': 2}\n"
        "Arrived:   GET /openai/v1/models -> 200\n"
        "           POST /x -> 401\n"
        "\n"
        "Hint: Make the text lower case first.\n"
        "\n"
        "Your code printed\n"
        "    looking at A\n"
        "    looking at a\n"
        "\n"
        "3 of 15 definitions of the package are yours."
    )


def test_html_and_text_say_the_same(exercise: Exercise) -> None:
    shown = re.sub(r"<[^>]+>", "\n", html(verdict_page(FAILED, exercise)))
    for line in (
        "not right yet",
        "Capitals do not matter",
        "count_words(&#x27;A a&#x27;)",
        "Make the text lower case first.",
        "looking at a",
        "3 of 15 definitions of the package are yours.",
    ):
        assert line in shown


def test_no_meaning_hangs_on_a_colour_alone(exercise: Exercise) -> None:
    text = html(verdict_page(FAILED, exercise))
    for words in ("✓ passed", "✗ not passed", "– not run"):
        assert words in text


def test_colours_are_those_of_the_theme(exercise: Exercise) -> None:
    text = html(verdict_page(FAILED, exercise))
    for colour in re.findall(r"#[0-9a-f]{3,6}\b", text):
        assert f",{colour})" in text
    assert "var(--jp-ui-font-color1" in text
    assert "<style" not in text
    assert "<script" not in text


def test_everything_of_the_learners_is_escaped(exercise: Exercise) -> None:
    evil = "<script>alert('x')</script>&\"'"
    failure = Failure("t", evil, evil, evil, evil, evil, evil, (evil,))
    verdict = Verdict(
        "1.1",
        "failed",
        (Expectation("t", evil, "failed"), Expectation("u", evil, "passed")),
        failure,
        hint=evil,
        printed=evil,
    )
    saved = SaveResult("1.1", "saved", notes=(evil,))
    for page in (
        verdict_page(verdict, exercise, saved),
        not_saved_page(SaveResult(evil, "not_saved", problem=evil), None),
        hint_page(exercise, 1, 2, evil),
        Page(evil, evil, "bad", [Facts([(evil, evil)]), Code(evil, evil)]),
        Page(evil, evil, "bad", [Folded(evil, evil), Say(evil, evil)]),
        Page(evil, evil, "bad", [Items([("✓", evil, evil)])]),
    ):
        text = html(page)
        assert "<script" not in text
        assert "alert('x')" not in text


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_has_a_word_a_tone_and_advice(
    exercise: Exercise, status: Status
) -> None:
    verdict = Verdict("1.1", status, waits_for="2.3")
    text = verdict_page(verdict, exercise).text()
    assert STATUS[status][0].split()[0] in text
    assert "{" not in text
    if status not in ("passed", "failed"):
        assert "\n\n" in text


def test_a_blank_is_told_from_a_wrong_answer(exercise: Exercise) -> None:
    tests = (Expectation("t", "Words are counted", "failed"),)
    verdict = Verdict("1.1", "not_started", tests, mine=(0, 15))
    text = verdict_page(verdict, exercise).text()
    assert text.startswith("Exercise 1.1 · Count words: not started\n")
    assert 'hint("1.1")' in text
    assert "not passed" not in text


def test_waiting_names_the_exercise_and_a_way_on(exercise: Exercise) -> None:
    verdict = Verdict("1.1", "waiting", waits_for="2.3")
    text = verdict_page(verdict, exercise).text()
    assert "waits for exercise 2.3" in text
    assert "python3 -m course catch-up 2.3`" in text


def test_a_blank_cell_over_a_saved_answer_is_said(exercise: Exercise) -> None:
    saved = SaveResult("1.1", "kept")
    text = verdict_page(Verdict("1.1", "passed"), exercise, saved).text()
    assert "Your saved answer is kept" in text


def test_a_problem_keeps_the_lines_that_it_shows(exercise: Exercise) -> None:
    problem = "Line 2:\n\n    def f(:\n          ^\n\nRepair it."
    page = not_saved_page(
        SaveResult("1.1", "not_saved", problem=problem), exercise
    )
    assert page.text().endswith(problem)
    assert "white-space:pre-wrap" in html(page)
    assert ">def f(:\n      ^</pre>" in html(page)


def test_the_last_hint_leads_to_the_solution(exercise: Exercise) -> None:
    assert "hint 2 of 2" in hint_page(exercise, 2, 2, "Count.").text()
    text = hint_page(exercise, 2, 2, "").text()
    assert 'solution("1.1")' in text


def test_a_solution_is_folded(exercise: Exercise) -> None:
    page = solution_page(exercise)
    assert "<details><summary" in html(page)
    assert '    @exercise("1.1")\n    def count_words(' in page.text()


def test_a_page_is_the_same_each_time(exercise: Exercise) -> None:
    one = verdict_page(FAILED, exercise)._repr_mimebundle_()
    two = verdict_page(FAILED, exercise)._repr_mimebundle_()
    assert one == two
    assert repr(verdict_page(FAILED, exercise)) == one["text/plain"]
