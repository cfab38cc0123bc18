"""What a call costs: price times tokens, worked out by hand."""

import pytest


@pytest.fixture
def rate(llm):
    def make(fresh=2.0, cached=0.5, output=10.0):
        return llm.recommender.candidates.Rate(0, fresh, cached, output)

    return make


@pytest.fixture
def cost(llm):
    return llm.recommender.costs.expected_cost


@pytest.mark.exercise("4.3")
def test_the_prompt_has_a_price_per_million_tokens(cost, rate):
    assert cost(rate(), 1_000_000, 0) == pytest.approx(2.0)


@pytest.mark.exercise("4.3")
def test_the_output_has_a_price_of_its_own(cost, rate):
    assert cost(rate(), 0, 1_000_000) == pytest.approx(10.0)


@pytest.mark.exercise("4.3")
def test_a_single_token_has_its_price_too(cost, rate):
    assert cost(rate(fresh=0.075), 1, 0) == pytest.approx(7.5e-8)


@pytest.mark.exercise("4.3")
def test_prompt_and_output_are_added_up(cost, rate):
    assert cost(rate(), 3_000, 500) == pytest.approx(0.011)


@pytest.mark.exercise("4.3")
def test_cached_tokens_are_a_part_of_the_prompt(cost, rate):
    assert cost(rate(), 3_000, 500, 1_000) == pytest.approx(0.0095)


@pytest.mark.exercise("4.3")
def test_a_prompt_may_be_cached_as_a_whole(cost, rate):
    found = cost(rate(), 2_000, 0, cached_tokens=2_000)
    assert found == pytest.approx(0.001)


@pytest.mark.exercise("4.3")
def test_without_a_price_the_cost_is_unknown_and_not_nothing(cost):
    assert cost(None, 1_000, 100) is None


@pytest.mark.exercise("4.3")
def test_one_unknown_price_makes_the_cost_unknown(cost, rate):
    assert cost(rate(fresh=None), 1_000, 100) is None
    assert cost(rate(output=None), 1_000, 100) is None


@pytest.mark.exercise("4.3")
def test_an_unknown_price_of_cached_tokens_counts_as_well(cost, rate):
    assert cost(rate(cached=None), 1_000, 100, 10) is None


@pytest.mark.exercise("4.3")
def test_an_unknown_price_of_what_is_not_used_does_no_harm(cost, rate):
    assert cost(rate(cached=None), 1_000, 100) == pytest.approx(0.003)
    assert cost(rate(output=None), 1_000, 0) == pytest.approx(0.002)
    assert cost(rate(fresh=None), 500, 0, 500) == pytest.approx(0.00025)


@pytest.mark.exercise("4.3")
def test_what_is_free_costs_nothing(cost, rate):
    assert cost(rate(0.0, 0.0, 0.0), 1_000, 100, 10) == 0


@pytest.mark.exercise("4.3")
def test_nothing_is_rounded(cost, rate):
    exact = pytest.approx(3.75e-08, rel=1e-9, abs=0.0)
    assert cost(rate(fresh=0.0375), 1, 0) == exact
    exact = pytest.approx(1.23456789e-08, rel=1e-9, abs=0.0)
    assert cost(rate(output=0.0123456789), 0, 1) == exact


def test_a_range_has_the_three_estimates_in_order(llm, rate):
    output = llm.recommender.tokens.TokenRange(100, 200, 400)
    found = llm.recommender.costs.cost_range(rate(), 1_000, output)
    assert found.low == pytest.approx(0.003)
    assert found.expected == pytest.approx(0.004)
    assert found.high == pytest.approx(0.006)


def test_a_range_of_unknown_price_is_unknown(llm):
    output = llm.recommender.tokens.TokenRange(1, 2, 3)
    found = llm.recommender.costs.cost_range(None, 1, output)
    assert (found.low, found.expected, found.high) == (None, None, None)


# Beside genai-prices, over rows, days and tiers
