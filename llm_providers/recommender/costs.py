"""What a call is likely to cost: the price of the day times its tokens."""

from __future__ import annotations

from llm_providers.recommender.candidates import Rate
from llm_providers.recommender.recommendation import CostRange
from llm_providers.recommender.tokens import TokenRange

__all__ = ["cost_range", "expected_cost"]

MILLION = 1_000_000
UNKNOWN = CostRange(None, None, None)


def expected_cost(
    rate: Rate | None,
    prompt_tokens: int,
    output_tokens: int,
    cached_tokens: int = 0,
) -> float | None:
    """Return the cost of one call in USD.

    The rates are USD per million tokens, `prompt_tokens` include the cached
    ones. None, which is not 0, where the price of tokens that are needed is
    unknown; the price of those that are not needed doesn't matter.
    """
    if rate is None:
        return None
    total = 0.0
    for tokens, price in (
        (prompt_tokens - cached_tokens, rate.input),
        (cached_tokens, rate.cached_input),
        (output_tokens, rate.output),
    ):
        if tokens and price is None:
            return None
        total += tokens * (price or 0.0)
    return total / MILLION


def cost_range(
    rate: Rate | None,
    prompt_tokens: int,
    output: TokenRange,
    cached_tokens: int = 0,
) -> CostRange:
    """Return what a call costs at the low, expected and high estimate."""
    return CostRange(
        expected_cost(rate, prompt_tokens, output.low, cached_tokens),
        expected_cost(rate, prompt_tokens, output.expected, cached_tokens),
        expected_cost(rate, prompt_tokens, output.high, cached_tokens),
    )
