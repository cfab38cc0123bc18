"""Requesty's responses, messages and embeddings in the sandbox."""

import base64
import json
import math
import struct
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_routers.json")
KEY = "rqy-test-0123456789"
USER = [{"role": "user", "content": "What is 6 times 7?"}]
TOOL = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
    },
}


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    yield started
    started.clear()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    url = sandbox.base_url("requestry")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture
def post(sandbox: Sandbox) -> Iterator[Any]:
    with requests.Session() as session:
        session.trust_env = False

        def send(
            path: str, headers: Any = None, **body: Any
        ) -> requests.Response:
            headers = headers or {"Authorization": f"Bearer {KEY}"}
            url = sandbox.base_url("requestry") + path
            return session.post(url, json=body, headers=headers, timeout=30)

        yield send


@pytest.fixture
def message(post: Any) -> Any:
    """Return a function that asks in Anthropic's shape."""

    def send(**fields: Any) -> requests.Response:
        body = {"model": "openai/plain", "max_tokens": 200, "messages": USER}
        body = {k: v for k, v in (body | fields).items() if v is not None}
        return post("/messages", **body)

    return send


def events(response: requests.Response) -> list[dict[str, Any]]:
    found = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


def refused(response: requests.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert sorted(error) == ["message", "origin"]
    return response.status_code, error["origin"]


def test_a_response_has_its_cost(client):
    response = client.responses.create(
        model="openai/plain", input="What is 6 times 7?"
    )
    assert "42" in response.output_text and response.model == "openai/plain"
    used = response.usage
    cost = 2 * used.input_tokens + 10 * used.output_tokens
    assert used.cost == pytest.approx(cost / 1e6)


def test_a_streamed_response_has_its_cost(client):
    with client.responses.stream(
        model="openai/plain", input="What is 6 times 7?"
    ) as stream:
        final = stream.get_final_response()
    assert "42" in final.output_text and final.usage.cost > 0


def test_the_routers_memory_is_its_own(client, sandbox):
    first = client.responses.create(model="openai/plain", input="I am Ada.")
    client.responses.create(
        model="openai/plain", input="Hi", previous_response_id=first.id
    )
    url = sandbox.base_url("openai")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as other:
        with pytest.raises(openai.NotFoundError):
            other.responses.retrieve(first.id)


def test_errors_of_a_response_are_the_routers(post, sandbox):
    assert refused(post("/responses", model="openai/plain")) == (
        400,
        "provider",
    )
    assert refused(post("/responses", model="nobody/x", input="Hi")) == (
        404,
        "router",
    )
    sandbox.fail_next("requestry", "quota_exhausted")
    body = {"model": "openai/plain", "input": "Hi"}
    assert refused(post("/responses", **body)) == (402, "router")
    sandbox.fail_next("requestry", "stream_error")
    *_, error, _ = events(post("/responses", stream=True, **body))
    assert "provider stream" in error["message"]


def test_a_message_is_in_anthropics_shape(message):
    body = message(system="Be brief.").json()
    assert (body["type"], body["role"]) == ("message", "assistant")
    (block,) = body["content"]
    assert block["type"] == "text" and "42" in block["text"]
    assert (body["stop_reason"], body["stop_sequence"]) == ("end_turn", None)
    assert body["usage"]["input_tokens"] > 0
    assert body["usage"]["output_tokens"] > 0


def test_a_message_stops_where_it_is_told(message):
    body = message(stop_sequences=["="]).json()
    assert body["stop_reason"] == "stop_sequence"
    assert body["stop_sequence"] == "="
    assert "=" not in body["content"][0]["text"]
    essay = [{"role": "user", "content": "Write an essay on bees."}]
    body = message(messages=essay, max_tokens=5).json()
    assert body["stop_reason"] == "max_tokens"
    assert body["usage"]["output_tokens"] == 5


def test_a_streamed_message_adds_up_to_the_same(message):
    whole, found = message().json(), events(message(stream=True))
    assert found[0]["message"]["content"] == []
    deltas = [one for one in found if one["type"] == "content_block_delta"]
    text = "".join(one["delta"]["text"] for one in deltas)
    assert text == whole["content"][0]["text"]
    last, stop = found[-2:]
    assert last["delta"]["stop_reason"] == "end_turn"
    assert last["usage"]["output_tokens"] == whole["usage"]["output_tokens"]
    assert stop == {"type": "message_stop"}


def test_a_message_calls_a_tool_and_takes_its_result(message):
    user = {"role": "user", "content": "What is the weather in Paris?"}
    first = message(messages=[user], tools=[TOOL]).json()
    assert first["stop_reason"] == "tool_use"
    (use,) = first["content"]
    assert use["input"] == {"city": "Paris"}
    result = {"type": "tool_result", "tool_use_id": use["id"]}
    turns = [
        user,
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result | {"content": "Sunny"}]},
    ]
    second = message(messages=turns, tools=[TOOL]).json()
    assert second["stop_reason"] == "end_turn"
    assert "Sunny" in second["content"][0]["text"]


def test_a_streamed_call_brings_its_input_as_json(message):
    user = {"role": "user", "content": "What is the weather in Paris?"}
    found = events(message(messages=[user], tools=[TOOL], stream=True))
    pieces = [
        one["delta"]["partial_json"]
        for one in found
        if one["type"] == "content_block_delta"
    ]
    assert json.loads("".join(pieces)) == {"city": "Paris"}
    assert found[-2]["delta"]["stop_reason"] == "tool_use"


def test_a_message_takes_anthropics_header(post):
    body = {"model": "openai/plain", "max_tokens": 20, "messages": USER}
    good, bad = {"x-api-key": KEY}, {"x-api-key": "wrong"}
    assert post("/messages", good, **body).status_code == 200
    assert post("/messages", bad, **body).status_code == 403
    # Elsewhere it is no key at all.
    assert post("/chat/completions", good, **body).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": None},
        {"max_tokens": 0},
        {"messages": []},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
        {"stop_sequences": "x"},
        {"tools": [{"type": "custom"}]},
        {"temperature": "warm"},
    ],
)
def test_what_is_no_message_is_refused(message, fields):
    assert refused(message(**fields)) == (400, "provider")


def test_faults_reach_messages_too(message, sandbox):
    sandbox.fail_next("requestry", "rate_limit", retry_after=2)
    answer = message()
    assert refused(answer) == (429, "provider")
    assert answer.headers["Retry-After"] == "2"
    sandbox.fail_next("requestry", "refusal")
    assert message().json()["stop_reason"] == "refusal"
    sandbox.fail_next("requestry", "stream_error")
    assert events(message(stream=True))[-1]["type"] == "error"
    sandbox.fail_next("requestry", "stream_cut")
    found = events(message(stream=True))
    assert found[-1]["type"] == "content_block_delta"


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_embeddings_are_unit_vectors_of_what_is_said(client):
    texts = ["the cat sleeps", "The cat eats", "prices of steel"]
    answer = client.embeddings.create(model="openai/embed", input=texts)
    cat, fed, steel = (row.embedding for row in answer.data)
    assert all(math.isclose(near(v, v), 1, abs_tol=1e-5) for v in (cat, steel))
    assert near(cat, fed) > 0.5 > near(cat, steel) + 0.2
    assert answer.usage.total_tokens == answer.usage.prompt_tokens > 0


def test_embeddings_come_as_numbers_or_packed(post):
    ask = {"model": "openai/embed", "input": "a cat", "dimensions": 8}
    (plain,) = post("/embeddings", **ask).json()["data"]
    packed = post("/embeddings", encoding_format="base64", **ask).json()
    data = base64.b64decode(packed["data"][0]["embedding"])
    numbers = struct.unpack("<8f", data)
    assert plain["embedding"] == pytest.approx(numbers, abs=1e-6)
    tokens = post("/embeddings", **(ask | {"input": [[1, 2], [3]]})).json()
    assert [row["index"] for row in tokens["data"]] == [0, 1]
    assert tokens["usage"]["prompt_tokens"] == 3


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"input": []}, 400),
        ({"input": ""}, 400),
        ({"input": [None]}, 400),
        ({"dimensions": 0}, 400),
        ({"encoding_format": "xml"}, 400),
        ({"model": None}, 400),
        ({"model": "openai/plain"}, 404),
        ({"model": "embed"}, 404),
    ],
)
def test_what_is_no_embedding_is_refused(post, fields, status):
    body = {"model": "openai/embed", "input": "x"} | fields
    assert refused(post("/embeddings", **body))[0] == status
