"""What the sandbox reckons a request to cost."""

from datetime import date

import pytest

from course.sandbox.prices import cost_of, per_token, price_on

LONG = {"input_tokens": 100, "input": 4, "cached_input": 2, "output": 30}
STEPS = [
    {"from": "2026-01-01", "input": 8, "cached_input": None, "output": 40},
    {"from": "2026-06-01", "input": 2, "cached_input": 1, "output": 20,
     "above": [LONG]},
]  # fmt: skip


def usage(prompt: int, completion: int, cached: int = 0) -> dict:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def test_the_step_of_the_day_holds():
    assert price_on(STEPS, date(2026, 5, 31)).input == 8
    assert price_on(STEPS, date(2026, 6, 1)).input == 2


def test_before_the_first_step_nobody_knows_the_price():
    assert price_on(STEPS, date(2025, 12, 31)) is None
    assert price_on([], date(2026, 1, 1)) is None
    assert cost_of(None, usage(1, 1)) is None


def test_beyond_its_limit_a_long_prompt_costs_more():
    day = date(2026, 7, 1)
    assert price_on(STEPS, day, 100).output == 20
    assert price_on(STEPS, day, 101).output == 30


def test_cached_tokens_have_a_price_of_their_own():
    cost = cost_of(price_on(STEPS, date(2026, 7, 1)), usage(10, 5, cached=4))
    assert cost.prompt == pytest.approx((6 * 2 + 4 * 1) / 1e6)
    assert cost.completion == pytest.approx(5 * 20 / 1e6)
    assert cost.total == pytest.approx(116e-6)


def test_without_such_a_price_they_cost_what_others_do():
    cost = cost_of(price_on(STEPS, date(2026, 2, 1)), usage(10, 0, cached=4))
    assert cost.prompt == pytest.approx(80e-6)


@pytest.mark.parametrize(
    ("price", "text"),
    [(2.5, "0.0000025"), (0.05, "0.00000005"), (0, "0"), (None, None)],
)
def test_a_token_costs_a_decimal_without_exponent(price, text):
    assert per_token(price) == text
