"""The learner's test files of the agents, run on the learner's own package.

In the project's own run the file is the example, about the OpenAI agent.
"""

from pathlib import Path

import pytest

from course.building.agent_tests import agent_tests
from course.checking.own_tests import OwnTests
from course.checking.processes import process_source
from course.kit import Kit

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Give the example's tests, on the project's own package."""
    source = process_source(tmp_path_factory.mktemp("processes"))
    source.start()
    folder = tmp_path_factory.mktemp("own")
    file = folder / "test_openai_agent.py"
    file.write_text(agent_tests(Kit())["test_openai_agent"].solution)
    yield OwnTests(file, folder / "none", ROOT, source, folder / "tests", [])
    source.close()


@pytest.fixture
def own_tests(request):
    check = getattr(request.config, "check", None)
    return check.own_tests() if check else request.getfixturevalue("example")


@pytest.mark.exercise(
    "test_openai_agent",
    "test_gemini_agent",
    "test_requestry_agent",
    "test_openrouter_agent",
    "test_recommender_agent",
)
class TestTheirFile:
    def test_there_is_at_least_one_test(self, own_tests):
        assert len(own_tests.run().collected) > 0

    def test_each_of_them_expects_something(self, own_tests):
        empty = own_tests.run().empty
        assert empty == [], f"neither assert nor raise in: {', '.join(empty)}"

    def test_they_pass_on_your_own_package(self, own_tests):
        result = own_tests.run()
        own_tests.require_written()
        assert result.failed == [], result.output
