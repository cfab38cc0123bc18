"""What a request costs, from the catalogue's dated price steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = [
    "Cost",
    "Price",
    "cost_of",
    "longer_prices",
    "per_token",
    "price_on",
]

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """USD per million tokens."""

    input: float
    cached_input: float | None
    output: float


@dataclass(frozen=True)
class Cost:
    """USD for the prompt and for the completion of one request."""

    prompt: float
    completion: float

    @property
    def total(self) -> float:
        """USD for the whole request."""
        return round(self.prompt + self.completion, 12)


def price_on(
    steps: Sequence[dict[str, Any]], day: date, prompt_tokens: int = 0
) -> Price | None:
    """Return the price of a day; None where nobody has published one.

    Beyond so many prompt tokens the long-context price of the step holds for
    the whole request.
    """
    step = _step(steps, day)
    if step is None:
        return None
    for longer in longer_prices(steps, day):
        if prompt_tokens > longer["input_tokens"]:
            step = longer
    if step["input"] is None or step["output"] is None:
        return None
    return Price(step["input"], step.get("cached_input"), step["output"])


def longer_prices(
    steps: Sequence[dict[str, Any]], day: date
) -> list[dict[str, Any]]:
    """Return a day's long-context prices, those for shorter prompts first."""
    longer = (_step(steps, day) or {}).get("above", ())
    return sorted(longer, key=lambda one: int(one["input_tokens"]))


def _step(steps: Sequence[dict[str, Any]], day: date) -> dict[str, Any] | None:
    valid = [one for one in steps if date.fromisoformat(one["from"]) <= day]
    return max(valid, key=lambda one: str(one["from"]), default=None)


def cost_of(price: Price | None, usage: dict[str, Any]) -> Cost | None:
    """Return what the tokens of a chat completion's usage cost."""
    if price is None:
        return None
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    cached_price = price.cached_input
    if cached_price is None:
        cached_price = price.input
    fresh = usage["prompt_tokens"] - cached
    prompt = (fresh * price.input + cached * cached_price) / MILLION
    completion = usage["completion_tokens"] * price.output / MILLION
    return Cost(round(prompt, 12), round(completion, 12))


def per_token(per_million: float | None) -> str | None:
    """Return USD per token as a decimal text, without an exponent."""
    if per_million is None:
        return None
    text = f"{per_million / MILLION:.12f}".rstrip("0").rstrip(".")
    return text or "0"
