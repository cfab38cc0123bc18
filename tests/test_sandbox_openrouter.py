"""OpenRouter's protocol in the sandbox, over raw HTTP and OpenAI's SDK."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_routers.json")
KEY = "sk-or-v1-test-0123456789"
USER = [{"role": "user", "content": "What is 6 times 7?"}]
BODY = {"model": "openai/plain", "messages": USER}
COMMENT = ": OPENROUTER PROCESSING"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


# One server for the file: what it remembers is kept apart by keys.
@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as started:
        yield started


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def post(sandbox: Sandbox, session: requests.Session) -> Any:
    url = f"{sandbox.base_url('openrouter')}/chat/completions"

    def send(
        key: str | None = KEY, more: Any = None, **fields: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= more or {}
        body = {k: v for k, v in (BODY | fields).items() if v != "left out"}
        return session.post(url, json=body, headers=headers, timeout=30)

    return send


@pytest.fixture
def get(sandbox: Sandbox, session: requests.Session) -> Any:
    def send(path: str, key: str | None = KEY, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = sandbox.base_url("openrouter") + path
        return session.get(url, params=query, headers=headers, timeout=30)

    return send


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    url = sandbox.base_url("openrouter")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


def events(response: requests.Response) -> list[Any]:
    """The events of a stream without its comments; [DONE] as it is."""
    lines = response.content.decode().split("\n\n")
    data = [line for line in lines if line and line != COMMENT]
    data = [line.removeprefix("data: ") for line in data]
    return [one if one == "[DONE]" else json.loads(one) for one in data]


def refused(response: requests.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert error["code"] == response.status_code
    assert type(error["code"]) is int
    return error["code"], error["message"]


def test_an_answer_has_every_documented_field(post):
    body = post().json()
    assert sorted(body) == [
        "choices", "created", "id", "model", "object", "provider",
        "system_fingerprint", "usage",
    ]  # fmt: skip
    assert body["id"].startswith("gen-simulated-")
    assert (body["provider"], body["model"]) == ("OpenAI", "openai/plain")
    assert body["system_fingerprint"] is None
    (choice,) = body["choices"]
    assert sorted(choice) == [
        "finish_reason", "index", "logprobs", "message",
        "native_finish_reason",
    ]  # fmt: skip
    message = choice["message"]
    assert sorted(message) == ["content", "reasoning", "refusal", "role"]
    assert "42" in message["content"] and message["reasoning"] is None


def test_the_answers_id_stands_in_a_header(post):
    for stream in (False, True):
        response = post(stream=stream)
        body = events(response)[0] if stream else response.json()
        assert response.headers["X-Generation-Id"] == body["id"]


def test_usage_is_always_sent_with_its_cost(post):
    usage = post(usage={"include": False}).json()["usage"]
    details = usage["cost_details"]
    prompt = 2 * usage["prompt_tokens"] / 1e6
    completion = 10 * usage["completion_tokens"] / 1e6
    assert usage["cost"] == pytest.approx(prompt + completion)
    assert details == {
        "upstream_inference_cost": usage["cost"],
        "upstream_inference_prompt_cost": pytest.approx(prompt),
        "upstream_inference_completions_cost": pytest.approx(completion),
    }
    assert usage["is_byok"] is False
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 0}


def test_a_free_model_costs_nothing_and_an_unknown_price_is_null(post):
    free = post(model="mistralai/small:free").json()
    assert free["usage"]["cost"] == 0 and free["provider"] == "Mistral"
    assert post(model="openai/thinking").json()["usage"]["cost"] is None


def test_the_same_request_gets_the_same_bytes(post):
    assert post().content == post().content
    assert post(stream=True).content == post(stream=True).content


def test_a_stream_has_comments_and_counts_in_its_last_chunk(post):
    response = post(stream=True)
    assert response.text.startswith(f"{COMMENT}\n\ndata: ")
    *chunks, end, last, done = events(response)
    assert done == "[DONE]"
    assert last["choices"] == [] and last["usage"] == post().json()["usage"]
    assert end["choices"][0]["finish_reason"] == "stop"
    assert end["choices"][0]["native_finish_reason"] == "stop"
    assert all("usage" not in chunk for chunk in chunks)
    assert {chunk["provider"] for chunk in chunks} == {"OpenAI"}
    text = [c["choices"][0]["delta"].get("content") or "" for c in chunks]
    assert "".join(text) == post().json()["choices"][0]["message"]["content"]


def test_the_providers_word_for_the_end_is_kept(post):
    body = post(model="anthropic/seeing-1").json()
    assert body["provider"] == "Anthropic"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["choices"][0]["native_finish_reason"] == "end_turn"
    short = post(model="anthropic/seeing-1", max_tokens=1).json()
    assert short["choices"][0]["finish_reason"] == "length"
    assert short["choices"][0]["native_finish_reason"] == "max_tokens"


def reasoned(response: requests.Response) -> int:
    usage = response.json()["usage"]
    return usage["completion_tokens_details"]["reasoning_tokens"]


def test_reasoning_can_be_asked_for_in_every_way(post):
    def think(**fields: Any) -> int:
        return reasoned(post(model="openai/thinking", **fields))

    medium, low, high = think(), think(reasoning={"effort": "low"}), think(
        reasoning={"effort": "high"}
    )  # fmt: skip
    assert 0 < low < medium < high
    assert think(reasoning_effort="high") == high
    assert think(reasoning={"max_tokens": 100}) == low
    assert think(reasoning={"enabled": False}) == 0
    assert think(reasoning={"effort": "unheard-of"}) == medium
    assert reasoned(post(reasoning={"effort": "high"})) == 0


def test_thoughts_are_shown_unless_excluded(post):
    def message(**fields: Any) -> Any:
        body = post(model="openai/thinking", **fields).json()
        return body["choices"][0]["message"]

    shown = message()
    assert shown["reasoning"] == shown["reasoning_details"][0]["text"]
    hidden = message(reasoning={"exclude": True})
    assert hidden["reasoning"] is None and "reasoning_details" not in hidden
    first = events(post(model="openai/thinking", stream=True))[0]
    assert first["choices"][0]["delta"]["reasoning"] == shown["reasoning"]


def test_what_a_model_does_not_take_is_dropped(post):
    ignored = {
        "temperature": 0.3, "top_k": 3, "min_p": 0.1, "stop": ["42"], "n": 3,
        "max_tokens": 500, "unheard_of": True, "seed": None,
        "stream_options": {"include_usage": False},
    }  # fmt: skip
    response = post(model="openai/thinking", **ignored)
    assert response.status_code == 200
    (choice,) = response.json()["choices"]
    assert "42" in choice["message"]["content"]


def test_more_tokens_than_a_model_can_write_are_clipped(post):
    assert post(max_tokens=2_000).status_code == 200
    assert post(model="anthropic/seeing-2", max_tokens=3_900).ok


def test_what_cannot_be_read_is_refused(post):
    for fields in (
        {"messages": "left out"},
        {"messages": []},
        {"messages": "Hello!"},
        {"messages": [{"role": "nobody", "content": "Hello!"}]},
        {"messages": [3]},
        {"model": None},
        {"model": 3},
        {"models": "openai/plain"},
        {"provider": []},
        {"reasoning": "high"},
        {"stop": [3]},
        {"temperature": "hot"},
        {"temperature": 3},
        {"max_tokens": 0},
        {"tools": [{"type": "function"}]},
        {"response_format": {"type": "json_schema"}},
    ):
        status, message = refused(post(**fields))
        assert status == 400 and message


@pytest.mark.parametrize("data", [b"{broken", b"[]", b""])
def test_a_body_that_is_no_object_is_refused(sandbox, session, data):
    url = f"{sandbox.base_url('openrouter')}/chat/completions"
    headers = {"Authorization": f"Bearer {KEY}"}
    response = session.post(url, data=data, headers=headers, timeout=30)
    assert refused(response)[0] == 400


def test_a_prompt_can_be_too_long(post):
    long = [{"role": "user", "content": "word " * 5_000}]
    response = post(messages=long)
    status, message = refused(response)
    assert status == 400
    assert "maximum context length is 4000 tokens" in message
    metadata = response.json()["error"]["metadata"]
    assert metadata["error_type"] == "context_length_exceeded"


def test_keys_are_refused_in_its_own_words(post):
    assert refused(post(None)) == (401, "Missing Authentication header")
    assert refused(post("sk-or-v1-wrong")) == (401, "User not found.")
    assert "user_id" not in post(None).json()


def test_an_unknown_id_is_a_bad_request_with_availability(post):
    response = post(model="openai/unheard-of")
    assert refused(response) == (
        400, "openai/unheard-of is not a valid model ID",
    )  # fmt: skip
    body = response.json()
    assert body["user_id"]
    assert sorted(body["error"]["availability"]) == [
        "code", "fallback_models", "requested_models", "retry_after",
        "retryable",
    ]  # fmt: skip
    assert refused(post(model="plain"))[0] == 400
    assert refused(post(model="openai/plain:free"))[0] == 400


def test_a_model_that_is_gone_has_no_endpoints(post):
    response = post(model="google/gone")
    assert refused(response) == (404, "No endpoints found for google/gone.")
    availability = response.json()["error"]["availability"]
    assert availability["retryable"] is False


@pytest.mark.parametrize("suffix", [":nitro", ":floor", ":online", ":batch"])
def test_a_suffix_says_how_the_same_model_is_served(post, suffix):
    assert post(model=f"openai/plain{suffix}").json()["model"] == (
        "openai/plain"
    )


def test_a_moving_alias_and_a_dated_id_lead_to_a_model(post):
    body = post(model="~anthropic/seeing-latest").json()
    assert body["model"] == "anthropic/seeing-2"
    dated = post(model="anthropic/seeing-2-20260504").json()
    assert dated["model"] == "anthropic/seeing-2"
    assert post(model="~anthropic/nobody-latest").status_code == 400


def test_the_next_model_answers_where_the_first_cannot(post):
    others = ["google/gone", "anthropic/seeing-1"]
    body = post(model="openai/unheard-of", models=others).json()
    assert body["model"] == "anthropic/seeing-1"
    assert post(model="left out", models=["openai/plain"]).ok
    response = post(model="openai/unheard-of", models=["google/gone"])
    assert refused(response)[0] == 400
    availability = response.json()["error"]["availability"]
    assert availability["fallback_models"] == ["google/gone"]


def test_how_it_was_routed_is_told_to_who_asks(post):
    asks = {"X-OpenRouter-Metadata": "enabled"}
    told = post(more=asks).json()["openrouter_metadata"]
    assert (told["requested"], told["strategy"]) == ("openai/plain", "direct")
    served = {"provider": "OpenAI", "model": "openai/plain", "selected": True}
    assert told["endpoints"] == {"total": 1, "available": [served]}
    several = ["nobody/nothing", "openai/plain"]
    other = post(more=asks, models=several, model="left out").json()
    assert other["openrouter_metadata"]["strategy"] == "fallback"
    *chunks, last, _ = events(post(more=asks, stream=True))
    assert last["openrouter_metadata"] == told
    assert not any("openrouter_metadata" in chunk for chunk in chunks)
    assert "openrouter_metadata" not in post().json()


def test_only_allowed_providers_answer(post):
    assert post(provider={"only": ["openai"]}).ok
    assert post(provider={"order": ["azure"]}).ok
    for provider in ({"only": ["azure"]}, {"ignore": ["openai"]}):
        status, message = refused(post(provider=provider))
        assert status == 404
        assert message.startswith("No allowed providers are available")


def test_images_go_to_models_that_see(post):
    url = {"url": "data:image/png;base64,AA=="}
    parts = [{"type": "image_url", "image_url": url}]
    seeing = [{"role": "user", "content": parts}]
    assert post(model="anthropic/seeing-1", messages=seeing).ok
    assert refused(post(messages=seeing)) == (
        404, "No endpoints found that support image input",
    )  # fmt: skip


def test_tools_and_schemas_work_as_in_chat_completions(client):
    user = [{"role": "user", "content": "How is the weather in Paris?"}]
    answer = client.chat.completions.create(
        model="anthropic/seeing-1", messages=user, tools=[WEATHER]
    )
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.model_extra["native_finish_reason"] == "tool_use"
    call = choice.message.tool_calls[0].function
    assert json.loads(call.arguments) == {"city": "Paris"}
    schema = {"name": "a", "schema": WEATHER["function"]["parameters"]}
    wanted = {"type": "json_schema", "json_schema": schema}
    reply = client.chat.completions.create(**BODY, response_format=wanted)
    assert "city" in json.loads(reply.choices[0].message.content)


def test_the_sdk_reads_answer_and_stream(client):
    answer = client.chat.completions.create(**BODY)
    assert answer.model_extra["provider"] == "OpenAI"
    assert answer.usage.model_extra["cost"] > 0
    chunks = list(client.chat.completions.create(**BODY, stream=True))
    assert chunks[-1].usage.model_extra["cost"] > 0
    text = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(text) == answer.choices[0].message.content
    assert len(client.models.list().data) == 5


@pytest.mark.parametrize("key", [None, "sk-or-v1-wrong"])
def test_the_models_are_listed_for_everybody(get, key):
    body = get("/models", key).json()
    rows = {row["id"]: row for row in body["data"]}
    assert body["total_count"] == len(rows) == 5
    assert body["links"] == {"next": None}
    assert "google/gone" not in rows
    plain = rows["openai/plain"]
    assert plain["pricing"] == {
        "prompt": "0.000002",
        "completion": "0.00001",
        "input_cache_read": "0.0000005",
        "overrides": [
            {
                "min_prompt_tokens": 1_001,
                "prompt": "0.000004",
                "completion": "0.000015",
                "input_cache_read": "0.000001",
            }
        ],
    }
    assert rows["mistralai/small:free"]["pricing"]["prompt"] == "0"


def test_a_row_has_what_strict_clients_want(get):
    rows = {row["id"]: row for row in get("/models").json()["data"]}
    seeing, thinking = rows["anthropic/seeing-2"], rows["openai/thinking"]
    assert {
        "architecture", "canonical_slug", "context_length", "created",
        "default_parameters", "expiration_date", "id", "knowledge_cutoff",
        "links", "name", "per_request_limits", "pricing",
        "supported_parameters", "supported_voices", "top_provider",
    } <= set(seeing)  # fmt: skip
    assert seeing["canonical_slug"] == "anthropic/seeing-2-20260504"
    assert seeing["links"]["details"].endswith("/endpoints")
    assert seeing["architecture"]["input_modalities"] == [
        "text", "image", "file",
    ]  # fmt: skip
    assert seeing["top_provider"]["max_completion_tokens"] is None
    assert "temperature" not in seeing["supported_parameters"]
    assert "temperature" in rows["openai/plain"]["supported_parameters"]
    assert "stop" not in thinking["supported_parameters"]
    assert thinking["expiration_date"] == "2027-02-03"
    assert thinking["reasoning"]["mandatory"] is False


def test_one_model_its_endpoints_and_the_providers_can_be_asked(get):
    name = "anthropic/seeing-2"
    row = get(f"/model/{name}").json()["data"]
    assert row in get("/models/user").json()["data"]
    (endpoint,) = get(f"/models/{name}/endpoints").json()["data"]["endpoints"]
    assert endpoint["provider_name"] == "Anthropic"
    assert endpoint["pricing"]["prompt"] == row["pricing"]["prompt"]
    assert get("/models/count").json() == {"data": {"count": 5}}
    names = [one["name"] for one in get("/providers").json()["data"]]
    assert names == ["Anthropic", "Mistral", "OpenAI"]
    assert refused(get("/models/a/b/endpoints"))[0] == 404
    assert refused(get("/nothing"))[0] == 404


def test_a_generation_can_be_looked_up_by_its_own_account(get, post):
    body = post("sk-one", stream=False).json()
    data = get("/generation", "sk-one", id=body["id"]).json()["data"]
    assert (data["id"], data["model"]) == (body["id"], "openai/plain")
    assert data["provider_name"] == "OpenAI"
    assert data["total_cost"] == body["usage"]["cost"]
    assert data["tokens_prompt"] == body["usage"]["prompt_tokens"]
    completion = body["usage"]["completion_tokens"]
    assert data["native_tokens_completion"] == completion
    assert data["finish_reason"] == "stop" and data["streamed"] is False
    assert refused(get("/generation", "sk-two", id=body["id"]))[0] == 404
    assert refused(get("/generation", "sk-one"))[0] == 400


def test_a_streamed_generation_says_so(get, post):
    id = post("sk-one", stream=True).headers["X-Generation-Id"]
    data = get("/generation", "sk-one", id=id).json()["data"]
    assert data["streamed"] is True and data["total_cost"] > 0


def test_a_key_and_its_credits_tell_what_was_used(get, post):
    cost = sum(post("sk-three").json()["usage"]["cost"] for _ in range(2))
    key = get("/key", "sk-three").json()["data"]
    assert key["usage"] == key["usage_daily"] == pytest.approx(cost)
    assert key["limit"] is None and key["is_free_tier"] is False
    assert "three" not in str(key)
    credits = get("/credits", "sk-three").json()["data"]
    assert credits["total_usage"] == pytest.approx(cost)
    assert get("/credits", "sk-four").json()["data"]["total_usage"] == 0


@pytest.mark.parametrize("path", ["/key", "/credits", "/models/user"])
def test_an_account_is_no_ones_but_the_keys(get, path):
    assert refused(get(path, None))[0] == 401
    assert refused(get(path, "sk-wrong"))[0] == 401
