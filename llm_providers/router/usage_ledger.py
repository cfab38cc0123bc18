"""The usage ledger: what was asked, who answered, what it cost. SQLite.

A request's rows are committed before its answer leaves, in one transaction:
what was answered stands in the ledger, whole, even if the process is killed
the next moment (a power cut may take the last seconds). Threads that wait for
each other are written together. Several processes may share the file.

    requests ──▶ attempts      one row per try and per skipped target
    spending                   sums by caller and UTC day, for budgets
    reservations               what requests under way may yet cost
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from llm_providers.calls import aside
from llm_providers.router.ledger_rows import delete_oldest, insert
from llm_providers.router.ledger_schema import (
    LONGEST_WAIT,
    LedgerError,
    opened,
)
from llm_providers.router.usage_rows import RequestRow, day_of

__all__ = ["BudgetExceededError", "LedgerError", "Spending", "UsageLedger"]

# Seconds after which a reservation is taken to be of a process that was
# killed; until the end of its day it counts as spent.
LONGEST_CALL = 3600.0
# Seconds until a ledger that could not be opened is tried again.
TRY_AGAIN = 5.0

HELD = """
SELECT TOTAL(usd), TOTAL(CASE WHEN started < ? THEN usd END)
FROM reservations WHERE caller = ? AND day = ?
"""


class BudgetExceededError(Exception):
    """The caller's budget of the day does not allow this request.

    `spending` is how things stand; `for_good` is false where it would do but
    for what requests under way have reserved.
    """

    def __init__(self, spending: Spending, for_good: bool) -> None:
        super().__init__("over the budget")
        self.spending = spending
        self.for_good = for_good


@dataclass(frozen=True)
class Spending:
    """What a caller has spent on a day, in USD.

    `charged` is counted; `reserved` is held by requests under way.
    """

    charged: float = 0.0
    reserved: float = 0.0


@dataclass
class _Job:
    row: RequestRow
    reservation: int | None
    error: LedgerError | None = None
    done: bool = False


class UsageLedger:
    """The ledger in one file; for many threads and processes at once.

    `path` may be ``:memory:``, for this process alone. What is older than
    `keep_days` is deleted once a day, if that is given. `clock` gives seconds
    since 1970. Everything raises LedgerError where the file cannot be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Callable[[], float] = time.time,
        keep_days: int | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self.keep_days = keep_days
        self.clock = clock
        self.writes = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._made: sqlite3.Connection | None = None
        self._process = 0
        self._broken_until = 0.0
        self._broken = ""
        # Whether the next transaction has been begun already.
        self._begun = False
        # Whether it is waited for other processes that write.
        self._is_patient = True

    def write(self, row: RequestRow, reservation: int | None = None) -> None:
        """Write a request with its tries; give its reservation back."""
        job = _Job(row, reservation)
        self._waiting.append(job)
        if not self._wrote_at_once(job):
            aside(partial(self._wait_and_write, job))
        if job.error is not None:
            raise job.error

    def reserve(
        self, caller: str, day: str, usd: float, limit: float
    ) -> int:
        """Return the number of a reservation of `usd` in a day's budget.

        Raises BudgetExceededError where less than that is left of `limit`.
        """
        with self._lock, self._transaction() as database:
            charged, held, lost = self._spent(database, caller, day)
            if charged + held + usd > limit:
                raise BudgetExceededError(
                    Spending(charged + lost, held - lost),
                    for_good=charged + lost + usd > limit,
                )
            cursor = database.execute(
                "INSERT INTO reservations VALUES (NULL, ?, ?, ?, ?)",
                (caller, day, usd, self.clock()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def spending(self, caller: str, day: str | None = None) -> Spending:
        """Return what a caller has spent on a day (today, UTC)."""
        day = day or day_of(self.clock())
        with self._lock:
            database = self._connection()
            with self._told():
                self._be_patient(True)
                charged, held, lost = self._spent(database, caller, day)
        return Spending(charged + lost, held - lost)

    def prune(self, before: str) -> int:
        """Delete what is older than a day (YYYY-MM-DD).

        Returns the number of requests. They go in many small steps, so that
        nobody waits long who writes.
        """
        with self._lock, self._transaction() as database:
            for table in ("spending", "reservations"):
                statement = f"DELETE FROM {table} WHERE day < ?"
                database.execute(statement, (before,))
        total = 0
        while True:
            with self._lock, self._transaction() as database:
                gone = delete_oldest(database, before)
            if not gone:
                return total
            total += gone

    def check(self) -> None:
        """Open the ledger, if it is not. Raises LedgerError."""
        with self._lock:
            self._connection()

    def checkpoint(self, empty: bool = False) -> None:
        """Move what was written into the main file; nobody waits for it.

        With `empty` the file written to is emptied, too; others wait.
        """
        if self._made is None or self.path == ":memory:":
            return
        if empty:
            with self._lock, self._told():
                database = self._connection()
                self._be_patient(True)
                database.execute("PRAGMA wal_checkpoint(RESTART)")
            return
        with self._told():
            beside = sqlite3.connect(self.path, timeout=1.0)
            beside.execute("PRAGMA wal_checkpoint(PASSIVE)")
            beside.close()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._made is not None and self._process == os.getpid():
                self._made.close()
            self._made = None

    @property
    def bytes_to_move(self) -> int:
        """How long the file is that a checkpoint would move."""
        beside = Path(f"{self.path}-wal")
        return beside.stat().st_size if beside.is_file() else 0

    def _wrote_at_once(self, job: _Job) -> bool:
        """Write a job, unless somebody else would have to be waited for."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            database = self._made
            if database is None or self._process != os.getpid():
                return False
            if not job.done:
                if not self._begin_at_once(database):
                    return False
                self._write_waiting()
        finally:
            self._lock.release()
        return True

    def _begin_at_once(self, database: sqlite3.Connection) -> bool:
        """Begin a transaction, if no other process has to be waited for.

        Whoever waits is told what else it was that failed here.
        """
        with suppress(sqlite3.Error):
            self._be_patient(False)
            database.execute("BEGIN IMMEDIATE")
            self._begun = True
        return self._begun

    def _be_patient(self, patient: bool) -> None:
        """Have SQLite wait for other processes, or not."""
        if self._made is not None and patient != self._is_patient:
            wait = LONGEST_WAIT if patient else 0.0
            self._made.execute(f"PRAGMA busy_timeout = {1000 * wait:.0f}")
            self._is_patient = patient

    def _wait_and_write(self, job: _Job) -> None:
        with self._lock:
            # Whoever had the lock before may have written this one, too.
            if not job.done:
                self._write_waiting()

    def _write_waiting(self) -> None:
        jobs = []
        while self._waiting:
            jobs.append(self._waiting.popleft())
        if not self._write_together(jobs) and len(jobs) > 1:
            # One that cannot be written does not take others with it.
            for job in jobs:
                self._write_together([job])
        self.writes += len(jobs)

    def _write_together(self, jobs: list[_Job]) -> bool:
        """Write jobs in one transaction; return whether that went well."""
        failed = None
        try:
            with self._transaction() as database:
                for job in jobs:
                    insert(database, job.row)
                    _give_back(database, job.reservation)
        except LedgerError as error:
            failed = error
        except (OverflowError, TypeError, ValueError) as error:
            failed = LedgerError(f"{self.path}: {error}")
        for job in jobs:
            job.error, job.done = failed, True
        return failed is None

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        database = self._connection()
        with self._told():
            if not self._begun:
                self._be_patient(True)
                database.execute("BEGIN IMMEDIATE")
            self._begun = False
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        """Raise SQLite's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: {error}") from None

    def _connection(self) -> sqlite3.Connection:
        if self._made is not None and self._process == os.getpid():
            return self._made
        if time.monotonic() < self._broken_until:
            raise LedgerError(self._broken)
        try:
            self._made = opened(self.path)
            self._is_patient = True
        except LedgerError as error:
            self._broken = str(error)
            self._broken_until = time.monotonic() + TRY_AGAIN
            raise
        self._process = os.getpid()
        return self._made

    def _spent(
        self, database: sqlite3.Connection, caller: str, day: str
    ) -> tuple[float, float, float]:
        """Return what is charged, held, and held by processes now gone."""
        charged = database.execute(
            "SELECT charged_usd FROM spending WHERE caller = ? AND day = ?",
            (caller, day),
        ).fetchone()
        held, lost = database.execute(
            HELD, (self.clock() - LONGEST_CALL, caller, day)
        ).fetchone()
        return (charged[0] if charged else 0.0), held, lost


def _give_back(database: sqlite3.Connection, reservation: int | None) -> None:
    if reservation is not None:
        statement = "DELETE FROM reservations WHERE id = ?"
        database.execute(statement, (reservation,))
