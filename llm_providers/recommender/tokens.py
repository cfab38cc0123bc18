"""How many tokens a call is likely to take, by task and by model.

A model that thinks bills its thinking as output, and models differ a lot in
how much they think: list prices alone mislead.
"""

from __future__ import annotations

from dataclasses import dataclass

from llm_providers.recommender.candidates import Candidate
from llm_providers.recommender.task import Task
from llm_providers.recommender.task_types import TaskType, prompt_tokens

__all__ = ["TokenRange", "output_tokens", "prompt_size"]

# An answer is rarely shorter than half of what was expected, or longer than
# twice: our assumption.
SPREAD = 2


@dataclass(frozen=True)
class TokenRange:
    """A number of tokens: a low, an expected and a high estimate."""

    low: int
    expected: int
    high: int


def prompt_size(task: Task) -> int:
    """Return the prompt's tokens: as given, else by its characters."""
    if task.prompt_tokens is not None:
        return task.prompt_tokens
    return prompt_tokens(task.prompt)


def output_tokens(
    task: Task,
    kind: TaskType,
    candidate: Candidate,
    usual_thinking: tuple[int, int, int],
) -> TokenRange:
    """Return the tokens that a call is likely to bill as output.

    What the task says is taken at its word. Otherwise: the usual answer to
    this type of task, and for a model that thinks the type's share of what
    it wrote for a question of the public benchmark; where that was not
    published, of what the measured models wrote (`usual_thinking`: the
    least, the median, the most). The high estimate ends at the model's
    output limit.
    """
    if task.output_tokens is not None:
        return TokenRange(*[task.output_tokens] * 3)
    low, expected, high = _thinking(candidate, usual_thinking)
    answer, share = kind.output_tokens, kind.thinking
    most = round(SPREAD * answer + share * high)
    middle = round(answer + share * expected)
    if candidate.max_output_tokens is not None:
        most = max(middle, min(most, candidate.max_output_tokens))
    return TokenRange(round(answer / SPREAD + share * low), middle, most)


def _thinking(
    candidate: Candidate, usual: tuple[int, int, int]
) -> tuple[float, float, float]:
    if not candidate.thinks:
        return 0, 0, 0
    measured = candidate.measured and candidate.measured.output_tokens
    if measured:
        return measured / SPREAD, measured, SPREAD * measured
    return usual
