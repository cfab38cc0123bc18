"""Upkeep of the usage ledger, beside the requests: moving and deleting."""

from __future__ import annotations

import logging
import threading
import weakref
from datetime import UTC, datetime, timedelta

from llm_providers.router.usage_ledger import LedgerError, UsageLedger
from llm_providers.router.usage_rows import day_of

__all__ = ["Upkeep", "first_day"]

log = logging.getLogger("llm_providers.ledger")

# Seconds between two looks.
PAUSE = 1.0
# Bytes that wait to be moved, above which requests wait for it, too: under a
# load without a pause the file would grow for ever.
TOO_MANY_BYTES = 64 * 1024 * 1024


class Upkeep:
    """Keeps a ledger small, on a thread that ends with it.

    Once a second what was written is moved into the main file, which waits
    for the disk; once a day what is older than the ledger's `keep_days` is
    deleted.
    """

    def __init__(self, ledger: UsageLedger) -> None:
        self._ledger = weakref.ref(ledger)
        self._moved = 0
        self._pruned = ""
        self._end = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="llm-ledger-upkeep", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self._end.set()
        self._thread.join(PAUSE)

    def once(self, ledger: UsageLedger) -> None:
        """Do what is due. Raises LedgerError."""
        if ledger.writes != self._moved:
            self._moved = ledger.writes
            ledger.checkpoint()
            if ledger.bytes_to_move > TOO_MANY_BYTES:
                ledger.checkpoint(empty=True)
        today = day_of(ledger.clock())
        if ledger.keep_days is not None and self._pruned != today:
            self._pruned = today
            ledger.prune(first_day(ledger.keep_days, ledger.clock()))

    def _run(self) -> None:
        while not self._end.wait(PAUSE):
            ledger = self._ledger()
            if ledger is None:
                return
            try:
                # A ledger that nobody has used yet is not made for this.
                if ledger.writes:
                    self.once(ledger)
            except LedgerError as error:
                log.debug("Upkeep of the usage ledger: %s", error)
            del ledger


def first_day(keep_days: int, now: float) -> str:
    """Return the first day that is kept, of today and those before it."""
    today = datetime.fromtimestamp(now, UTC).date()
    return (today - timedelta(days=keep_days - 1)).isoformat()
