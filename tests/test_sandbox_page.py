"""The sandbox's page, as far as HTTP tells: its files, its feed, its click."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from course.sandbox import Sandbox
from course.sandbox.fault_names import FAULTS
from course.sandbox.page import hiding

MODELS = Path(__file__).with_name("sandbox_models.json")
PATH = "/openai/v1/chat/completions"
KEY = "sk-test-very-secret-0123456789"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as started:
        yield started


def ask(sandbox: Sandbox, said: Any = "Hello!", key: str = KEY) -> int:
    """Send a chat completion; return its status."""
    body = {"model": "plain", "messages": [{"role": "user", "content": said}]}
    headers = {"Authorization": f"Bearer {key}", "Cookie": "session=mine"}
    url = sandbox.url + PATH
    return requests.post(url, json=body, headers=headers).status_code


def feed(sandbox: Sandbox, first: int = 0) -> Any:
    answer = requests.get(f"{sandbox.url}/_sandbox/feed?from={first}")
    assert answer.status_code == 200
    return answer.json()


def plan(sandbox: Sandbox, **wish: Any) -> requests.Response:
    """Plan a fault, as the page in a browser does."""
    return requests.post(
        f"{sandbox.url}/_sandbox/fail_next",
        json={"provider": "openai", "times": 1, "options": {}, **wish},
        headers={"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"},
    )


def test_the_page_needs_nothing_from_elsewhere(sandbox):
    page = requests.get(sandbox.url)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert sorted(loaded) == ["/_sandbox/page.css", "/_sandbox/page.js",
                              "data:,"]  # fmt: skip
    for name in loaded[1:]:
        answer = requests.get(sandbox.url + name)
        assert answer.status_code == 200
        assert not re.search(r"https?://|@import|innerHTML", answer.text)


def test_a_browser_is_told_to_load_and_to_frame_nothing_else(sandbox):
    policy = requests.get(sandbox.url).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_feed_tells_what_arrived_and_what_was_answered(sandbox):
    ask(sandbox, "First?")
    ask(sandbox, key="sk-wrong")
    first, second = feed(sandbox)["requests"]
    assert (first["provider"], first["method"]) == ("openai", "POST")
    assert (first["path"], first["line"]) == (PATH, "plain: First?")
    assert (first["status"], second["status"]) == (200, 401)
    assert json.loads(first["body"])["model"] == "plain"
    assert json.loads(first["reply"])["object"] == "chat.completion"
    assert first["who"] != second["who"]


def test_only_what_is_new_is_asked_for(sandbox):
    ask(sandbox)
    before = feed(sandbox)
    ask(sandbox, "Again?")
    after = feed(sandbox, before["next"])
    assert [one["line"] for one in after["requests"]] == ["plain: Again?"]
    assert after["epoch"] == before["epoch"]


def test_a_clearing_shows_in_the_feed(sandbox):
    ask(sandbox)
    before = feed(sandbox)
    sandbox.clear()
    after = feed(sandbox)
    assert after["requests"] == [] and after["epoch"] != before["epoch"]


def test_no_key_is_in_the_feed_wherever_it_stands(sandbox):
    sandbox.fail_next("openai", "echo_key", times=2)
    ask(sandbox, f"My key is {KEY}, it ends in {KEY[-9:]}.")
    ask(sandbox, ["my other one is", "sk-other-0123456789abcdef"])
    sandbox.fail_next("openai", "rate_limit", key=KEY)
    text = json.dumps(feed(sandbox))
    parts = (KEY[at : at + 8] for at in range(len(KEY) - 7))
    assert not [part for part in parts if part in text]
    assert "sk-other" not in text and "session=mine" not in text


@pytest.mark.parametrize("key", ["a", "12345678", "x" * 60_000, "ü" * 20])
def test_odd_keys_are_hidden_too(key):
    assert hiding.hidden(f"<{key}> is not valid", key).startswith("<[key]>")


def test_an_answer_stays_short_whatever_has_arrived(sandbox):
    for number in range(120):
        ask(sandbox, f"{number} " + "x" * 100_000)
    answer = feed(sandbox)
    assert len(answer["requests"]) == 100
    assert answer["requests"][-1]["line"].startswith("plain: 119")
    assert len(json.dumps(answer)) < 100 * 20_000


def test_markup_of_a_request_is_text_and_no_more(sandbox):
    ask(sandbox, "<script>alert(1)</script>")
    answer = requests.get(f"{sandbox.url}/_sandbox/feed?from=0")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["requests"][0]["line"] == (
        "plain: <script>alert(1)</script>"
    )


def test_the_forms_offer_every_fault_with_its_parameters(sandbox):
    forms = requests.get(f"{sandbox.url}/_sandbox/forms").json()
    assert list(forms) == list(sandbox.providers)
    for provider, about in forms.items():
        assert about["base_url"] == sandbox.base_url(provider)
        offered = {
            fault["name"]: tuple(one["name"] for one in fault["options"])
            for fault in about["faults"]
        }
        assert offered == {
            name: fault.options_of(provider)
            for name, fault in FAULTS.items()
            if fault.belongs_to(provider)
        }


def test_a_click_plans_a_fault_that_then_shows(sandbox):
    wish = {"fault": "error_status", "options": {"status": 503}}
    assert plan(sandbox, **wish).status_code == 200
    [planned] = feed(sandbox)["faults"]["openai"]
    assert (planned["name"], planned["left"]) == ("error_status", 1)
    assert json.loads(planned["options"]) == {"status": 503}
    assert ask(sandbox) == 503
    assert feed(sandbox)["faults"] == {}


def test_a_fault_can_be_planned_for_a_key_that_the_page_does_not_know(sandbox):
    ask(sandbox)
    [row] = feed(sandbox)["requests"]
    plan(sandbox, fault="overloaded", only=row["who"])
    assert ask(sandbox, key="sk-another") == 200
    assert ask(sandbox) == 503


@pytest.mark.parametrize(
    "wish",
    [
        {"fault": "nonesuch"},
        {"fault": "rate_limit", "options": {"status": 503}},
        {"fault": "rate_limit", "only": "key #000000"},
        {"fault": "rate_limit", "times": 0},
    ],
)
def test_a_wrong_wish_is_refused_in_words(sandbox, wish):
    answer = plan(sandbox, **wish)
    assert answer.status_code == 400 and answer.json()["error"]
    assert feed(sandbox)["faults"] == {}


def test_a_page_from_elsewhere_plans_nothing(sandbox):
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": sandbox.url.replace("http", "https")},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = requests.post(
            f"{sandbox.url}/_sandbox/fail_next",
            json={"provider": "openai", "fault": "rate_limit"},
            headers=headers,
        )
        assert answer.status_code == 403
    assert feed(sandbox)["faults"] == {}


def test_without_control_there_is_no_page():
    with Sandbox(models=MODELS, control=False) as sandbox:
        for path in ("/", "/_sandbox/feed?from=0", "/_sandbox/page.js"):
            assert requests.get(sandbox.url + path).status_code == 404
