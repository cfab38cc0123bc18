"""Requesty's protocol in the sandbox, over raw HTTP and OpenAI's SDK."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox, fault_table

MODELS = Path(__file__).with_name("sandbox_routers.json")
KEY = "rqy-test-0123456789"
USER = [{"role": "user", "content": "What is 6 times 7?"}]
BODY = {"model": "openai/plain", "messages": USER}


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
    url = started.base_url("requestry")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture
def post(sandbox: Sandbox) -> Iterator[Any]:
    url = f"{sandbox.base_url('requestry')}/chat/completions"
    with requests.Session() as session:
        session.trust_env = False

        def send(key: str | None = KEY, **fields: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            body = BODY | fields
            return session.post(url, json=body, headers=headers, timeout=30)

        yield send


def events(response: requests.Response) -> list[Any]:
    lines = response.content.decode().split("\n\n")
    data = [line.removeprefix("data: ") for line in lines if line]
    return [one if one == "[DONE]" else json.loads(one) for one in data]


def refused(response: requests.Response) -> tuple[int, str, str]:
    """The status, origin and text of an error that has nothing else."""
    body = response.json()
    assert sorted(body) == ["error"]
    assert sorted(body["error"]) == ["message", "origin"]
    return response.status_code, *(body["error"].values())


def test_an_answer_is_openais_with_its_cost(post):
    body = post().json()
    assert body["object"] == "chat.completion"
    assert body["id"].startswith("simulated-")
    assert body["model"] == "openai/plain"
    assert "42" in body["choices"][0]["message"]["content"]
    usage = body["usage"]
    cost = 2 * usage["prompt_tokens"] + 10 * usage["completion_tokens"]
    assert usage["cost"] == pytest.approx(cost / 1e6)


def test_the_cost_is_that_of_the_sandboxs_day():
    with Sandbox(models=MODELS, today=date(2026, 12, 1)) as later:
        url = f"{later.base_url('requestry')}/chat/completions"
        headers = {"Authorization": f"Bearer {KEY}"}
        usage = requests.post(url, json=BODY, headers=headers).json()["usage"]
    cost = usage["prompt_tokens"] + 5 * usage["completion_tokens"]
    assert usage["cost"] == pytest.approx(cost / 1e6)


def test_a_long_prompt_costs_more(post):
    long = [{"role": "user", "content": "word " * 1_000}]
    usage = post(messages=long).json()["usage"]
    cost = 4 * usage["prompt_tokens"] + 15 * usage["completion_tokens"]
    assert usage["cost"] == pytest.approx(cost / 1e6)


def test_where_nobody_knows_a_price_there_is_no_cost(post):
    assert "cost" not in post(model="openai/thinking").json()["usage"]


def test_a_stream_counts_tokens_and_cost_when_asked(post):
    *chunks, done = events(post(stream=True))
    assert done == "[DONE]" and all("usage" not in c for c in chunks)
    assert all("obfuscation" not in c for c in chunks)
    options = {"include_usage": True}
    *chunks, last, _ = events(post(stream=True, stream_options=options))
    assert last["usage"] == post().json()["usage"]
    assert all(chunk["usage"] is None for chunk in chunks)
    text = "".join(
        c["choices"][0]["delta"].get("content") or "" for c in chunks
    )
    assert text == post().json()["choices"][0]["message"]["content"]


def test_a_region_and_a_policy_lead_to_a_model(post):
    assert post(model="openai/plain@eu-west-1").json()["model"] == (
        "openai/plain"
    )
    assert post(model="policy/cheap").json()["model"] == "google/seeing"
    assert refused(post(model="policy/wrong"))[0] == 404


def test_its_own_extension_is_taken(post):
    assert post(requesty={"auto_cache": True}).status_code == 200


def test_a_parameter_of_others_is_passed_on_or_refused(post):
    assert post(model="google/seeing", top_k=3).status_code == 200
    status, origin, text = refused(post(top_k=3))
    assert (status, origin) == (400, "provider")
    assert text == "Unknown parameter: 'top_k'."


def test_a_model_refuses_what_its_provider_refuses(post):
    status, origin, text = refused(post(model="openai/thinking", max_tokens=9))
    assert (status, origin) == (400, "provider")
    assert "max_completion_tokens" in text


def test_a_model_without_an_output_limit_has_its_window_for_one(post):
    assert post(model="google/seeing", max_tokens=3_000).status_code == 200
    assert post(model="google/seeing", max_tokens=4_001).status_code == 400


def test_a_prompt_can_be_too_long(post):
    long = [{"role": "user", "content": "word " * 5_000}]
    status, origin, text = refused(post(messages=long))
    assert (status, origin) == (400, "provider")
    assert "maximum context length is 4000 tokens" in text


def test_keys_and_models_are_refused_in_its_own_words(post):
    unsupported = (404, "router", "Provider and/or model not supported")
    assert refused(post(None)) == (401, "router", "Unauthorized")
    assert refused(post("rqy-wrong")) == (
        403, "router", "Invalid authorization token",
    )  # fmt: skip
    assert refused(post(model="openai/unheard-of")) == unsupported
    assert refused(post(model="plain")) == unsupported


def test_a_model_that_has_been_shut_down_is_told_by_its_provider(post):
    status, origin, text = refused(post(model="openai/gone"))
    assert (status, origin) == (404, "provider")
    assert "`gone` has been deprecated" in text


@pytest.mark.parametrize("data", [b"{broken", b"[]", b""])
def test_a_body_that_is_no_object_is_refused(sandbox, data):
    url = f"{sandbox.base_url('requestry')}/chat/completions"
    headers = {"Authorization": f"Bearer {KEY}"}
    response = requests.post(url, data=data, headers=headers, timeout=30)
    assert refused(response)[:2] == (400, "router")


def test_a_path_that_is_not_there_is_404(sandbox):
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{sandbox.base_url('requestry')}/nothing"
    assert refused(requests.get(url, headers=headers))[0] == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_the_models_are_listed_without_a_key(sandbox, headers):
    url = f"{sandbox.base_url('requestry')}/models"
    rows = requests.get(url, headers=headers, timeout=30).json()["data"]
    ids = [row["id"] for row in rows]
    assert ids == ["google/seeing", "openai/thinking", "openai/plain"]
    seeing, thinking, plain = rows
    assert plain["input_price"] == pytest.approx(2e-6)
    assert plain["output_price"] == pytest.approx(1e-5)
    assert plain["cached_price"] == pytest.approx(5e-7)
    assert plain["context_window"] == 4_000
    assert plain["max_output_tokens"] == 1_000
    assert seeing["max_output_tokens"] is None and seeing["supports_vision"]
    assert thinking["supports_reasoning"] and thinking["input_price"] is None
    assert {"api", "caching_price", "geolocation", "data_retention"} < set(
        plain
    )


ERRORS = {
    "bad_parameter": (400, "provider", "Unsupported parameter: 'temperat"),
    "context_length": (400, "provider", "This model's maximum context"),
    "dependency_failed": (424, "provider", "Invalid provider response f"),
    "echo_key": (403, "router", f"Invalid authorization token: {KEY}"),
    "error_status": (500, "router", "Internal server error"),
    "forbidden": (403, "router", "Provider blocked by policy"),
    "moderation": (400, "provider", "Your request was rejected"),
    "overloaded": (529, "provider", "The provider is overloaded"),
    "quota_exhausted": (402, "router", "Insufficient balance, top up at"),
    "rate_limit": (429, "provider", "Too many requests"),
    "retired_model": (404, "provider", "The model `plain` has been depr"),
    "server_error": (500, "router", "Internal server error"),
    "unknown_model": (404, "router", "Provider and/or model not supported"),
    "wrong_key": (403, "router", "Invalid authorization token"),
}


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_has_its_status_origin_and_text(sandbox, post, fault):
    sandbox.fail_next("requestry", fault)
    status, origin, text = refused(post())
    assert (status, origin) == ERRORS[fault][:2]
    assert text.startswith(ERRORS[fault][2])
    assert post().status_code == 200


@pytest.mark.parametrize(
    ("status", "origin", "text"),
    [
        (412, "router", "Reached monthly spend limit for API key"),
        (424, "provider", "Invalid provider response format"),
        (502, "provider", "Provider is down: Bad Gateway"),
        (503, "provider", "The provider timed out, please try again"),
        (529, "provider", "The provider is overloaded"),
        (413, "router", "Content Too Large"),
    ],
)
def test_every_status_can_be_asked_for(sandbox, post, status, origin, text):
    sandbox.fail_next("requestry", "error_status", status=status)
    got = refused(post())
    assert got[:2] == (status, origin) and got[2].startswith(text)


def test_an_error_can_have_its_own_words(sandbox, post):
    said = "Provider response missing usage"
    sandbox.fail_next("requestry", "dependency_failed", message=said)
    assert refused(post()) == (424, "provider", said)


def test_a_key_can_have_reached_its_spend_limit(sandbox, post):
    sandbox.fail_next("requestry", "quota_exhausted", code="spend_limit")
    assert refused(post())[0] == 412


def test_the_wait_comes_in_every_form(sandbox, post):
    def wait(**options: Any) -> Any:
        sandbox.fail_next("requestry", "rate_limit", **options)
        headers = post().headers
        return headers.get("Retry-After"), headers.get("retry-after-ms")

    assert wait() == ("1", None)
    assert wait(retry_after=7) == ("7", None)
    assert wait(retry_after=None) == (None, None)
    assert wait(retry_after="ms") == (None, "250")
    assert wait(retry_after="date")[0].endswith("GMT")


def test_a_fault_of_another_provider_is_none_of_its_own(sandbox):
    with pytest.raises(ValueError, match="of requestry; .*dependency_failed"):
        sandbox.fail_next("requestry", "in_flight_budget")
    with pytest.raises(ValueError, match="balance, spend_limit"):
        sandbox.fail_next("requestry", "quota_exhausted", code="credits")


def test_the_sdk_reads_an_answer_and_its_cost(client):
    answer = client.chat.completions.create(**BODY)
    assert "42" in answer.choices[0].message.content
    assert answer.usage.model_extra["cost"] > 0
    assert len(client.models.list().data) == 3


def test_the_sdk_reads_a_stream(client):
    stream = client.chat.completions.create(
        **BODY, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[-1].usage.model_extra["cost"] > 0
    text = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "42" in "".join(text)


@pytest.mark.parametrize(
    ("fault", "options", "kind"),
    [
        ("wrong_key", {}, openai.PermissionDeniedError),
        ("unknown_model", {}, openai.NotFoundError),
        ("quota_exhausted", {}, openai.APIStatusError),
        ("dependency_failed", {}, openai.APIStatusError),
        ("rate_limit", {}, openai.RateLimitError),
        ("overloaded", {}, openai.InternalServerError),
    ],
)
def test_the_sdk_raises_and_knows_no_code(
    sandbox, client, fault, options, kind
):
    sandbox.fail_next("requestry", fault, **options)
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**BODY)
    assert caught.value.code is None
    assert type(caught.value) is kind


def test_a_broken_stream_ends_in_an_error_event(sandbox, post, client):
    sandbox.fail_next("requestry", "stream_error", chunks_before=2, times=2)
    *chunks, last = events(post(stream=True))
    assert len(chunks) == 2
    assert last == {
        "error": {
            "origin": "router",
            "message": "There was a problem with the provider stream",
        }
    }
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(**BODY, stream=True))


def test_a_cut_stream_has_no_end(sandbox, post):
    sandbox.fail_next("requestry", "stream_cut", chunks_before=3)
    assert len(events(post(stream=True))) == 3


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_can_stand_in_a_success(sandbox, post, stream):
    sandbox.fail_next("requestry", "error_in_200")
    response = post(stream=stream)
    assert response.status_code == 200
    body = events(response)[0] if stream else response.json()
    assert sorted(body["error"]) == ["message", "origin"]


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
    sandbox.fail_next("requestry", fault)
    reply = client.chat.completions.create(**BODY, stream=stream)
    choices = [chunk.choices[0] for chunk in reply] if stream else (
        reply.choices
    )  # fmt: skip
    assert choices[-1].finish_reason == reason


def test_every_fault_gets_an_answer_that_is_no_failure_of_its_own(
    sandbox, post
):
    for fault in fault_table("requestry"):
        if fault in ("stall", "slow_body", "drop_connection", "huge_body"):
            continue
        sandbox.fail_next("requestry", fault)
        assert b"sandbox itself" not in post(stream=True).content
        sandbox.clear()
