"""What is said where a budget does not allow a request, or is not counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from llm_providers.responses import ErrorInfo
from llm_providers.router.usage_ledger import Spending

__all__ = [
    "BUDGET_EXCEEDED",
    "LEDGER_UNAVAILABLE",
    "cannot_count",
    "over_budget",
    "until_midnight",
]

BUDGET_EXCEEDED = "budget_exceeded"
LEDGER_UNAVAILABLE = "ledger_unavailable"
# Seconds to come back in where requests under way hold what is left of a
# budget, or where the ledger cannot be written.
SHORT_WAIT = 10.0


def over_budget(
    spending: Spending, limit: float, worst: float, for_good: bool
) -> ErrorInfo:
    """Return what is said where a budget does not allow a request."""
    left = max(0.0, limit - spending.charged)
    reason = (
        f"The budget of this key is {limit:.2f} USD a day (UTC); "
        f"{left:.4f} USD of it are left, {spending.reserved:.4f} USD of them "
        f"held by requests under way, and this one may cost {worst:.4f} USD."
    )
    if worst > limit:
        wait = "Ask for a larger budget"
    elif for_good:
        wait = "Come back after midnight UTC, ask for a larger budget"
    else:
        wait = "Come back when the requests under way have ended"
    return ErrorInfo(
        kind=BUDGET_EXCEEDED,
        retryable=False,
        reason=reason,
        what_to_do=f"{wait}, or send less: a shorter prompt, or a smaller "
        "max_tokens.",
        retry_after=until_midnight() if for_good else SHORT_WAIT,
    )


def cannot_count() -> ErrorInfo:
    """Return what is said where a budget cannot be counted."""
    return ErrorInfo(
        kind=LEDGER_UNAVAILABLE,
        retryable=True,
        reason="The usage ledger cannot be written, so that the budget of "
        "this key cannot be counted.",
        what_to_do="Come back later; the operator finds the cause in the "
        "router's log.",
        retry_after=SHORT_WAIT,
    )


def until_midnight(now: datetime | None = None) -> float:
    """Return the seconds until the next day begins, in UTC."""
    now = now or datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=1) - now).total_seconds()
