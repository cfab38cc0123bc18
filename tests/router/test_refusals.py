"""Refusals: when to come back, and what to do where a budget is spent."""

from datetime import UTC, datetime, timedelta

import pytest


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC), 30.0),
        (datetime(2026, 2, 28, 0, 0, 0, tzinfo=UTC), 86_400.0),
    ],
)
def test_a_day_ends_at_midnight_utc(llm, moment, seconds):
    assert llm.router.refusals.until_midnight(moment) == seconds


@pytest.fixture
def refused(llm):
    """What is said of a request that may cost so much, at 3 of 4 USD."""

    def of(worst, for_good):
        spending = llm.router.usage_ledger.Spending(3.0, 0.5)
        return llm.router.refusals.over_budget(spending, 4.0, worst, for_good)

    return of


def test_a_spent_budget_says_to_come_back_tomorrow(refused):
    info = refused(2.0, for_good=True)
    assert info.kind == "budget_exceeded"
    assert 0 < info.retry_after <= timedelta(days=1).total_seconds()
    assert "midnight" in info.what_to_do
    assert "1.0000 USD" in info.reason


def test_a_budget_that_others_hold_says_to_come_back_soon(refused):
    info = refused(0.8, for_good=False)
    assert info.retry_after <= 60
    assert "under way" in info.what_to_do


def test_no_day_is_long_enough_for_what_costs_more_than_a_budget(refused):
    assert "larger budget" in refused(5.0, for_good=True).what_to_do
    assert "midnight" not in refused(5.0, for_good=True).what_to_do
