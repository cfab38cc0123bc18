"""The catalogue's prices beside those of the PyPI package genai-prices.

Both are offline. A difference is either an error of one side, or explained
in ``data/price_differences.json``.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import genai_prices
import genai_prices.data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
)

from llm_providers.catalogue import Catalogue, Model

__all__ = [
    "PriceDifference",
    "explanations",
    "price_differences",
]

THEIR_NAMES = {
    "openai": "openai",
    "gemini": "google",
    "openrouter": "openrouter",
}
# Requesty publishes no prices of its own: the provider's, and 5 % on top.
SURCHARGE = {"requestry": 1.05}
SMALL_PROMPT = 10_000
COMPLETION = 1_000


@dataclass(frozen=True)
class PriceDifference:
    """One thing about a model's price on which the two sides disagree."""

    provider: str
    id: str
    detail: str


def price_differences(catalogue: Catalogue) -> list[PriceDifference]:
    """Every difference in price, on any day and in any tier.

    Rows without a price that genai-prices does not know either are no
    difference: there is nothing to compare.
    """
    return [
        PriceDifference(model.provider, model.id, detail)
        for model in catalogue.rows
        for detail in _details(model, catalogue.as_of)
    ]


def explanations(path: Path) -> dict[PriceDifference, str]:
    """The known differences, each with the reason why it stays."""
    rows = json.loads(path.read_text(encoding="utf-8"))["differences"]
    return {
        PriceDifference(row["provider"], row["id"], row["detail"]): row[
            "reason"
        ]
        for row in rows
    }


def _details(model: Model, as_of: date) -> Iterator[str]:
    theirs, surcharge = _their_model(model)
    if theirs is None:
        if model.prices:
            yield "genai-prices does not know it"
        return
    if not model.prices:
        yield "no price here, though genai-prices has one"
        return
    first = model.prices[0].starts_on
    days = {as_of, *(price.starts_on for price in model.prices)}
    for day in sorted(days | _their_steps(theirs)):
        if day >= first:
            yield from _details_on(model, theirs, surcharge, day)


def _details_on(
    model: Model, theirs: ModelInfo, surcharge: float, day: date
) -> Iterator[str]:
    prices = theirs.get_prices(datetime.combine(day, time(12), UTC))
    for prompt in _prompt_sizes(model, prices):
        price = model.price_on(day, prompt)
        # Without a price for cached input, theirs bills it like the rest.
        cached = prompt // 2
        if price is None or price.cached_input is None:
            cached = 0
            if _has_cached_price(prices):
                yield f"{day}: no cached price here, though they have one"
        ours = model.cost_usd(prompt, COMPLETION, cached, on=day)
        usage = genai_prices.Usage(
            input_tokens=prompt,
            cache_read_tokens=cached,
            output_tokens=COMPLETION,
        )
        total = float(prices.calc_price(usage)["total_price"]) * surcharge
        # Theirs are decimals, ours binary fractions.
        if ours is None or not math.isclose(ours, total, rel_tol=1e-9):
            yield (
                f"{day}, {prompt:,} prompt tokens: {_usd(ours)} here, "
                f"{_usd(total)} there"
            )


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:.6f} USD"


def _their_model(model: Model) -> tuple[ModelInfo | None, float]:
    """Their entry for our model, and what our provider adds to its price."""
    provider, name = model.provider, model.id
    if provider in SURCHARGE:
        provider, _, name = name.partition("/")
        provider = {"google": "gemini"}.get(provider, provider)
    wanted = THEIR_NAMES.get(provider)
    for theirs in genai_prices.data.providers:
        if theirs.id == wanted:
            return theirs.find_model(name), SURCHARGE.get(model.provider, 1)
    return None, 1


def _their_steps(theirs: ModelInfo) -> set[date]:
    """The days on which their price changes."""
    if isinstance(theirs.prices, ModelPrice):
        return set()
    return {
        price.constraint.start_date
        for price in theirs.prices
        if isinstance(price, ConditionalPrice)
        and isinstance(price.constraint, StartDateConstraint)
    }


def _prompt_sizes(model: Model, prices: ModelPrice) -> list[int]:
    """A small prompt, and both sides of every step to a dearer tier."""
    steps = {price.above_input_tokens for price in model.prices} - {0}
    for price in vars(prices).values():
        steps.update(tier.start for tier in getattr(price, "tiers", ()))
    sizes = {SMALL_PROMPT}
    for step in steps:
        sizes.update((step, step + 1))
    return sorted(sizes)


def _has_cached_price(prices: ModelPrice) -> bool:
    return vars(prices).get("cache_read_mtok") is not None
