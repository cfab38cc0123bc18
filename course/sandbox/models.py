"""The models that a provider serves, read from the catalogue's file."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from course.sandbox.prices import Price, longer_prices, price_on

__all__ = ["DATA", "Model", "Models", "PathText"]

# Paths are texts here, since `pathlib` would cost a fifth of the import.
PathText = str | os.PathLike[str]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
DATA = os.path.join(os.path.abspath(ROOT), "data")

# For a row without a release date; any fixed moment will do.
SOME_TIME = 1_767_225_600


@dataclass(frozen=True)
class Model:
    """One row of the catalogue, as far as a provider's behaviour needs it.

    `max_output_tokens` is None where nobody has published a limit: then the
    context window is the only one.
    """

    id: str
    snapshot: str | None
    context_window: int
    max_input_tokens: int | None
    max_output_tokens: int | None
    input_modalities: tuple[str, ...]
    reasoning: bool
    max_tokens: str
    temperature: str
    reasoning_efforts: tuple[str, ...]
    stop: bool
    tools_with_reasoning: bool
    released_on: date | None
    shutdown_on: date | None
    prices: tuple[dict[str, Any], ...] = ()
    replacement: str | None = None

    @property
    def created(self) -> int:
        """The release date as Unix time."""
        if self.released_on is None:
            return SOME_TIME
        days = (self.released_on - date(1970, 1, 1)).days
        return days * 86_400


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _model(row: dict[str, Any]) -> Model:
    accepts = row.get("accepts", {})
    return Model(
        id=row["id"],
        snapshot=row.get("snapshot"),
        context_window=row["context_window"],
        max_input_tokens=row.get("max_input_tokens"),
        max_output_tokens=row.get("max_output_tokens"),
        input_modalities=tuple(row.get("input_modalities", ["text"])),
        reasoning=row.get("reasoning", False),
        max_tokens=accepts.get("max_tokens", "both"),
        temperature=accepts.get("temperature", "any"),
        reasoning_efforts=tuple(accepts.get("reasoning_efforts", ())),
        stop=accepts.get("stop", True),
        tools_with_reasoning=accepts.get("tools_with_reasoning", True),
        released_on=_day(row.get("released_on")),
        shutdown_on=_day(row.get("shutdown_on")),
        prices=tuple(row.get("prices", ())),
        replacement=row.get("replacement"),
    )


@lru_cache(maxsize=16)
def _read(
    path: str, _changed: int
) -> tuple[date | None, dict[str, tuple[Model, ...]]]:
    with open(path, encoding="utf-8") as file:
        catalogue = json.load(file)
    by_provider: dict[str, list[Model]] = {}
    for row in catalogue["models"]:
        by_provider.setdefault(row["provider"], []).append(_model(row))
    rows = {name: tuple(models) for name, models in by_provider.items()}
    return _day(catalogue.get("as_of")), rows


class Models:
    """The models of one provider on a day, the catalogue's unless told.

    The catalogue's file is read again when it has changed, at most once a
    second; FileNotFoundError where there is none.
    """

    def __init__(
        self, provider: str, path: PathText | None, today: date | None
    ) -> None:
        self.provider = provider
        self._path = os.fspath(path or os.path.join(DATA, "models.json"))
        self._today = today
        self._as_of: date | None = None
        self._looked = 0.0
        self._by_name: dict[str, Model] = {}

    @property
    def today(self) -> date:
        """The day that decides what has been shut down.

        The catalogue's own, so that the same request gets the same reply
        for as long as the catalogue stays the same.
        """
        return self._today or self._as_of or date.today()

    def known(self) -> dict[str, Model]:
        """Return every released model by its id and by its snapshot's."""
        now = time.monotonic()
        if not self._by_name or now - self._looked > 1:
            changed = os.stat(self._path).st_mtime_ns
            self._as_of, rows = _read(self._path, changed)
            models = rows.get(self.provider, ())
            self._by_name = {
                name: model
                for model in models
                for name in (model.snapshot, model.id)
                if name and self._is_released(model)
            }
            self._looked = now
        return self._by_name

    def served(self) -> list[Model]:
        """Return the models that have not been shut down, newest first."""
        listed = [
            model
            for name, model in self.known().items()
            if name == model.id and not self.is_shut_down(model)
        ]
        return sorted(listed, key=lambda model: (-model.created, model.id))

    def is_shut_down(self, model: Model) -> bool:
        """Say whether the model's last day has come."""
        end = model.shutdown_on
        return end is not None and end <= self.today

    def price(self, model: Model, prompt_tokens: int = 0) -> Price | None:
        """Return what the model costs today; None where nobody knows."""
        return price_on(model.prices, self.today, prompt_tokens)

    def longer_prices(self, model: Model) -> list[dict[str, Any]]:
        """Return today's long-context prices, as the catalogue has them."""
        return longer_prices(model.prices, self.today)

    def _is_released(self, model: Model) -> bool:
        return model.released_on is None or model.released_on <= self.today
