"""Faults on request: what a client gets, over the real SDK and raw HTTP."""

import email.utils
import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox, fault_table

MODELS = Path(__file__).with_name("sandbox_models.json")
KEY = "sk-test-0123456789"
BODY = {"model": "plain", "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    yield started
    started.clear()


@pytest.fixture(scope="module")
def client(started: Sandbox) -> Iterator[openai.OpenAI]:
    url = started.base_url("openai")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def post(sandbox: Sandbox, session: requests.Session) -> Any:
    url = f"{sandbox.base_url('openai')}/chat/completions"

    def send(key: str = KEY, **fields: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"}
        body = BODY | fields
        return session.post(url, json=body, headers=headers, timeout=30)

    return send


def ask(client: openai.OpenAI, **options: Any) -> Any:
    return client.chat.completions.create(**(BODY | options))


INVALID = "invalid_request_error"
ERRORS = {
    "wrong_key": (401, INVALID, None, "invalid_api_key"),
    "echo_key": (401, INVALID, None, "invalid_api_key"),
    "forbidden": (
        403, "request_forbidden", None, "unsupported_country_region_territory",
    ),
    "unknown_model": (404, INVALID, None, "model_not_found"),
    "retired_model": (404, INVALID, None, "model_not_found"),
    "context_length": (400, INVALID, "messages", "context_length_exceeded"),
    "bad_parameter": (400, INVALID, "temperature", "unsupported_parameter"),
    "rate_limit": (429, "tokens", None, "rate_limit_exceeded"),
    "slow_down": (429, "rate_limit_error", None, "slow_down"),
    "quota_exhausted": (
        429, "insufficient_quota", None, "credit_balance_exhausted",
    ),
    "moderation": (400, INVALID, "messages", "content_policy_violation"),
    "server_error": (500, "server_error", None, None),
    "error_status": (500, "server_error", None, None),
    "overloaded": (
        503, "service_unavailable_error", None, "server_is_overloaded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_has_its_status_and_fields(sandbox, post, fault):
    sandbox.fail_next("openai", fault)
    response = post()
    error = response.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    fields = (error["type"], error["param"], error["code"])
    assert (response.status_code, *fields) == ERRORS[fault]
    assert error["message"]
    assert response.headers["X-Simulated"] == "true"
    assert response.headers["x-request-id"].startswith("req_")
    assert post().status_code == 200


@pytest.mark.parametrize("fault", sorted({*ERRORS} - {"moderation"}))
def test_an_error_befalls_the_list_of_models_too(sandbox, client, fault):
    sandbox.fail_next("openai", fault)
    with pytest.raises(openai.APIStatusError) as caught:
        client.models.list()
    assert caught.value.status_code == ERRORS[fault][0]


def test_the_sdk_raises_its_own_classes(sandbox, client):
    for fault, expected in {
        "rate_limit": openai.RateLimitError,
        "wrong_key": openai.AuthenticationError,
        "forbidden": openai.PermissionDeniedError,
        "retired_model": openai.NotFoundError,
        "bad_parameter": openai.BadRequestError,
        "overloaded": openai.InternalServerError,
        "bad_gateway": openai.InternalServerError,
    }.items():
        sandbox.fail_next("openai", fault)
        with pytest.raises(expected):
            ask(client)


def test_a_rate_limit_says_what_was_used(sandbox, post):
    sandbox.fail_next("openai", "rate_limit", retry_after=2)
    response = post()
    assert response.headers["Retry-After"] == "2"
    assert response.headers["x-ratelimit-remaining-tokens"] == "0"
    assert response.headers["x-ratelimit-reset-tokens"] == "2s"
    assert response.headers["x-ratelimit-remaining-requests"] != "0"
    assert re.match(
        r"Rate limit reached for plain in organization \S+ on tokens per min"
        r" \(TPM\): Limit \d+, Used \d+, Requested \d+\. Please try again in"
        r" 2s\. ",
        response.json()["error"]["message"],
    )


def test_a_rate_limit_can_be_one_on_requests(sandbox, post):
    sandbox.fail_next("openai", "rate_limit", limit="requests")
    response = post()
    assert response.json()["error"]["type"] == "requests"
    assert response.headers["x-ratelimit-remaining-requests"] == "0"
    assert response.headers["Retry-After"] == "1"


@pytest.mark.parametrize("fault", ["rate_limit", "slow_down", "overloaded"])
def test_the_wait_comes_in_every_form(sandbox, post, fault):
    def waits(**options: Any) -> dict[str, str]:
        sandbox.fail_next("openai", fault, **options)
        kept = ("retry-after", "retry-after-ms")
        headers = post().headers
        return {k.lower(): v for k, v in headers.items() if k.lower() in kept}

    assert waits(retry_after=7) == {"retry-after": "7"}
    assert waits(retry_after=None) == {}
    assert waits(retry_after="ms") == {"retry-after-ms": "250"}
    assert waits(retry_after_ms=1_500) == {"retry-after-ms": "1500"}
    assert waits(retry_after="soon") == {"retry-after": "soon"}


def test_the_wait_can_be_a_date(sandbox, post):
    sandbox.fail_next("openai", "rate_limit", retry_after="date", seconds=90)
    headers = post().headers
    until, now = (
        email.utils.parsedate_to_datetime(headers[name])
        for name in ("Retry-After", "Date")
    )
    assert (until - now).total_seconds() == 90
    assert abs(now.timestamp() - time.time()) < 5


def test_every_kind_of_quota_can_be_asked_for(sandbox, post):
    for code in ("project_spend_limit_exceeded", "insufficient_quota"):
        sandbox.fail_next("openai", "quota_exhausted", code=code)
        response = post()
        assert response.json()["error"]["code"] == code
        assert "Retry-After" not in response.headers


def test_a_wrong_key_fault_masks_and_an_echo_does_not(sandbox, post):
    key = "sk-secret-0123456789-abcdefgh"
    sandbox.fail_next("openai", "wrong_key")
    assert key not in post(key).text
    sandbox.fail_next("openai", "echo_key")
    assert key in post(key).json()["error"]["message"]


def test_a_context_error_names_the_models_window(sandbox, post):
    sandbox.fail_next("openai", "context_length")
    assert "4000 tokens" in post().json()["error"]["message"]
    sandbox.fail_next("openai", "context_length", wording="new")
    assert "context window of this model" in post().json()["error"]["message"]


def test_a_stalled_call_runs_into_the_clients_timeout(sandbox, client):
    sandbox.fail_next("openai", "stall", seconds=20)
    start = time.monotonic()
    with pytest.raises(openai.APITimeoutError):
        ask(client, timeout=0.15)
    assert time.monotonic() - start < 15


def test_a_short_stall_ends_in_the_ordinary_reply(sandbox, post):
    sandbox.fail_next("openai", "stall", seconds=0.1)
    start = time.monotonic()
    assert post().status_code == 200
    assert time.monotonic() - start >= 0.1


def test_a_slow_body_sends_its_headers_at_once(sandbox, session):
    sandbox.fail_next("openai", "slow_body", seconds=0.5)
    url = f"{sandbox.base_url('openai')}/chat/completions"
    headers = {"Authorization": f"Bearer {KEY}"}
    start = time.monotonic()
    with session.post(url, json=BODY, headers=headers, stream=True) as reply:
        begun = time.monotonic() - start
        assert reply.status_code == 200
        assert reply.json()["choices"]
    assert begun < 0.4 and time.monotonic() - start >= 0.45


def test_a_slow_stream_pauses_where_it_is_told(sandbox, client):
    sandbox.fail_next("openai", "slow_body", seconds=0.4, chunks_before=3)
    times = []
    for _ in ask(client, stream=True):
        times.append(time.monotonic())
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert gaps[2] == max(gaps) > 0.2


def test_a_dropped_connection_is_a_connection_error(sandbox, client, post):
    sandbox.fail_next("openai", "drop_connection", times=2)
    with pytest.raises(openai.APIConnectionError):
        ask(client)
    with pytest.raises(requests.ConnectionError):
        post()
    assert [one.status for one in sandbox.requests] == [None, None]


@pytest.mark.parametrize("stream", [False, True])
def test_malformed_json_is_half_of_a_reply(sandbox, post, client, stream):
    sandbox.fail_next("openai", "malformed_json", times=2)
    response = post(stream=stream)
    assert response.status_code == 200
    with pytest.raises(ValueError):
        json.loads(response.text.split("\n\n")[-2 if stream else 0])
    with pytest.raises((ValueError, openai.APIError)):
        list(ask(client, stream=stream))


def test_html_comes_with_status_200_unless_told(sandbox, post):
    sandbox.fail_next("openai", "html")
    sandbox.fail_next("openai", "html", status=503)
    sandbox.fail_next("openai", "bad_gateway")
    replies = [post(), post(stream=True), post()]
    assert [one.status_code for one in replies] == [200, 503, 502]
    for reply in replies:
        assert reply.headers["Content-Type"].startswith("text/html")
        assert reply.text.startswith("<!DOCTYPE html>")


def test_html_with_a_location_leads_elsewhere(sandbox, post):
    elsewhere = f"{sandbox.base_url('openai')}/chat/completions"
    sandbox.fail_next("openai", "html", status=307, location=elsewhere)
    assert post().status_code == 200
    assert [one.status for one in sandbox.requests] == [307, 200]


def test_an_error_can_hide_in_a_200(sandbox, post, client):
    sandbox.fail_next("openai", "error_in_200", times=3)
    response = post()
    assert response.status_code == 200
    assert response.json()["error"]["type"] == "server_error"
    assert ask(client).choices is None
    with pytest.raises(openai.APIError):
        list(ask(client, stream=True))


def test_a_huge_body_is_valid_json_all_the_same(sandbox, post):
    ordinary = post().json()
    sandbox.fail_next("openai", "huge_body", megabytes=2)
    response = post()
    assert len(response.content) > 2_000_000
    assert response.json() == ordinary


def test_a_huge_body_is_fifty_megabytes_by_default(sandbox):
    sandbox.fail_next("openai", "huge_body")
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as c:
        headers = {"Authorization": f"Bearer {KEY}"}
        c.request("GET", "/openai/v1/models", headers=headers)
        length = c.getresponse().getheader("Content-Length")
    assert 50_000_000 < int(length) < 55_000_000


def test_a_wrong_charset_is_no_utf_8(sandbox, post, client):
    sandbox.fail_next("openai", "wrong_charset", times=2)
    response = post()
    assert response.headers["Content-Type"].endswith("charset=utf-8")
    with pytest.raises(UnicodeDecodeError):
        response.content.decode("utf-8")
    assert json.loads(response.content.decode("latin-1"))["choices"]
    with pytest.raises(UnicodeDecodeError):
        list(ask(client, stream=True))


def test_a_cut_stream_ends_in_silence(sandbox, client, post):
    sandbox.fail_next("openai", "stream_cut", chunks_before=3, times=2)
    chunks = list(ask(client, stream=True))
    assert len(chunks) == 3
    assert all(c.choices[0].finish_reason is None for c in chunks)
    assert "[DONE]" not in post(stream=True).text


def test_a_cut_stream_can_break_the_connection_as_well(sandbox, client):
    sandbox.fail_next("openai", "stream_cut", clean=False)
    stream = iter(ask(client, stream=True))
    assert next(stream).choices
    with pytest.raises(Exception, match="(?i)incomplete|closed|connection"):
        list(stream)


def test_a_cut_never_leaves_the_finish_reason_in(sandbox, client):
    sandbox.fail_next("openai", "stream_cut", chunks_before=999)
    reasons = {c.choices[0].finish_reason for c in ask(client, stream=True)}
    assert reasons == {None}


def test_an_error_in_mid_stream_follows_some_text(sandbox, client):
    sandbox.fail_next("openai", "stream_error", chunks_before=2)
    seen = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in ask(client, stream=True):
            seen.append(chunk)
    assert len(seen) == 2
    assert not isinstance(caught.value, openai.APIStatusError)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("empty", "stop"),
        ("refusal", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
    ],
)
def test_an_answer_can_be_poor(sandbox, client, fault, reason, stream):
    sandbox.fail_next("openai", fault)
    reply = ask(client, stream=stream)
    if stream:
        chunks = [chunk.choices[0] for chunk in reply]
        assert chunks[-1].finish_reason == reason
        text = "".join(c.delta.content or "" for c in chunks)
        refusal = "".join(c.delta.refusal or "" for c in chunks)
    else:
        (choice,) = reply.choices
        assert choice.finish_reason == reason
        text, refusal = choice.message.content, choice.message.refusal or ""
    assert bool(text) is (fault in ("length", "content_filter"))
    assert bool(refusal) is (fault == "refusal")


def test_a_fault_befalls_as_many_requests_as_asked(sandbox, post):
    sandbox.fail_next("openai", "server_error", times=2)
    assert [post().status_code for _ in range(3)] == [500, 500, 200]
    sandbox.fail_next("openai", "server_error", times=None)
    assert [post().status_code for _ in range(3)] == [500, 500, 500]


def test_faults_come_in_the_order_in_which_they_were_planned(sandbox, post):
    sandbox.fail_next("openai", "server_error")
    sandbox.fail_next("openai", "overloaded")
    assert [post().status_code for _ in range(3)] == [500, 503, 200]


def test_a_fault_for_a_key_leaves_other_keys_alone(sandbox, post):
    sandbox.fail_next("openai", "server_error", key="sk-one")
    sandbox.fail_next("openai", "overloaded")
    assert post("sk-two").status_code == 503
    assert post("sk-two").status_code == 200
    assert post("sk-one").status_code == 500
    assert post("sk-one").status_code == 200


def test_a_fault_of_a_stream_waits_for_one(sandbox, post, client):
    sandbox.fail_next("openai", "stream_cut")
    assert post().status_code == 200
    assert client.models.list().data
    assert "[DONE]" not in post(stream=True).text
    assert "[DONE]" in post(stream=True).text


def test_a_refused_key_uses_no_fault_up(sandbox, post):
    sandbox.fail_next("openai", "server_error")
    assert post("sk-wrong").status_code == 401
    assert post().status_code == 500


def test_clearing_forgets_planned_faults(sandbox, post):
    sandbox.fail_next("openai", "server_error", times=9)
    sandbox.clear()
    assert post().status_code == 200


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("nobody", "stall"), "openai"),
        (("openai", "earthquake"), "rate_limit"),
        (("openai", "in_flight_budget"), "of openai; there are: .*stall"),
        (("openai", "moderation", {"reason": "x"}), "it has: code"),
        (("openai", "rate_limit", {"limit": "moon"}), "tokens, requests"),
        (("openai", "error_status", {"status": 99}), "from 200 to 599"),
        (("openai", "stall", {"minutes": 1}), "seconds"),
        (("openai", "empty", {"seconds": 1}), "none"),
        (("openai", "stall", {"seconds": -1}), "not negative"),
        (("openai", "stall", {"seconds": "long"}), "number"),
        (("openai", "rate_limit", {"retry_after": 0.5}), "retry_after_ms"),
        (("openai", "rate_limit", {"retry_after": 0}), "from 1"),
        (("openai", "stall", {"times": 0}), "from 1"),
    ],
)
def test_a_wish_that_makes_no_sense_names_what_does(sandbox, wish, words):
    provider, fault, options = (*wish, {})[:3]
    with pytest.raises(ValueError, match=words):
        sandbox.fail_next(provider, fault, **options)


def test_the_table_explains_every_fault():
    table = fault_table("openai")
    assert list(table) == sorted(table)
    covered = {*ERRORS, "bad_gateway", "stall", "slow_body", "html", "empty"}
    covered |= {"drop_connection", "malformed_json", "error_in_200", "length"}
    covered |= {"stream_cut", "stream_error", "huge_body", "wrong_charset"}
    covered |= {"refusal", "content_filter", "nonsense"}
    assert set(table) == covered
    assert all(sentence.rstrip().endswith(".") for sentence in table.values())


def test_the_whole_table_says_who_alone_has_a_fault():
    table = fault_table()
    assert set(table) > set(fault_table("openai"))
    assert "Only: openrouter." in table["guardrail"]
    assert "limit" in table["rate_limit"]
    assert "retry_delay" not in fault_table("openai")["rate_limit"]


@pytest.mark.parametrize("status", [413, 424, 502, 529])
def test_any_status_comes_in_the_providers_shape(sandbox, post, status):
    sandbox.fail_next("openai", "error_status", status=status, retry_after=3)
    response = post()
    assert response.status_code == status
    assert response.headers["Retry-After"] == "3"
    assert sorted(response.json()["error"]) == [
        "code", "message", "param", "type",
    ]  # fmt: skip
