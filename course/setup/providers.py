"""`python3 -m course providers`: which providers answer, as settings stand.

Asks every provider that has a key for its list of models, which costs
nothing. Keys and addresses come from `.env` and the environment, which wins.
No key is shown. A router lists its models to everybody, so that there a list
does not prove the key.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import repeat
from urllib.parse import urlsplit

from dotenv import dotenv_values

from course.kit import Kit
from course.live.costs import Prices
from course.live.providers import course_costs, live_providers, spending_of
from course.problems import ExitCode
from llm_providers.health import ProviderHealth, check_provider
from llm_providers.settings import Settings, load_settings

__all__ = ["check_all", "main", "report"]

COLUMNS = ("provider", "key", "mode", "reachable", "models", "latency")
UNKNOWN = "-"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def main(argv: list[str]) -> int:
    """Print the table; 1 unless every provider with a key is well."""
    options = _parser().parse_args(argv)
    settings = load_settings(env_file=Kit().root / ".env")
    found = check_all(settings, options.timeout)
    if options.json:
        print(json.dumps([asdict(row) for row in found], indent=2))
    else:
        told = [*report(found), *advice(settings, found), *live_costs()]
        print("\n".join(told))
    asked = [row for row in found if row.key_present]
    well = bool(asked) and all(row.well for row in asked)
    return ExitCode.DONE if well else ExitCode.FAILED


def check_all(settings: Settings, timeout: float) -> list[ProviderHealth]:
    """Return how all providers are doing, asked at the same time."""
    with ThreadPoolExecutor(len(settings)) as pool:
        return list(
            pool.map(check_provider, settings.values(), repeat(timeout))
        )


def report(found: Sequence[ProviderHealth]) -> Iterator[str]:
    """Yield the lines of a table, and a sentence on what is not well."""
    rows = [COLUMNS, *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(f"{cell:<{width}}" for cell, width in cells).rstrip()
    for health in found:
        if health.error:
            yield f"{health.provider}: {health.error}"


def advice(
    settings: Settings, found: Sequence[ProviderHealth]
) -> Iterator[str]:
    """Yield what to do where nobody answers on this machine."""
    silent = (row.provider for row in found if row.reachable is False)
    hosts = (urlsplit(settings[name].base_url).hostname for name in silent)
    if any(host in THIS_MACHINE for host in hosts):
        yield "Is the sandbox running? `python3 -m course sandbox` starts it."


def live_costs() -> Iterator[str]:
    """Yield what calls to live providers are going to cost."""
    kit = Kit()
    values = {**dotenv_values(kit.root / ".env"), **os.environ}
    kept = {name: value for name, value in values.items() if value}
    live = live_providers(kept)
    if live:
        spending = spending_of(kit, kept)
        yield from course_costs(kit, live, Prices(kit), spending)


def _cells(health: ProviderHealth) -> tuple[str, ...]:
    seconds = health.latency_seconds
    reached = {True: "yes", False: "no", None: UNKNOWN}
    return (
        health.provider,
        "present" if health.key_present else "missing",
        health.mode or UNKNOWN,
        reached[health.reachable],
        UNKNOWN if health.models is None else str(health.models),
        UNKNOWN if seconds is None else f"{seconds * 1000:.0f} ms",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m course providers", description=__doc__
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long to wait for a provider (default: 10)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON instead of a table"
    )
    return parser
