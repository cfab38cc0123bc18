"""The OpenAI-compatible door: OpenAI's own SDK, unchanged, against it."""

import base64
import json

import openai
import pytest
import requests

KEY = "sk-test-0123456789"
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
CITY = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": TOOL["function"]["parameters"],
    },
}


@pytest.fixture
def door(serve, sandbox):
    """Serve the router, all providers at the sandbox; give the door's URL."""

    def start(providers=PROVIDERS, **settings):
        keys = {f"{name.upper()}_API_KEY": KEY for name in providers}
        urls = {
            f"{name.upper()}_BASE_URL": sandbox.base_url(name)
            for name in PROVIDERS
        }
        return serve(keys | urls | settings) + "/v1"

    return start


@pytest.fixture
def client(door, sdk_connections):
    """Give an OpenAI client that asks once."""

    def start(**options):
        return openai.OpenAI(
            api_key="anything",
            base_url=door(**options),
            max_retries=0,
            http_client=sdk_connections,
        )

    return start


@pytest.fixture
def ask(client):
    """Ask the door for a chat completion."""

    def create(model="auto", content="Say hello.", **options):
        providers = options.pop("providers", PROVIDERS)
        return client(providers=providers).chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": content}],
            **options,
        )

    return create


@pytest.fixture
def post(door):
    """Post a body as it stands."""

    def send(body, path="/chat/completions", **options):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return requests.post(
            door(**options) + path, data=body, headers=headers, timeout=30
        )

    return send


HELLO = [{"role": "user", "content": "Say hello."}]


# -- answers ------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_answers_openai_s_client(ask, name, sandbox):
    answer = ask(name)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model.startswith(f"{name}/")
    assert answer.usage.total_tokens > 0
    assert [request.provider for request in sandbox.requests] == [name]


def test_a_model_s_name_may_hold_slashes(ask, llm, sandbox):
    model = llm.catalogue.load_catalogue().role("openrouter", "second").id
    answer = ask(f"openrouter/{model}")
    assert sandbox.requests[0].body["model"] == model
    assert answer.model.startswith("openrouter/")


def test_the_answer_tells_its_tries_and_its_cost(ask):
    told = ask("openai").llm_providers
    assert [row["status"] for row in told["attempts"]] == ["success"]
    assert told["cost_usd"] > 0
    assert told["simulated"] is True


def test_the_fields_of_the_request_reach_the_provider(ask, sandbox):
    ask("requestry", max_completion_tokens=300, response_format=CITY)
    body = sandbox.requests[0].body
    assert body["max_completion_tokens"] == 300
    assert body["response_format"] == CITY


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_schema_is_kept_to(ask, name):
    text = ask(name, response_format=CITY).choices[0].message.content
    assert list(json.loads(text)) == ["city"]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_tool_is_called(ask, name):
    answer = ask(name, tools=[TOOL], tool_choice="required")
    [call] = answer.choices[0].message.tool_calls
    assert call.function.name == "weather"
    assert "city" in json.loads(call.function.arguments)
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_tool_s_result_can_be_sent_back(client, name):
    create = client().chat.completions.create
    turns = [{"role": "user", "content": "How is the weather in Rome?"}]
    choice = create(
        model=name, messages=turns, tools=[TOOL], tool_choice="required"
    ).choices[0]
    turns.append(choice.message.model_dump(exclude_none=True))
    call = choice.message.tool_calls[0].id
    turns.append({"role": "tool", "tool_call_id": call, "content": "Sunny."})
    answer = create(model=name, messages=turns, tools=[TOOL])
    assert "unny" in answer.choices[0].message.content


def test_an_image_is_passed_on(ask, sandbox):
    url = "data:image/png;base64," + base64.b64encode(b"png").decode()
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    ask("openai", parts)
    assert sandbox.requests[0].body["messages"][0]["content"] == parts


def test_a_system_message_in_parts_is_put_together(client, sandbox):
    parts = [{"type": "text", "text": "Be brief."}]
    turns = [{"role": "system", "content": parts}, *HELLO]
    client().chat.completions.create(model="openai", messages=turns)
    sent = sandbox.requests[0].body["messages"]
    assert sent[0] == {"role": "system", "content": "Be brief."}


def test_an_answer_without_a_word_ends_by_its_length(ask):
    answer = ask("openai", max_completion_tokens=16)
    [choice] = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("", "length")
    assert answer.usage.completion_tokens == 16
    *_, last = ask("openai", max_completion_tokens=16, stream=True)
    assert last.choices[0].finish_reason == "length"


def test_a_refusal_stands_where_openai_has_it(ask, sandbox):
    sandbox.fail_next("openai", "refusal")
    choice = ask("openai").choices[0]
    assert choice.message.refusal
    assert (choice.message.content, choice.finish_reason) == (None, "stop")


def test_what_is_not_passed_on_is_told(ask, sandbox):
    answer = ask("openai", seed=7, extra_body={"top_k": 3})
    told = " ".join(answer.llm_providers["adjustments"])
    assert "seed was left out" in told
    assert "top_k was left out" in told
    assert "seed" not in sandbox.requests[0].body


# -- streams ------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_stream_is_the_answer_in_pieces(ask, name):
    what = "What is JSON?"
    whole = ask(name, what).choices[0].message.content
    chunks = list(ask(name, what, stream=True))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert len([piece for piece in pieces if piece]) > 1
    assert "".join(pieces) == whole
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.model.startswith(f"{name}/") for chunk in chunks)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_stream_ends_with_its_usage_if_that_is_asked_for(ask, name):
    usage = {"include_usage": True}
    *others, last = ask(name, stream=True, stream_options=usage)
    assert last.choices == []
    assert last.usage.total_tokens > 0
    assert {chunk.usage for chunk in others} == {None}


def test_a_stream_without_that_has_no_chunk_without_a_choice(ask):
    chunks = list(ask("openai", stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert len(chunks[-1].llm_providers["attempts"]) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_tool_is_called_in_a_stream(client, name):
    with client().chat.completions.stream(
        model=name,
        messages=HELLO,
        tools=[{**TOOL, "function": {**TOOL["function"], "strict": True}}],
        tool_choice="required",
    ) as stream:
        choice = stream.get_final_completion().choices[0]
    [call] = choice.message.tool_calls
    assert call.function.name == "weather"
    assert "city" in json.loads(call.function.arguments)
    assert choice.finish_reason == "tool_calls"


def test_a_refusal_in_a_stream_is_told_as_one(ask, sandbox):
    sandbox.fail_next("openai", "refusal")
    deltas = [c.choices[0].delta for c in ask("openai", stream=True)]
    assert "".join(delta.refusal or "" for delta in deltas)
    assert not any(delta.content for delta in deltas)


def test_the_wire_of_a_stream_ends_with_done(post):
    body = {"model": "openai", "messages": HELLO, "stream": True}
    answer = post(body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(event.startswith("data: {") for event in events[:-2])


def test_a_stream_that_breaks_is_an_error_at_its_end(ask, sandbox):
    sandbox.fail_next("openai", "stream_cut")
    pieces = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in ask("openai", stream=True):
            pieces.append(chunk.choices[0].delta.content)
    assert pieces
    assert "finish reason" in caught.value.message
    assert caught.value.code == "provider_stream_interrupted"


# -- several targets ----------------------------------------------------------


def test_auto_is_a_provider_with_a_key(ask, sandbox):
    answer = ask("auto", providers=("gemini",))
    assert answer.model.startswith("gemini/")


def test_auto_can_be_configured(client, sandbox):
    made = client(LLM_ROUTER_AUTO="openrouter, requestry")
    sandbox.fail_next("openrouter", "overloaded", times=3)
    answer = made.chat.completions.create(model="auto", messages=HELLO)
    assert answer.model.startswith("requestry/")


def test_the_next_one_answers_where_one_fails(ask, sandbox):
    sandbox.fail_next("openai", "overloaded", times=9)
    answer = ask("openai", extra_body={"models": ["gemini"]})
    assert answer.model.startswith("gemini/")
    rows = answer.llm_providers["attempts"]
    tried = [(row["provider"], row["error_kind"]) for row in rows]
    assert tried == [("openai", "provider_unavailable"), ("gemini", None)]


def test_the_next_one_streams_where_one_fails_at_once(ask, sandbox):
    sandbox.fail_next("openai", "overloaded", times=9)
    chunks = list(
        ask("openai", stream=True, extra_body={"models": ["gemini"]})
    )
    assert {chunk.model.partition("/")[0] for chunk in chunks} == {"gemini"}


def test_the_caller_s_own_fault_is_asked_of_nobody_else(ask, sandbox):
    sandbox.fail_next("openai", "bad_parameter")
    with pytest.raises(openai.BadRequestError):
        ask("openai", extra_body={"models": ["gemini"]})
    assert [request.provider for request in sandbox.requests] == ["openai"]


def test_a_list_alone_is_asked_in_its_order(ask, sandbox):
    ask("auto", extra_body={"models": ["requestry", "openai"]})
    assert sandbox.requests[0].provider == "requestry"


# -- errors -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "options", "error", "status", "code"),
    [
        (
            "wrong_key",
            {},
            openai.InternalServerError,
            502,
            "provider_authentication",
        ),
        (
            "forbidden",
            {},
            openai.InternalServerError,
            502,
            "provider_permission_denied",
        ),
        ("rate_limit", {"retry_after": 90}, openai.RateLimitError, 429, None),
        ("quota_exhausted", {}, openai.InternalServerError, 503, None),
        (
            "context_length",
            {},
            openai.BadRequestError,
            400,
            "context_length_exceeded",
        ),
        ("unknown_model", {}, openai.NotFoundError, 404, "model_not_found"),
        ("moderation", {}, openai.BadRequestError, 400, "content_filter"),
        ("html", {"times": 3}, openai.InternalServerError, 502, None),
    ],
)
def test_a_fault_of_the_provider_s_is_the_sdk_s_own_error(
    ask, sandbox, llm, fault, options, error, status, code
):
    sandbox.fail_next("openai", fault, **options)
    with pytest.raises(error) as caught:
        ask("openai")
    assert caught.value.status_code == status
    assert code in (None, caught.value.code)
    assert KEY not in str(caught.value)


def test_a_stream_that_never_begins_has_an_error_s_status(ask, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    with pytest.raises(openai.InternalServerError) as caught:
        ask("openai", stream=True)
    assert caught.value.status_code == 502


def test_every_error_has_the_four_fields(post, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    body = post({"model": "openai", "messages": HELLO}).json()
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert len(body["llm_providers"]["attempts"]) == 1


def test_a_rate_limit_says_when_to_come_back(post, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after_ms=90_200)
    answer = post({"model": "openai", "messages": HELLO})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "91"
    assert "x-should-retry" not in answer.headers


def test_a_breaker_that_is_open_says_when_it_closes(serve, sandbox):
    url = serve(
        {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
        }
    )
    sandbox.fail_next("openai", "rate_limit", retry_after=900)
    body = {"model": "openai", "messages": HELLO}
    path = f"{url}/v1/chat/completions"
    assert requests.post(path, json=body, timeout=30).status_code == 429
    answer = requests.post(path, json=body, timeout=30)
    assert answer.status_code == 503
    assert 890 <= int(answer.headers["retry-after"]) <= 900
    assert answer.json()["error"]["code"] == "provider_unavailable"
    assert len(sandbox.requests) == 1


def test_503_says_when_to_come_back_even_where_nobody_knows(post, sandbox):
    sandbox.fail_next("openai", "quota_exhausted")
    answer = post({"model": "openai", "messages": HELLO})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_the_sdk_does_not_ask_again_where_that_would_not_help(door, sandbox):
    sandbox.fail_next("openai", "quota_exhausted", times=9)
    with openai.OpenAI(api_key="x", base_url=door()) as eager:
        with pytest.raises(openai.InternalServerError):
            eager.chat.completions.create(model="openai", messages=HELLO)
    assert len(sandbox.requests) == 1


def test_a_missing_key_is_the_router_s_trouble(post):
    answer = post({"model": "openai", "messages": HELLO}, providers=())
    assert answer.status_code == 503
    assert "OPENAI_API_KEY" in answer.json()["error"]["message"]


def test_a_call_ends_at_the_router_s_deadline(post, sandbox):
    sandbox.fail_next("openai", "stall", seconds=20)
    body = {"model": "openai", "messages": HELLO}
    answer = post(body, LLM_ROUTER_DEADLINE="0.1")
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "provider_timeout"


@pytest.mark.parametrize("model", ["nobody/x", "some-model", "nobody"])
def test_a_name_that_means_nothing_is_404(ask, model, sandbox):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(model)
    assert caught.value.code == "model_not_found"
    assert "provider/model" in caught.value.message
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"model": ""}, "model"),
        ({"n": 2}, "n"),
        ({"temperature": 9}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": "5"}, "max_completion_tokens"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": [{"name": "x"}]}, "functions"),
        ({"stop": 3}, "stop"),
    ],
)
def test_a_wrong_field_is_400_and_named(post, change, param, sandbox):
    answer = post({"model": "openai", "messages": HELLO, **change})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["param"].startswith(param)
    assert len(sandbox.requests) == 0


def test_a_missing_field_is_told_as_openai_does(post):
    error = post({"model": "openai"}).json()["error"]
    assert error["code"] == "missing_required_parameter"
    assert error["message"] == "Missing required parameter: 'messages'."


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"3",
        b"",
        b"\xff",
        b'{"model": "openai", "messages": ' + b"[" * 100_000,
        b'{"model": "openai", "messages":'
        b' [{"role": "user", "content": "\\ud800"}]}',
    ],
    ids=["cut", "list", "number", "nothing", "bytes", "deep", "half"],
)
def test_a_body_that_is_no_request_is_400(post, body):
    answer = post(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_another_path_is_404_in_openai_s_shape(post):
    answer = post({}, "/no-such-thing")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


# -- the list of models -------------------------------------------------------


def test_the_models_of_providers_with_a_key_are_listed(client, llm):
    found = [row.id for row in client(providers=("gemini",)).models.list()]
    rows = llm.catalogue.load_catalogue().models("gemini")
    assert found == ["auto", *(f"gemini/{row.id}" for row in rows)]


def test_every_model_listed_can_be_asked_for(client, llm):
    made = client()
    name = llm.catalogue.load_catalogue().role("openrouter", "default").id
    row = made.models.retrieve(f"openrouter/{name}")
    assert (row.object, row.owned_by) == ("model", "openrouter")
    assert made.models.retrieve("auto").id == "auto"
    with pytest.raises(openai.NotFoundError):
        made.models.retrieve("openrouter/none")


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": 0},
        {"logprobs": 0},
        {"n": True},
        {"temperature": True},
        {"stream_options": {"include_usage": 1}},
    ],
)
def test_a_number_is_no_truth_value_nor_the_other_way_round(door, fields):
    message = {"role": "user", "content": "Hello"}
    body = {"model": "openai", "messages": [message], **fields}
    answer = requests.post(f"{door()}/chat/completions", json=body, timeout=30)
    assert answer.status_code == 400
    assert next(iter(fields)) in answer.json()["error"]["param"]
