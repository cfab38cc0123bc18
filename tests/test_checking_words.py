"""Values, names and failures in words: the same everywhere."""

from collections import OrderedDict
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from course.checking.hints import AnswersError, hint_for, load_answers
from course.checking.show import plain, shortened, show, show_call
from course.checking.verdict import (
    Expectation,
    Failure,
    Verdict,
    broken_kit,
    sentence,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_a_wrong_key_is_never_retried", "A wrong key is never retried"),
        ("test_the_json_of_openai", "The JSON of OpenAI"),
        ("test_http_200_is_no_success", "HTTP 200 is no success"),
        ("test_it[404]", "It (404)"),
        ("test_they_catch[one that lies]", "They catch: one that lies"),
        ("test_nested[a[b]]", "Nested (a[b])"),
    ],
)
def test_a_test_s_name_is_a_sentence(name, words):
    assert sentence(name) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, (2,)]}, "{'a': [1, (2,)]}"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "<2026-01-02 03:00:00+00:00>"),
        (date(2026, 1, 2), "<2026-01-02>"),
        (ValueError("no"), "ValueError('no')"),
        (print, "print"),
        (int, "int"),
        ("http://127.0.0.1:40123/v1", "'http://127.0.0.1:PORT/v1'"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (list(range(99)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …]"),
        ([[[[[[[1]]]]]]], "[[[[[…]]]]]"),
    ],
)
def test_a_value_is_shown_as_python_would_write_it(value, text):
    if isinstance(value, OrderedDict):
        text = repr(value)
    assert show(value) == text


def test_a_call_is_shown_as_one_would_write_it():
    text = show_call("ask", ["why"], {"times": 3})
    assert text == "ask('why', times=3)"


def test_a_long_text_keeps_its_beginning_and_its_end():
    text = shortened("a" * 500 + "end", 100)
    assert len(text) == 100
    assert text.endswith("end")


def test_no_address_of_this_machine_shows():
    text = plain("<Thing at 0x7f31> on localhost:8123")
    assert text == "<Thing> on 127.0.0.1:PORT"


def test_a_verdict_survives_the_way_as_json():
    verdict = Verdict(
        exercise="2.1",
        status="failed",
        expectations=(Expectation("test_a", "A", "failed"),),
        failure=Failure("test_a", "A", called="f()", requests=("GET /",)),
        mine=(1, 2),
    )
    assert Verdict.from_dict(verdict.to_dict()) == verdict
    broken = broken_kit("2.1", "why")
    assert Verdict.from_dict(broken.to_dict()) == broken


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "2.1.yaml"

    def write(text):
        path.write_text(text)
        return path

    return write


def test_a_condition_that_cannot_be_asked_does_not_hold(answers):
    path = answers(
        "wrong:\n"
        "  - {fails: test_a, when: 'returned.x.y', hint: one}\n"
        "  - {fails: test_a, when: 'returned(', hint: two}\n"
        "  - {fails: test_a, when: '__import__(\"os\")', hint: three}\n"
        "  - {fails: test_a, when: 'returned.leave()', hint: four}\n"
        "  - {fails: test_a, hint: five}\n"
    )

    def leave():
        raise SystemExit

    observed = {"returned": SimpleNamespace(leave=leave)}
    assert hint_for(path, "test_a", observed) == "five"
    assert hint_for(path, "test_b", observed) is None


def test_a_hint_may_be_for_one_parameter_or_for_all(answers):
    path = answers(
        "wrong:\n"
        "  - {fails: 'test_a[2]', hint: two}\n"
        "  - {fails: test_a, hint: any}\n"
    )
    assert hint_for(path, "test_a[2]", {}) == "two"
    assert hint_for(path, "test_a[1]", {}) == "any"


def test_a_bug_that_was_not_caught_has_its_own_hint(answers):
    path = answers("mutants:\n  - {name: an odd one, hint: look}\n")
    assert hint_for(path, "test_they_catch[an odd one]", {}) == "look"


def test_answers_that_changed_are_read_again(answers):
    path = answers("wrong: [{fails: test_a, hint: old}]")
    assert hint_for(path, "test_a", {}) == "old"
    answers("wrong: [{fails: test_a, hint: newer}]")
    assert hint_for(path, "test_a", {}) == "newer"


def test_answers_that_are_no_mapping_are_refused(answers):
    with pytest.raises(AnswersError):
        load_answers(answers("[1, 2]"))
