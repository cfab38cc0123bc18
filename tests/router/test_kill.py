"""A router that ends: killed or asked to, nothing torn, nothing forgotten."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "llm_providers", "serve", "--port", "0"]
BUDGET = 0.5
BODY = {
    "model": "openai",
    "messages": [{"role": "user", "content": "Hi"}],
    "max_tokens": 500,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "router.sqlite3"


@pytest.fixture
def start(sandbox, path):
    """Start the command; give the process and its address."""
    started = []

    def run():
        environ = {
            **os.environ,
            "OPENAI_API_KEY": "sk-test-0123456789",
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
            "LLM_ROUTER_LEDGER": str(path),
            "LLM_ROUTER_BUDGET": str(BUDGET),
        }
        process = subprocess.Popen(
            COMMAND,
            env=environ,
            cwd=path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process, re.search(r"http://\S+", process.stdout.readline())[0]

    yield run
    for process in started:
        process.kill()
        process.wait(10)
        process.stdout.close()


def ask_until_it_dies(url, answered, enough):
    """Note the ids of all requests that were answered in full."""
    with requests.Session() as session, pytest.raises(
        requests.RequestException
    ):
        while True:
            answer = session.post(
                f"{url}/v1/chat/completions", json=BODY, timeout=10
            )
            assert answer.status_code == 200
            answered.append(answer.headers["x-request-id"])
            if len(answered) >= 20:
                enough.set()


def test_after_a_kill_the_ledger_is_whole_and_the_budget_right(
    start, path, sandbox, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    process, url = start()
    answered, enough = [], threading.Event()
    threads = [
        threading.Thread(
            target=ask_until_it_dies, args=(url, answered, enough)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert enough.wait(20)
    process.kill()
    for thread in threads:
        thread.join(20)
    process.wait(10)

    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = database.execute("SELECT id, request_id, status FROM requests")
    booked = {name: status for _, name, status in rows.fetchall()}
    # What was booked a moment before the kill may not have been sent.
    assert set(answered) <= set(booked)
    assert len(booked) - len(answered) <= len(threads)
    assert set(booked.values()) == {"success"}
    torn = database.execute(
        "SELECT count(*) FROM requests r WHERE "
        "(SELECT count(*) FROM attempts a WHERE a.request = r.id) != 1"
    )
    assert torn.fetchone() == (0,)
    (charged,) = database.execute(
        "SELECT sum(charged_usd) FROM requests"
    ).fetchone()
    (held,) = database.execute(
        "SELECT total(usd) FROM reservations"
    ).fetchone()
    database.close()

    _, url = start()
    health = requests.get(f"{url}/agents/llm-providers/health", timeout=10)
    budget = health.json()["budget"]
    assert budget["limit_usd"] == BUDGET
    assert budget["charged_usd"] == pytest.approx(charged)
    assert budget["reserved_usd"] == pytest.approx(held)


def test_a_stream_that_may_finish_is_booked_before_the_end(
    start, path, sandbox, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sandbox.fail_next("openai", "slow_body", seconds=0.5)
    process, url = start()
    with requests.post(
        f"{url}/v1/chat/completions",
        json=BODY | {"stream": True},
        stream=True,
        timeout=10,
    ) as answer:
        lines = answer.iter_lines()
        next(lines)
        process.send_signal(signal.SIGTERM)
        assert [line for line in lines if line][-1] == b"data: [DONE]"
    process.wait(10)
    database = sqlite3.connect(path)
    found = database.execute("SELECT streamed, status FROM requests")
    assert found.fetchall() == [(1, "success")]
    held = database.execute("SELECT count(*) FROM reservations").fetchone()
    assert held == (0,)
    database.close()
