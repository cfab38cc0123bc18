"""What a try costs, and what it is counted as where nobody knows.

Unknown is never zero: a budget is charged the highest price that the
catalogue has for the provider, and where not even the tokens are known, the
most that the request could have cost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from llm_providers.catalogue import Catalogue, Model, load_catalogue
from llm_providers.ledger import MAY_BE_BILLED
from llm_providers.prompts import Prompt
from llm_providers.responses import Attempt, Usage
from llm_providers.router.targets import Target

__all__ = ["ABANDONED", "Charge", "charge", "worst_case"]

# A try whose caller went away before it ended.
ABANDONED = "abandoned"
# Tokens that an image, a sound or a file is taken to be: more than any
# provider documents for one image of ordinary size.
TOKENS_OF_A_PART = 4_000
# Tokens around a message or a tool that are in no text: a role, a name.
TOKENS_AROUND = 16


@dataclass(frozen=True)
class Charge:
    """What a try cost in USD, None unknown, and what is counted for it."""

    cost_usd: float | None
    charged_usd: float


def charge(row: Attempt, worst_usd: Callable[[], float]) -> Charge:
    """Return what a try costs; `worst_usd` tells what it may have cost.

    That is asked only where the tokens are not known.
    """
    if row.status == "skipped":
        return Charge(0.0, 0.0)
    if row.cost_usd is not None:
        return Charge(row.cost_usd, max(0.0, row.cost_usd))
    usage = row.usage
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        billed = row.error_kind in MAY_BE_BILLED | {ABANDONED}
        refused = row.status == "error" and not billed
        if refused and usage == Usage():
            return Charge(0.0, 0.0)
        return Charge(None, worst_usd())
    today = _today()
    found = _found(row.provider, row.model)
    cost = None
    if found is not None:
        cost = found.cost_usd(
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens or 0,
            today,
        )
    if cost is not None:
        return Charge(cost, cost)
    prices = _highest(load_catalogue(), row.provider, today)
    tokens = (usage.prompt_tokens, usage.completion_tokens)
    return Charge(None, _sum(tokens, prices))


def worst_case(
    prompt: Prompt, targets: Iterable[Target], answer_tokens: int
) -> float:
    """Return the most that one answer to a prompt may cost, in USD.

    It is that of the dearest target. A text has at most as many tokens as
    bytes. An answer has at most `max_tokens`, or without one what the model
    can write, but no more than `answer_tokens`.
    """
    sent = prompt_tokens(prompt)
    return max(
        _worst_of(target, sent, prompt.max_tokens, answer_tokens)
        for target in targets
    )


def prompt_tokens(prompt: Prompt) -> int:
    """Return the most tokens that a prompt can have."""
    beside = [prompt.tools, prompt.response_format, prompt.system_message]
    total = sum(len(json.dumps(one, default=str)) for one in beside if one)
    total += TOKENS_AROUND * (len(prompt.messages) + len(prompt.tools))
    for message in prompt.messages:
        for name, value in message.items():
            if name != "content":
                total += len(json.dumps(value, default=str))
            else:
                total += _content_tokens(value)
    return total


def _content_tokens(content: object) -> int:
    if isinstance(content, str):
        return len(content.encode("utf-8", "replace"))
    total = 0
    for part in content if isinstance(content, list | tuple) else ():
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str):
            total += len(text.encode("utf-8", "replace"))
        else:
            total += TOKENS_OF_A_PART
    return total


def _worst_of(
    target: Target, sent: int, max_tokens: int | None, answer_tokens: int
) -> float:
    catalogue, today = load_catalogue(), _today()
    model = _found(target.provider, target.model)
    limit = (model and model.max_output_tokens) or answer_tokens
    written = max_tokens or min(limit, answer_tokens)
    own = None if model is None else _highest_of((model,), today)
    prices = own or _highest(catalogue, target.provider, today)
    return _sum((sent, written), prices)


@lru_cache(1000)
def _found(provider: str, model: str) -> Model | None:
    return load_catalogue().find(provider, model)


Rates = tuple[float, float]


def _highest(catalogue: Catalogue, provider: str, day: date) -> Rates:
    """Return a provider's highest prices; all providers' if it has none.

    Kept for the day: a catalogue has many rows.
    """
    key = (catalogue.path, provider, day)
    if key not in _kept:
        _kept.clear()
        for name in {row.provider for row in catalogue.rows} | {provider}:
            rows = [row for row in catalogue.rows if row.provider == name]
            found = _highest_of(rows, day) or _highest_of(catalogue.rows, day)
            _kept[(catalogue.path, name, day)] = found or (0.0, 0.0)
    return _kept[key]


_kept: dict[object, Rates] = {}


def _highest_of(rows: Iterable[Model], day: date) -> Rates | None:
    """Return the highest prices on a day, for long prompts or short."""
    prices = [
        price
        for row in rows
        for price in row.prices
        if price.starts_on <= day
        and price.input is not None
        and price.output is not None
    ]
    if not prices:
        return None
    return (
        max(price.input or 0.0 for price in prices),
        max(price.output or 0.0 for price in prices),
    )


def _sum(tokens: tuple[int, int], rates: Rates) -> float:
    pairs = zip(tokens, rates, strict=True)
    return sum(max(0, count) * rate for count, rate in pairs) / 1e6


def _today() -> date:
    return datetime.fromtimestamp(time.time(), UTC).date()
