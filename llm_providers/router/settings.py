"""The router's own settings, from the environment and `.env`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from llm_providers.router.targets import Target
from llm_providers.settings import Secret, variables

__all__ = ["RouterSettings", "load_router_settings"]


@dataclass(frozen=True)
class RouterSettings:
    """How the router itself behaves.

    Who calls it has to send `api_key` as bearer token, if there is one.
    `auto` are the targets that ``auto`` means, in order; empty, it means the
    default model of each provider that has a key. A call may take
    `deadline_seconds`, with all its tries and waits, and a request's body
    may be `longest_body` bytes long.
    """

    api_key: Secret = field(default_factory=Secret)
    auto: tuple[str, ...] = ()
    deadline_seconds: float = 300.0
    longest_body: int = 20 * 1024 * 1024


def load_router_settings(
    environ: Mapping[str, str] | None = None,
    env_file: str | os.PathLike[str] | None = None,
) -> RouterSettings:
    """Return the router's settings; looks where `load_settings` looks.

    ``LLM_ROUTER_API_KEY``; ``LLM_ROUTER_AUTO``, targets with commas between;
    ``LLM_ROUTER_DEADLINE``, in seconds; ``LLM_ROUTER_LONGEST_BODY``, in
    bytes. Raises ValueError, which names the variable, for a value that
    makes no sense.
    """
    present = variables(environ, env_file)
    found = RouterSettings(
        api_key=Secret(present.get("LLM_ROUTER_API_KEY", "")),
        auto=_targets(present, "LLM_ROUTER_AUTO"),
        deadline_seconds=_positive(
            present, "LLM_ROUTER_DEADLINE", RouterSettings.deadline_seconds
        ),
        longest_body=int(
            _positive(
                present, "LLM_ROUTER_LONGEST_BODY", RouterSettings.longest_body
            )
        ),
    )
    return found


def _targets(present: Mapping[str, str], name: str) -> tuple[str, ...]:
    listed = (part.strip() for part in present.get(name, "").split(","))
    try:
        return tuple(str(Target.of(part)) for part in listed if part)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _positive(present: Mapping[str, str], name: str, default: float) -> float:
    text = present.get(name)
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} has to be a number above 0, not {text!r}.")
    return number
