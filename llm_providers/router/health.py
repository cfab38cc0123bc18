"""How the router is: who has a key, who is left alone, who answers.

What asks the providers is loaded when it is asked for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from llm_providers.catalogue import load_catalogue
from llm_providers.router.request_context import current_request
from llm_providers.router.service import Service
from llm_providers.settings import PROVIDERS

__all__ = ["HealthReply", "ProviderReply", "health_of"]


class ProbeReply(BaseModel):
    """What a provider said when it was asked for its models."""

    mode: Literal["sandbox", "live"] | None
    reachable: bool | None
    models: int | None
    latency_seconds: float | None
    error: str | None


class ProviderReply(BaseModel):
    """One provider: its key (whether, never which) and its breakers."""

    key_present: bool
    breakers: dict[str, Literal["closed", "open", "half_open"]]
    probe: ProbeReply | None = None


class LedgerReply(BaseModel):
    """Whether usage is counted: "failed" where it cannot be written."""

    state: Literal["off", "ok", "failed"]


class BudgetReply(BaseModel):
    """The asking key's budget of the day, in USD; it ends at midnight UTC.

    `charged_usd` is None where the ledger cannot be read.
    """

    caller: str
    limit_usd: float | None
    charged_usd: float | None
    reserved_usd: float | None


class RecommenderReply(BaseModel):
    """What decides behind ``auto``, and the day its prices are of.

    `learned_from` is the name of the learned recommender's file, `fault` why
    it cannot be used, which shows when it is first needed.
    """

    level: Literal["scorer", "learned"]
    learned_from: str | None = None
    fault: str | None = None
    prices_of: date
    is_loaded: bool


class HealthReply(BaseModel):
    """`status` is "ok" where at least one provider can be asked.

    Such a one has a key and, where a breaker of a model of its is open,
    another model that was asked of late and answered.
    """

    status: Literal["ok", "unavailable"]
    providers: dict[str, ProviderReply]
    ledger: LedgerReply
    recommender: RecommenderReply
    budget: BudgetReply | None = None


def health_of(service: Service, *, probe: bool) -> HealthReply:
    """Return the health; asks the providers only with `probe`."""
    states = service.breakers.states()
    probes = _probes(service) if probe else {}
    providers = {
        name: ProviderReply(
            key_present=bool(service.providers[name].api_key),
            breakers={
                target: state
                for target, state in states.items()
                if target.startswith(f"{name}/")
            },
            probe=probes.get(name),
        )
        for name in PROVIDERS
    }
    can_ask = any(map(_can_be_asked, providers.values()))
    return HealthReply(
        status="ok" if can_ask else "unavailable",
        providers=providers,
        budget=_budget(service),
        ledger=_ledger(service),
        recommender=_recommender(service),
    )


def _ledger(service: Service) -> LedgerReply:
    if service.books.ledger is None:
        return LedgerReply(state="off")
    return LedgerReply(state="failed" if service.books.fault else "ok")


def _recommender(service: Service) -> RecommenderReply:
    found = service.recommending
    return RecommenderReply(
        level="learned" if found.level == "learned" else "scorer",
        learned_from=Path(found.path).name or None,
        fault=found.fault,
        prices_of=load_catalogue().as_of,
        is_loaded=found.is_ready,
    )


def _budget(service: Service) -> BudgetReply | None:
    """Return how the asking key stands; None where nothing is counted."""
    request = current_request.get()
    if service.books.ledger is None or request is None:
        return None
    found = service.books.spending(request.fingerprint)
    return BudgetReply(
        caller=request.caller.name,
        limit_usd=request.caller.budget_usd,
        charged_usd=None if found is None else found.charged,
        reserved_usd=None if found is None else found.reserved,
    )


def _can_be_asked(provider: ProviderReply) -> bool:
    states = provider.breakers.values()
    left_alone = bool(states) and all(state == "open" for state in states)
    failed = provider.probe is not None and provider.probe.models is None
    return provider.key_present and not left_alone and not failed


def _probes(service: Service) -> dict[str, ProbeReply]:
    """Return what each provider with a key says, asked all at once."""
    from llm_providers.health import check_provider

    names = service.with_key
    if not names:
        return {}
    with ThreadPoolExecutor(len(names)) as threads:
        found = threads.map(
            lambda name: check_provider(service.providers[name]), names
        )
        return {
            one.provider: ProbeReply.model_validate(asdict(one))
            for one in found
        }
