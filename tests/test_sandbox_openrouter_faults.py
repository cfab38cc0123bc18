"""OpenRouter's faults in the sandbox: every documented error."""

import email.utils
import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox, fault_table

MODELS = Path(__file__).with_name("sandbox_routers.json")
KEY = "sk-or-v1-test-0123456789"
USER = [{"role": "user", "content": "What is 6 times 7?"}]
BODY = {"model": "openai/plain", "messages": USER}
COMMENT = ": OPENROUTER PROCESSING"


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
    url = started.base_url("openrouter")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture
def fail(sandbox: Sandbox) -> Iterator[Any]:
    """Let one request fail and give back its reply."""
    url = f"{sandbox.base_url('openrouter')}/chat/completions"
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {KEY}"

        def send(
            fault: str, body: dict[str, Any] | None = None, **options: Any
        ) -> requests.Response:
            sandbox.fail_next("openrouter", fault, **options)
            return session.post(url, json=BODY | (body or {}), timeout=30)

        yield send


def events(response: requests.Response) -> list[Any]:
    lines = response.content.decode().split("\n\n")
    data = [line for line in lines if line and line != COMMENT]
    data = [line.removeprefix("data: ") for line in data]
    return [one if one == "[DONE]" else json.loads(one) for one in data]


ERRORS = {
    "bad_parameter": (400, "Provider returned error"),
    "context_length": (400, "This endpoint's maximum context length is 4000"),
    "echo_key": (401, f"User not found. Key: {KEY}"),
    "error_status": (500, "Internal Server Error"),
    "forbidden": (403, "This model is not available in your region."),
    "guardrail": (403, "Request blocked: "),
    "in_flight_budget": (402, "Your requests in flight"),
    "moderation": (403, "openai/plain requires moderation on OpenAI. Your"
                   ' input was flagged for "harassment".'),
    "overloaded": (503, "Service temporarily unavailable"),
    "quota_exhausted": (402, "Insufficient credits. Add more using"),
    "rate_limit": (429, "Provider returned error"),
    "retired_model": (404, "No endpoints found for openai/plain."),
    "server_error": (500, "Internal Server Error"),
    "unknown_model": (400, "openai/plain is not a valid model ID"),
    "wrong_key": (401, "User not found."),
}  # fmt: skip


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_has_its_status_code_and_text(fail, fault):
    response = fail(fault)
    body = response.json()
    status, text = ERRORS[fault]
    assert (response.status_code, body["error"]["code"]) == (status, status)
    assert body["error"]["message"].startswith(text)
    assert ("user_id" in body) is (status != 401)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (408, "Request Timeout", "timeout"),
        (413, "Content Too Large", "payload_too_large"),
        (422, "Unprocessable Content", "unprocessable"),
        (502, "Provider returned error", "provider_unavailable"),
        (503, "Service temporarily unavailable", "provider_unavailable"),
        (524, "A Timeout Occurred", "timeout"),
        (529, "Provider returned error", "provider_overloaded"),
    ],
)
def test_every_status_can_be_asked_for(fail, status, text, kind):
    response = fail("error_status", status=status)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, status)
    assert error["message"] == text
    assert error["metadata"]["error_type"] == kind


def test_the_upstreams_own_words_stand_in_the_metadata(fail):
    metadata = fail("bad_parameter", parameter="top_p").json()["error"][
        "metadata"
    ]
    assert json.loads(metadata["raw"])["error"]["param"] == "top_p"
    assert metadata["provider_name"] == "OpenAI"
    assert metadata["error_type"] == "invalid_request"


def test_an_upstream_limit_says_when_to_come_back(fail):
    response = fail("rate_limit", retry_after=7)
    metadata = response.json()["error"]["metadata"]
    assert response.headers["Retry-After"] == "7"
    assert metadata["retry_after_seconds"] == 7
    assert metadata["limit_source"] == "upstream_provider_shared_pool"
    assert "temporarily rate-limited upstream" in metadata["raw"]
    assert "X-RateLimit-Limit" not in response.headers


def test_the_wait_comes_in_every_form(fail):
    def wait(**options: Any) -> Any:
        response = fail("rate_limit", **options)
        metadata = response.json()["error"]["metadata"]
        names = ("Retry-After", "retry-after-ms")
        headers = [response.headers.get(name) for name in names]
        return (*headers, metadata.get("retry_after_seconds"))

    assert wait() == ("1", None, 1)
    assert wait(retry_after=None) == (None, None, None)
    assert wait(retry_after="ms") == (None, "250", None)
    assert wait(retry_after_seconds=2.5) == (None, None, 2.5)
    moment, *others = wait(retry_after="date", seconds=9)
    assert moment.endswith("GMT") and others == [None, None]


@pytest.mark.parametrize(
    ("limit", "count", "words"),
    [
        ("free_minute", "20", "free-models-per-min"),
        ("free_day", "50", "free-models-per-day. Add 10 credits to unlock"),
    ],
)
def test_a_free_limit_is_reset_at_a_millisecond(fail, limit, count, words):
    response = fail("rate_limit", limit=limit)
    error = response.json()["error"]
    assert f"Rate limit exceeded: {words}" in error["message"]
    headers = response.headers
    assert headers["X-RateLimit-Limit"] == count
    assert headers["X-RateLimit-Remaining"] == "0"
    now = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    reset = int(headers["X-RateLimit-Reset"]) / 1_000
    assert 0 < reset - now <= 86_400
    assert abs(now - time.time()) < 60
    assert error["metadata"]["headers"] == {
        name: headers[name]
        for name in (
            "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
        )
    }  # fmt: skip
    assert "Retry-After" not in headers


def test_a_reset_can_be_as_near_as_wanted(fail):
    headers = fail("rate_limit", limit="free_day", seconds=5).headers
    now = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    assert int(headers["X-RateLimit-Reset"]) / 1_000 - now == 5


@pytest.mark.parametrize(
    ("code", "words", "source"),
    [
        ("credits", "Insufficient credits", "openrouter_credits"),
        ("max_tokens", "or fewer max_tokens. You", "openrouter_credits"),
        ("key_limit", "Key limit exceeded", "openrouter_key_limit"),
    ],
)  # fmt: skip
def test_there_are_three_ways_to_have_no_credit(fail, code, words, source):
    response = fail("quota_exhausted", code=code)
    error = response.json()["error"]
    assert response.status_code == 402 and words in error["message"]
    assert error["metadata"]["limit_source"] == source
    assert "Retry-After" not in response.headers


@pytest.mark.parametrize(
    ("body", "reserved"),
    [({"max_tokens": 300}, 300), ({}, 1_000),
     ({"model": "anthropic/seeing-2"}, 8_192)],
)  # fmt: skip
def test_so_many_tokens_as_may_be_written_are_reserved(fail, body, reserved):
    message = fail("quota_exhausted", body, code="max_tokens").json()["error"][
        "message"
    ]
    assert f"You requested up to {reserved} tokens" in message


def test_credit_reserved_by_other_requests_comes_back(fail):
    response = fail("in_flight_budget", retry_after=3)
    assert response.headers["Retry-After"] == "3"
    assert response.json()["error"]["metadata"] == {
        "reason": "in_flight_budget_exhausted",
        "limit_source": "openrouter_in_flight_budget",
    }


def test_moderation_shows_a_hundred_characters_of_the_prompt(fail):
    user = [{"role": "user", "content": "You are " + "very " * 50 + "bad."}]
    metadata = fail("moderation", {"messages": user}).json()["error"][
        "metadata"
    ]
    assert metadata["reasons"] == ["harassment"]
    assert metadata["flagged_input"].startswith("You are very")
    assert metadata["flagged_input"].endswith("very bad.")
    assert len(metadata["flagged_input"]) <= 100
    assert metadata["provider_name"] == "OpenAI"
    assert metadata["model_slug"] == "openai/plain"


def test_a_guardrail_names_its_patterns(fail):
    assert fail("guardrail").json()["error"]["metadata"]["patterns"]


@pytest.mark.parametrize("fault", ["unknown_model", "retired_model"])
def test_a_model_that_cannot_be_had_has_its_availability(fail, fault):
    availability = fail(fault).json()["error"]["availability"]
    assert availability["requested_models"] == ["openai/plain"]
    assert availability["retryable"] is False


def test_an_error_can_stand_in_the_choice_of_a_success(fail):
    whole = fail("stall", seconds=0).json()["choices"][0]["message"]["content"]
    response = fail("error_in_choice")
    assert response.status_code == 200
    (choice,) = response.json()["choices"]
    assert choice["finish_reason"] == "error"
    assert choice["error"]["code"] == 502
    metadata = choice["error"]["metadata"]
    assert metadata["error_type"] == "provider_unavailable"
    partial = choice["message"]["content"]
    assert partial and whole.startswith(partial) and partial != whole
    (other,) = fail("error_in_choice", status=429).json()["choices"]
    assert other["error"]["code"] == 429


def test_a_streams_choice_can_end_in_an_error(fail):
    *_, end, last, _ = events(fail("error_in_choice", {"stream": True}))
    assert end["choices"][0]["finish_reason"] == "error"
    assert end["choices"][0]["error"]["code"] == 502
    assert last["usage"]["cost"] > 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_success_can_be_a_bare_error(fail, stream):
    response = fail("error_in_200", {"stream": stream})
    assert response.status_code == 200
    body = events(response)[0] if stream else response.json()
    assert body["error"]["code"] == 500 and "choices" not in body


@pytest.mark.parametrize(
    ("code", "kind"),
    [(502, "provider_unavailable"), (429, "rate_limit_exceeded"),
     ("server_error", "server")],
)  # fmt: skip
def test_a_stream_can_break_in_the_middle(fail, code, kind):
    response = fail(
        "stream_error", {"stream": True}, chunks_before=2, code=code
    )
    *chunks, last = events(response)
    assert response.status_code == 200 and len(chunks) == 2
    assert last["error"]["code"] == code and last["error"]["message"]
    assert last["error"]["metadata"] == {"error_type": kind}
    assert last["provider"] == "OpenAI" and last["id"] == chunks[0]["id"]
    (choice,) = last["choices"]
    assert choice["finish_reason"] == "error"
    assert choice["delta"]["content"] == ""


def test_the_last_chunk_can_repeat_the_finish_reason(fail):
    *_, end, last, _ = events(fail("usage_with_finish", {"stream": True}))
    assert last["choices"] == end["choices"]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["cost"] > 0 and "usage" not in end


def test_a_cut_stream_has_neither_usage_nor_end(fail):
    chunks = events(fail("stream_cut", {"stream": True}, chunks_before=3))
    assert len(chunks) == 3
    assert all(c["choices"][0]["finish_reason"] is None for c in chunks)
    assert all("usage" not in c for c in chunks)


def test_a_stream_padded_to_megabytes_is_still_valid(fail):
    response = fail("huge_body", {"stream": True}, megabytes=1)
    assert len(response.content) > 1_000_000
    assert response.text.startswith(f"{COMMENT}\n\ndata: ")
    assert events(response)[0]["object"] == "chat.completion.chunk"
    assert events(response)[-1] == "[DONE]"


def test_half_of_a_stream_ends_in_broken_json(fail):
    response = fail("malformed_json", {"stream": True})
    with pytest.raises(ValueError):
        events(response)


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
    sandbox.fail_next("openrouter", fault)
    reply = client.chat.completions.create(**BODY, stream=stream)
    if stream:
        choices = [c.choices[0] for c in reply if c.choices]
        text = "".join(c.delta.content or "" for c in choices)
        refusal = "".join(c.delta.refusal or "" for c in choices)
    else:
        choices = reply.choices
        text = choices[0].message.content or ""
        refusal = choices[0].message.refusal or ""
    assert choices[-1].finish_reason == reason
    assert bool(text) is (fault in ("length", "content_filter"))
    assert bool(refusal) is (fault == "refusal")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("wrong_key", openai.AuthenticationError),
        ("moderation", openai.PermissionDeniedError),
        ("unknown_model", openai.BadRequestError),
        ("retired_model", openai.NotFoundError),
        ("quota_exhausted", openai.APIStatusError),
        ("rate_limit", openai.RateLimitError),
        ("overloaded", openai.InternalServerError),
    ],
)
def test_the_sdk_raises_its_own_classes(sandbox, client, fault, kind):
    sandbox.fail_next("openrouter", fault)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**BODY)
    assert type(caught.value) is kind


def test_a_generation_that_failed_is_remembered_so(sandbox, fail):
    id = fail("error_in_choice").json()["id"]
    response = requests.get(
        f"{sandbox.base_url('openrouter')}/generation",
        params={"id": id},
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=30,
    )
    assert response.json()["data"]["finish_reason"] == "error"


def test_a_wish_that_makes_no_sense_names_what_does(sandbox):
    with pytest.raises(ValueError, match="of openrouter; .*guardrail"):
        sandbox.fail_next("openrouter", "dependency_failed")
    with pytest.raises(ValueError, match="upstream, free_minute, free_day"):
        sandbox.fail_next("openrouter", "rate_limit", limit="tokens")
    with pytest.raises(ValueError, match="credits, max_tokens, key_limit"):
        sandbox.fail_next("openrouter", "quota_exhausted", code="balance")


def test_every_fault_gets_an_answer_that_is_no_failure_of_its_own(
    sandbox, fail
):
    for fault in fault_table("openrouter"):
        if fault in ("stall", "slow_body", "drop_connection", "huge_body"):
            continue
        assert b"sandbox itself" not in fail(fault, {"stream": True}).content
        sandbox.clear()
