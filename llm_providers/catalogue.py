"""The model catalogue: limits, accepted parameters, prices and lifetimes.

Every figure comes from ``data/models.json``; ``data/README.md`` names the
sources and the day on which each row was checked. Prices are USD per million
tokens. A figure that nobody has published is ``None``, never 0.

    load_catalogue() -> Catalogue -> Model -> Parameters, Price
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Model",
    "Parameters",
    "Price",
    "UnknownRoleError",
    "load_catalogue",
]

PACKAGE = Path(__file__).resolve().parent
# A wheel carries the file inside the package, a checkout beside it.
PLACES = (
    PACKAGE / "data" / "models.json",
    PACKAGE.parent / "data" / "models.json",
)

Status = Literal["active", "deprecated", "retired"]


class CatalogueError(RuntimeError):
    """The catalogue's file is missing or cannot be read."""


class UnknownRoleError(CatalogueError, LookupError):
    """No model of this provider has the role that was asked for."""


@dataclass(frozen=True)
class Price:
    """What a model costs from a day on, in USD per million tokens.

    Holds for requests of more than ``above_input_tokens`` prompt tokens, and
    then for all of their tokens.
    """

    starts_on: date
    above_input_tokens: int
    input: float | None
    cached_input: float | None
    output: float | None

    def cost_usd(
        self, prompt_tokens: int, completion_tokens: int, cached_tokens: int
    ) -> float | None:
        """One request's cost in USD; None where a needed price is unknown."""
        total = 0.0
        for tokens, rate in (
            (prompt_tokens - cached_tokens, self.input),
            (cached_tokens, self.cached_input),
            (completion_tokens, self.output),
        ):
            if tokens < 0 or (tokens and rate is None):
                return None
            total += tokens * (rate or 0.0)
        return total / 1_000_000


@dataclass(frozen=True)
class Parameters:
    """Which request parameters a model accepts, by chat-completions name.

    ``max_tokens`` names the field that limits the answer (None: the provider
    has a wire format of its own). ``temperature`` says when it may be sent:
    "any", "default_only" (1 alone), "without_reasoning" (effort "none"
    alone), "never" (refused, or without effect). ``tools_with_reasoning`` is
    false where tools need effort "none".
    """

    max_tokens: Literal["max_completion_tokens", "max_tokens", "both"] | None
    temperature: Literal["any", "default_only", "never", "without_reasoning"]
    reasoning_efforts: tuple[str, ...]
    stop: bool
    tools_with_reasoning: bool


@dataclass(frozen=True)
class Model:
    """One model at one provider: the same model elsewhere is another row.

    Limits are tokens. ``snapshot`` is the dated id that answers carry instead
    of ``id``, where there is one.
    """

    provider: str
    id: str
    snapshot: str | None
    context_window: int | None
    max_output_tokens: int | None
    max_input_tokens: int | None
    input_modalities: tuple[str, ...]
    reasoning: bool
    accepts: Parameters
    prices: tuple[Price, ...]
    released_on: date | None
    deprecated_on: date | None
    shutdown_on: date | None
    replacement: str | None
    source: str
    checked_on: date

    def price_on(self, day: date, input_tokens: int = 0) -> Price | None:
        """The price of a request of so many prompt tokens on that day.

        None before the first known price, or where none is known at all.
        """
        known = [price for price in self.prices if price.starts_on <= day]
        latest = max((price.starts_on for price in known), default=None)
        fitting = (
            price
            for price in known
            if price.starts_on == latest
            and input_tokens >= price.above_input_tokens
            and (input_tokens > price.above_input_tokens or not input_tokens)
        )
        return max(
            fitting, key=lambda price: price.above_input_tokens, default=None
        )

    def cost_usd(
        self,
        prompt_tokens: int | None,
        completion_tokens: int | None,
        cached_tokens: int | None = 0,
        on: date | None = None,
    ) -> float | None:
        """What a request costs in USD, by the prices of a day (today).

        Prompt tokens include the cached ones, completion tokens the reasoning
        ones. None where a price or a count is unknown or makes no sense.
        """
        if prompt_tokens is None or completion_tokens is None:
            return None
        price = self.price_on(on or date.today(), prompt_tokens)
        if price is None or cached_tokens is None or cached_tokens < 0:
            return None
        return price.cost_usd(prompt_tokens, completion_tokens, cached_tokens)

    def status_on(self, day: date) -> Status:
        """Whether the model answers on that day, and for how long.

        "retired" from the shutdown day on; "deprecated" once the end has been
        announced, or where only the day of the end is known.
        """
        if self.shutdown_on is not None and day >= self.shutdown_on:
            return "retired"
        if self.deprecated_on is not None:
            return "deprecated" if day >= self.deprecated_on else "active"
        return "active" if self.shutdown_on is None else "deprecated"


@dataclass(frozen=True)
class Catalogue:
    """All models that the package knows, and the roles that some play."""

    path: Path
    as_of: date
    rows: tuple[Model, ...]
    roles: Mapping[str, Mapping[str, str]]

    def find(self, provider: str, model_id: str) -> Model | None:
        """The model of this id, or of this dated snapshot; None if unknown."""
        named = self._index.get((provider, model_id))
        return named

    def role(self, provider: str, role: str) -> Model:
        """The model that plays a role, such as "default", at a provider."""
        roles = self.roles.get(provider, {})
        model = self.find(provider, roles.get(role, ""))
        if model is None:
            there = ", ".join(sorted(roles)) or "none"
            raise UnknownRoleError(
                f"{provider} has no model for the role {role!r}; "
                f"its roles in {self.path} are: {there}"
            )
        return model

    def models(
        self, provider: str | None = None, on: date | None = None
    ) -> tuple[Model, ...]:
        """The models that can be called on a day (today), in file order."""
        day = on or date.today()
        return tuple(
            model
            for model in self.rows
            if provider in (None, model.provider)
            and (model.released_on is None or model.released_on <= day)
            and model.status_on(day) != "retired"
        )
