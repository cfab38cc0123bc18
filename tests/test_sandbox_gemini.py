"""Gemini's protocol in the sandbox: what its documentation states."""

import base64
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_gemini_models.json")
TODAY = date(2026, 11, 22)
KEY = "simulated-key-0123456789"
HELLO = [{"role": "user", "parts": [{"text": "Hello!"}]}]
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "YWJj"}}


# One server for the file: nothing here changes its state.
@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=TODAY) as started:
        yield started


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["x-goog-api-key"] = KEY
        yield session


@pytest.fixture
def post(sandbox: Sandbox, session: requests.Session) -> Any:
    """Return a function that has contents generated."""
    root = sandbox.base_url("gemini")

    def send(
        model: str = "plain",
        verb: str = "generateContent",
        version: str = "v1",
        **fields: Any,
    ) -> requests.Response:
        url = f"{root}/{version}/models/{model}:{verb}"
        return session.post(url, json={"contents": HELLO} | fields, timeout=30)

    return send


@pytest.fixture
def configured(post: Any) -> Any:
    """Return a function that sends a generationConfig's fields."""

    def send(
        prompt: str = "Hello!", model: str = "plain", **fields: Any
    ) -> requests.Response:
        contents = [{"role": "user", "parts": [{"text": prompt}]}]
        return post(model, contents=contents, generationConfig=fields)

    return send


def candidate(response: requests.Response) -> dict[str, Any]:
    """Return the only candidate of a reply."""
    (only,) = response.json()["candidates"]
    return only


def text(response: requests.Response) -> str:
    parts = candidate(response)["content"]["parts"]
    return "".join(part["text"] for part in parts)


def events(response: requests.Response) -> list[Any]:
    """Return the parsed events of a stream."""
    lines = response.content.decode().split("\r\n\r\n")
    assert lines.pop() == ""
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_a_reply_has_every_documented_field(post):
    response = post()
    kind = response.headers["Content-Type"]
    assert kind == "application/json; charset=UTF-8"
    assert response.headers["X-Simulated"] == "true"
    body = response.json()
    assert sorted(body) == [
        "candidates", "modelVersion", "responseId", "usageMetadata",
    ]  # fmt: skip
    assert body["responseId"].startswith("simulated")
    assert sorted(candidate(response)) == ["content", "finishReason", "index"]
    assert candidate(response)["finishReason"] == "STOP"
    assert candidate(response)["content"]["role"] == "model"
    assert text(response)


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_both_versions_answer_alike(post, version):
    assert post(version=version).content == post().content


def test_the_models_version_is_reported(post):
    assert post().json()["modelVersion"] == "plain-001"
    assert post("plain-001").ok
    assert post("seeing").json()["modelVersion"] == "seeing"
    assert post("models/plain").ok


def test_usage_counts_thoughts_apart_and_adds_up(post):
    usage = post("thinking").json()["usageMetadata"]
    counts = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    assert all(usage[name] > 0 for name in counts)
    assert usage["totalTokenCount"] == sum(usage[name] for name in counts)
    assert usage["cachedContentTokenCount"] == 0
    assert "thoughtsTokenCount" not in post().json()["usageMetadata"]


def test_the_prompts_tokens_are_told_by_modality(post):
    contents = [{"role": "user", "parts": [{"text": "What is it?"}, IMAGE]}]
    usage = post("seeing", contents=contents).json()["usageMetadata"]
    assert [one["modality"] for one in usage["promptTokensDetails"]] == [
        "TEXT", "IMAGE",
    ]  # fmt: skip
    details = [one["tokenCount"] for one in usage["promptTokensDetails"]]
    assert sum(details) == usage["promptTokenCount"]


def test_a_long_conversation_counts_as_cached(post):
    first = {"role": "user", "parts": [{"text": "x" * 6_000}]}
    said = {"role": "model", "parts": [{"text": "Yes."}]}
    cold = post(contents=[first]).json()["usageMetadata"]
    warm = post(contents=[first, said, *HELLO]).json()["usageMetadata"]
    assert cold["cachedContentTokenCount"] == 0
    cached = warm["cachedContentTokenCount"]
    assert 1_024 <= cached < warm["promptTokenCount"] and cached % 128 == 0


def test_the_same_request_gets_the_same_bytes(post):
    first, second = post(), post()
    assert first.content == second.content
    assert first.headers == second.headers
    assert post("seeing").content != first.content
    with_seed = post(generationConfig={"seed": 1})
    assert with_seed.json()["responseId"] != first.json()["responseId"]


def test_a_second_sandbox_gives_the_same_bytes(post, session):
    with Sandbox(models=MODELS, today=TODAY) as other:
        url = f"{other.base_url('gemini')}/v1/models/plain:generateContent"
        given = session.post(url, json={"contents": HELLO})
        assert given.content == post().content


def test_a_stream_of_events_ends_without_done(post):
    response = post(verb="streamGenerateContent?alt=sse")
    assert response.headers["Content-Type"] == "text/event-stream"
    chunks = events(response)
    pieces = [one["candidates"][0] for one in chunks]
    reasons = [piece.get("finishReason") for piece in pieces]
    assert reasons == [None] * (len(pieces) - 1) + ["STOP"]
    said = "".join(piece["content"]["parts"][0]["text"] for piece in pieces)
    assert said == text(post())
    assert len({one["responseId"] for one in chunks}) == 1
    assert {one["modelVersion"] for one in chunks} == {"plain-001"}


def test_every_event_counts_the_tokens_so_far(post):
    chunks = events(post(verb="streamGenerateContent?alt=sse"))
    usages = [one["usageMetadata"] for one in chunks]
    counts = [usage["candidatesTokenCount"] for usage in usages]
    assert counts == sorted(counts) and counts[0] > 0
    whole = post().json()["usageMetadata"]
    assert usages[-1] == whole


@pytest.mark.parametrize("query", ["", "?alt=json", "?$alt=json"])
def test_without_events_a_stream_is_an_array(post, query):
    response = post(verb=f"streamGenerateContent{query}")
    kind = response.headers["Content-Type"]
    assert kind == "application/json; charset=UTF-8"
    assert response.content.endswith(b"]")
    chunks = response.json()
    assert chunks == events(post(verb="streamGenerateContent?alt=sse"))


def test_enums_come_as_numbers_when_asked(post):
    asked = "?$alt=json;enum-encoding=int"
    unary = post("thinking", f"generateContent{asked}")
    assert candidate(unary)["finishReason"] == 1
    chunks = post(verb=f"streamGenerateContent{asked}").json()
    assert chunks[-1]["candidates"][0]["finishReason"] == 1
    (detail,) = chunks[-1]["usageMetadata"]["promptTokensDetails"]
    assert detail["modality"] == 1


def test_a_thinking_model_signs_its_thoughts(post):
    (part,) = candidate(post("thinking"))["content"]["parts"]
    assert base64.b64decode(part["thoughtSignature"])
    last = events(post("thinking", "streamGenerateContent?alt=sse"))[-1]
    assert "thoughtSignature" in last["candidates"][0]["content"]["parts"][0]
    (plain,) = candidate(post())["content"]["parts"]
    assert sorted(plain) == ["text"]


def test_thoughts_are_shown_when_asked(configured):
    shown = configured(
        model="thinking", thinkingConfig={"includeThoughts": True}
    )
    thought, said = candidate(shown)["content"]["parts"]
    assert thought["thought"] is True and thought["text"]
    assert "thought" not in said


def test_the_level_or_the_budget_decides_how_much_it_thinks(configured):
    def thoughts(**thinking: Any) -> int:
        reply = configured(model="thinking", thinkingConfig=thinking)
        return reply.json()["usageMetadata"].get("thoughtsTokenCount", 0)

    levels = [thoughts(thinkingLevel=x) for x in ("LOW", "medium", "HIGH")]
    assert levels == sorted(set(levels))
    assert thoughts() == thoughts(thinkingBudget=-1) == levels[1]
    assert thoughts(thinkingBudget=0) == 0
    assert 0 < thoughts(thinkingBudget=20) < levels[0] + 1
    assert thoughts(thinking_budget=300) == levels[2]


def test_thinking_can_eat_the_whole_limit(configured):
    reply = configured(model="thinking", maxOutputTokens=16)
    assert candidate(reply)["finishReason"] == "MAX_TOKENS"
    assert candidate(reply)["content"] == {"role": "model"}
    usage = reply.json()["usageMetadata"]
    assert usage["thoughtsTokenCount"] == 16
    assert usage["candidatesTokenCount"] == 0


def test_a_token_limit_cuts_the_text(configured):
    reply = configured("What is an API?", maxOutputTokens=5)
    assert candidate(reply)["finishReason"] == "MAX_TOKENS"
    assert len(text(reply)) == 20
    assert reply.json()["usageMetadata"]["candidatesTokenCount"] == 5


def test_a_stop_sequence_ends_the_text_before_it(configured):
    reply = configured("Count from 1 to 9", stopSequences=["5", "7"])
    assert text(reply) == "1, 2, 3, 4, "
    assert candidate(reply)["finishReason"] == "STOP"


def test_several_candidates_differ_in_their_index(post):
    config = {"candidateCount": 3}
    reply = post(generationConfig=config)
    assert [one["index"] for one in reply.json()["candidates"]] == [0, 1, 2]
    streamed = events(
        post(verb="streamGenerateContent?alt=sse", generationConfig=config)
    )
    seen = {one["candidates"][0]["index"] for one in streamed}
    assert seen == {0, 1, 2}


def test_the_system_instruction_is_obeyed(post):
    instruction = {"parts": [{"text": "Always answer in capital letters."}]}
    contents = [{"parts": [{"text": "What is the capital of France?"}]}]
    reply = post(contents=contents, systemInstruction=instruction)
    assert "PARIS" in text(reply)


def test_both_spellings_and_single_values_are_read_alike(post):
    camel = {
        "contents": [{"role": "user", "parts": [{"text": "Count to 9"}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {"maxOutputTokens": 5, "stopSequences": ["4"]},
    }
    snake = {
        "contents": {"role": "user", "parts": {"text": "Count to 9"}},
        "system_instruction": {"parts": {"text": "Be brief."}},
        "generation_config": {"max_output_tokens": "5", "stop_sequences": "4"},
    }
    assert (
        post(**camel).json()["candidates"]
        == (post(**snake).json()["candidates"])
    )


PERSON = {
    "type": "OBJECT",
    "properties": {
        "name": {"type": "STRING"},
        "age": {"type": "INTEGER", "nullable": True},
        "mood": {"type": "STRING", "enum": ["positive", "negative"]},
    },
    "required": ["name", "age", "mood"],
}
NUMBERED = {
    "type": 6,
    "properties": {
        "name": {"type": 1},
        "age": {"type": 3},
        "mood": {"type": 1, "enum": ["positive", "negative"]},
    },
    "required": ["name", "age", "mood"],
}
LOWER = json.loads(json.dumps(NUMBERED).replace("6", '"object"').replace(
    "1", '"string"').replace("3", '"integer"'))  # fmt: skip
BOB = "Bob is 44 years old and loves his garden."


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("responseSchema", PERSON),
        ("responseSchema", NUMBERED),
        ("responseJsonSchema", LOWER),
        ("response_json_schema", LOWER),
        ("_responseJsonSchema", LOWER),
    ],
)
def test_a_schema_is_satisfied_in_every_dialect(configured, name, schema):
    config = {"responseMimeType": "application/json", name: schema}
    answer = json.loads(text(configured(BOB, **config)))
    assert answer == {"name": "Bob", "age": 44, "mood": "positive"}


def test_json_without_a_schema_follows_the_prompt(configured):
    asked = f"Return JSON with the keys name and age: {BOB}"
    reply = configured(asked, responseMimeType="application/json")
    assert json.loads(text(reply)) == {"name": "Bob", "age": 44}


def test_an_enum_comes_without_quotes(configured):
    schema = {"type": "STRING", "enum": ["positive", "negative"]}
    config = {"responseMimeType": "text/x.enum", "responseSchema": schema}
    assert text(configured(BOB, **config)) == "positive"


WEATHER = {
    "name": "get_weather",
    "description": "Get the current weather of a city",
    "parameters": {
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING"}},
        "required": ["city"],
    },
}
TOOLS = [{"functionDeclarations": [WEATHER]}]
OSLO = [{"role": "user", "parts": [{"text": "What is the weather in Oslo?"}]}]


def test_a_fitting_prompt_calls_the_function(post):
    reply = candidate(post("thinking", contents=OSLO, tools=TOOLS))
    assert reply["finishReason"] == "STOP"
    (part,) = reply["content"]["parts"]
    assert part["functionCall"]["name"] == "get_weather"
    assert part["functionCall"]["args"] == {"city": "Oslo"}
    assert part["functionCall"]["id"] and part["thoughtSignature"]


@pytest.mark.parametrize(
    "function",
    [
        {"parametersJsonSchema": {"type": "object", "properties": {
            "city": {"type": "string"}}, "required": ["city"]}},
        {"parameters": {"type": 6, "properties": {"city": {"type": 1}},
                        "required": ["city"]}},
    ],
)  # fmt: skip
def test_parameters_come_in_every_dialect(post, function):
    declared = {"name": "get_weather", "description": "Weather"} | function
    tools = {"function_declarations": [declared]}
    (part,) = candidate(post(contents=OSLO, tools=tools))["content"]["parts"]
    assert part["functionCall"]["args"] == {"city": "Oslo"}


@pytest.mark.parametrize(
    ("calling", "called"),
    [
        ({}, False),
        ({"mode": "NONE"}, False),
        ({"mode": "any"}, True),
        ({"mode": 2}, True),
        ({"mode": "ANY", "allowedFunctionNames": ["get_weather"]}, True),
    ],
)
def test_the_mode_decides_whether_a_function_is_called(post, calling, called):
    config = {"functionCallingConfig": calling}
    reply = candidate(post(tools=TOOLS, toolConfig=config))
    (part,) = reply["content"]["parts"]
    assert ("functionCall" in part) is called


def test_a_streamed_call_comes_whole(post):
    verb = "streamGenerateContent?alt=sse"
    call, end = events(post(verb=verb, contents=OSLO, tools=TOOLS))
    (part,) = call["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["args"] == {"city": "Oslo"}
    assert end["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("role", ["user", "function", "tool"])
def test_the_functions_result_becomes_an_answer(post, role):
    called = candidate(post(contents=OSLO, tools=TOOLS))["content"]
    given = {"name": "get_weather", "response": {"temperature": 7}}
    result = {"role": role, "parts": [{"functionResponse": given}]}
    reply = post(contents=[*OSLO, called, result], tools=TOOLS)
    assert "temperature is 7" in text(reply)


def test_tokens_are_counted_as_generating_counts_them(post):
    counted = post(verb="countTokens").json()
    usage = post().json()["usageMetadata"]
    assert counted["totalTokens"] == usage["promptTokenCount"]
    assert counted["promptTokensDetails"] == usage["promptTokensDetails"]
    whole = {"model": "models/plain", "contents": HELLO}
    older = post(verb="countTokens", generateContentRequest=whole)
    assert older.json() == counted
    assert post("gone", "countTokens").status_code == 404


def listed(session: requests.Session, url: str, **query: Any) -> Any:
    return session.get(f"{url}/models", params=query, timeout=30).json()


def test_the_models_are_listed_without_the_closed_ones(sandbox, session):
    url = f"{sandbox.base_url('gemini')}/v1"
    body = listed(session, url)
    names = [row["name"] for row in body["models"]]
    assert names == ["models/thinking", "models/seeing", "models/plain"]
    assert "nextPageToken" not in body
    row = body["models"][0]
    assert row["inputTokenLimit"] == 6_000
    assert row["outputTokenLimit"] == 1_000
    assert "generateContent" in row["supportedGenerationMethods"]
    assert row["thinking"] is True and "thinking" not in body["models"][1]
    for name in ("version", "displayName", "temperature", "topP", "topK"):
        assert name in row


def test_the_list_comes_in_pages(sandbox, session):
    url = f"{sandbox.base_url('gemini')}/v1beta"
    first = listed(session, url, pageSize=2)
    token = first["nextPageToken"]
    second = listed(session, url, pageSize=2, pageToken=token)
    assert [len(page["models"]) for page in (first, second)] == [2, 1]
    assert "nextPageToken" not in second
    assert listed(session, url, page_size=2) == first


@pytest.mark.parametrize(
    "query", [{"pageToken": "x"}, {"pageSize": "-1"}, {"pageSize": "few"}]
)
def test_an_odd_page_is_refused(sandbox, session, query):
    body = listed(session, f"{sandbox.base_url('gemini')}/v1", **query)
    assert body["error"]["status"] == "INVALID_ARGUMENT"


def test_one_model_can_be_asked_for(sandbox, session):
    url = f"{sandbox.base_url('gemini')}/v1/models"
    assert session.get(f"{url}/plain").json()["name"] == "models/plain"
    assert session.get(f"{url}/nothing").status_code == 404


def test_the_hosts_root_knows_googles_clients(sandbox, session):
    beta = f"{sandbox.url}/v1beta/models/plain:generateContent"
    stable = f"{sandbox.url}/v1/models/plain:generateContent"
    body = {"contents": HELLO}
    for url in (beta, stable):
        assert candidate(session.post(url, json=body))["content"]
    assert "models" in session.get(f"{sandbox.url}/v1/models").json()
    del session.headers["x-goog-api-key"]
    keyed = session.get(f"{sandbox.url}/v1/models?key={KEY}")
    assert "models" in keyed.json()
    openai = session.get(f"{sandbox.url}/v1/models")
    assert "type" in openai.json()["error"]
    assert session.post(stable, json=body).status_code == 403


def test_a_base_url_without_a_version_means_the_beta(sandbox, session):
    url = f"{sandbox.base_url('gemini')}/models/plain"
    reply = session.post(f"{url}:generateContent", json={"contents": HELLO})
    assert candidate(reply)["content"]
    missing = session.get(f"{sandbox.base_url('gemini')}/models/nothing")
    assert "API version v1beta" in missing.json()["error"]["message"]


def test_a_model_is_served_until_its_shutdown_date(session):
    for days, status in ((-1, 200), (0, 404)):
        today = date(2026, 10, 1) + timedelta(days)
        with Sandbox(models=MODELS, today=today) as other:
            url = f"{other.base_url('gemini')}/v1/models/gone:generateContent"
            reply = session.post(url, json={"contents": HELLO})
            assert reply.status_code == status


def test_the_real_catalogue_is_the_default(session):
    path = Path(__file__).parents[1] / "data" / "models.json"
    roles = json.loads(path.read_text("utf-8"))["roles"]["gemini"]
    with Sandbox() as sandbox:
        url = f"{sandbox.base_url('gemini')}/v1"
        rows = listed(session, url, pageSize=1_000)["models"]
        names = {row["name"].removeprefix("models/") for row in rows}
        assert {roles["default"], roles["reasoning"]} <= names
        assert roles["retired"] not in names
        closed = f"{url}/models/{roles['retired']}:generateContent"
        reply = session.post(closed, json={"contents": HELLO})
        assert "no longer available" in reply.json()["error"]["message"]
