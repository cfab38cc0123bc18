"""How a learner's own tests are judged: by the bugs that they catch."""

import os
from pathlib import Path

import pytest

from course.building.lessons import load_exercises
from course.checking.client import Checker
from course.checking.hints import AnswersError
from course.checking.own_tests import is_blank
from course.checking.packages import Mutant, Packages, load_mutants

ROOT = Path(__file__).parents[1]
FILE = load_exercises()["1.8"].file


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Give the verdict on a file of tests as the answer to 1.8."""
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / FILE).parent.mkdir()
    checker = Checker(workspace)

    def check(text):
        (workspace / FILE).write_text(text)
        return checker.check("1.8")

    yield check
    checker.close()


def failed(verdict):
    rows = verdict.expectations
    return [row.test for row in rows if row.outcome != "passed"]


def test_the_solution_catches_all(judged):
    verdict = judged(load_exercises()["1.8"].solution)
    assert verdict.status == "passed"
    assert len(verdict.expectations) >= 3 + 5


def test_a_missing_bug_is_named_and_has_its_hint(judged):
    verdict = judged(
        "def test_it_answers(agent):\n"
        "    assert agent.process_prompt('Hi').status == 'success'\n"
    )
    assert verdict.status == "failed"
    assert verdict.failure.test.startswith("test_they_catch[")
    assert verdict.failure.called.startswith("your tests, on an agent")
    assert verdict.failure.returned == "1 passed, 0 failed"
    assert verdict.hint != ""


def test_a_test_that_fails_for_a_right_agent_catches_nothing(judged):
    verdict = judged(
        "def test_it_fails(agent):\n"
        "    assert agent.process_prompt('Hi').status == 'error'\n"
    )
    assert verdict.failure.test == "test_they_pass_on_the_right_package"
    assert "test_it_fails (line 2)" in verdict.failure.message
    caught = [row.outcome for row in verdict.expectations[3:]]
    assert set(caught) == {"failed"}


def test_a_wrong_test_does_not_hide_what_a_right_one_catches(judged):
    verdict = judged(
        "def test_wrong(agent):\n"
        "    assert agent.process_prompt('Hi').status == 'nonsense'\n"
        "def test_right(agent):\n"
        "    response = agent.process_prompt('Hi')\n"
        "    assert response.status == 'success'\n"
        "    assert response.message\n"
        "    assert response.usage.total_tokens > 0\n"
    )
    assert verdict.expectations[1].outcome == "failed"
    caught = [row.sentence for row in verdict.expectations[3:]
              if row.outcome == "passed"]
    assert "They catch: an agent that answers without a message" in caught
    assert "They catch: an agent that counts no tokens" in caught
    assert len(caught) < len(verdict.expectations[3:])


def caught_by(verdict):
    rows = verdict.expectations[3:]
    return [row.sentence for row in rows if row.outcome == "passed"]


def test_what_only_a_wrong_test_notices_is_not_caught(judged):
    verdict = judged(
        "def test_wrong(agent):\n"
        "    assert agent.process_prompt('Hi').status == 'nonsense'\n"
        "def test_right(agent):\n"
        "    assert agent.process_prompt('Hi').provider\n"
    )
    assert caught_by(verdict) == []


def test_tests_that_stand_on_each_other_keep_their_order(judged):
    text = (
        "seen = []\n"
        "def test_first(agent):\n"
        "    seen.append(agent.process_prompt('Hi'))\n"
        "    assert len(seen) == 1\n"
        "def test_second(llm):\n"
        "    keyless = llm.openai_agent.OpenAIAgent(api_key='')\n"
        "    assert keyless.process_prompt('Hi').status == 'error'\n"
        "    assert seen\n"
    )
    expected = ["They catch: an agent that calls a missing key a success"]
    assert [caught_by(judged(text)) for _ in range(3)] == [expected] * 3


@pytest.mark.skipif(
    os.environ.get("COURSE_CHECK_PROCESSES") == "pool",
    reason="where processes are dear, one serves all packages",
)
def test_tests_that_change_the_package_change_no_other(judged):
    verdict = judged(
        "def test_change(llm):\n"
        "    assert llm.agent.time.monotonic() > 0\n"
        "    llm.agent.time.monotonic = None\n"
        "def test_use(llm):\n"
        "    assert not callable(llm.agent.time.monotonic)\n"
    )
    assert verdict.expectations[1].outcome == "passed"
    assert caught_by(verdict) == []


def test_tests_that_expect_nothing_are_told_from_those_that_do(judged):
    verdict = judged(
        "import pytest\n"
        "def test_nothing(agent):\n"
        "    agent.process_prompt('Hi')\n"
        "def test_a_raise(agent):\n"
        "    with pytest.raises(ValueError):\n"
        "        agent.process_prompt('')\n"
        "def test_an_assert():\n"
        "    assert True\n"
    )
    assert verdict.failure.test == "test_each_of_them_expects_something"
    told = "neither assert nor raise in: test_nothing"
    assert verdict.failure.message == told


def test_a_test_may_fail_without_an_assert_that_is_run(judged):
    verdict = judged(
        "import unittest\n"
        "import pytest\n"
        "def ask(agent):\n"
        "    response = agent.process_prompt('Hi')\n"
        "    if response.status != 'success':\n"
        "        pytest.fail(response.message)\n"
        "@pytest.fixture\n"
        "def answer(agent):\n"
        "    ask(agent)\n"
        "def test_of_another_kind(agent):\n"
        "    status = agent.process_prompt('Hi').status\n"
        "    unittest.TestCase().assertEqual(status, 'success')\n"
        "def test_where_nothing_is_wrong(agent):\n"
        "    match agent.process_prompt('Hi').status:\n"
        "        case 'success':\n"
        "            pass\n"
        "        case other:\n"
        "            assert False, other\n"
        "def test_by_a_helper(agent):\n"
        "    ask(agent)\n"
        "def test_by_a_fixture(answer):\n"
        "    pass\n"
        "def test_that_divides(agent):\n"
        "    1 / len(agent.process_prompt('Hi').message)\n"
    )
    assert failed(verdict)[0].startswith("test_they_catch[")


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ('"""To come."""\nimport pytest\n', "not_started", None),
        ("", "not_started", None),
        ("def helper(): pass\n", "failed", "is 0"),
        ("\ndef test_a(:\n", "import_error", "SyntaxError"),
        ("import llm_providers\ndef test_a(): 0\n", "import_error", "`llm`"),
        ("import os\ndef test_a(): os._exit(0)\n", "ended", "ended"),
        ("def test_a():\n    while 1: print('x' * 99)\n", "flooded", "print"),
        ("def test_a():\n    while 1: pass\n", "hung", "end"),
    ],
)
def test_a_file_that_gives_no_result_is_told(judged, text, status, told):
    verdict = judged(text)
    assert verdict.status == status
    assert failed(verdict) != []
    if told:
        assert told in verdict.failure.message


def test_tests_cannot_look_inside_the_package(judged):
    verdict = judged(
        "import inspect, pytest\n"
        "def test_source(llm):\n"
        "    with pytest.raises(Exception):\n"
        "        inspect.getsource(llm.agent.Agent)\n"
        "    with pytest.raises(Exception):\n"
        "        open(llm.agent.__file__)\n"
    )
    assert verdict.expectations[1].outcome == "passed"


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        ('"""Words."""\nimport os\n', True),
        ('raise NotImplementedError("exercise 1.8")\n', True),
        ("def test_a(): pass\n", False),
        ("def (\n", False),
    ],
)
def test_a_file_without_statements_is_blank(text, blank):
    assert is_blank(text) is blank


@pytest.mark.parametrize("exercise", ["1.8", "2.9"])
def test_every_broken_package_can_be_made(exercise):
    mutants = load_mutants(ROOT / "course" / "answers" / f"{exercise}.yaml")
    assert len(mutants) >= 5
    for mutant in mutants:
        path = ROOT / "llm_providers" / f"{mutant.module}.py"
        reference = path.read_text("utf-8")
        broken = mutant.text(reference)
        assert broken != reference
        compile(broken, str(path), "exec")


def test_a_swap_that_has_no_place_is_refused():
    with pytest.raises(AnswersError, match="2 times"):
        Mutant("odd", "agent", {"a": "b"}).text("a a")


class NoProcesses:
    """A source of processes that has none."""

    dear = False

    def room(self, workspace):
        raise OSError("none is needed")


def test_two_broken_packages_never_share_a_file(tmp_path):
    mutants = [Mutant(name, "agent", {}) for name in ("one", "two")]
    where = ROOT, mutants, NoProcesses(), tmp_path, 1, {}
    Packages(*where).close()
    assert len(list(tmp_path.glob("*_agent.py"))) == 2
