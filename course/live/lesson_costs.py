"""What each phase's notebook costs where a provider is live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from course.kit import Kit
from course.live.costs import BYTES_A_TOKEN, QUESTION, Prices, Tokens

__all__ = ["lesson_lines", "phase_cost"]


def lesson_lines(
    providers: Sequence[str], prices: Prices, kit: Kit
) -> Iterator[str]:
    """Yield, for each provider, what its part in each phase will cost.

    From the calls that were counted while the solutions ran in the sandbox.
    The checks of exercises are not among them: they are always simulated.
    """
    text = kit.lesson_calls.read_text(encoding="utf-8")
    phases = json.loads(text)["phases"]
    for provider in providers:
        told = [
            f"phase {phase} {words}"
            for phase, rows in phases.items()
            if (words := _in_words(rows, provider, prices))
        ]
        yield (
            f"Each notebook run once, with answers of {QUESTION.answer} "
            f"tokens, costs at {provider}: {'; '.join(told) or 'nothing'}."
        )


def phase_cost(
    rows: Sequence[dict[str, Any]], provider: str, prices: Prices
) -> tuple[int, float, int]:
    """Return a phase's calls to a provider, their USD, and those unpriced."""
    own = [row for row in rows if row["provider"] == provider]
    costs = [(row["calls"], _call(row, prices)) for row in own]
    return (
        sum(calls for calls, _ in costs),
        sum(calls * cost for calls, cost in costs if cost is not None),
        sum(calls for calls, cost in costs if cost is None),
    )


def _call(row: dict[str, Any], prices: Prices) -> float | None:
    """Return what one of these calls costs in USD; None if nobody knows."""
    prompt = row["body_bytes"] // row["calls"] // BYTES_A_TOKEN + 1
    tokens = Tokens(prompt, QUESTION.answer)
    return prices.cost(row["provider"], row["model"], tokens)


def _in_words(
    rows: Sequence[dict[str, Any]], provider: str, prices: Prices
) -> str:
    calls, usd, unpriced = phase_cost(rows, provider, prices)
    if not calls:
        return ""
    unknown = f", {unpriced} of them at no known price" if unpriced else ""
    word = "call" if calls == 1 else "calls"
    return f"about {usd:.4f} USD ({calls} {word}{unknown})"
