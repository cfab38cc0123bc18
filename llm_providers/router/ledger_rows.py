"""The usage ledger's rows: written whole, and deleted oldest first."""

from __future__ import annotations

import sqlite3

from llm_providers.router.usage_rows import RequestRow, day_of

__all__ = ["delete_oldest", "insert"]

REQUEST = f"INSERT INTO requests VALUES (NULL{', ?' * 22})"
ATTEMPT = f"INSERT INTO attempts VALUES (NULL{', ?' * 15})"
SPENT = """
INSERT INTO spending VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET
charged_usd = charged_usd + excluded.charged_usd, requests = requests + 1
"""
# Rows that are deleted at once. Those of both tables stand in the order in
# which they were written, so that the oldest are found without a search.
AT_ONCE = 500
OLDEST = "SELECT id, day FROM requests ORDER BY id LIMIT ?"
FORGET = """
DELETE FROM attempts WHERE id IN
(SELECT id FROM attempts ORDER BY id LIMIT ?) AND request <= ?
"""


def delete_oldest(database: sqlite3.Connection, before: str) -> int:
    """Delete some of the oldest rows, as long as they are old enough."""
    oldest = database.execute(OLDEST, (AT_ONCE,)).fetchall()
    last, number = 0, 0
    for request, day in oldest:
        if day >= before:
            break
        last, number = request, number + 1
    while database.execute(FORGET, (AT_ONCE, last)).rowcount > 0:
        pass
    database.execute("DELETE FROM requests WHERE id <= ?", (last,))
    return number


def insert(database: sqlite3.Connection, row: RequestRow) -> None:
    """Insert a request and its tries, and add up what it is counted as."""
    request = database.execute(REQUEST, row.values()).lastrowid
    for number, attempt in enumerate(row.attempts):
        database.execute(ATTEMPT, attempt.values(request, number))
    spent = (row.caller, day_of(row.started), row.charged_usd)
    database.execute(SPENT, spent)
