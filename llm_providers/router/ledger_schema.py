"""The tables of the usage ledger, and who may open them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["LONGEST_WAIT", "LedgerError", "opened"]

# "LLMR": marks the file as a ledger of this router's.
APPLICATION = 0x4C4C4D52
VERSION = 1
# Seconds that a process waits for another one that writes.
LONGEST_WAIT = 5.0

TOKENS = """
prompt_tokens INTEGER, completion_tokens INTEGER,
cached_tokens INTEGER, reasoning_tokens INTEGER,
cost_usd REAL, charged_usd REAL NOT NULL
"""
TABLES = (
    f"""
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        time TEXT NOT NULL, day TEXT NOT NULL, request_id TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        caller TEXT NOT NULL, caller_name TEXT NOT NULL,
        asked_for TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
        status TEXT NOT NULL, error_kind TEXT,
        streamed INTEGER NOT NULL, position INTEGER, {TOKENS},
        latency_seconds REAL NOT NULL, first_token_seconds REAL,
        simulated INTEGER NOT NULL
    )""",
    f"""
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        request INTEGER NOT NULL, number INTEGER NOT NULL,
        time TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
        status TEXT NOT NULL, error_kind TEXT, {TOKENS},
        wait_seconds REAL NOT NULL, latency_seconds REAL NOT NULL
    )""",
    """
    CREATE TABLE spending (
        caller TEXT NOT NULL, day TEXT NOT NULL, charged_usd REAL NOT NULL,
        requests INTEGER NOT NULL, PRIMARY KEY (caller, day)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE reservations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        caller TEXT NOT NULL, day TEXT NOT NULL, usd REAL NOT NULL,
        started REAL NOT NULL
    )""",
    "CREATE INDEX reserved ON reservations (caller, day)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


class LedgerError(Exception):
    """The ledger's file cannot be used; the reason is told."""


def opened(path: str) -> sqlite3.Connection:
    """Return a connection to the ledger, which is made if it is not there.

    Raises LedgerError for a file that is something else, or of a later
    version, and where nothing can be written.
    """
    try:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = sqlite3.connect(
            path,
            timeout=LONGEST_WAIT,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=32,
        )
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from None
    try:
        _prepare(made, path)
    except (sqlite3.Error, LedgerError) as error:
        made.close()
        known = isinstance(error, LedgerError)
        raise LedgerError(
            str(error) if known else f"{path}: {error}"
        ) from None
    return made


def _prepare(made: sqlite3.Connection, path: str) -> None:
    # Rows are short, and a commit writes a page of each table: a small page
    # makes it a third quicker.
    made.execute("PRAGMA page_size = 2048")
    made.execute("PRAGMA journal_mode = WAL")
    # A commit is safe from a kill, not from a power cut; it costs no wait
    # for the disk. Checkpoints are made beside the requests.
    made.execute("PRAGMA synchronous = NORMAL")
    made.execute("PRAGMA wal_autocheckpoint = 0")
    made.execute("BEGIN IMMEDIATE")
    (version,) = made.execute("PRAGMA user_version").fetchone()
    (owner,) = made.execute("PRAGMA application_id").fetchone()
    (tables,) = made.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (version, owner, tables) == (0, 0, 0):
        for statement in TABLES:
            made.execute(statement)
    elif owner != APPLICATION:
        raise LedgerError(f"{path} is a database, but no usage ledger.")
    elif version != VERSION:
        raise LedgerError(
            f"{path} is a usage ledger of version {version}, and this router "
            f"writes version {VERSION}: update the router, or give another "
            "file in LLM_ROUTER_LEDGER."
        )
    made.execute("COMMIT")
