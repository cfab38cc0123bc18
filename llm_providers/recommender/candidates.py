"""What can be recommended on a day: a model at a provider, with its facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from llm_providers.catalogue import Catalogue, Model, Price
from llm_providers.recommender.quality import Measured, QualityBook

__all__ = ["Candidate", "Rate", "candidates", "rates_on"]

# Which kind of input meets which need.
MODALITY_OF = {
    "audio": "audio",
    "pdf": "pdf",
    "video": "video",
    "vision": "image",
}


@dataclass(frozen=True)
class Rate:
    """Prices of a day in USD per million tokens; None is unknown.

    They hold for all tokens of a request with more than
    `above_input_tokens` prompt tokens.
    """

    above_input_tokens: int
    input: float | None
    cached_input: float | None
    output: float | None


@dataclass(frozen=True)
class Candidate:
    """One model at one provider, as it is on one day.

    Limits are tokens. `able` has the needs that it is known to meet.
    `days_left` is the number of days until it is shut down: 0 or less is
    gone, None is without end. `rates` begin with those of short prompts.
    An unknown figure is None.
    """

    provider: str
    model: str
    context_window: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    able: tuple[str, ...] = ()
    released: bool = True
    days_left: int | None = None
    latency_seconds: float | None = None
    thinks: bool = False
    rates: tuple[Rate, ...] = ()
    measured: Measured | None = None
    replacement: str | None = None

    @property
    def target(self) -> str:
        """Its name, written ``provider/model``."""
        return f"{self.provider}/{self.model}"

    @property
    def is_free(self) -> bool:
        """Whether it is known to cost nothing at all."""
        return bool(self.rates) and all(
            rate.input == 0 and rate.output == 0 for rate in self.rates
        )

    @property
    def maker_model(self) -> str:
        """What it is wherever it is served: one model has many doors."""
        if self.measured is not None:
            return self.measured.model
        return self.model.rpartition("/")[2].partition(":")[0]

    def rate(self, prompt_tokens: int) -> Rate | None:
        """The prices of a request of this size; None where unknown."""
        found = None
        for rate in self.rates:
            if found is None or prompt_tokens > rate.above_input_tokens:
                found = rate
        return found


def candidates(
    catalogue: Catalogue,
    day: date,
    quality: QualityBook,
    latencies: Mapping[str, float] | None = None,
) -> tuple[Candidate, ...]:
    """Return all of the catalogue's models, the retired ones too.

    `latencies` are measured seconds by ``provider/model``.
    """
    known = latencies or {}
    return tuple(
        Candidate(
            provider=model.provider,
            model=model.id,
            context_window=model.context_window,
            max_input_tokens=model.max_input_tokens,
            max_output_tokens=model.max_output_tokens,
            able=tuple(_able(model)),
            released=_is_released(model, day),
            days_left=_days_left(model, day),
            latency_seconds=known.get(f"{model.provider}/{model.id}"),
            thinks=model.reasoning,
            rates=rates_on(model.prices, day),
            measured=quality.by_id.get(model.id),
            replacement=model.replacement,
        )
        for model in catalogue.rows
    )


def _able(model: Model) -> Iterable[str]:
    for need, modality in MODALITY_OF.items():
        if modality in model.input_modalities:
            yield need
    if model.json_schema:
        yield "json_schema"
    accepts = model.accepts
    # Some take tools only without thinking: then that has to be possible.
    if model.tools and (
        accepts.tools_with_reasoning or "none" in accepts.reasoning_efforts
    ):
        yield "tools"


def _is_released(model: Model, day: date) -> bool:
    """Whether it is there on a day; in doubt, from its first price on."""
    begins = model.released_on
    if begins is None and model.prices:
        begins = min(price.starts_on for price in model.prices)
    return begins is None or begins <= day


def _days_left(model: Model, day: date) -> int | None:
    end = model.shutdown_on
    return None if end is None else (end - day).days


def rates_on(prices: Iterable[Price], day: date) -> tuple[Rate, ...]:
    """Return the prices of a day: the tiers of its step, the lowest first."""
    begun = [price for price in prices if price.starts_on <= day]
    if not begun:
        return ()
    latest = max(price.starts_on for price in begun)
    tiers = [price for price in begun if price.starts_on == latest]
    return tuple(
        Rate(
            price.above_input_tokens,
            price.input,
            price.cached_input,
            price.output,
        )
        for price in sorted(tiers, key=lambda one: one.above_input_tokens)
    )
