"""What a learner is told: status, failure, hint, in the right words."""

import time
from pathlib import Path

import pytest
from small_check import CHECKS, RIGHT, SmallCourse


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = SmallCourse(tmp_path_factory.mktemp("course"))
    yield made
    made.close()


def outcomes(verdict):
    return [row.outcome for row in verdict.expectations]


def test_a_right_answer_passes(course):
    verdict = course.check()
    assert verdict.status == "passed"
    assert outcomes(verdict) == ["passed", "passed"]
    assert verdict.failure is None


def test_tests_are_told_as_sentences(course):
    told = [row.sentence for row in course.check().expectations]
    assert told == ["Two numbers are added", "Nothing adds up to zero"]


def test_a_wrong_answer_tells_call_result_and_expectation(course):
    verdict = course.check("def add(*n):\n    return 0\n")
    assert verdict.status == "failed"
    assert outcomes(verdict) == ["failed", "passed"]
    assert verdict.failure.called == "add(2, 3)"
    assert verdict.failure.returned == "0"
    assert verdict.failure.expected == "5"


def test_a_brief_check_ends_with_the_first_failure(course):
    course.write("sums", "def add(*n):\n    return 1\n")
    verdict = course.checker.check("0.1", briefly=True)
    assert verdict.status == "failed"
    assert outcomes(verdict) == ["failed", "not_run"]
    course.write("sums", RIGHT)
    assert course.checker.check("0.1", briefly=True).status == "passed"


def test_an_exception_is_told_with_its_place(course):
    verdict = course.check("def add(*n):\n    return n[7]\n")
    assert verdict.status == "failed"
    assert verdict.failure.raised == (
        "IndexError: tuple index out of range"
        " (llm_providers/sums.py, line 2: return n[7])"
    )


BLANK = 'def add(*n):\n    raise NotImplementedError("exercise 0.1")\n'


def test_a_blank_is_not_started_rather_than_wrong(course):
    verdict = course.check(BLANK)
    assert verdict.status == "not_started"
    assert outcomes(verdict) == ["not_run", "not_run"]


def test_another_exercise_s_blank_is_waited_for(course):
    verdict = course.check(BLANK, "0.2")
    assert verdict.status == "waiting"
    assert verdict.waits_for == "0.1"


def test_a_blank_is_noticed_where_its_error_is_swallowed(course):
    swallowed = BLANK + (
        "blank = add\n"
        "def add(*n):\n"
        "    try:\n"
        "        return blank(*n)\n"
        "    except Exception:\n"
        "        return -1\n"
    )
    assert course.check(swallowed).status == "not_started"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def add(:\n", "SyntaxError"),
        ("import no_such_thing\n", "no_such_thing"),
        ("import sys\nsys.exit(1)\n", "SystemExit"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_its_line(
    course, source, told
):
    course.write_answers("0.1", ANY_MISTAKE)
    verdict = course.check(source)
    assert verdict.status == "import_error"
    assert verdict.hint == ""
    assert told in verdict.failure.message
    assert "llm_providers/sums.py, line" in verdict.failure.message


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs tzset")
def test_local_time_is_not_utc_wherever_a_check_runs(course):
    source = (
        "import time\n\n\n"
        "def add(*n):\n"
        "    return sum(n) if time.localtime().tm_gmtoff else None\n"
    )
    assert course.check(source).status == "passed"


def test_a_name_that_is_missing_is_told(course):
    verdict = course.check("def plus(*n):\n    return sum(n)\n")
    assert verdict.status == "failed"
    assert verdict.failure.called == "sums.add"
    assert "has no attribute 'add'" in verdict.failure.raised


def test_a_save_within_the_same_second_counts(course):
    for number in range(4):
        source = f"def add(*n):\n    return {number}\n"
        assert course.check(source).failure.returned == str(number)


def test_what_the_code_printed_is_told(course):
    verdict = course.check(RIGHT + "print('added', 'up')\n")
    assert verdict.status == "passed"
    assert verdict.printed == "added up\n"


def test_checks_that_change_on_disk_are_read_again(course):
    try:
        course.write_checks(CHECKS.replace("== 5", "== 6"))
        assert course.check().failure.expected == "6"
    finally:
        course.write_checks(CHECKS)
    assert course.check().status == "passed"


def test_an_exercise_without_checks_is_the_kit_s_fault(course):
    verdict = course.check(exercise="9.9")
    assert verdict.status == "kit_error"
    assert "9.9" in verdict.failure.message


def test_a_broken_check_is_the_kit_s_fault(course):
    try:
        for broken in ("raise ValueError('no test')", "def ("):
            course.write_checks(f"{CHECKS}\n{broken}\n")
            verdict = course.check()
            assert verdict.status == "kit_error"
            assert "test_sums.py" in verdict.failure.message
            assert str(course.root) not in verdict.failure.message
    finally:
        course.write_checks(CHECKS)


ANY_MISTAKE = """
wrong:
  - name: fails in whatever way
    fails: test_two_numbers_are_added
    hint: Of an answer that was called.
"""
HINTS = """
wrong:
  - name: multiplies
    fails: test_two_numbers_are_added
    when: "returned == args[0] * args[1]"
    hint: That is their product.
  - name: asks for what is not there
    fails: test_two_numbers_are_added
    when: "returned.nothing[0]"
    hint: Never given.
  - name: forgets the return
    fails: test_two_numbers_are_added
    when: "returned is None and raised is None"
    hint: >-
      A function without
      return gives None.
  - name: fails for nothing at all
    fails: test_nothing_adds_up_to_zero
    hint: The sum of nothing is 0.
"""


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("return n[0] * n[1]", "That is their product."),
        ("sum(n)", "A function without return gives None."),
        ("return sum(n) if n else None", "The sum of nothing is 0."),
        ("return 17", "Compare what came back"),
        ("return n[9]", "Make the same call"),
    ],
)
def test_the_hint_fits_what_was_observed(course, body, hint):
    course.write_answers("0.1", HINTS)
    verdict = course.check(f"def add(*n):\n    {body}\n")
    assert verdict.hint.startswith(hint)


STEP_CHECKS = """
import pytest


@pytest.mark.exercise("0.6")
def test_a_callback_s_calls_are_no_steps_of_the_test(llm):
    total = llm.sums.apply(lambda n: llm.sums.Sum(n).total, 3)
    assert [total] == [4]


@pytest.mark.exercise("0.7")
def test_what_is_expected_may_be_made_before(llm):
    expected = llm.sums.Sum(4)
    assert llm.sums.found(3) == expected


@pytest.mark.exercise("0.8")
def test_what_is_given_to_a_call_is_not_the_call_in_question(llm):
    [one] = llm.sums.wrapped(llm.sums.Sum(3))
    assert one["total"] == 4
"""
STEP_TESTS = {
    "0.6": "test_a_callback_s_calls_are_no_steps_of_the_test",
    "0.7": "test_what_is_expected_may_be_made_before",
    "0.8": "test_what_is_given_to_a_call_is_not_the_call_in_question",
}
STEPS = """
from dataclasses import dataclass

@dataclass
class Sum:
    total: int

def apply(function, number):
    return function(number)

def found(number):
    return None

def wrapped(one):
    return [{"total": one}]
"""


@pytest.mark.parametrize(
    ("exercise", "called"),
    [("0.6", "apply("), ("0.7", "found(3)"), ("0.8", "wrapped(")],
)
def test_the_call_that_is_told_is_the_one_in_question(
    course, exercise, called
):
    (course.root / "tests" / "test_steps.py").write_text(STEP_CHECKS)
    course.write_answers(
        exercise,
        "wrong:\n"
        "  - name: any\n"
        f"    fails: {STEP_TESTS[exercise]}\n"
        f"    when: \"called == 'sums.{called.partition('(')[0]}'\"\n"
        "    hint: That is the call.\n",
    )
    verdict = course.check(STEPS, exercise)
    assert verdict.status == "failed"
    assert verdict.failure.called.startswith(called)
    assert verdict.hint == "That is the call."


def test_the_repository_is_out_of_reach(course):
    source = (
        "import importlib\n"
        "def add(*n):\n"
        "    for name in ('course', 'course.checking', 'tests'):\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "        except ImportError:\n"
        "            continue\n"
        "        return name\n"
        "    return sum(n)\n"
    )
    assert course.check(source).status == "passed"


def test_no_key_and_no_home_reaches_the_code(course):
    home = str(Path.home())
    source = (
        "import os\n"
        "def add(*n):\n"
        "    keys = [k for k in os.environ if 'KEY' in k]\n"
        f"    home = os.path.expanduser('~') == {home!r}\n"
        "    return keys or (home or sum(n))\n"
    )
    assert course.check(source).status == "passed"


ROUTER_CHECKS = """
import pytest
import requests


@pytest.mark.exercise("0.4")
def test_the_router_adds(serve):
    answer = requests.get(serve({"START": "3"}) + "/add/4", timeout=5)
    assert answer.json() == {"sum": 7}
"""
ROUTER = """
from fastapi import FastAPI

def create_app(environ):
    app = FastAPI()

    @app.get("/add/{number}")
    def add(number: int):
        return added(int(environ["START"]), number)

    return app

def added(one, other):
"""


@pytest.mark.parametrize(
    ("body", "status", "returned", "raised"),
    [
        ("return {'sum': one + other}", "passed", "", ""),
        ("return {'sum': 9}", "failed", "{'sum': 9}", ""),
        ("return 1 / 0", "failed", "500", "ZeroDivisionError"),
        ("raise NotImplementedError('exercise 0.4')", "not_started", "", ""),
        ("raise NotImplementedError('exercise 0.1')", "waiting", "500", ""),
    ],
)
def test_a_router_is_judged_over_real_http(
    course, body, status, returned, raised
):
    (course.root / "tests" / "test_router.py").write_text(ROUTER_CHECKS)
    course.write("llm_router", ROUTER + f"    {body}\n")
    verdict = course.check(exercise="0.4")
    assert verdict.status == status
    if verdict.failure:
        assert verdict.failure.called == "GET /add/4"
        assert returned in verdict.failure.returned
        assert raised in verdict.failure.raised


FRESH_CHECKS = """
import pytest

ids = []


@pytest.mark.exercise("0.5")
def test_one_process_serves_an_exercise(llm):
    ids.append(llm.sums.add())
    assert len(set(ids)) == 1


@pytest.mark.exercise("0.5")
def test_and_is_kept(llm):
    ids.append(llm.sums.add())
    assert len(set(ids)) == 1


@pytest.mark.exercise("0.5")
@pytest.mark.fresh_process
def test_unless_a_test_asks_for_another(llm):
    ids.append(llm.sums.add())
    assert len(set(ids)) == 2
"""


def test_a_test_may_ask_for_a_fresh_process(course):
    (course.root / "tests" / "test_fresh.py").write_text(FRESH_CHECKS)
    source = "import os\ndef add():\n    return os.getpid()\n"
    assert course.check(source, "0.5").status == "passed"


KEPT = """
ROWS = [[1, 2], [3]]
NAMED = {"rows": ROWS}


@pytest.mark.exercise("0.3")
@pytest.mark.parametrize("rows", [ROWS])
def test_rows_are_counted(llm, rows):
    assert llm.sums.count(rows, NAMED, {1, 2}) == 2


@pytest.mark.exercise("0.3")
def test_what_is_counted_stays(llm):
    rows = [[1]]
    llm.sums.count(rows, {}, set())
    assert rows == [[1]]
"""
EATING = """
def count(rows, named, numbers):
    named.clear()
    numbers.clear()
    number = 0
    while rows:
        rows[0].clear()
        rows.pop()
        number += 1
    return number
"""


def test_what_one_answer_did_to_a_test_s_data_is_not_there_for_the_next(
    course,
):
    course.write_checks(CHECKS + KEPT)
    try:
        wrong = course.check(EATING, "0.3")
        right = "def count(rows, named, numbers):\n    return len(rows)\n"
        again = course.check(right, "0.3")
    finally:
        course.write_checks(CHECKS)
    assert outcomes(wrong) == ["passed", "failed"]
    assert again.status == "passed"
