"""The soak: a short one, and that it would see what goes wrong."""

import random
import sqlite3
from collections import Counter
from types import SimpleNamespace

import pytest

from course.upkeep import soak


def test_a_short_soak_finds_nothing_wrong(monkeypatch):
    monkeypatch.setattr(soak, "IN_WAVE", 40)
    # Only what is over soon: nobody waits for a provider that stalls.
    monkeypatch.setattr(soak, "SHORT", soak.SHORT | {
        "stall": {"seconds": 0.05}, "slow_body": {"seconds": 0.05},
    })  # fmt: skip
    found = soak.soak(seconds=0, seed=3)
    assert found.problems == []
    assert found.requests == 40
    assert found.tries > 0 and found.gone > 0


def test_the_same_seed_sends_the_same_requests():
    first, second = (
        [soak.wish(random.Random(7)) for _ in range(3)] for _ in range(2)
    )
    assert first == second


def test_every_kind_of_request_and_of_fault_comes_by_chance():
    chance = random.Random(0)
    wishes = [soak.wish(chance) for _ in range(3_000)]
    assert len({one.path for one in wishes}) == 6
    faults = {one.fault[1] for one in wishes if one.fault}
    assert faults == set(soak.FAULTS)


@pytest.mark.parametrize(
    ("status", "wait", "body", "problem"),
    [
        (500, None, {"error": {"kind": "x"}}, "the router's own fault"),
        (502, None, {"detail": "x"}, "without an error"),
        (502, None, {"error": {"kind": "x"}}, "has the fields ['kind']"),
        (
            503,
            None,
            {"error": dict.fromkeys(("message", "type", "param", "code"))},
            "when to come back",
        ),
        (
            429,
            "3",
            {"error": dict.fromkeys(("message", "type", "param", "code"))},
            "",
        ),
    ],
)
def test_an_error_of_another_shape_is_a_problem(status, wait, body, problem):
    said = soak.refused(status, wait, body)[1]
    assert problem in said if problem else said == ""


def test_a_stream_without_an_end_is_a_problem():
    assert soak.end_of(b'data: {"x": 1}\n\ndata: [DONE]\n\n')[1] == ""
    assert soak.end_of(b'data: {"type": "response.completed"}\n\n')[1] == ""
    assert soak.end_of(b'data: {"error": {}}\n\n')[1] == ""
    for cut in (b"", b'data: {"choices": []}\n\n', b"data: {half"):
        assert "a stream ended" in soak.end_of(cut)[1]


def test_a_try_that_is_not_booked_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setattr(soak, "SETTLING", 0)
    file = tmp_path / "ledger.sqlite"
    with sqlite3.connect(file) as ledger:
        ledger.execute("CREATE TABLE attempts (provider, status)")
        rows = [("openai", "success"), ("gemini", "skipped")]
        ledger.executemany("INSERT INTO attempts VALUES (?, ?)", rows)
    ledger.close()
    seen = [SimpleNamespace(provider=one, method="POST")
            for one in ("openai", "gemini")]
    found = soak.Findings()
    sandbox = SimpleNamespace(requests=seen)
    soak._compare(sandbox, file, Counter(), found)
    assert found.problems == [
        "gemini: 0 tries in the ledger, 1 at the sandbox"
    ]
