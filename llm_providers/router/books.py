"""The books: the ledger, the budgets, the metrics and the trace of calls."""

from __future__ import annotations

import logging
from functools import partial
from typing import Protocol

from llm_providers.calls import aside
from llm_providers.router.bills import Bill
from llm_providers.router.refusals import cannot_count, over_budget
from llm_providers.router.usage_ledger import (
    BudgetExceededError,
    LedgerError,
    Spending,
    UsageLedger,
)
from llm_providers.router.usage_rows import RequestRow, day_of

__all__ = ["Books", "Observer"]

log = logging.getLogger("llm_providers.ledger")
log.addHandler(logging.NullHandler())


class Observer(Protocol):
    """Is told of each call when it has ended."""

    def observe(self, bill: Bill, row: RequestRow) -> None:
        """Take note of a call."""


class Books:
    """What is asked before a call, and told after it.

    Without a `ledger` there are no budgets. `answer_tokens` is how long an
    answer is taken to be that the caller sets no limit to.
    """

    def __init__(
        self,
        ledger: UsageLedger | None,
        answer_tokens: int,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.ledger = ledger
        self.answer_tokens = answer_tokens
        self.observers = observers
        self.fault = ""

    def open(self, bill: Bill) -> None:
        """Reserve what a call may cost, or have the bill refuse it."""
        limit = bill.context.caller.budget_usd
        if limit is None:
            return
        if self.ledger is None:
            bill.refuse(cannot_count())
            return
        try:
            bill.reservation = aside(
                partial(
                    self.ledger.reserve,
                    bill.context.fingerprint,
                    day_of(bill.started),
                    bill.worst_usd,
                    limit,
                )
            )
        except BudgetExceededError as error:
            worst = bill.worst_usd
            bill.refuse(
                over_budget(error.spending, limit, worst, error.for_good)
            )
        except LedgerError as error:
            self._fail(error)
            bill.refuse(cannot_count())

    def close(self, bill: Bill) -> None:
        """Write what has become of a call; never raises for a full disk."""
        if self.ledger is None and not self.observers:
            return
        row = bill.row()
        if self.ledger is not None:
            try:
                self.ledger.write(row, bill.reservation)
                self.fault = ""
            except LedgerError as error:
                self._fail(error)
        for observer in self.observers:
            try:
                observer.observe(bill, row)
            except Exception:
                # An exporter of the operator's may fail; the answer stands.
                log.exception("%s could not be told", type(observer).__name__)

    def spending(self, fingerprint: str) -> Spending | None:
        """Return what a key has spent today; None where nobody knows."""
        if self.ledger is None:
            return None
        try:
            return self.ledger.spending(fingerprint)
        except LedgerError as error:
            self._fail(error)
            return None

    def _fail(self, error: LedgerError) -> None:
        """Say so once, until it works again."""
        if not self.fault:
            log.error("The usage ledger cannot be written: %s", error)
        self.fault = str(error)
