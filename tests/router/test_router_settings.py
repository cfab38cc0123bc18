"""The router's own settings: defaults, values, and what makes no sense."""

import os
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "router.md"
ROW = re.compile(r"^\| `(LLM_ROUTER_\w+)` \| (.*?) \| (.*?) \| (.+) \|$", re.M)


def test_nothing_set_is_a_router_without_key_and_order(llm):
    found = llm.router.settings.load_router_settings({})
    assert not found.api_key
    assert found.auto == ()
    assert found.deadline_seconds > 0
    assert found.longest_body == 20 * 1024 * 1024


def test_every_value_can_be_set(llm):
    found = llm.router.settings.load_router_settings(
        {
            "LLM_ROUTER_API_KEY": "door-key-0123456789",
            "LLM_ROUTER_AUTO": " gemini/one , openrouter/a/b,",
            "LLM_ROUTER_DEADLINE": "2.5",
            "LLM_ROUTER_LONGEST_BODY": "1000",
        }
    )
    assert found.api_key.reveal() == "door-key-0123456789"
    assert found.auto == ("gemini/one", "openrouter/a/b")
    assert (found.deadline_seconds, found.longest_body) == (2.5, 1000)
    assert "door-key" not in repr(found)


def test_a_file_can_hold_them(llm, tmp_path):
    file = tmp_path / "router.env"
    file.write_text("LLM_ROUTER_DEADLINE=7\n")
    found = llm.router.settings.load_router_settings({}, file)
    assert found.deadline_seconds == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_ROUTER_AUTO", "nobody/x"),
        ("LLM_ROUTER_DEADLINE", "0"),
        ("LLM_ROUTER_DEADLINE", "soon"),
        ("LLM_ROUTER_DEADLINE", "nan"),
        ("LLM_ROUTER_DEADLINE", "1e300"),
        ("LLM_ROUTER_LAST_STREAMS", "1e300"),
        ("LLM_ROUTER_LONGEST_BODY", "-1"),
        ("LLM_ROUTER_SHARE", "1.5"),
        ("LLM_ROUTER_BUDGET", "much"),
        ("LLM_ROUTER_LEDGER_DAYS", "0"),
        ("LLM_ROUTER_LEDGER_DAYS", "0.5"),
        ("LLM_ROUTER_LEDGER_DAYS", "99999999999"),
        ("LLM_ROUTER_ANSWER_TOKENS", "0.5"),
        ("LLM_ROUTER_API_KEYS", "alice"),
        ("LLM_ROUTER_BUGDET", "1"),
    ],
)
def test_a_value_without_sense_is_named(llm, name, value):
    with pytest.raises(ValueError, match=name):
        llm.router.settings.load_router_settings({name: value})


def test_a_key_alone_is_a_caller_with_the_budget_of_all(llm):
    found = llm.router.settings.load_router_settings(
        {
            "LLM_ROUTER_API_KEY": "door-key-0123456789",
            "LLM_ROUTER_API_KEYS": "alice:alice-key-0123456789:2",
            "LLM_ROUTER_BUDGET": "1",
        }
    )
    budgets = {one.name: one.budget_usd for one in found.keys}
    assert budgets == {"default": 1.0, "alice": 2.0}
    assert found.has_budgets


@pytest.mark.parametrize(
    "keys", ["default:other-key-0123456789", "alice:door-key-0123456789:2"]
)
def test_two_callers_have_neither_a_name_nor_a_key_in_common(llm, keys):
    told = {
        "LLM_ROUTER_API_KEY": "door-key-0123456789",
        "LLM_ROUTER_API_KEYS": keys,
    }
    with pytest.raises(ValueError, match="are the same") as found:
        llm.router.settings.load_router_settings(told)
    assert "0123456789" not in str(found.value)


def test_a_ledger_is_kept_where_it_is_asked_for(llm, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    load = llm.router.settings.load_router_settings
    place = os.path.join("/state", "llm_providers", "router.sqlite3")
    assert load({}).ledger_path() == ""
    assert load({}).ledger_path("/served") == "/served"
    assert load({"LLM_ROUTER_BUDGET": "1"}).ledger_path() == place
    told = {"LLM_ROUTER_LEDGER": "/told"}
    assert load(told).ledger_path("/served") == "/told"
    off = {"LLM_ROUTER_LEDGER": "OFF"}
    assert load(off).ledger_path("/served") == ""


def test_a_budget_needs_a_ledger(llm):
    told = {"LLM_ROUTER_LEDGER": "off", "LLM_ROUTER_BUDGET": "1"}
    with pytest.raises(ValueError, match="LLM_ROUTER_LEDGER"):
        llm.router.settings.load_router_settings(told)


def test_every_setting_is_documented_with_its_default_and_unit(llm):
    documented = [
        (name, default.strip("`—"), unit.strip("—"))
        for name, default, unit, _ in ROW.findall(DOCS.read_text("utf-8"))
    ]
    assert documented == [
        (one.variable, one.default, one.unit)
        for one in llm.router.settings.SETTINGS
    ]
