"""Routers on the same outcomes, in arrays."""

import numpy as np
import pytest

SCORES = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]] * 25)
COSTS = np.array([[1.0, 5.0]] * 100)


@pytest.fixture
def evaluation(llm):
    return llm.recommender.evaluation


@pytest.fixture
def contest(evaluation):
    return evaluation.Contest(SCORES, COSTS)


def test_an_oracle_lifts_by_100_and_singles_by_nothing(contest):
    assert contest.lift(contest.oracle()) == pytest.approx(100)
    assert contest.lift(contest.singles()) == pytest.approx(0)
    assert contest.lift(contest.constant(0)) == pytest.approx(0)


def test_a_sweep_goes_from_quality_to_cost(contest):
    guess = np.tile([0.4, 0.6], (100, 1))
    points = contest.sweep(guess, COSTS).points()
    assert points[0] == pytest.approx((5.0, 0.5))
    assert points[-1] == pytest.approx((1.0, 0.5))


def test_the_plain_and_the_fast_curve_agree(contest, llm):
    random = np.random.default_rng(1)
    quality = random.random((100, 2))
    named = [dict(zip("ab", row, strict=True)) for row in quality.tolist()]
    scores = [dict(zip("ab", row, strict=True)) for row in SCORES.tolist()]
    costs = [dict(zip("ab", row, strict=True)) for row in COSTS.tolist()]
    curve = llm.recommender.curve
    plain = curve.area(curve.sweep(named, costs, scores, costs), 1.0, 5.0)
    swept = contest.sweep(quality, COSTS)
    assert contest.area(swept) == pytest.approx(plain, abs=0.02)


def test_bootstrapped_lifts_lie_around_the_lift(contest, evaluation):
    swept = contest.sweep(SCORES * 0.6 + 0.2, COSTS)
    drawn = contest.lifts([swept, contest.singles()], draws=50)
    low, high = evaluation.interval(drawn[:, 0])
    assert low <= contest.lift(swept) <= high
    assert np.allclose(drawn[:, 1], 0)


def test_the_bootstrap_draws_the_same_every_time(contest):
    swept = contest.sweep(SCORES, COSTS)
    first, again = (contest.lifts([swept], draws=5) for _ in range(2))
    assert np.array_equal(first, again)


def test_who_knows_the_prompts_beats_the_shuffle_of_his_choices(contest):
    found = contest.cost_matched_shuffle(contest.oracle(), draws=200)
    assert found.skill > 10
    assert found.p < 0.01


def test_who_knows_nothing_does_not_beat_the_shuffle(contest):
    same = contest.sweep(np.tile([0.4, 0.6], (100, 1)), COSTS)
    found = contest.cost_matched_shuffle(same, draws=200)
    assert abs(found.skill) < 8
    assert found.p > 0.01


def test_the_choice_at_a_quarter_of_the_cost_costs_that(contest):
    swept = contest.sweep(SCORES, COSTS)
    chosen = contest.mixed(swept, np.random.default_rng(0))
    assert swept.costs.mean(axis=1).max() == pytest.approx(2)
    assert COSTS[np.arange(100), chosen].mean() == pytest.approx(2, abs=0.5)


def test_models_that_all_cost_the_same_are_no_trouble(evaluation):
    contest = evaluation.Contest(SCORES, np.ones((100, 2)))
    oracle = contest.oracle()
    assert contest.lift(oracle) == pytest.approx(100)
    contest.cost_matched_shuffle(oracle, draws=5)
