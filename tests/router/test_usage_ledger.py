"""The usage ledger: whole rows, shared by many, and budgets that hold."""

import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOON = 1_795_003_200.0
DAY = "2026-11-18"


class Clock:
    """Seconds since 1970, set by a test."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "router.sqlite3"


@pytest.fixture
def ledger(llm, path, clock):
    made = llm.router.usage_ledger.UsageLedger(path, clock)
    yield made
    made.close()


def row(llm, charged=0.25, started=NOON, caller="f00", tries=1, **fields):
    rows = llm.router.usage_rows
    attempt = rows.AttemptRow(
        started, "openai", "m", "success", None, rows.Tokens(1, 2),
        charged, charged, 0.0, 0.5,
    )  # fmt: skip
    told = {
        "started": started,
        "request_id": "req_1",
        "endpoint": "/v1/chat/completions",
        "caller": caller,
        "caller_name": "alice",
        "asked_for": "openai/m",
        "provider": "openai",
        "model": "m",
        "status": "success",
        "error_kind": None,
        "streamed": False,
        "position": 0,
        "tokens": rows.Tokens(1, 2, None, None),
        "cost_usd": charged,
        "charged_usd": charged,
        "latency_seconds": 0.5,
        "first_token_seconds": None,
        "simulated": True,
        "attempts": (attempt,) * tries,
    }
    return rows.RequestRow(**(told | fields))


def read(path, query):
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


# Rows


def test_a_request_and_its_tries_are_written_together(llm, ledger, path):
    ledger.write(row(llm, tries=2))
    columns = "time, day, caller, provider, model, prompt_tokens, cost_usd"
    [found] = read(path, f"SELECT {columns} FROM requests")
    moment = "2026-11-18T12:00:00.000Z"
    assert found == (moment, DAY, "f00", "openai", "m", 1, 0.25)
    tries = read(path, "SELECT request, number, status FROM attempts")
    assert tries == [(1, 0, "success"), (1, 1, "success")]


def test_what_was_spent_is_what_the_rows_say(llm, ledger, path):
    for charged in (0.25, 0.5):
        ledger.write(row(llm, charged))
    ledger.write(row(llm, 4.0, caller="other"))
    assert ledger.spending("f00", DAY).charged == 0.75
    sums = "SELECT caller, day, sum(charged_usd), count(*) FROM requests"
    assert read(path, f"{sums} GROUP BY 1, 2 ORDER BY 1") == read(
        path, "SELECT * FROM spending ORDER BY 1"
    )


def test_an_unknown_cost_is_null(llm, ledger, path):
    ledger.write(row(llm, cost_usd=None, charged_usd=0.5))
    found = read(path, "SELECT cost_usd, charged_usd FROM requests")
    assert found == [(None, 0.5)]


def test_whatever_a_caller_or_a_provider_sends_can_be_written(llm, ledger):
    tokens = llm.router.usage_rows.Tokens.of(
        llm.responses.Usage(prompt_tokens=2**80)
    )
    ledger.write(row(llm, model="\ud800\0" + "x" * 9999, tokens=tokens))


def test_a_kill_tears_no_row_and_a_later_router_reads_all(llm, ledger, path):
    ledger.write(row(llm))
    again = llm.router.usage_ledger.UsageLedger(path)
    assert again.spending("f00", DAY).charged == 0.25
    again.close()


def test_a_ledger_in_memory_needs_no_file(llm):
    ledger = llm.router.usage_ledger.UsageLedger(":memory:")
    ledger.write(row(llm))
    ledger.checkpoint()
    assert ledger.spending("f00", DAY).charged == 0.25
    ledger.close()


def test_a_row_that_cannot_be_written_takes_no_other_with_it(
    llm, ledger, path
):
    jobs = [
        llm.router.usage_ledger._Job(row(llm, latency_seconds=seconds), None)
        for seconds in (1.0, object(), 2.0)
    ]
    ledger._waiting.extend(jobs)
    ledger._write_waiting()
    assert [job.error is None for job in jobs] == [True, False, True]
    found = read(path, "SELECT latency_seconds FROM requests")
    assert found == [(1.0,), (2.0,)]


# Many at once


def test_who_would_have_to_wait_for_another_process_does_so_aside(
    llm, ledger, path, monkeypatch
):
    ledger.write(row(llm))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def only_then(function):
        other.execute("ROLLBACK")
        return function()

    monkeypatch.setattr(llm.router.usage_ledger, "aside", only_then)
    ledger.write(row(llm))
    other.close()
    assert read(path, "SELECT count(*) FROM requests") == [(2,)]


def test_many_threads_write_every_row_once(llm, ledger, path):
    def write(number):
        for _ in range(20):
            ledger.write(row(llm, request_id=f"req_{number}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = Counter(
        name for (name,) in read(path, "SELECT request_id FROM requests")
    )
    assert counted == {f"req_{n}": 20 for n in range(8)}
    assert read(path, "PRAGMA integrity_check") == [("ok",)]


RESERVE = """
import sys
from llm_providers.router.usage_ledger import *
ledger = UsageLedger(sys.argv[1], lambda: float(sys.argv[2]))
got = 0
for _ in range(30):
    try:
        ledger.reserve("f00", sys.argv[3], 0.25, 10.0)
        got += 1
    except BudgetExceededError:
        pass
print(got)
"""


def test_several_processes_share_one_budget(ledger, path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RESERVE, str(path), str(NOON), DAY],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    got = [int(process.communicate(timeout=30)[0]) for process in processes]
    assert sum(got) == 40
    assert ledger.spending("f00", DAY).reserved == 10.0


# Budgets


@pytest.fixture
def exceeded(llm):
    return llm.router.usage_ledger.BudgetExceededError


def test_a_reservation_is_given_back_for_what_was_spent(llm, ledger, exceeded):
    number = ledger.reserve("f00", DAY, 3.0, 4.0)
    with pytest.raises(exceeded) as refused:
        ledger.reserve("f00", DAY, 2.0, 4.0)
    assert not refused.value.for_good
    ledger.write(row(llm, 1.0), number)
    spending = ledger.spending("f00", DAY)
    assert (spending.charged, spending.reserved) == (1.0, 0.0)
    ledger.reserve("f00", DAY, 3.0, 4.0)


def test_a_budget_that_is_spent_is_so_until_the_next_day(
    llm, ledger, exceeded
):
    ledger.write(row(llm, 4.0))
    with pytest.raises(exceeded) as refused:
        ledger.reserve("f00", DAY, 0.5, 4.0)
    assert refused.value.for_good
    ledger.reserve("f00", "2026-11-19", 0.5, 4.0)
    ledger.reserve("other", DAY, 0.5, 4.0)


def test_what_a_killed_process_had_reserved_counts_as_spent(
    ledger, clock, exceeded
):
    ledger.reserve("f00", DAY, 3.0, 4.0)
    clock.now += 3601
    spending = ledger.spending("f00", DAY)
    assert (spending.charged, spending.reserved) == (3.0, 0.0)
    with pytest.raises(exceeded) as refused:
        ledger.reserve("f00", DAY, 2.0, 4.0)
    assert refused.value.for_good


# Upkeep


def test_what_is_old_is_deleted_by_day(llm, ledger, path, clock):
    for days in (2, 1, 0):
        ledger.write(row(llm, started=NOON - days * 86400, tries=2))
    first = llm.router.ledger_upkeep.first_day(2, clock.now)
    assert ledger.prune(first) == 1
    days = read(path, "SELECT day FROM requests ORDER BY day")
    assert days == [("2026-11-17",), (DAY,)]
    assert read(path, "SELECT count(*) FROM attempts") == [(4,)]
    assert read(path, "SELECT count(*) FROM spending") == [(2,)]


def test_upkeep_moves_what_was_written_and_forgets_what_is_old(
    llm, path, clock
):
    ledger = llm.router.usage_ledger.UsageLedger(path, clock, keep_days=1)
    upkeep = llm.router.ledger_upkeep.Upkeep(ledger)
    ledger.write(row(llm, started=NOON - 86400))
    ledger.write(row(llm))
    upkeep.once(ledger)
    assert read(path, "SELECT day FROM requests") == [(DAY,)]
    upkeep.stop()
    ledger.checkpoint(empty=True)
    alone = path.read_bytes()
    ledger.close()
    (path.parent / "copy").write_bytes(alone)
    copied = read(path.parent / "copy", "SELECT count(*) FROM requests")
    assert copied == [(1,)]


def test_many_old_rows_are_deleted_step_by_step(llm, ledger, path, clock):
    for number in range(1201):
        old = NOON - 86400 if number < 1200 else NOON
        ledger.write(row(llm, started=old, tries=2))
    assert ledger.prune(DAY) == 1200
    assert read(path, "SELECT count(*) FROM requests") == [(1,)]
    assert read(path, "SELECT request FROM attempts") == [(1201,)] * 2


# What cannot be used


def refused(llm, path):
    ledger = llm.router.usage_ledger.UsageLedger(path)
    with pytest.raises(llm.router.usage_ledger.LedgerError) as error:
        ledger.write(row(llm))
    return str(error.value)


def test_a_ledger_of_a_later_version_is_left_alone(llm, ledger, path):
    ledger.check()
    ledger.close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert "version 99" in refused(llm, path)


def test_another_database_is_left_alone(llm, tmp_path):
    path = tmp_path / "notes.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE notes (text)")
    database.close()
    assert "no usage ledger" in refused(llm, path)
    assert read(path, "SELECT name FROM sqlite_schema") == [("notes",)]


def test_a_file_that_is_no_database_is_told(llm, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("This is not a database at all. " * 40)
    assert str(path) in refused(llm, path)


def test_a_place_where_nothing_can_be_made_is_told(llm, tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "router.sqlite3"
    assert str(path) in refused(llm, path)


def test_a_full_disk_is_told_and_leaves_the_ledger_whole(llm, ledger, path):
    ledger.write(row(llm))
    full = "PRAGMA max_page_count = 1"
    ledger._connection().execute(full)
    error = llm.router.usage_ledger.LedgerError
    with pytest.raises(error, match="full"):
        for _ in range(200):
            ledger.write(row(llm, tries=40))
    assert read(path, "PRAGMA integrity_check") == [("ok",)]
    torn = "SELECT count(*) FROM attempts a LEFT JOIN requests r ON "
    assert read(path, f"{torn} r.id = a.request WHERE r.id IS NULL") == [(0,)]
