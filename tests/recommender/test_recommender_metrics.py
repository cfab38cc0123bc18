"""Single figures of a curve, on points that can be checked by hand."""

import math

import pytest

LINE = [(1.0, 0.2), (3.0, 0.6)]


@pytest.fixture
def metrics(llm):
    return llm.recommender.metrics


def test_lift_is_0_at_the_singles_and_100_at_the_oracle(metrics):
    assert metrics.lift(0.5, 0.5, 0.9) == 0
    assert metrics.lift(0.9, 0.5, 0.9) == 100
    assert metrics.lift(0.6, 0.5, 0.9) == pytest.approx(25)


def test_lift_is_negative_below_the_singles(metrics):
    assert metrics.lift(0.4, 0.5, 0.9) == pytest.approx(-25)


def test_lift_is_0_where_the_oracle_gains_nothing(metrics):
    assert metrics.lift(0.5, 0.5, 0.5) == 0


def test_quality_is_read_off_the_hull_and_flat_beyond_it(metrics):
    assert metrics.quality_at(LINE, 2.0) == pytest.approx(0.4)
    assert metrics.quality_at(LINE, 0.5) == 0.2
    assert metrics.quality_at(LINE, 9.0) == 0.6
    assert metrics.quality_at([(2.0, 0.1), *LINE], 2.0) == pytest.approx(0.4)


def test_the_cost_share_is_the_least_cost_of_a_quality(metrics):
    assert metrics.cost_share(LINE, 0.4, 4.0) == pytest.approx(0.5)
    assert metrics.cost_share(LINE, 0.1, 4.0) == pytest.approx(0.25)
    assert metrics.cost_share(LINE, 0.6, 4.0) == pytest.approx(0.75)


def test_a_quality_that_is_never_reached_costs_without_end(metrics):
    assert metrics.cost_share(LINE, 0.7, 4.0) == math.inf


def test_regret_is_what_the_best_choices_would_have_added(metrics):
    assert metrics.regret([[1.0, 0.5], [0.0, 0.25]], [1, 0]) == 37.5
    assert metrics.regret([[1.0, 0.5]], [0]) == 0
    assert metrics.regret([], []) == 0
