"""What a call costs, held against another project's price book."""

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
