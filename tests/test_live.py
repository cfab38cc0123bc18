"""Live calls: what they cost is told before, counted, and stopped.

The sandbox poses as the live services: whatever goes to it is simulated, but
the gate on the way cannot know.
"""

import json
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests

from course.kit import Kit
from course.live import smoke
from course.live.costs import Prices, Tokens, likely_tokens, used_tokens
from course.live.gate import Gate
from course.live.lesson_costs import lesson_lines, phase_cost
from course.live.providers import (
    cost_lines,
    go_live,
    live_providers,
    spending_of,
)
from course.live.spending import Spending
from course.problems import CommandError
from course.sandbox import Sandbox

PROVIDERS = ("gemini", "openai", "openrouter", "requestry")
PRICES = Prices(Kit())
TODAY = date(2026, 11, 23)
HELLO = [{"role": "user", "content": "Hello"}]
OTHER = "https://proxy.example.org/v1"
SANDBOXED = "http://127.0.0.1:8484/openai/v1"


@pytest.fixture
def spending(tmp_path: Path) -> Spending:
    return Spending(tmp_path / "spending.json", 1.0, lambda: TODAY)


@pytest.fixture
def gate(sandbox: Sandbox, spending: Spending) -> Iterator[Gate]:
    upstreams = {each: sandbox.base_url(each) for each in PROVIDERS}
    made = Gate(upstreams, PRICES, spending)
    yield made
    made.stop()


@pytest.fixture
def agent(llm, gate: Gate):
    def make(provider: str):
        environ = {
            f"{provider.upper()}_API_KEY": "sk-posing-as-live",
            f"{provider.upper()}_BASE_URL": gate.base_url(provider),
        }
        settings = llm.settings.load_settings(environ)
        return llm.agents.agent_for(
            provider, settings=settings[provider], sleep=lambda seconds: None
        )

    return make


@pytest.fixture
def posing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Settings for which the sandbox is two live services."""
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(
        "course.live.providers.simulated_providers", lambda settings: []
    )
    return {
        "OPENAI_API_KEY": "sk-posing-as-live",
        "OPENAI_BASE_URL": sandbox.base_url("openai"),
        "GEMINI_API_KEY": "posing-as-live",
        "GEMINI_BASE_URL": sandbox.base_url("gemini"),
    }


def wait_for(spending: Spending) -> None:
    """Wait until a call is counted: some clients leave before the end."""
    deadline = time.monotonic() + 5
    while not spending.spent and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_passes_and_its_cost_is_counted(
    agent, provider: str, spending: Spending
) -> None:
    response = agent(provider).process_prompt("Say hello.")
    assert response.status == "success", response.error
    assert response.simulated
    wait_for(spending)
    assert spending.spent == pytest.approx(response.cost_usd, rel=1e-3)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_passes_piece_by_piece_and_is_counted(
    agent, provider: str, spending: Spending
) -> None:
    stream = agent(provider).stream("Say hello.")
    assert "".join(stream) == stream.response.message
    assert stream.response.status == "success"
    cost = stream.response.cost_usd
    wait_for(spending)
    assert spending.spent == pytest.approx(cost, rel=1e-3)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_call_beyond_the_budget_is_sent_nowhere(
    agent, sandbox: Sandbox, provider: str, spending: Spending
) -> None:
    spending.budget = 1e-9
    response = agent(provider).process_prompt("Say hello.")
    assert response.status == "error"
    assert not response.error.retryable
    assert "The course's budget for today" in response.message
    assert "COURSE_LIVE_BUDGET" in response.message
    assert sandbox.requests == []
    assert spending.spent == 0.0


def test_an_error_costs_nothing_and_gives_back_what_was_set_aside(
    agent, sandbox: Sandbox, spending: Spending
) -> None:
    sandbox.fail_next("openai", "server_error", times=9)
    assert agent("openai").process_prompt("Hello").status == "error"
    assert spending.spent == 0.0
    assert spending.set_aside(1.0)


def test_a_provider_that_is_away_is_told_like_one_that_fails(
    spending: Spending,
) -> None:
    gate = Gate({"openai": "http://127.0.0.1:9"}, PRICES, spending)
    reply = requests.get(f"{gate.base_url('openai')}/models", timeout=5)
    gate.stop()
    assert reply.status_code == 502


def test_a_list_of_models_is_free_and_another_provider_is_none(
    gate: Gate, spending: Spending
) -> None:
    spending.budget = 0.0
    keys = {"Authorization": "Bearer sk-posing-as-live"}
    url = gate.base_url("openai")
    reply = requests.get(f"{url}/models", headers=keys, timeout=5)
    assert reply.ok and reply.headers["X-Simulated"] == "true"
    assert reply.json()["data"]
    away = url.replace("/openai", "/elsewhere")
    assert requests.get(away, timeout=5).status_code == 404


def test_a_model_without_a_price_is_not_asked(
    gate: Gate, sandbox: Sandbox
) -> None:
    url = f"{gate.base_url('openai')}/chat/completions"
    reply = requests.post(url, json={"model": "nobody-knows"}, timeout=5)
    assert reply.status_code == 402
    assert "no price for nobody-knows" in reply.json()["error"]["message"]
    assert sandbox.requests == []


def test_calls_at_the_same_time_share_one_budget(spending: Spending) -> None:
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(spending.set_aside(0.3)))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found.count(True) == 3


def test_a_day_begins_with_nothing_spent(tmp_path: Path) -> None:
    path = tmp_path / "spending.json"
    Spending(path, 1.0, lambda: TODAY).settle(0.0, 0.75)
    assert Spending(path, 1.0, lambda: TODAY).spent == 0.75
    assert Spending(path, 1.0, lambda: date(2026, 11, 24)).spent == 0.0
    path.write_text("damaged")
    assert Spending(path, 1.0, lambda: TODAY).spent == 0.0


@pytest.mark.parametrize(
    ("reply", "tokens"),
    [
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 4}}, (9, 4)),
        ({"usage": {"input_tokens": 9, "output_tokens": 4}}, (9, 4)),
        (
            {"response": {"usage": {"input_tokens": 9, "output_tokens": 4}}},
            (9, 4),
        ),
        (
            {
                "usageMetadata": {
                    "promptTokenCount": 9,
                    "candidatesTokenCount": 1,
                    "thoughtsTokenCount": 3,
                }
            },
            (9, 4),
        ),
        ({"usage": {"prompt_tokens": None}}, None),
        ({"choices": []}, None),
    ],
)
def test_the_tokens_of_an_answer_are_read_in_all_protocols(
    reply, tokens: tuple[int, int] | None
) -> None:
    wanted = None if tokens is None else Tokens(*tokens)
    for text in (
        json.dumps(reply),
        json.dumps([{}, reply]),
        f": comment\ndata: {{}}\n\ndata: {json.dumps(reply)}\n\ndata: [DONE]",
    ):
        assert used_tokens(text) == wanted


def test_a_request_is_taken_for_as_long_as_it_may_be() -> None:
    assert likely_tokens({"max_tokens": 50}, 300) == Tokens(101, 50)
    options = {"generationConfig": {"maxOutputTokens": 70}}
    assert likely_tokens(options, 0).answer == 70
    assert likely_tokens({}, 0).answer >= 1_000


def test_only_a_real_key_without_the_sandbox_makes_a_provider_live() -> None:
    real, stand_in = "sk-real", "sandbox-0000-openai"
    for key, url, live in (
        (real, SANDBOXED, []),
        (stand_in, "", []),
        ("", "", []),
        (real, "", ["https://api.openai.com/v1"]),
        (real, f"{OTHER}/", [OTHER]),
    ):
        settings = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": url}
        found = live_providers(settings)
        assert [each.base_url for each in found] == live


def test_the_addresses_and_keys_are_those_of_the_package(llm) -> None:
    from course.live.providers import BASE_URLS, KEYS

    rows = llm.settings.PROVIDERS.values()
    assert BASE_URLS == {each.name: each.base_url for each in rows}
    assert KEYS == {each.name: each.key_variables for each in rows}


def test_what_it_will_cost_is_told_before(spending: Spending) -> None:
    live = live_providers({"OPENAI_API_KEY": "sk-real"})
    spending.settle(0.0, 0.2)
    price, budget = cost_lines(live, PRICES, spending)
    assert price.startswith("openai is live: a question to ")
    assert "costs about 0.000" in price
    assert budget.startswith("0.20000 of 1 USD are spent today")
    assert list(cost_lines([], PRICES, spending)) == []


@pytest.mark.parametrize("text", ["much", "-1", "inf", "nan"])
def test_a_budget_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="an amount in USD"):
        spending_of(Kit(), {"COURSE_LIVE_BUDGET": text})
    assert spending_of(Kit(), {"COURSE_LIVE_BUDGET": "2"}).budget == 2.0


@pytest.mark.parametrize(
    ("budget", "status"), [("1", 200), ("0", 402), ("much", 402)]
)
def test_a_notebook_goes_live_by_the_gate_and_says_the_cost(
    posing, sandbox: Sandbox, budget: str, status: int
) -> None:
    environ: dict[str, str] = {}
    settings = {**posing, "COURSE_LIVE_BUDGET": budget}
    said = go_live(Kit(), settings, environ)
    assert any(line.startswith("openai is live") for line in said)
    assert ("Nothing will be sent" in said[0]) is (budget == "much")
    url = environ["OPENAI_BASE_URL"]
    assert url != sandbox.base_url("openai")
    reply = requests.post(
        f"{url}/chat/completions",
        json={"model": PRICES.usual_model("openai"), "messages": HELLO},
        headers={"Authorization": "Bearer sk-posing-as-live"},
        timeout=5,
    )
    assert reply.status_code == status


def test_a_notebook_without_live_providers_has_no_gate() -> None:
    environ: dict[str, str] = {}
    assert go_live(Kit(), {"OPENAI_BASE_URL": SANDBOXED}, environ) == []
    assert environ == {}


# The smoke test

CONSENT = {"COURSE_LIVE_CONSENT": "yes"}


def test_without_a_live_provider_nothing_is_sent(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": SANDBOXED}
    assert smoke.run({**keys, **CONSENT}) == 2
    assert "No provider is live" in capsys.readouterr().out


def test_without_a_yes_the_cost_is_told_and_nothing_is_sent(
    sandbox: Sandbox, posing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.run(posing) == 2
    said = capsys.readouterr().out
    assert "gemini is live" in said and "openai is live" in said
    assert "makes 4 calls and costs at most 0.0" in said
    assert sandbox.requests == []


def test_each_live_provider_is_called_whole_and_as_a_stream(
    sandbox: Sandbox, posing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.run({**posing, **CONSENT}) == 0
    said = capsys.readouterr().out
    assert said.count("ok     ") == 4
    assert "posing-as-live" not in said
    assert len(sandbox.requests) == 4
    assert "0.00000 USD are spent" not in said


def test_a_failure_and_a_budget_that_is_spent_are_told(
    sandbox: Sandbox, posing, capsys: pytest.CaptureFixture[str]
) -> None:
    budget = {"COURSE_LIVE_BUDGET": "0"}
    assert smoke.run({**posing, **CONSENT, **budget}) == 1
    said = capsys.readouterr().out
    assert said.count("FAILED") == 4
    assert sandbox.requests == []


def test_a_yes_is_typed_only_where_somebody_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert not smoke.consents({}, lambda question: "yes")
    typing = type("Terminal", (), {"isatty": lambda self: True})()
    monkeypatch.setattr("sys.stdin", typing)
    assert smoke.consents({}, lambda question: " Yes ")
    assert not smoke.consents({}, lambda question: "y")
    assert not smoke.consents({"COURSE_LIVE_CONSENT": "no"}, lambda q: "yes")


# What a phase costs


def row(provider: str, model: str, calls: int) -> dict[str, object]:
    names = ("provider", "model", "calls", "body_bytes")
    return dict(zip(names, (provider, model, calls, 90 * calls), strict=True))


def test_a_phase_costs_what_its_calls_do() -> None:
    model = PRICES.usual_model("openai")
    rows = [row("openai", model, 3), row("gemini", "any", 9)]
    once = PRICES.cost("openai", model, Tokens(31, 300))
    assert once
    found = phase_cost(rows, "openai", PRICES)
    assert found == (3, pytest.approx(3 * once), 0)


def test_a_call_without_a_price_is_told_apart() -> None:
    rows = [row("openai", "not-in-the-catalogue", 2)]
    assert phase_cost(rows, "openai", PRICES) == (2, 0.0, 2)


def test_each_phase_that_asks_a_provider_has_its_cost(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    kit.data.mkdir()
    model = PRICES.usual_model("openai")
    phases = {"1": [], "2": [row("openai", model, 3), row("openai", "?", 1)]}
    file = kit.data / "lesson_calls.json"
    file.write_text(json.dumps({"phases": phases}))
    openai, gemini = lesson_lines(["openai", "gemini"], PRICES, kit)
    assert "phase 1" not in openai
    assert "(4 calls, 1 of them at no known price)" in openai
    assert gemini.endswith("costs at gemini: nothing.")


def test_the_counts_of_all_phases_are_there() -> None:
    path = Kit().data / "lesson_calls.json"
    phases = json.loads(path.read_text())["phases"]
    assert list(phases) == ["1", "2", "3", "4", "5"]
    asked = {each["provider"] for rows in phases.values() for each in rows}
    assert asked == set(PROVIDERS)
