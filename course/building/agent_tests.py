"""The learner's own test files: one for each agent and the recommender.

They are begun in phase 1, before most of the agents exist, and run on the
learner's own package. No exercise: nothing is counted or marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course.building.exercises import Exercise
from course.kit import Kit

__all__ = ["AGENT_TESTS", "AgentTests", "agent_of", "agent_tests"]


@dataclass(frozen=True)
class AgentTests:
    """The agent that a test file is about, and the phase that builds it.

    The recommender has no `provider`: it may recommend any of them.
    Importing its `libraries` takes longer than a call in a check may.
    """

    agent: str
    provider: str
    phase: int
    libraries: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The agent's module, such as ``openai_agent``."""
        return self.agent.partition(".")[0]

    @property
    def id(self) -> str:
        """The name by which a cell and a check mean the file."""
        return f"test_{self.module}"

    @property
    def file(self) -> str:
        """The file in the workspace."""
        return f"tests/{self.id}.py"


AGENT_TESTS = (
    AgentTests("openai_agent.OpenAIAgent", "openai", 2),
    AgentTests("gemini_agent.GeminiAgent", "gemini", 3, ("google.genai",)),
    AgentTests("requestry_agent.RequestryAgent", "requestry", 3),
    AgentTests("openrouter_agent.OpenRouterAgent", "openrouter", 3),
    AgentTests("recommender_agent.RecommenderAgent", "", 4),
)


def agent_of(file: str) -> AgentTests:
    """Return whom a file of tests is about: the OpenAI agent in doubt."""
    stem = Path(file).stem
    return next((one for one in AGENT_TESTS if one.id == stem), AGENT_TESTS[0])


def agent_tests(kit: Kit) -> dict[str, Exercise]:
    """Return the files, by their ids, as what can be saved and checked."""
    return {
        one.id: Exercise(
            id=one.id,
            kind="tests",
            title=f"My tests of {one.agent.partition('.')[2]}",
            definition="",
            file=one.file,
            minutes=2,
            difficulty=1,
            points=0,
            steps=("Say what you expect of the agent.",),
            hints=(
                "One function for each expectation, its name begins with "
                "`test_`: ask the agent something, then `assert`.",
            ),
            phase=one.phase,
            answer=_EXAMPLE if one.provider else _RECOMMENDER_EXAMPLE,
            start="",
            kit=kit,
            lesson=kit.lessons,
            line=0,
        )
        for one in AGENT_TESTS
    }


_EXAMPLE = """\
def test_a_prompt_gets_an_answer(agent):
    response = agent.process_prompt("Hello")
    assert response.status == "success"
    assert response.message
"""

_RECOMMENDER_EXAMPLE = """\
def test_a_task_gets_a_model_and_the_reasons(agent):
    found = agent.recommend_model("code")
    assert found.model
    assert found.reasons
"""
