"""Expected tokens: the task's word, the usual answer, the thinking."""

import pytest

USUAL = (4_000, 12_000, 40_000)


@pytest.fixture
def estimate(llm):
    recommender = llm.recommender

    def tokens(task=None, *, thinks=False, measured=None, most=None):
        figures = measured and recommender.quality.Measured(
            "x", None, {}, measured, "2026-01-01", "https://example.com/"
        )
        return recommender.tokens.output_tokens(
            recommender.task.Task.of(task or {}),
            recommender.task_types.TaskType("t", "", {}, 400, 0.5),
            recommender.candidates.Candidate(
                "openai",
                "x",
                thinks=thinks,
                measured=figures,
                max_output_tokens=most,
            ),
            USUAL,
        )

    return tokens


def range_of(found):
    return found.low, found.expected, found.high


def test_who_does_not_think_writes_the_answer_alone(estimate):
    assert range_of(estimate()) == (200, 400, 800)


def test_who_thinks_adds_a_share_of_what_it_was_measured_at(estimate):
    found = estimate(thinks=True, measured=10_000)
    assert range_of(found) == (2_700, 5_400, 10_800)


def test_who_was_not_measured_may_think_as_little_or_as_much_as_others(
    estimate,
):
    found = estimate(thinks=True)
    assert range_of(found) == (2_200, 6_400, 20_800)


def test_what_the_task_says_is_taken_at_its_word(estimate):
    found = estimate({"output_tokens": 77}, thinks=True, measured=10_000)
    assert range_of(found) == (77, 77, 77)


def test_the_high_estimate_ends_at_the_output_limit(estimate):
    assert range_of(estimate(thinks=True, most=8_000)) == (2_200, 6_400, 8_000)
    assert estimate(thinks=True, most=100).high == 6_400


@pytest.mark.parametrize(
    ("task", "expected"),
    [({"prompt": "x" * 80}, 20), ({"prompt_tokens": 7}, 7), ({}, 0)]
    + [({"prompt": "x" * 80, "prompt_tokens": 0}, 0)],
)
def test_a_count_of_the_prompt_goes_before_its_characters(llm, task, expected):
    made = llm.recommender.task.Task.of(task)
    assert llm.recommender.tokens.prompt_size(made) == expected
