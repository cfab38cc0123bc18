"""/v1/responses: OpenAI's own SDK, unchanged, against it."""

import json

import openai
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

KEY = "sk-test-0123456789"
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Tell the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
# In tokens: the sandbox's models reason with 64, and say the rest.
SHORT = 70
ONE_EVENT = TypeAdapter(ResponseStreamEvent)


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


@pytest.fixture
def door(serve, sandbox):
    """Serve the router, all providers at the sandbox; give the door's URL."""

    def start(**more):
        keys = {f"{name.upper()}_API_KEY": KEY for name in PROVIDERS}
        urls = {
            f"{name.upper()}_BASE_URL": sandbox.base_url(name)
            for name in PROVIDERS
        }
        return serve(keys | urls | more) + "/v1"

    return start


@pytest.fixture
def client(door, sdk_connections):
    """Give an OpenAI client that asks once."""
    return openai.OpenAI(
        api_key="anything",
        base_url=door(),
        max_retries=0,
        http_client=sdk_connections,
    )


@pytest.fixture
def post(door):
    """Post a body as it stands."""
    url = door() + "/responses"

    def send(body):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return requests.post(url, data=body, headers=headers, timeout=30)

    return send


def events_of(answer):
    """Return the events of a streamed reply; each is named by its type."""
    found = []
    for block in answer.text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def short(event):
    """Return an event's type without what all begin with."""
    return event["type"].removeprefix("response.")


# -- answers ------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_answers_openai_s_client(client, name, sandbox):
    answer = client.responses.create(model=name, input="Say hello.")
    assert answer.output_text
    assert (answer.status, answer.object) == ("completed", "response")
    assert answer.model.startswith(f"{name}/")
    used = answer.usage
    assert used.total_tokens == used.input_tokens + used.output_tokens > 0
    assert [request.provider for request in sandbox.requests] == [name]


def test_the_answer_has_openai_s_fields_in_openai_s_types(post):
    asked = {
        "instructions": "Be brief.",
        "max_output_tokens": 300,
        "metadata": {"course": "4"},
        "temperature": 1,
        "tools": [TOOL],
        "tool_choice": "auto",
        "reasoning": {"effort": "low"},
    }
    body = post({"model": "gemini", "input": "Say hello.", **asked}).json()
    told = Response.model_validate(body, strict=True)
    assert told.id.startswith("resp_")
    assert told.completed_at >= told.created_at > 0
    echoed = {name: body[name] for name in asked} | {"store": body["store"]}
    expected = asked | {"store": False}
    expected["reasoning"] = {"effort": "low", "summary": None}
    assert echoed == expected
    empty = ("error", "incomplete_details", "previous_response_id")
    assert {body[name] for name in empty} == {None}


def test_the_answer_tells_its_tries_its_cost_and_what_was_left_out(client):
    answer = client.responses.create(
        model="openai", input="Say hello.", top_p=0.5, store=True
    )
    told = answer.llm_providers
    assert [row["status"] for row in told["attempts"]] == ["success"]
    assert told["cost_usd"] > 0 and told["simulated"] is True
    assert told["adjustments"] == [
        "top_p was left out: the router does not pass it on",
        "store was left out: the router keeps no responses",
    ]


def test_the_details_of_the_usage_are_told(client):
    answer = client.responses.create(model="openai", input="Say hello.")
    [row] = answer.llm_providers["attempts"]
    details = answer.usage.output_tokens_details
    assert details.reasoning_tokens == row["usage"]["reasoning_tokens"] > 0
    assert answer.usage.input_tokens_details.cached_tokens == 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_typed_output_is_parsed(client, name):
    answer = client.responses.parse(
        model=name, input="The largest city of Italy", text_format=City
    )
    assert isinstance(answer.output_parsed, City)


def test_an_answer_that_was_cut_off_is_incomplete(client):
    answer = client.responses.create(
        model="openrouter", input="What is JSON?", max_output_tokens=SHORT
    )
    assert answer.status == answer.output[0].status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.completed_at is None


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_a_word_is_incomplete_and_paid(post, stream):
    body = {"model": "openai", "input": "x", "max_output_tokens": 16}
    answer = post({**body, "stream": stream})
    told = events_of(answer)[-1]["response"] if stream else answer.json()
    assert (told["status"], told["output"]) == ("incomplete", [])
    assert told["incomplete_details"] == {"reason": "max_output_tokens"}
    assert told["usage"]["output_tokens_details"]["reasoning_tokens"] == 16
    assert told["llm_providers"]["cost_usd"] > 0


def test_a_refusal_stands_where_openai_has_it(client, sandbox):
    sandbox.fail_next("openai", "refusal")
    answer = client.responses.create(model="openai", input="Say hello.")
    [part] = answer.output[0].content
    assert part.type == "refusal" and part.refusal
    assert answer.output_text == ""


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_tool_is_called_and_its_output_sent_back(client, name, sandbox):
    question = {"role": "user", "content": "How is the weather in Rome?"}
    first = client.responses.create(
        model=name, input=[question], tools=[TOOL], tool_choice="required"
    )
    [call] = first.output
    assert (call.type, call.name) == ("function_call", "weather")
    assert "city" in json.loads(call.arguments)
    output = {"type": "function_call_output", "call_id": call.call_id}
    answer = client.responses.create(
        model=name,
        input=[
            question,
            call.model_dump(exclude_unset=True),
            {**output, "output": "Sunny."},
        ],
        tools=[TOOL],
    )
    assert "unny" in answer.output_text


def test_gemini_s_signature_of_a_thought_comes_back_to_it(client, sandbox):
    question = {"role": "user", "content": "How is the weather in Rome?"}
    asked = {"model": "gemini", "tools": [TOOL]}
    with client.responses.stream(
        input=[question], tool_choice="required", **asked
    ) as stream:
        [call] = stream.get_final_response().output
    output = {"type": "function_call_output", "call_id": call.call_id}
    made = call.model_dump(exclude_unset=True, exclude={"parsed_arguments"})
    client.responses.create(
        input=[question, made, {**output, "output": "Sunny."}], **asked
    )
    [part] = sandbox.requests[-1].body["contents"][1]["parts"]
    signature = call.extra_content["google"]["thought_signature"]
    assert part["thoughtSignature"] == signature


# -- streams ------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_stream_is_the_answer_in_events(post, name):
    body = {"model": name, "input": "What is JSON?"}
    whole = post(body).json()
    answer = post({**body, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer)
    numbers = [event["sequence_number"] for event in events]
    assert numbers == list(range(len(events)))
    pieces = [one["delta"] for one in events if short(one).endswith("delta")]
    assert [short(event) for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * len(pieces),
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert len(pieces) > 1
    text = whole["output"][0]["content"][0]["text"]
    assert "".join(pieces) == text
    last = events[-1]["response"]
    assert last["output"][0]["content"][0]["text"] == text
    assert last["usage"] == whole["usage"]


def test_every_event_is_of_openai_s_type(post):
    body = {"model": "openai", "input": "x", "stream": True, "tools": [TOOL]}
    for choice in ("none", "required"):
        for event in events_of(post({**body, "tool_choice": choice})):
            told = ONE_EVENT.validate_python(event)
            assert told.type == event["type"]
            assert set(event) <= set(told.model_dump())


def test_the_events_around_a_stream_hold_the_response(post):
    events = events_of(
        post(
            {
                "model": "openai",
                "input": "x",
                "metadata": {"a": "b"},
                "stream": True,
            }
        )
    )
    created, begun, last = (events[n]["response"] for n in (0, 1, -1))
    assert created == begun
    assert (created["status"], last["status"]) == ("in_progress", "completed")
    assert (created["output"], created["usage"]) == ([], None)
    assert len({one["id"] for one in (created, last)}) == 1
    assert created["metadata"] == last["metadata"] == {"a": "b"}
    assert created["model"].startswith("openai/")
    assert len(last["llm_providers"]["attempts"]) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_tool_is_called_in_a_stream(client, name):
    with client.responses.stream(
        model=name,
        input="How is the weather in Rome?",
        tools=[TOOL],
        tool_choice="required",
    ) as stream:
        types = [event.type for event in stream]
        [call] = stream.get_final_response().output
    assert "response.function_call_arguments.delta" in types
    assert "response.function_call_arguments.done" in types
    assert call.parsed_arguments["city"]


def test_a_refusal_in_a_stream_is_told_as_one(post, sandbox):
    sandbox.fail_next("openai", "refusal")
    body = {"model": "openai", "input": "x", "stream": True}
    types = {short(event) for event in events_of(post(body))}
    assert {"refusal.delta", "refusal.done"} <= types
    assert "output_text.delta" not in types


def test_a_stream_that_was_cut_off_ends_as_incomplete(post):
    body = {"model": "openrouter", "input": "What is JSON?", "stream": True}
    last = events_of(post({**body, "max_output_tokens": SHORT}))[-1]
    assert short(last) == "incomplete"
    why = last["response"]["incomplete_details"]
    assert why == {"reason": "max_output_tokens"}
    assert last["response"]["output"][0]["status"] == "incomplete"


def test_a_stream_that_breaks_has_failed(post, sandbox):
    sandbox.fail_next("openai", "stream_cut")
    body = {"model": "openai", "input": "What is JSON?", "stream": True}
    *_, error, failed = events_of(post(body))
    assert error["type"] == "error"
    assert error["code"] == "provider_stream_interrupted"
    assert "finish reason" in error["message"]
    told = failed["response"]
    assert (short(failed), told["status"]) == ("failed", "failed")
    assert told["error"]["code"] == "server_error"
    assert told["output"][0]["content"][0]["text"]
    assert told["output"][0]["status"] == "incomplete"
    assert told["llm_providers"]["attempts"][0]["error_kind"]


def test_a_stream_that_never_begins_has_an_error_s_status(client, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    with pytest.raises(openai.InternalServerError) as caught:
        client.responses.create(model="openai", input="x", stream=True)
    assert caught.value.status_code == 502


# -- several targets ----------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_the_next_one_answers_where_one_fails(post, sandbox, stream):
    sandbox.fail_next("openai", "overloaded", times=9)
    answer = post(
        {
            "model": "openai",
            "models": ["gemini"],
            "input": "x",
            "stream": stream,
        }
    )
    body = events_of(answer)[-1]["response"] if stream else answer.json()
    assert body["model"].startswith("gemini/")
    rows = body["llm_providers"]["attempts"]
    tried = [(row["provider"], row["error_kind"]) for row in rows]
    assert tried == [("openai", "provider_unavailable"), ("gemini", None)]


def test_the_next_one_streams_where_one_breaks_before_its_first_token(
    post, sandbox
):
    sandbox.fail_next("openai", "stream_cut", chunks_before=0)
    body = {"model": "openai", "models": ["requestry"], "input": "x"}
    events = events_of(post({**body, "stream": True}))
    assert [short(event) for event in events].count("created") == 1
    assert events[0]["response"]["model"].startswith("requestry/")
    assert short(events[-1]) == "completed"


# -- errors -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (
            "wrong_key",
            openai.InternalServerError,
            "provider_authentication",
        ),
        ("quota_exhausted", openai.InternalServerError, None),
        (
            "context_length",
            openai.BadRequestError,
            "context_length_exceeded",
        ),
        ("unknown_model", openai.NotFoundError, "model_not_found"),
        ("moderation", openai.BadRequestError, "content_filter"),
    ],
)
def test_a_fault_of_the_provider_s_is_the_sdk_s_own_error(
    client, sandbox, fault, error, code
):
    sandbox.fail_next("openai", fault)
    with pytest.raises(error) as caught:
        client.responses.create(model="openai", input="x")
    assert code in (None, caught.value.code)
    assert KEY not in str(caught.value)


def test_a_rate_limit_says_when_to_come_back(post, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after=90)
    answer = post({"model": "openai", "input": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "90")
    body = answer.json()
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert len(body["llm_providers"]["attempts"]) == 1


def test_a_previous_response_is_refused_with_what_to_do(client, sandbox):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(
            model="openai", input="x", previous_response_id="resp_1"
        )
    assert caught.value.param == "previous_response_id"
    assert "Send the whole conversation" in caught.value.message
    assert len(sandbox.requests) == 0


def test_no_response_is_kept(client, sandbox):
    kept = client.responses.create(model="openai", input="x", store=True)
    for ask in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError) as caught:
            ask(kept.id)
        assert kept.id in caught.value.message
        assert "keeps no responses" in caught.value.message


def test_a_wrong_field_is_400_and_named(post, sandbox):
    wrong = [
        ({"input": None}, "input"),
        ({"input": 3}, "input"),
        ({"input": [3]}, "input"),
        ({"input": ""}, "input"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"temperature": 9}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"text": 3}, "text"),
        ({"reasoning": {"effort": 3}}, "reasoning.effort"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"background": True}, "background"),
        ({"stream_options": 3}, "stream_options"),
    ]
    for change, param in wrong:
        answer = post({"model": "openai", "input": "x", **change})
        error = answer.json()["error"]
        assert answer.status_code == 400, change
        assert error["param"].startswith(param), change
        assert error["type"] == "invalid_request_error"
    assert len(sandbox.requests) == 0


def test_a_missing_field_is_told_as_openai_does(post):
    error = post({"model": "openai"}).json()["error"]
    assert error["code"] == "missing_required_parameter"
    assert error["message"] == "Missing required parameter: 'input'."


def test_a_name_that_means_nothing_is_404(post, sandbox):
    answer = post({"model": "nobody/x", "input": "x"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"",
        b"\xff",
        b'{"model": "openai", "input": ' + b"[" * 100_000,
        b'{"model": "openai", "input": "\\ud800"}',
    ],
    ids=["cut", "list", "nothing", "bytes", "deep", "half"],
)
def test_a_body_that_is_no_request_is_400(post, body):
    answer = post(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


NAMES = some.sampled_from(
    [
        *("type", "role", "content", "text", "image_url", "output", "name"),
        *("call_id", "arguments", "summary", "extra_content", "detail"),
    ]
)
WORDS = some.sampled_from(
    [
        *("message", "function_call", "function_call_output", "reasoning"),
        *("user", "assistant", "system", "input_text", "input_image"),
        *("output_text", "refusal", "call_1", "{}", "", "x"),
    ]
)
NONSENSE = some.recursive(
    some.none() | some.booleans() | some.integers(-1, 2) | WORDS,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)
ITEMS = some.lists(some.dictionaries(NAMES, NONSENSE, max_size=5), max_size=4)
OPTIONS = some.dictionaries(
    some.sampled_from(
        [
            *("tools", "tool_choice", "text", "reasoning", "metadata"),
            *("include", "instructions", "temperature", "stop", "stream"),
        ]
    ),
    NONSENSE,
    max_size=3,
)


BODIES = some.builds(
    lambda items, options: {"input": items, **options}, ITEMS, OPTIONS
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(body=BODIES)
def test_nonsense_is_refused_or_can_be_told_to_every_provider(llm, body):
    errors = llm.router.openai_errors, llm.errors
    try:
        request = llm.router.responses_request.ResponsesRequest(
            model="auto", **body
        )
        prompt, _ = llm.router.responses_prompt.prompt_of(request)
        for name in ("openai", "gemini"):
            agent = llm.agents.agent_for(name, api_key="x", base_url="x")
            assert agent.build_request(prompt)
    except (
        ValidationError,
        errors[0].DoorError,
        errors[1].InvalidRequestError,
    ) as error:
        assert str(error)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(model=some.sampled_from(PROVIDERS), body=BODIES)
def test_nonsense_never_breaks_the_router(post, model, body):
    answer = post({"model": model, **body})
    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or answer.json()["error"]["message"]


# -- the documentation --------------------------------------------------------


def test_the_endpoint_is_documented_with_examples(llm):
    document = llm.llm_router.create_app({}).openapi()
    told = document["paths"]["/v1/responses"]["post"]
    assert set(told["responses"]) >= {"200", "4XX", "5XX"}
    kinds = told["responses"]["200"]["content"]
    assert "text/event-stream" in kinds
    Response.model_validate(
        {
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            **kinds["application/json"]["example"],
        }
    )
    request = document["components"]["schemas"]["ResponsesRequest"]
    for example in request["examples"]:
        made = llm.router.responses_request.ResponsesRequest(**example)
        assert llm.router.responses_prompt.prompt_of(made)[0].messages
