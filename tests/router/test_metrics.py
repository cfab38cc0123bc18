"""Metrics: what Prometheus reads of the router."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from course.checking.serving import ServedApp

ROOT = Path(__file__).parents[2]
KEY = "door-key-0123456789"
CHAT = "/v1/chat/completions"


@pytest.fixture
def door(serve, sandbox, tmp_path):
    def start(**settings):
        told = {"LLM_ROUTER_LEDGER": str(tmp_path / "router.sqlite3")}
        for name in ("OPENAI", "GEMINI"):
            told[f"{name}_API_KEY"] = "sk-test-0123456789"
            told[f"{name}_BASE_URL"] = sandbox.base_url(name.lower())
        return serve(told | settings)

    return start


def chat(url, model="openai", key=KEY, **more):
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(
        url + CHAT, json=body | more, headers=headers, timeout=10
    )


def at(name, *labels):
    return (name, *sorted(labels))


def samples(url, key=KEY):
    """Return all samples by their name and the values of their labels."""
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        at(one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def default(llm, provider):
    return llm.catalogue.load_catalogue().role(provider, "default").id


def test_calls_are_counted_by_who_answered_and_how(door, llm, sandbox):
    url = door(LLM_ROUTER_AUTO="openai,gemini")
    chat(url)
    sandbox.fail_next("openai", "overloaded")
    chat(url, "auto", stream=True)
    found = samples(url)
    openai, gemini = (("openai", default(llm, "openai")),
                      ("gemini", default(llm, "gemini")))  # fmt: skip
    requests_ = "llm_router_requests_total"
    assert found[at(requests_, CHAT, *openai, "success")] == 1
    assert found[at(requests_, CHAT, *gemini, "success")] == 1
    tries = "llm_router_attempts_total"
    assert found[at(tries, *openai, "provider_unavailable")] == 1
    assert found[at(tries, *gemini, "success")] == 1
    assert found[at("llm_router_request_seconds_count", CHAT, *openai)] == 1
    assert found[at("llm_router_first_token_seconds_count", *gemini)] == 1
    assert found[at("llm_router_tokens_total", *openai, "completion")] > 0
    assert found[at("llm_router_cost_usd_total", *openai)] > 0
    assert found[at("llm_router_breaker_state", *openai)] == 0
    assert found[at("llm_router_http_requests_total", CHAT, "200")] == 2
    assert found[at("llm_router_in_flight")] == 1


def test_no_caller_can_make_new_series(door):
    url = door()
    for number in range(3):
        assert chat(url, f"openai/no-such-{number}").status_code == 404
        requests.get(f"{url}/no-such-{number}", timeout=10)
        requests.get(f"{url}/v1/models/no-such-{number}", timeout=10)
    found = samples(url)
    assert not any("no-such" in part for one in found for part in one)
    asked = ("llm_router_requests_total", CHAT, "openai", "other")
    assert found[at(*asked, "model_not_found")] == 3
    http = "llm_router_http_requests_total"
    assert found[at(http, "other", "404")] == 3
    assert found[at(http, "/v1/models/{model:path}", "404")] == 3


def test_every_path_that_is_served_is_counted_by_its_whole_name(door):
    url = door()
    paths = requests.get(f"{url}/openapi.json", timeout=10).json()["paths"]
    for path in (path for path, verbs in paths.items() if "post" in verbs):
        requests.post(f"{url}{path}", data=b"{", timeout=10)
        counted = {one for one in samples(url) if path in one}
        assert any("llm_router_http_requests_total" in one for one in counted)


def test_a_model_of_the_settings_is_named(door):
    url = door(LLM_ROUTER_AUTO="openai/of-our-own")
    chat(url, "auto")
    asked = ("llm_router_requests_total", CHAT, "openai", "of-our-own")
    assert samples(url)[at(*asked, "model_not_found")] == 1


def test_an_open_breaker_is_shown(door, llm, sandbox):
    url = door()
    sandbox.fail_next("openai", "overloaded", retry_after=90, times=1)
    chat(url)
    state = at("llm_router_breaker_state", "openai", default(llm, "openai"))
    assert samples(url)[state] == 2


def test_what_is_left_of_a_budget_is_shown_by_the_caller_s_name(door):
    url = door(LLM_ROUTER_API_KEYS=f"alice:{KEY}:2,bob:other-key-0123456789")
    assert chat(url, max_tokens=500).status_code == 200
    found = samples(url)
    assert found[at("llm_router_budget_usd", "alice")] == 2
    assert 1.9 < found[at("llm_router_budget_left_usd", "alice")] < 2
    assert ("llm_router_budget_usd", "bob") not in found


def test_the_metrics_need_the_key_like_everything_else(door):
    url = door(LLM_ROUTER_API_KEY=KEY)
    assert requests.get(f"{url}/metrics", timeout=10).status_code == 401
    assert samples(url)[at("llm_router_in_flight")] == 1


SHARED = """
from types import SimpleNamespace
from llm_providers.router.metrics import Metrics
none = SimpleNamespace(breaker_states=dict, budgets=list)
metrics = Metrics(none)
metrics.came()
metrics.left("/metrics", 200)
print(metrics.text().decode())
"""


def test_several_processes_with_a_folder_tell_the_sum(tmp_path):
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        told = subprocess.run(
            [sys.executable, "-c", SHARED],
            env=environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    line = 'llm_router_http_requests_total{path="/metrics",status="200"} 2.0'
    assert line in told.splitlines()


def test_without_the_library_it_is_said_how_to_get_it(llm):
    app = llm.llm_router.create_app({})
    app.state.service.metrics = None
    served = ServedApp(app)
    answer = requests.get(f"{served.url}/metrics", timeout=10)
    served.stop()
    assert answer.status_code == 501
    assert "llm-providers[metrics]" in answer.json()["error"]["what_to_do"]
