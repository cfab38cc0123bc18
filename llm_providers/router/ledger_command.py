"""``python3 -m llm_providers ledger``: what was spent, and what to forget."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from llm_providers.router.ledger_upkeep import first_day
from llm_providers.router.settings import default_ledger, load_router_settings
from llm_providers.router.usage_ledger import LedgerError, UsageLedger
from llm_providers.router.usage_rows import day_of

__all__ = ["ledger_report"]

SUMS = """
SELECT caller_name, provider, model, count(*), total(cost_usd),
       sum(cost_usd IS NULL), total(charged_usd)
FROM requests WHERE day >= ? GROUP BY 1, 2, 3 ORDER BY 7 DESC, 1, 2, 3
"""
HEAD = ("caller", "asked", "requests", "USD", "unknown", "counted USD")


def ledger_report(
    config: Path | None, days: int, prune: int | None
) -> list[str]:
    """Return the lines to print; delete what is older than `prune` days.

    Raises LedgerError and ValueError, which say what is wrong.
    """
    settings = load_router_settings(env_file=config)
    path = settings.ledger_path(default_ledger())
    if not path or not Path(path).is_file():
        raise LedgerError(f"There is no usage ledger{path and f' at {path}'}.")
    ledger = UsageLedger(path)
    lines = [f"Usage ledger {path}"]
    with closing(ledger):
        ledger.check()
        if prune is not None:
            gone = ledger.prune(first_day(prune, time.time()))
            lines.append(f"{gone} requests were deleted.")
        since = first_day(days, time.time())
        lines.append(f"Since {since} (today is {day_of(time.time())}, UTC):")
        lines += _table(path, since)
    return lines


def _table(path: str, since: str) -> list[str]:
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute(SUMS, (since,)).fetchall()
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: {error}") from None
    rows = [
        (caller, f"{provider}/{model}", str(n), f"{usd:.4f}", str(unknown),
         f"{counted:.4f}")
        for caller, provider, model, n, usd, unknown, counted in found
    ]  # fmt: skip
    columns = list(zip(HEAD, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(
            text.ljust(width) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in (HEAD, *rows)
    ]
