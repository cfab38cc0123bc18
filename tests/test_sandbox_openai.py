"""OpenAI's protocol in the sandbox: what its documentation states."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_models.json")
TODAY = date(2026, 11, 22)
KEY = "sk-test-0123456789"


# One server and one client for the file: nothing here changes their state.
@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=TODAY) as started:
        yield started


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {KEY}"
        yield session


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    url = sandbox.base_url("openai")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture
def post(sandbox: Sandbox, session: requests.Session) -> Any:
    """Return a function that sends a chat completion's body."""
    url = f"{sandbox.base_url('openai')}/chat/completions"

    def send(**fields: Any) -> requests.Response:
        user = [{"role": "user", "content": "Hello!"}]
        body = {"model": "plain", "messages": user} | fields
        body = {k: v for k, v in body.items() if v != "left out"}
        return session.post(url, json=body, timeout=30)

    return send


def ask(client: openai.OpenAI, prompt: str, **options: Any) -> Any:
    user = [{"role": "user", "content": prompt}]
    options = {"model": "plain"} | options
    return client.chat.completions.create(messages=user, **options)


def events(response: requests.Response) -> list[Any]:
    """Return the parsed events of a stream; [DONE] stays as it is."""
    lines = response.content.decode().split("\n\n")
    data = [line.removeprefix("data: ") for line in lines if line]
    return [one if one == "[DONE]" else json.loads(one) for one in data]


def test_a_completion_has_every_documented_field(post):
    body = post().json()
    assert sorted(body) == [
        "choices", "created", "id", "model", "object", "service_tier", "usage",
    ]  # fmt: skip
    assert body["object"] == "chat.completion"
    assert body["id"].startswith("simulated-")
    (choice,) = body["choices"]
    assert sorted(choice) == ["finish_reason", "index", "logprobs", "message"]
    assert choice["finish_reason"] == "stop"
    message = choice["message"]
    assert sorted(message) == ["annotations", "content", "refusal", "role"]
    assert message["role"] == "assistant" and message["content"]


def test_the_dated_snapshot_is_echoed_where_there_is_one(post):
    assert post().json()["model"] == "plain-2026-01-02"
    assert post(model="plain-2026-01-02").ok
    assert post(model="strict").json()["model"] == "strict"


def test_usage_adds_up_and_has_its_details(post):
    usage = post().json()["usage"]
    parts = usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["total_tokens"] == parts > 2
    assert sorted(usage["prompt_tokens_details"]) == [
        "audio_tokens", "cache_write_tokens", "cached_tokens",
    ]  # fmt: skip
    assert sorted(usage["completion_tokens_details"]) == [
        "accepted_prediction_tokens", "audio_tokens", "reasoning_tokens",
        "rejected_prediction_tokens",
    ]  # fmt: skip


def test_a_long_prompt_with_a_cache_key_counts_as_cached(post):
    messages = [
        {"role": "system", "content": "x" * 6_000},
        {"role": "user", "content": "Hello!"},
    ]
    cold = post(messages=messages).json()["usage"]
    warm = post(messages=messages, prompt_cache_key="k").json()["usage"]
    assert cold["prompt_tokens_details"]["cached_tokens"] == 0
    cached = warm["prompt_tokens_details"]["cached_tokens"]
    assert 1_024 <= cached < warm["prompt_tokens"] and cached % 128 == 0


def test_success_has_the_documented_headers(post):
    headers = post().headers
    assert headers["X-Simulated"] == "true"
    assert headers["Content-Type"] == "application/json"
    assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-processing-ms"].isdigit()
    assert headers["openai-organization"]
    for name in ("requests", "tokens"):
        left = int(headers[f"x-ratelimit-remaining-{name}"])
        assert 0 < left < int(headers[f"x-ratelimit-limit-{name}"])
        assert re.fullmatch(
            r"\d+ms|(\d+m)?[\d.]+s", headers[f"x-ratelimit-reset-{name}"]
        )


def test_the_sdk_reads_a_completion(client):
    reply = ask(client, "What is the capital of France?")
    assert "Paris" in reply.choices[0].message.content
    assert reply._request_id.startswith("req_")
    assert reply.usage.completion_tokens > 0


def test_the_same_request_gets_the_same_bytes(post):
    first, second = post(), post()
    assert first.content == second.content
    assert first.headers == second.headers
    assert post(stream=True).content == post(stream=True).content
    assert post(seed=1).content != first.content


def test_a_second_sandbox_gives_the_same_bytes(post, session):
    with Sandbox(models=MODELS, today=TODAY) as other:
        url = f"{other.base_url('openai')}/chat/completions"
        user = [{"role": "user", "content": "Hello!"}]
        body = {"model": "plain", "messages": user}
        assert session.post(url, json=body).content == post().content


def test_a_stream_opens_with_the_role_and_ends_with_done(post):
    response = post(stream=True)
    kind = response.headers["Content-Type"]
    assert kind == "text/event-stream; charset=utf-8"
    *chunks, done = events(response)
    assert done == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant" and deltas[0]["content"] == ""
    assert deltas[-1] == {}
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert all("usage" not in chunk for chunk in chunks)


def test_a_stream_holds_the_same_text_as_the_plain_reply(post):
    chunks = events(post(stream=True))[:-1]
    pieces = [c["choices"][0]["delta"].get("content", "") for c in chunks]
    text = post().json()["choices"][0]["message"]["content"]
    assert "".join(pieces) == text


def test_a_stream_counts_its_tokens_when_asked(post):
    options = {"include_usage": True}
    *chunks, last, _ = events(post(stream=True, stream_options=options))
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"] == post().json()["usage"]


def test_a_stream_is_padded_unless_that_is_switched_off(post):
    plain = {"include_obfuscation": False}
    padded = events(post(stream=True))[:-1]
    bare = events(post(stream=True, stream_options=plain))[:-1]
    assert all(chunk["obfuscation"] for chunk in padded)
    assert all("obfuscation" not in chunk for chunk in bare)


def test_the_sdk_reads_a_stream(client):
    stream = ask(client, "What is 6 times 7?", stream=True)
    texts = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "42" in "".join(texts)


def test_n_gives_as_many_choices(post):
    choices = post(n=3).json()["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    chunks = events(post(n=3, stream=True))[:-1]
    assert {chunk["choices"][0]["index"] for chunk in chunks} == {0, 1, 2}


def test_stop_ends_the_text_before_the_words(client):
    reply = ask(client, "Count from 1 to 9", stop=["5", "7"])
    assert reply.choices[0].message.content == "1, 2, 3, 4, "
    assert reply.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("name", ["max_completion_tokens", "max_tokens"])
def test_a_token_limit_cuts_the_text(client, name):
    reply = ask(client, "What is an API?", **{name: 5})
    assert reply.choices[0].finish_reason == "length"
    assert len(reply.choices[0].message.content) == 20
    assert reply.usage.completion_tokens == 5


def test_a_reasoning_model_reports_its_reasoning(client):
    counts = [
        ask(client, "Hello!", model="thinking", reasoning_effort=effort)
        .usage.completion_tokens_details.reasoning_tokens
        for effort in ("none", "low", "medium", "high")
    ]  # fmt: skip
    assert counts[0] == 0 and counts == sorted(set(counts))
    default = ask(client, "Hello!", model="thinking").usage
    details = default.completion_tokens_details
    assert details.reasoning_tokens == counts[2]
    assert default.completion_tokens > details.reasoning_tokens


def test_too_few_tokens_for_reasoning_leave_an_empty_success(client):
    reply = ask(client, "Hello!", model="thinking", max_completion_tokens=16)
    assert reply.choices[0].message.content == ""
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 16


def test_a_json_object_has_the_keys_that_the_prompt_names(client):
    reply = ask(
        client,
        "Return JSON with the keys name and age: Bob is 44 years old.",
        response_format={"type": "json_object"},
    )
    answer = json.loads(reply.choices[0].message.content)
    assert answer == {"name": "Bob", "age": 44}


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "mood": {"enum": ["positive", "negative"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age", "mood", "tags"],
    "additionalProperties": False,
}


def test_a_json_schema_is_satisfied(client):
    wanted = {"name": "person", "schema": PERSON, "strict": True}
    reply = ask(
        client,
        "Bob is 44 years old and loves his garden.",
        response_format={"type": "json_schema", "json_schema": wanted},
    )
    answer = json.loads(reply.choices[0].message.content)
    assert answer["name"] == "Bob" and answer["age"] == 44
    assert answer["mood"] == "positive"
    assert all(isinstance(tag, str) for tag in answer["tags"])


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city", "unit"],
        },
    },
}


def test_a_fitting_prompt_calls_the_tool(client):
    reply = ask(client, "What is the weather in Oslo?", tools=[WEATHER])
    choice = reply.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.function.name == "get_weather"
    arguments = json.loads(call.function.arguments)
    assert arguments["city"] == "Oslo"
    assert arguments["unit"] in ("celsius", "fahrenheit")


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", False),
        ("none", False),
        ("required", True),
        ({"type": "function", "function": {"name": "get_weather"}}, True),
    ],
)
def test_the_tool_choice_decides(client, choice, called):
    reply = ask(client, "Tell me a joke", tools=[WEATHER], tool_choice=choice)
    assert bool(reply.choices[0].message.tool_calls) is called


def test_a_streamed_tool_call_arrives_in_pieces(client):
    stream = ask(client, "Weather in Oslo?", tools=[WEATHER], stream=True)
    arguments, reason = "", None
    for chunk in stream:
        (choice,) = chunk.choices
        for call in choice.delta.tool_calls or []:
            arguments += call.function.arguments
        reason = choice.finish_reason or reason
    assert json.loads(arguments)["city"] == "Oslo"
    assert reason == "tool_calls"


def test_the_tools_result_becomes_an_answer(client):
    asked = {"role": "user", "content": "What is the weather in Oslo?"}
    call = ask(client, asked["content"], tools=[WEATHER]).choices[0].message
    result = {
        "role": "tool",
        "tool_call_id": call.tool_calls[0].id,
        "content": '{"temperature": 7}',
    }
    reply = client.chat.completions.create(
        model="plain",
        messages=[asked, call.model_dump(exclude_none=True), result],
        tools=[WEATHER],
    )
    assert "temperature is 7" in reply.choices[0].message.content


def test_the_models_are_listed_without_those_shut_down(client):
    models = {model.id: model for model in client.models.list()}
    assert sorted(models) == ["fixed", "plain", "seeing", "strict", "thinking"]
    assert models["seeing"].shutdown_date == "2027-02-03"
    assert models["plain"].shutdown_date is None
    assert models["plain"].created == 1767312000


def test_one_model_can_be_asked_for(client):
    assert client.models.retrieve("plain").id == "plain"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gone")


def test_the_hosts_root_lists_models_too(sandbox, session):
    listed = session.get(f"{sandbox.url}/v1/models").json()
    assert listed["object"] == "list" and listed["data"]


def refused(response: requests.Response) -> tuple[Any, ...]:
    """Return status, type, param and code; the body has just these keys."""
    error = response.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    assert response.headers["X-Simulated"] == "true"
    assert response.headers["x-request-id"].startswith("req_")
    return response.status_code, error["type"], error["param"], error["code"]


INVALID = "invalid_request_error"


def test_no_key_is_refused(post, session):
    del session.headers["Authorization"]
    response = post()
    assert refused(response) == (401, INVALID, None, None)
    message = response.json()["error"]["message"]
    assert message.startswith("You didn't provide an API key")


def test_a_wrong_key_is_refused_and_echoed_masked(sandbox):
    url = sandbox.base_url("openai")
    key = "sk-wrong-0123456789abcdef"
    with openai.OpenAI(api_key=key, base_url=url, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            ask(client, "Hello!")
    assert caught.value.code == "invalid_api_key"
    assert "Incorrect API key provided: sk-wrong" in str(caught.value)
    assert "cdef" in str(caught.value) and key not in str(caught.value)


def test_an_unknown_model_is_not_found(post):
    response = post(model="no-such-model")
    assert refused(response) == (404, INVALID, None, "model_not_found")
    assert response.json()["error"]["message"] == (
        "The model `no-such-model` does not exist or you do not have access"
        " to it."
    )
    assert post(model="coming").status_code == 404
    assert post(model="foreign").status_code == 404


def test_a_shut_down_model_says_so(post):
    response = post(model="gone")
    assert refused(response) == (404, INVALID, None, "model_not_found")
    message = response.json()["error"]["message"]
    assert message.startswith("The model `gone` has been deprecated")


@pytest.mark.parametrize(("days", "status"), [(-1, 200), (0, 404)])
def test_a_model_is_served_until_its_shutdown_date(session, days, status):
    today = date(2026, 10, 1) + timedelta(days)
    with Sandbox(models=MODELS, today=today) as earlier:
        url = f"{earlier.base_url('openai')}/chat/completions"
        user = [{"role": "user", "content": "Hello!"}]
        body = {"model": "gone", "messages": user}
        assert session.post(url, json=body).status_code == status


def test_a_prompt_beyond_the_context_window_is_refused(post):
    messages = [{"role": "user", "content": "word " * 4_000}]
    response = post(messages=messages)
    expected = (400, INVALID, "messages", "context_length_exceeded")
    assert refused(response) == expected
    message = response.json()["error"]["message"]
    assert "maximum context length is 4000 tokens" in message
    assert re.search(r"resulted in 50\d\d tokens", message)
    newer = post(model="thinking", messages=[messages[0] | {
        "content": "word " * 4_200}])  # fmt: skip
    assert refused(newer) == expected
    assert "exceeds the context window" in newer.json()["error"]["message"]


def test_prompt_and_answer_have_to_fit_together(post):
    messages = [{"role": "user", "content": "word " * 2_600}]
    assert post(messages=messages).ok
    response = post(messages=messages, max_tokens=900)
    assert refused(response)[3] == "context_length_exceeded"
    assert "900 in the completion" in response.json()["error"]["message"]


NO_TEMPERATURE = (
    "Unsupported parameter: 'temperature' is not supported with this model."
)
ONLY_DEFAULT = (
    "Unsupported value: 'temperature' does not support 0.7 with this model."
    " Only the default (1) value is supported."
)


@pytest.mark.parametrize(
    ("fields", "param", "code", "text"),
    [
        (
            {"model": "thinking", "max_tokens": 9},
            "max_tokens",
            "unsupported_parameter",
            "Unsupported parameter: 'max_tokens' is not supported with this"
            " model. Use 'max_completion_tokens' instead.",
        ),
        (
            {"model": "strict", "temperature": 1},
            "temperature",
            "unsupported_parameter",
            NO_TEMPERATURE,
        ),
        (
            {"model": "fixed", "temperature": 0.7},
            "temperature",
            "unsupported_value",
            ONLY_DEFAULT,
        ),
        (
            {"model": "thinking", "temperature": 0.7},
            "temperature",
            "unsupported_value",
            ONLY_DEFAULT,
        ),
        (
            {
                "model": "thinking",
                "tools": [WEATHER],
                "reasoning_effort": "low",
            },
            "reasoning_effort",
            None,
            "Function tools with reasoning_effort are not supported for"
            " thinking in /v1/chat/completions. To use function tools, use"
            " /v1/responses or set reasoning_effort to 'none'.",
        ),
        (
            {"model": "fixed", "reasoning_effort": "medium"},
            "reasoning_effort",
            "unsupported_value",
            "Unsupported value: 'reasoning_effort' does not support 'medium'"
            " with this model. Supported values are: 'low' and 'high'.",
        ),
        (
            {"reasoning_effort": "low"},
            "reasoning_effort",
            "unsupported_parameter",
            "Unsupported parameter: 'reasoning_effort' is not supported with"
            " this model.",
        ),
        (
            {"model": "thinking", "stop": "x"},
            "stop",
            "unsupported_parameter",
            "Unsupported parameter: 'stop' is not supported with this model.",
        ),
        (
            {"top_k": 5},
            "top_k",
            "unknown_parameter",
            "Unknown parameter: 'top_k'.",
        ),
        (
            {"max_tokens": 2_000},
            "max_tokens",
            "invalid_value",
            "max_tokens is too large: 2000. This model supports at most 1000"
            " completion tokens, whereas you provided 2000.",
        ),
        (
            {"temperature": 3},
            "temperature",
            "decimal_above_max_value",
            "Invalid 'temperature': decimal above maximum value. Expected a"
            " value <= 2, but got 3 instead.",
        ),
        (
            {"messages": "Hello!"},
            "messages",
            "invalid_type",
            "Invalid type for 'messages': expected an array, but got a string"
            " instead.",
        ),
        (
            {"messages": "left out"},
            "messages",
            "missing_required_parameter",
            "Missing required parameter: 'messages'.",
        ),
        (
            {"model": "left out"},
            None,
            None,
            "you must provide a model parameter",
        ),
        (
            {"response_format": {"type": "json_object"}},
            "messages",
            None,
            "'messages' must contain the word 'json' in some form, to use"
            " 'response_format' of type 'json_object'.",
        ),
    ],
)
def test_what_a_model_does_not_take_is_refused(
    post, fields, param, code, text
):
    response = post(**fields)
    assert refused(response) == (400, INVALID, param, code)
    assert response.json()["error"]["message"] == text


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0.7},
        {"model": "fixed", "temperature": 1},
        {"model": "thinking", "temperature": 0.7, "reasoning_effort": "none"},
        {"model": "thinking", "tools": [WEATHER], "reasoning_effort": "none"},
        {"model": "thinking", "tools": [WEATHER]},
        {"model": "fixed", "tools": [WEATHER], "reasoning_effort": "low"},
        {"model": "strict", "stop": "x"},
        {"temperature": None, "tools": None, "stop": None},
        {"messages": [{"role": "developer", "content": "Be brief."},
                      {"role": "user", "content": [
                          {"type": "text", "text": "Hello!"}]}]},
    ],
)  # fmt: skip
def test_what_a_model_takes_is_accepted(post, fields):
    assert post(**fields).status_code == 200


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}


def test_only_a_model_with_eyes_takes_an_image(post):
    messages = [{"role": "user", "content": [IMAGE]}]
    assert post(messages=messages).status_code == 400
    assert post(messages=messages, model="seeing").status_code == 200


ODD_BODIES = [
    [], None, 1, "text", {"model": 1}, {"model": "plain", "messages": [1]},
    {"model": "plain", "messages": []}, {"model": "plain", "messages": [{}]},
    {"model": "plain", "messages": [{"role": "robot", "content": "x"}]},
    {"model": "plain", "messages": [{"role": "user"}]},
    {"model": "plain", "messages": [{"role": "user", "content": {}}]},
    {"model": "plain", "messages": [{"role": "user", "content": [1]}]},
    {"model": "plain", "messages": [{"role": "user", "content": [{}]}]},
    {"model": "plain", "messages": [{"role": ["user"], "content": "x"}]},
    {"model": "plain", "messages": [
        {"role": "tool", "tool_call_id": "x", "content": "y"}]},
]  # fmt: skip
ODD_FIELDS: list[dict[str, Any]] = [
    {"n": 0}, {"n": 1.5}, {"n": True}, {"max_tokens": 0}, {"stream": "yes"},
    {"max_tokens": 5, "max_completion_tokens": 5}, {"stop": [1]},
    {"stop": ["a", "b", "c", "d", "e"]}, {"stream_options": {}},
    {"temperature": "hot"}, {"temperature": -1}, {"temperature": float("nan")},
    {"tools": [1]}, {"tools": [{"type": "function"}]}, {"tools": {}},
    {"tools": [{"type": "function", "function": {"name": 1}}]},
    {"tool_choice": "auto"}, {"tools": [WEATHER], "tool_choice": "maybe"},
    {"tools": [WEATHER], "tool_choice": {"type": "function"}},
    {"tools": [WEATHER], "tool_choice": {
        "type": "function", "function": {"name": "other"}}},
    {"response_format": {}}, {"response_format": {"type": "xml"}},
    {"response_format": {"type": "json_schema"}},
    {"response_format": {"type": "json_schema", "json_schema": {}}},
    {"response_format": {"type": "json_schema", "json_schema": {
        "name": "x", "schema": 1}}},
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES)
def test_an_odd_body_gets_a_plain_400(sandbox, session, body):
    url = f"{sandbox.base_url('openai')}/chat/completions"
    kind = {"Content-Type": "application/json"}
    response = session.post(url, data=json.dumps(body), headers=kind)
    assert refused(response)[:2] == (400, INVALID)


@pytest.mark.parametrize("fields", ODD_FIELDS)
def test_an_odd_field_gets_a_plain_400(sandbox, session, fields):
    url = f"{sandbox.base_url('openai')}/chat/completions"
    kind = {"Content-Type": "application/json"}
    user = [{"role": "user", "content": "Hello!"}]
    body = json.dumps({"model": "plain", "messages": user} | fields)
    response = session.post(url, data=body, headers=kind)
    assert refused(response)[:2] == (400, INVALID)


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("application/json", b'{"model": ', "could not parse the JSON body"),
        ("application/json", b"[" * 100_000, "could not parse the JSON body"),
        ("application/json", b"\xff\xfe", "could not parse the JSON body"),
        ("application/json", b"", "must provide a model"),
        ("text/plain", b"{}", "Unsupported content type: 'text/plain'"),
        ("application/x-www-form-urlencoded", b"a=b", "Unsupported content"),
    ],
)
def test_what_is_no_json_is_refused(sandbox, session, kind, data, words):
    url = f"{sandbox.base_url('openai')}/chat/completions"
    response = session.post(url, data=data, headers={"Content-Type": kind})
    assert refused(response)[0] == 400
    assert words in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chat/completions", 405),
        ("DELETE", "/chat/completions", 405),
        ("POST", "/models", 405),
        ("POST", "/chat/completion", 404),
        ("GET", "/", 404),
        ("PATCH", "/nothing/here", 404),
    ],
)
def test_a_wrong_method_or_path_is_refused(
    sandbox, session, method, path, status
):
    response = session.request(method, sandbox.base_url("openai") + path)
    assert refused(response)[:2] == (status, INVALID)


def test_the_real_catalogue_is_the_default(session):
    path = Path(__file__).parents[1] / "data" / "models.json"
    rows = json.loads(path.read_text("utf-8"))
    roles = rows["roles"]["openai"]
    with Sandbox(today=TODAY) as sandbox:
        url = sandbox.base_url("openai")
        listed = session.get(f"{url}/models").json()["data"]
        ids = {model["id"] for model in listed}
        assert roles["default"] in ids and roles["retired"] not in ids
