"""The books over HTTP: every request is booked, and budgets hold."""

import sqlite3
import threading
import time
from contextlib import suppress

import openai
import pytest
import requests

KEY = "door-key-0123456789"
OTHER = "door-key-9876543210"
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
AGENTS = "/agents/llm-providers"
CHAT = "/v1/chat/completions"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "router.sqlite3"


@pytest.fixture
def door(serve, sandbox, path):
    """Serve the router with a ledger, all providers at the sandbox."""

    def start(**settings):
        keys = {f"{name.upper()}_API_KEY": "sk-test-0123456789"
                for name in PROVIDERS}  # fmt: skip
        urls = {
            f"{name.upper()}_BASE_URL": sandbox.base_url(name)
            for name in PROVIDERS
        }
        ledger = {"LLM_ROUTER_LEDGER": str(path)}
        return serve(keys | urls | ledger | settings)

    return start


@pytest.fixture
def rows(path):
    """Read columns of a table of the ledger."""

    def read(columns, table="requests"):
        database = sqlite3.connect(path)
        try:
            database.execute("PRAGMA busy_timeout = 5000")
            query = f"SELECT {columns} FROM {table} ORDER BY id"
            return database.execute(query).fetchall()
        finally:
            database.close()

    return read


def chat(url, model="openai", key="", **more):
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.post(
        url + CHAT, json=body | more, headers=headers, timeout=10
    )


# What is booked


def test_a_request_is_booked_before_its_answer_is_there(door, rows):
    answer = chat(door())
    body = answer.json()
    [found] = rows(
        "request_id, endpoint, provider || '/' || model, status, cost_usd, "
        "prompt_tokens, completion_tokens, streamed, position, simulated"
    )
    assert found == (
        answer.headers["x-request-id"],
        CHAT,
        body["model"],
        "success",
        body["llm_providers"]["cost_usd"],
        body["usage"]["prompt_tokens"],
        body["usage"]["completion_tokens"],
        0,
        0,
        1,
    )


@pytest.mark.parametrize("name", [*PROVIDERS, "auto"])
def test_the_agents_endpoints_are_booked_too(door, rows, name):
    url = f"{door()}{AGENTS}/{name}"
    answer = requests.post(url, json={"prompt": "Hi"}, timeout=10)
    provider = answer.json()["provider"]
    assert rows("endpoint, provider") == [(f"{AGENTS}/{name}", provider)]
    assert rows("provider, status", "attempts") == [(provider, "success")]


def test_the_ledger_says_why_another_answered(door, rows, sandbox):
    sandbox.fail_next("openai", "overloaded", times=3)
    url = door(LLM_ROUTER_AUTO="openai,gemini")
    for _ in range(4):
        assert chat(url, "auto").json()["model"].startswith("gemini/")
    told = rows("provider, status, error_kind", "attempts")
    failed = ("openai", "error", "provider_unavailable")
    skipped = ("openai", "skipped", "skipped_open_breaker")
    answered = ("gemini", "success", None)
    assert told == [failed, answered] * 3 + [skipped, answered]
    assert rows("position") == [(1,)] * 4
    assert len(sandbox.requests) == 7


def test_every_try_stands_in_the_ledger(door, rows, sandbox):
    soon = {"retry_after": "ms", "retry_after_ms": 1}
    sandbox.fail_next("openai", "rate_limit", times=2, **soon)
    chat(door())
    tries = rows("status, error_kind, charged_usd > 0", "attempts")
    failed = ("error", "rate_limit", 0)
    assert tries == [failed, failed, ("success", None, 1)]
    assert rows("position") == [(0,)]


def test_a_stream_is_booked_when_it_has_ended(door, rows):
    with openai.OpenAI(api_key="x", base_url=f"{door()}/v1") as client:
        chunks = client.chat.completions.create(
            model="openai",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
        )
        assert list(chunks)
    [(streamed, first, whole, cost)] = rows(
        "streamed, first_token_seconds, latency_seconds, cost_usd"
    )
    assert streamed == 1
    assert 0 < first <= whole
    assert cost > 0


def test_a_caller_who_leaves_is_booked_as_such(door, rows, sandbox):
    sandbox.fail_next("openai", "slow_body", seconds=5)
    url = door()
    answer = requests.post(
        url + CHAT,
        json={
            "model": "openai",
            "messages": [{"role": "user", "content": "Hi"}],
            "stream": True,
        },
        stream=True,
        timeout=10,
    )
    next(answer.iter_lines())
    answer.close()
    deadline = time.monotonic() + 5
    found = []
    while not found and time.monotonic() < deadline:
        time.sleep(0.02)
        # The ledger is made with its first row.
        with suppress(sqlite3.OperationalError):
            found = rows("id")
    [(kind, counted)] = rows("error_kind, charged_usd > 0")
    assert (kind, counted) == ("abandoned", 1)


def test_the_key_stands_in_the_ledger_by_its_fingerprint(
    door, rows, path, llm
):
    url = door(LLM_ROUTER_API_KEYS=f"alice:{KEY},bob:{OTHER}")
    for key in (KEY, OTHER):
        assert chat(url, key=key).status_code == 200
    fingerprint = llm.router.callers.fingerprint
    assert rows("caller_name, caller") == [
        ("alice", fingerprint(KEY)),
        ("bob", fingerprint(OTHER)),
    ]
    everything = b"".join(
        file.read_bytes() for file in path.parent.glob("router.sqlite3*")
    )
    assert KEY.encode() not in everything
    assert b"sk-test" not in everything


def test_nothing_is_kept_where_the_ledger_is_off(door, path):
    assert chat(door(LLM_ROUTER_LEDGER="off")).status_code == 200
    assert not path.exists()


def test_the_tries_lines_in_the_log_have_the_request_s_id(
    door, sandbox, caplog
):
    sandbox.fail_next("openai", "overloaded")
    with caplog.at_level("INFO", "llm_providers"):
        answer = chat(door(LLM_ROUTER_AUTO="openai,gemini"), "auto")
    told = [
        one.fields.get("request_id")
        for one in caplog.records
        if one.name in ("llm_providers.attempts", "llm_providers.access")
    ]
    assert told == [answer.headers["x-request-id"]] * 3


# Budgets


def seconds_of_a_day(answer):
    return 0 < int(answer.headers["retry-after"]) <= 86_400


def test_a_spent_budget_is_told_in_openai_s_shape(door, sandbox, rows):
    url = door(LLM_ROUTER_BUDGET="0.0000001")
    answer = chat(url, max_tokens=10)
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert error["type"] == "insufficient_quota"
    assert error["code"] == "budget_exceeded"
    assert seconds_of_a_day(answer)
    assert answer.headers["x-should-retry"] == "false"
    assert len(sandbox.requests) == 0
    assert rows("error_kind, cost_usd, charged_usd") == [
        ("budget_exceeded", 0.0, 0.0)
    ]


@pytest.mark.parametrize("name", ["openai", "auto"])
def test_a_spent_budget_is_told_in_the_agents_shape(door, sandbox, name):
    url = f"{door(LLM_ROUTER_BUDGET='0.0000001')}{AGENTS}/{name}"
    answer = requests.post(url, json={"prompt": "Hi"}, timeout=10)
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert error["kind"] == "budget_exceeded"
    assert error["what_to_do"]
    assert seconds_of_a_day(answer)
    assert len(sandbox.requests) == 0


def test_a_stream_over_the_budget_is_refused_before_it_begins(door):
    answer = chat(door(LLM_ROUTER_BUDGET="0.0000001"), stream=True)
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "budget_exceeded"


def test_each_key_has_a_budget_of_its_own(door):
    keys = f"alice:{KEY}:0.0000001,bob:{OTHER}"
    url = door(LLM_ROUTER_API_KEYS=keys)
    assert chat(url, key=KEY).status_code == 429
    assert chat(url, key=OTHER).status_code == 200


def test_parallel_requests_do_not_overshoot(door, rows, sandbox, llm):
    model = llm.catalogue.load_catalogue().role("openai", "default")
    worst = llm.router.charges.worst_case(
        llm.prompts.Prompt.of("Hi", max_tokens=1000),
        [llm.router.targets.Target("openai", model.id)],
        4096,
    )
    limit = 2.5 * worst
    url = door(LLM_ROUTER_BUDGET=str(limit))
    sandbox.fail_next("openai", "stall", seconds=0.3, times=8)
    answers = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(chat(url, max_tokens=1000))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer.status_code for answer in answers]
    assert set(told) == {200, 429}
    assert told.count(200) >= 2
    held = [one for one in answers if one.status_code == 429]
    assert all(int(one.headers["retry-after"]) <= 60 for one in held)
    assert sum(charged for (charged,) in rows("charged_usd")) <= limit


def test_the_budget_is_right_after_a_restart(door):
    settings = {"LLM_ROUTER_BUDGET": "0.02"}
    assert chat(door(**settings), max_tokens=500).status_code == 200
    first = requests.get(f"{door(**settings)}{AGENTS}/health", timeout=10)
    assert first.json()["budget"]["charged_usd"] > 0


# A ledger that cannot be written


@pytest.fixture
def blocked(door, tmp_path):
    """Serve with a ledger where nothing can be made."""
    (tmp_path / "file").write_text("")
    nowhere = str(tmp_path / "file" / "router.sqlite3")
    return lambda **more: door(LLM_ROUTER_LEDGER=nowhere, **more)


def test_without_a_budget_it_answers_and_says_so_once(blocked, caplog):
    url = blocked()
    with caplog.at_level("ERROR", "llm_providers.ledger"):
        for _ in range(3):
            assert chat(url).status_code == 200
    assert len(caplog.records) == 1
    health = requests.get(f"{url}{AGENTS}/health", timeout=10).json()
    assert health["ledger"]["state"] == "failed"


def test_with_a_budget_it_refuses_what_it_cannot_count(blocked, sandbox):
    url = blocked(LLM_ROUTER_BUDGET="5")
    answer = chat(url)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "ledger_unavailable"
    url = f"{url}{AGENTS}/openai"
    answer = requests.post(url, json={"prompt": "Hi"}, timeout=10)
    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "ledger_unavailable"
    assert len(sandbox.requests) == 0
