"""What a call costs: by hand, and by another project's price book."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import genai_prices
import genai_prices.data
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course.upkeep.price_comparison import (
    THEIR_NAMES,
    explanations,
)

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def rate(llm):
    def make(price=2.0, cached=0.5, output=10.0):
        return llm.recommender.candidates.Rate(0, price, cached, output)

    return make


@pytest.fixture
def cost(llm):
    return llm.recommender.costs.expected_cost


@pytest.mark.exercise("4.3")
def test_prompt_and_output_have_prices_per_million_tokens(cost, rate):
    assert cost(rate(), 1_000_000, 0) == pytest.approx(2.0)
    assert cost(rate(), 0, 1_000_000) == pytest.approx(10.0)
    assert cost(rate(), 3_000, 500) == pytest.approx(0.011)


@pytest.mark.exercise("4.3")
def test_cached_tokens_are_a_part_of_the_prompt(cost, rate):
    assert cost(rate(), 3_000, 500, 1_000) == pytest.approx(0.0095)


@pytest.mark.exercise("4.3")
def test_without_a_price_the_cost_is_unknown_and_not_nothing(cost):
    assert cost(None, 1_000, 100) is None


@pytest.mark.exercise("4.3")
def test_one_unknown_price_makes_the_cost_unknown(cost, rate):
    assert cost(rate(price=None), 1_000, 100) is None
    assert cost(rate(output=None), 1_000, 100) is None
    assert cost(rate(cached=None), 1_000, 100, 10) is None


@pytest.mark.exercise("4.3")
def test_an_unknown_price_of_what_is_not_used_does_no_harm(cost, rate):
    assert cost(rate(cached=None), 1_000, 100) == pytest.approx(0.003)
    assert cost(rate(price=None), 0, 100) == pytest.approx(0.001)


@pytest.mark.exercise("4.3")
def test_what_is_free_costs_nothing(cost, rate):
    assert cost(rate(0.0, 0.0, 0.0), 1_000, 100, 10) == 0


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


@pytest.fixture
def their_prices(llm):
    """Rows that genai-prices has too, and on whose price both agree."""
    path = DATA / "price_differences.json"
    differing = {(one.provider, one.id) for one in explanations(path)}
    known = {each.id: each for each in genai_prices.data.providers}
    found = []
    for model in llm.catalogue.load_catalogue().rows:
        theirs = known.get(THEIR_NAMES.get(model.provider, ""))
        there = theirs and theirs.find_model(model.id)
        key = (model.provider, model.id)
        if there and model.prices and key not in differing:
            found.append((model, there))
    return found


def test_most_of_the_catalogue_can_be_compared(their_prices):
    assert len(their_prices) > 60


def rate_on(llm, model, day, prompt):
    made = llm.recommender.candidates
    rates = made.rates_on(model.prices, day)
    return made.Candidate(model.provider, model.id, rates=rates).rate(prompt)


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 500),
    st.integers(0, 1_200_000),
    st.integers(0, 130_000),
    st.floats(0, 1),
)
def test_costs_equal_those_of_genai_prices_on_any_day_and_in_any_tier(
    llm, their_prices, which, days, prompt, output, share
):
    model, theirs = their_prices[int(which * len(their_prices))]
    day = model.prices[0].starts_on + timedelta(days=days)
    rate = rate_on(llm, model, day, prompt)
    cached = int(prompt * share) if rate.cached_input is not None else 0
    usage = genai_prices.Usage(
        input_tokens=prompt, cache_read_tokens=cached, output_tokens=output
    )
    noon = datetime.combine(day, time(12), UTC)
    expected = theirs.get_prices(noon).calc_price(usage)["total_price"]
    ours = llm.recommender.costs.expected_cost(rate, prompt, output, cached)
    assert ours == pytest.approx(float(expected), abs=1e-9)
    assert ours == model.cost_usd(prompt, output, cached, on=day)


def test_before_its_first_price_nothing_is_known_of_a_cost(llm, their_prices):
    model = their_prices[0][0]
    day = model.prices[0].starts_on - timedelta(days=1)
    assert rate_on(llm, model, day, 10) is None


def test_a_step_in_price_takes_effect_on_its_day(llm):
    catalogue = llm.catalogue.load_catalogue()
    model = catalogue.role("gemini", "default")
    step = model.prices[-1].starts_on
    assert step > catalogue.as_of
    before = rate_on(llm, model, step - timedelta(days=1), 1)
    assert rate_on(llm, model, step, 1).input == 2 * before.input
