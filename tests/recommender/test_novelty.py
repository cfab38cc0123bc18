"""Telling a familiar prompt from a new one."""

import numpy as np
import pytest


@pytest.fixture
def familiar(llm):
    random = np.random.default_rng(0)
    return llm.recommender.novelty.fit_familiar(
        random.normal(size=(200, 4)), random.normal(1, 0.1, 200)
    )


def test_a_prompt_in_the_middle_is_as_usual_as_most(familiar):
    shares = familiar.shares(np.zeros(4), 1.0)
    assert shares.shape > 0.5
    assert 0.3 < shares.score < 0.7


def test_a_far_shape_and_a_low_score_are_each_unusual(familiar):
    assert familiar.shares(np.full(4, 5.0), 1.0).shape < 0.01
    assert familiar.shares(np.zeros(4), 0.2).score < 0.01


def test_of_familiar_prompts_few_are_taken_for_new(familiar):
    more = np.random.default_rng(1).normal(size=(1000, 4))
    new = [familiar.shares(shape, 1.0).shape < 0.1 for shape in more]
    assert 0.05 < np.mean(new) < 0.16


def test_few_prompts_are_no_reason_to_call_another_new(llm):
    few = llm.recommender.novelty.fit_familiar(np.zeros((5, 4)), np.ones(5))
    assert few.shares(np.full(4, 9.0), -9.0).shape > 0.1
    one = llm.recommender.novelty.fit_familiar(np.zeros((1, 4)), np.ones(1))
    assert one.shares(np.full(4, 9.0), 1.0).shape == 0.5
