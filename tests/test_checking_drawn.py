"""Other values than a learner saw, in tests that stay as strict."""

from pathlib import Path

import pytest
from small_check import small_course

from course.checking.drawn import Drawn, drawn_root
from course.checking.judge import _exercises_in

TESTS = Path(__file__).parent
LINES = (TESTS / "drawn.txt").read_text("utf-8").splitlines()
CHECK = """
import pytest

NAME = "Ada"


@pytest.mark.exercise("0.1")
def test_a_greeting_has_the_name_in_it(llm):
    assert llm.sums.add("I am Ada.") == f"Hello, {NAME}."
"""
RIGHT = """
def add(text):
    return f"Hello, {text.removeprefix('I am ').rstrip('.')}."
"""
LEARNED_BY_HEART = """
def add(text):
    return "Hello, Ada." if text == "I am Ada." else ""
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    with small_course(folder, COURSE_CHECK_SEED="11") as made:
        (made.root / "tests" / "drawn.txt").write_text("Ada\n")
        made.write_checks(CHECK)
        yield made


def test_an_answer_that_holds_a_test_s_value_fails(course):
    assert course.check(RIGHT).status == "passed"
    assert course.check(LEARNED_BY_HEART).status == "failed"


def test_the_values_drawn_are_not_told(course):
    drawn = Drawn.by(11, ["Ada"]).values["Ada"]
    verdict = course.check(LEARNED_BY_HEART)
    assert verdict.failure.called == "add('I am Ada.')"
    assert verdict.failure.expected == "'Hello, Ada.'"
    assert drawn not in str(verdict)


def test_what_is_drawn_has_the_same_shape_and_another_text():
    drawn = Drawn.by(3, LINES).values
    assert len(drawn) == len(set(drawn.values())) > 10
    for old, new in drawn.items():
        assert len(old) == len(new) and old != new
        assert [c.isalnum() for c in old] == [c.isalnum() for c in new]
        assert [c.isupper() for c in old] == [c.isupper() for c in new]


def test_seeds_draw_differently_and_none_draws_nothing():
    assert Drawn.by(3, LINES).values != Drawn.by(4, LINES).values
    assert Drawn.by(3, LINES).values == Drawn.by(3, LINES).values
    assert Drawn.by(0, LINES).source('x = "Ada"\n') == 'x = "Ada"\n'


def test_only_texts_are_changed():
    drawn = Drawn({"Ada": "Uzu"})
    source = 'Ada = "Ada"  # Ada\nb = """\n<Ada>\n""", Adapter\n'
    changed = 'Ada = "Uzu"  # Ada\nb = """\n<Uzu>\n""", Adapter\n'
    assert drawn.source(source) == changed


def test_a_verdict_is_told_with_the_values_that_are_known():
    drawn = Drawn({"Ada": "Uzu"})
    told = {"a": ["Hello, Uzu", 3, None], "b": {"c": ("Uzu",)}}
    assert drawn.as_seen(told) == {"a": ["Hello, Ada", 3, None]} | {
        "b": {"c": ("Ada",)}
    }


@pytest.mark.parametrize("seed", [3, 11, 29])
def test_every_test_file_can_still_be_read(seed):
    drawn = Drawn.by(seed, LINES)
    for path in TESTS.rglob("test_*.py"):
        if _exercises_in(path):
            compile(drawn.source(path.read_text("utf-8")), path, "exec")


def test_every_value_of_the_list_stands_in_a_test():
    texts = "".join(
        path.read_text("utf-8")
        for path in TESTS.rglob("test_*.py")
        if _exercises_in(path)
    )
    for line in LINES:
        if line and not line.startswith("#"):
            assert line.replace("|", "") in texts


def test_without_a_seed_the_kit_itself_is_used(tmp_path):
    root, drawn = drawn_root(TESTS.parent, tmp_path, 0)
    assert root == TESTS.parent
    assert drawn.values == {}
