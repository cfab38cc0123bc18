"""The command ``python3 -m llm_providers ledger``."""

import time

import pytest
import requests


@pytest.fixture
def command(llm, monkeypatch, tmp_path, capsys):
    """Run the command on a ledger; return the exit code and the output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLM_ROUTER_LEDGER", str(tmp_path / "router.sqlite3"))

    def run(*options):
        code = llm.router.serving.main(["ledger", *options])
        return code, capsys.readouterr()

    return run


def test_a_ledger_that_is_not_there_is_told(command):
    code, told = command()
    assert code == 2
    assert "no usage ledger" in told.err


def test_what_was_spent_is_told_and_what_is_old_forgotten(
    command, serve, sandbox, tmp_path
):
    url = serve(
        {
            "LLM_ROUTER_LEDGER": str(tmp_path / "router.sqlite3"),
            "OPENAI_API_KEY": "sk-test-0123456789",
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
        }
    )
    ask = f"{url}/agents/llm-providers/openai"
    answer = requests.post(ask, json={"prompt": "Hi"}, timeout=10).json()
    code, told = command("--prune", "30")
    assert code == 0
    assert "0 requests were deleted" in told.out
    row = told.out.splitlines()[-1].split()
    cost = f"{answer['cost_usd']:.4f}"
    asked = f"openai/{answer['model']}"
    assert row == ["anonymous", asked, "1", cost, "0", cost]


def test_a_first_day_is_counted_with_today(llm):
    first = llm.router.ledger_upkeep.first_day
    noon = 1_795_003_200.0
    assert first(1, noon) == time.strftime("%Y-%m-%d", time.gmtime(noon))
    assert first(3, noon) == "2026-11-16"
