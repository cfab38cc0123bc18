"""The model catalogue: limits, accepted parameters, prices and lifetimes.

Every figure comes from ``data/models.json``; ``data/README.md`` names the
sources and the day on which each row was checked. Prices are USD per million
tokens. A figure that nobody has published is ``None``, never 0.

    load_catalogue() -> Catalogue -> Model -> Parameters, Price
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from llm_providers.data_files import data_places

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Model",
    "Parameters",
    "Price",
    "UnknownRoleError",
    "load_catalogue",
]

PLACES = data_places("models.json")

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

    @property
    def with_tools(self) -> "Parameters":
        """What the model accepts in a request that has tools."""
        if self.tools_with_reasoning:
            return self
        none = tuple(one for one in self.reasoning_efforts if one == "none")
        return replace(self, reasoning_efforts=none)


@dataclass(frozen=True)
class Model:
    """One model at one provider: the same model elsewhere is another row.

    Limits are tokens. ``snapshot`` is the dated id that answers carry instead
    of ``id``, where there is one. ``tools`` and ``json_schema`` say whether
    the model calls functions and keeps to a JSON schema; None is unknown.
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
    tools: bool | None = None
    json_schema: bool | None = None

    def price_on(self, day: date, input_tokens: int = 0) -> Price | None:
        """The price of a request of so many prompt tokens on that day.

        None before the first known price, or where none is known at all.
        """
        fitting = (
            price
            for price in self.prices
            if price.starts_on <= day
            and (
                price.above_input_tokens == 0
                or input_tokens > price.above_input_tokens
            )
        )
        return max(
            fitting,
            key=lambda price: (price.starts_on, price.above_input_tokens),
            default=None,
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
        if price is None or cached_tokens is None:
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
        return self._named.get((provider, model_id))

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], Model]:
        """The models by provider and name, the first of each."""
        named: dict[tuple[str, str], Model] = {}
        for row in self.rows:
            named.setdefault((row.provider, row.id), row)
        # An id goes before a snapshot: one model's dated id may be listed as
        # a model of its own.
        for row in self.rows:
            if row.snapshot is not None:
                named.setdefault((row.provider, row.snapshot), row)
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


def load_catalogue(path: Path | str | None = None) -> Catalogue:
    """The catalogue, read once per file.

    Without a path: ``data/models.json`` inside the package (a wheel), else
    beside it (a checkout). Raises CatalogueError, naming the file and what to
    do, if it is missing or broken.
    """
    if path is not None:
        return _read(Path(path))
    for place in PLACES:
        if place.is_file():
            return _read(place)
    looked = " or ".join(str(place) for place in PLACES)
    raise CatalogueError(
        f"There is no model catalogue at {looked}. Reinstall the package, "
        "or pass a file's path to load_catalogue()."
    )


@cache
def _read(path: Path) -> Catalogue:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Catalogue(
            path=path,
            as_of=date.fromisoformat(content["as_of"]),
            rows=tuple(_models(content["models"])),
            roles=content["roles"],
        )
    except FileNotFoundError as error:
        raise CatalogueError(
            f"There is no model catalogue at {path}. Check the path."
        ) from error
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise CatalogueError(
            f"The model catalogue {path} cannot be read "
            f"({type(error).__name__}: {error}). Restore it from the "
            "repository, or reinstall the package."
        ) from error


def _models(rows: Iterable[dict[str, Any]]) -> Iterator[Model]:
    for number, row in enumerate(rows, start=1):
        try:
            yield _model(row)
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(
                f"models, row {number}: {type(error).__name__} {error}"
            ) from error


def _model(row: dict[str, Any]) -> Model:
    accepts = dict(row["accepts"])
    efforts = tuple(accepts.pop("reasoning_efforts"))
    days = ("released_on", "deprecated_on", "shutdown_on")
    changed = {
        "accepts": Parameters(reasoning_efforts=efforts, **accepts),
        "prices": tuple(_prices(row["prices"])),
        "input_modalities": tuple(row["input_modalities"]),
        "checked_on": date.fromisoformat(row["checked_on"]),
    } | {name: _day(row[name]) for name in days}
    return Model(**{**row, **changed})


def _prices(rows: Iterable[dict[str, Any]]) -> Iterator[Price]:
    """One Price for each step, and one for each of its long-context tiers."""
    for row in rows:
        for tier in ({**row, "input_tokens": 0}, *row["above"]):
            yield Price(
                starts_on=date.fromisoformat(row["from"]),
                above_input_tokens=tier["input_tokens"],
                input=tier["input"],
                cached_input=tier["cached_input"],
                output=tier["output"],
            )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
