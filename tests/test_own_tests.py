"""A learner's own tests: right about the package, and able to catch bugs.

In the project's own run the tests are those of the solution.
"""

from functools import cache
from pathlib import Path

import pytest

from course.building.lessons import load_exercises
from course.checking.own_tests import OwnTests
from course.checking.packages import load_mutants
from course.checking.processes import process_source

ROOT = Path(__file__).parents[1]
ANSWERS = ROOT / "course" / "answers"


def exercise_of(node):
    return node.get_closest_marker("exercise").args[0]


@pytest.fixture(scope="session")
def solved(tmp_path_factory):
    """Give the tests of an exercise's solution, which run once."""
    source = process_source(tmp_path_factory.mktemp("processes"))
    source.start()

    @cache
    def tests(exercise):
        folder = tmp_path_factory.mktemp("own")
        file = folder / "test_openai_agent.py"
        file.write_text(load_exercises()[exercise].solution)
        answers = ANSWERS / f"{exercise}.yaml"
        return OwnTests(file, answers, ROOT, source, folder / "tests", [])

    yield tests
    source.close()


@pytest.fixture
def own_tests(request):
    check = getattr(request.config, "check", None)
    if check:
        return check.own_tests()
    return request.getfixturevalue("solved")(exercise_of(request.node))


def pytest_generate_tests(metafunc):
    if "mutant" in metafunc.fixturenames:
        answers = ANSWERS / f"{exercise_of(metafunc.definition)}.yaml"
        names = [mutant.name for mutant in load_mutants(answers)]
        metafunc.parametrize("mutant", names, ids=names)


class Expected:
    """What is expected of every file of tests."""

    def test_there_is_at_least_one_test(self, own_tests):
        assert len(own_tests.run().collected) > 0

    def test_they_pass_on_the_right_package(self, own_tests):
        result = own_tests.run()
        assert result.failed == [], result.output

    def test_each_of_them_expects_something(self, own_tests):
        empty = own_tests.run().empty
        assert empty == [], f"neither assert nor raise in: {', '.join(empty)}"

    def test_they_catch(self, own_tests, mutant):
        own_tests.run()
        result = own_tests.run(mutant)
        assert result.failed != [], "all tests pass"


@pytest.mark.exercise("1.8")
class TestFirstOwnTests(Expected):
    pass


@pytest.mark.exercise("2.9")
class TestOfFaults(Expected):
    pass
