"""The router's own settings: from the environment, `.env` or a TOML file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from llm_providers.router.callers import (
    Caller,
    Callers,
    parse_keys,
    told_apart,
)
from llm_providers.router.targets import Target
from llm_providers.settings import Secret, variables

__all__ = [
    "SETTINGS",
    "RouterSettings",
    "Setting",
    "default_ledger",
    "load_router_settings",
]

PREFIX = "LLM_ROUTER_"
OFF = "off"
# What no setting has to go beyond; clocks, sockets and dates have ends, too.
MOST_SECONDS = 86_400.0
MOST_DAYS = 36_500
MOST = 2**40
# The name of the caller whose key is LLM_ROUTER_API_KEY.
ONLY_CALLER = "default"


@dataclass(frozen=True)
class Setting:
    """One variable: its default as it would be written, and its unit."""

    variable: str
    default: str = ""
    unit: str = ""


SETTINGS = (
    Setting("LLM_ROUTER_API_KEY"),
    Setting("LLM_ROUTER_API_KEYS"),
    Setting("LLM_ROUTER_AUTO"),
    Setting("LLM_ROUTER_RECOMMENDER"),
    Setting("LLM_ROUTER_DEADLINE", "300", "seconds"),
    Setting("LLM_ROUTER_SHARE", "0.5", "share of the time left"),
    Setting("LLM_ROUTER_LONGEST_BODY", "20971520", "bytes"),
    Setting("LLM_ROUTER_BODY_SECONDS", "30", "seconds"),
    Setting("LLM_ROUTER_LAST_STREAMS", "60", "seconds"),
    Setting("LLM_ROUTER_LEDGER"),
    Setting("LLM_ROUTER_LEDGER_DAYS", "400", "days"),
    Setting("LLM_ROUTER_BUDGET", "", "USD a day"),
    Setting("LLM_ROUTER_ANSWER_TOKENS", "4096", "tokens"),
)
DEFAULTS = {one.variable: one.default for one in SETTINGS}


@dataclass(frozen=True)
class RouterSettings:
    """How the router itself behaves; docs/router.md tells each setting.

    Who calls it has to send one of `keys` as bearer token, if there are any;
    `api_key` is among them. `auto` are the targets that ``auto`` means, in
    order; empty, it means what is recommended for the prompt, by the learned
    recommender in the file `recommender`, or without one by the catalogue.
    A call may take `deadline_seconds`, with all its tries and waits; a target
    that another one could stand in for gets `share` of what is left of that.
    A request's body may be `longest_body` bytes long, and has to come within
    `body_seconds`.
    """

    api_key: Secret = field(default_factory=Secret)
    keys: tuple[Caller, ...] = ()
    auto: tuple[str, ...] = ()
    recommender: str = ""
    deadline_seconds: float = float(DEFAULTS["LLM_ROUTER_DEADLINE"])
    share: float = float(DEFAULTS["LLM_ROUTER_SHARE"])
    longest_body: int = int(DEFAULTS["LLM_ROUTER_LONGEST_BODY"])
    body_seconds: float = float(DEFAULTS["LLM_ROUTER_BODY_SECONDS"])
    last_streams: float = float(DEFAULTS["LLM_ROUTER_LAST_STREAMS"])
    ledger: str = ""
    ledger_days: int = int(DEFAULTS["LLM_ROUTER_LEDGER_DAYS"])
    budget_usd: float | None = None
    answer_tokens: int = int(DEFAULTS["LLM_ROUTER_ANSWER_TOKENS"])

    @cached_property
    def callers(self) -> Callers:
        """Who may call."""
        return Callers(self.keys, Caller(budget_usd=self.budget_usd))

    @property
    def has_budgets(self) -> bool:
        """Whether anybody has a budget."""
        return any(caller.budget_usd is not None for caller in self.callers)

    def ledger_path(self, default: str = "") -> str:
        """Return the ledger's file, empty: none.

        `default` holds where the setting says nothing. With a budget there
        is one in any case.
        """
        if self.ledger.lower() == OFF:
            return ""
        if self.ledger:
            return os.path.expanduser(self.ledger)
        return default or (default_ledger() if self.has_budgets else "")


def default_ledger() -> str:
    """Return where the ledger stands if nothing is said: XDG's place."""
    told = os.environ.get("XDG_STATE_HOME", "")
    state = Path(told) if told else Path.home() / ".local" / "state"
    return str(state / "llm_providers" / "router.sqlite3")


def load_router_settings(
    environ: Mapping[str, str] | None = None,
    env_file: str | os.PathLike[str] | None = None,
) -> RouterSettings:
    """Return the router's settings; looks where `load_settings` looks.

    Raises ValueError, which names the variable, for a value that makes no
    sense, and for a variable of ours that does not exist: a limit with a
    misspelt name would not hold.
    """
    present = {
        name: value
        for name, value in variables(environ, env_file).items()
        if name.startswith(PREFIX)
    }
    unknown = sorted(set(present) - set(DEFAULTS))
    if unknown:
        raise ValueError(
            f"There is no setting {', '.join(unknown)}; there are: "
            f"{', '.join(sorted(DEFAULTS))}."
        )
    budget = _budget(present)
    found = RouterSettings(
        api_key=Secret(present.get("LLM_ROUTER_API_KEY", "")),
        keys=_keys(present, budget),
        auto=_targets(present, "LLM_ROUTER_AUTO"),
        recommender=_file(present, "LLM_ROUTER_RECOMMENDER"),
        deadline_seconds=_seconds(present, "LLM_ROUTER_DEADLINE"),
        share=_positive(present, "LLM_ROUTER_SHARE", most=1.0),
        longest_body=_whole(present, "LLM_ROUTER_LONGEST_BODY"),
        body_seconds=_seconds(present, "LLM_ROUTER_BODY_SECONDS"),
        last_streams=_seconds(present, "LLM_ROUTER_LAST_STREAMS"),
        ledger=present.get("LLM_ROUTER_LEDGER", ""),
        ledger_days=_whole(present, "LLM_ROUTER_LEDGER_DAYS", MOST_DAYS),
        budget_usd=budget,
        answer_tokens=_whole(present, "LLM_ROUTER_ANSWER_TOKENS"),
    )
    if found.has_budgets and not found.ledger_path():
        raise ValueError(
            "LLM_ROUTER_LEDGER is off, and a budget is counted from the "
            "ledger: name a file, or set no budget."
        )
    return found


def _keys(
    present: Mapping[str, str], budget: float | None
) -> tuple[Caller, ...]:
    """Return all callers. Raises ValueError, which shows no key."""
    only = present.get("LLM_ROUTER_API_KEY", "")
    text = present.get("LLM_ROUTER_API_KEYS", "")
    first = (Caller(ONLY_CALLER, Secret(only), budget),) if only else ()
    try:
        return told_apart((*first, *parse_keys(text, budget)))
    except ValueError as error:
        raise ValueError(f"LLM_ROUTER_API_KEYS: {error}.") from None


def _budget(present: Mapping[str, str]) -> float | None:
    name = "LLM_ROUTER_BUDGET"
    return _positive(present, name) if name in present else None


def _targets(present: Mapping[str, str], name: str) -> tuple[str, ...]:
    listed = (part.strip() for part in present.get(name, "").split(","))
    try:
        return tuple(str(Target.of(part)) for part in listed if part)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _file(present: Mapping[str, str], name: str) -> str:
    path = os.path.expanduser(present.get(name, ""))
    if path and not os.path.isfile(path):
        raise ValueError(f"{name}: there is no file {path}.")
    return path


def _seconds(present: Mapping[str, str], name: str) -> float:
    return _positive(present, name, MOST_SECONDS)


def _whole(present: Mapping[str, str], name: str, most: int = MOST) -> int:
    number = _positive(present, name, most)
    if number != int(number):
        raise ValueError(f"{name} has to be a whole number, not {number:g}.")
    return int(number)


def _positive(
    present: Mapping[str, str], name: str, most: float = float("inf")
) -> float:
    text = present.get(name, DEFAULTS[name])
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf") or number > most:
        limit = "" if most == float("inf") else f" and at most {most:.12g}"
        raise ValueError(
            f"{name} has to be a number above 0{limit}, not {text!r}."
        )
    return number
