"""Gemini's errors and faults in the sandbox, over plain HTTP."""

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from course.sandbox import Sandbox, fault_table

MODELS = Path(__file__).with_name("sandbox_gemini_models.json")
KEY = "simulated-key-0123456789"
HELLO = [{"role": "user", "parts": [{"text": "Hello!"}]}]
UNARY = "generateContent"
EVENTS = "streamGenerateContent?alt=sse"
ARRAY = "streamGenerateContent"


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    yield started
    started.clear()


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
        verb: str = UNARY,
        version: str = "v1",
        **fields: Any,
    ) -> requests.Response:
        url = f"{root}/{version}/models/{model}:{verb}"
        return session.post(url, json={"contents": HELLO} | fields, timeout=30)

    return send


def refused(response: requests.Response) -> tuple[int, str, str]:
    """Return status, status word and text; the body repeats the status."""
    assert response.headers["X-Simulated"] == "true"
    error = response.json()["error"]
    assert sorted({*error, "details"}) == [
        "code", "details", "message", "status",
    ]  # fmt: skip
    assert error["code"] == response.status_code
    return response.status_code, error["status"], error["message"]


def detail(response: requests.Response, name: str) -> Any:
    """Return the one detail of a type, None where there is none."""
    kind = f"type.googleapis.com/google.rpc.{name}"
    details = response.json()["error"].get("details", [])
    return next((one for one in details if one["@type"] == kind), None)


INVALID = "INVALID_ARGUMENT"
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established"
    " identity). Please use API Key or other form of API consumer identity to"
    " call this API."
)
BAD_KEY = "API key not valid. Please pass a valid API key."


def test_no_key_is_a_403(post, session):
    del session.headers["x-goog-api-key"]
    assert refused(post()) == (403, "PERMISSION_DENIED", NO_KEY)
    session.headers["Authorization"] = f"Bearer {KEY}"
    assert refused(post())[:2] == (401, "UNAUTHENTICATED")


def test_a_key_comes_in_the_header_or_in_the_query(sandbox, post, session):
    del session.headers["x-goog-api-key"]
    assert post(verb=f"{UNARY}?key={KEY}").ok
    assert sandbox.requests[-1].key == KEY
    assert KEY not in sandbox.requests[-1].path
    assert post(verb=f"{UNARY}?key=wrong").status_code == 400


def test_a_wrong_key_is_a_400_that_programs_can_tell(post, session):
    session.headers["x-goog-api-key"] = "wrong-0123456789"
    response = post()
    assert refused(response) == (400, INVALID, BAD_KEY)
    info = detail(response, "ErrorInfo")
    assert info["reason"] == "API_KEY_INVALID"
    assert info["domain"] == "googleapis.com"
    assert detail(response, "LocalizedMessage")["message"] == BAD_KEY
    assert "wrong-0123" not in response.text


@pytest.mark.parametrize("version", ["v1", "v1beta"])
@pytest.mark.parametrize("name", ["nothing", "coming", "foreign"])
def test_an_unknown_model_is_not_found(post, name, version):
    assert refused(post(name, version=version)) == (
        404,
        "NOT_FOUND",
        f"models/{name} is not found for API version {version}, or is not"
        " supported for generateContent. Call ListModels to see the list of"
        " available models and their supported methods.",
    )
    response = post("plain", "embedContent", version)
    assert "not supported for embedContent" in refused(response)[2]


def test_a_closed_model_names_its_replacement(post):
    status, word, message = refused(post("gone"))
    assert (status, word) == (404, "NOT_FOUND")
    assert message.startswith(
        "This model models/gone is no longer available to new users. Please"
        " update your code to use models/plain"
    )


def test_an_error_of_an_array_stream_stands_in_an_array(post):
    (body,) = post("nothing", ARRAY).json()
    assert body["error"]["code"] == 404
    assert post("nothing", EVENTS).json()["error"]["code"] == 404


def turn(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


SAID = {"text": "Hello!"}
CALL = {"functionCall": {"name": "f", "args": {}}}
GIVEN = {"functionResponse": {"name": "f", "response": {}}}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "YWJj"}}
REQUEST = "* GenerateContentRequest."
CONFIG = f"{REQUEST}generation_config."

REFUSALS = [
    (
        {"contents": [turn("system", SAID)]},
        "Role 'system' is not supported. Please use a valid role: MODEL,"
        " USER.",
    ),
    (
        {"contents": [*HELLO, turn("model", SAID)]},
        "Requests ending with a model turn are not supported.",
    ),
    ({"contents": []}, f"{REQUEST}contents: contents is not specified\n"),
    ({"contents": None}, f"{REQUEST}contents: contents is not specified\n"),
    (
        {"contents": [*HELLO, turn("user")]},
        f"{REQUEST}contents[1].parts: contents.parts must not be empty.\n",
    ),
    (
        {"contents": [turn("user", {})]},
        f"{REQUEST}contents[0].parts[0].data: required oneof field 'data'"
        " must have one initialized field\n",
    ),
    (
        {"contents": [*HELLO, turn("user", GIVEN)]},
        "Please ensure that function response turn comes immediately after a"
        " function call turn.",
    ),
    (
        {"contents": [*HELLO, turn("model", CALL, CALL), turn("user", GIVEN)]},
        "Please ensure that the number of function response parts is equal to"
        " the number of function call parts of the function call turn.",
    ),
    (
        {"contents": [turn("user", IMAGE)]},
        "Image input modality is not enabled for models/plain",
    ),
    (
        {"generationConfig": {"thinkingConfig": {
            "thinkingLevel": "LOW", "thinkingBudget": 5}}},
        "You can only set only one of thinking budget and thinking level.",
    ),
    (
        {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}},
        "Thinking level is not supported for this model.",
    ),
    (
        {"generationConfig": {"maxOutputTokens": 2_000}},
        "Unable to submit request because it has a maxOutputTokens value of"
        " 2000 but the supported range is from 1 (inclusive) to 1001"
        " (exclusive). Update the value and try again.",
    ),
    (
        {"generationConfig": {"temperature": 3}},
        f"{CONFIG}temperature: temperature must be in the range [0, 2].\n",
    ),
    (
        {"cachedContent": "cachedContents/x"},
        "CachedContent not found (or permission denied)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "text"), REFUSALS)
def test_what_a_model_does_not_take_is_refused(post, fields, text):
    status, word, message = refused(post(**fields))
    assert message == text
    assert (status, word) in (
        (400, INVALID),
        (403, "PERMISSION_DENIED"),
    )


def test_a_level_that_a_model_lacks_is_refused(post):
    config = {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}
    message = refused(post("thinking", generationConfig=config))[2]
    assert message.startswith("Thinking level MINIMAL is not supported")


def test_a_prompt_beyond_the_limit_is_refused_in_words_alone(post):
    long = [turn("user", {"text": "word " * 4_000})]
    response = post(contents=long)
    assert refused(response) == (
        400,
        INVALID,
        "The input token count exceeds the maximum number of tokens allowed"
        " (4000).",
    )
    assert "details" not in response.json()["error"]


UNKNOWN = "Invalid JSON payload received. Unknown name"


@pytest.mark.parametrize(
    ("fields", "path", "text"),
    [
        (
            {"generationConfig": {"minP": 0.1}},
            "generation_config",
            f"{UNKNOWN} \"minP\" at 'generation_config': Cannot find field.",
        ),
        ({"messages": []}, None, f'{UNKNOWN} "messages": Cannot find field.'),
        (
            {"contents": [turn("user", {"txt": "x"})]},
            "contents[0].parts[0]",
            f"{UNKNOWN} \"txt\" at 'contents[0].parts[0]': Cannot find field.",
        ),
        (
            {"generationConfig": {"temperature": "hot"}},
            "generation_config.temperature",
            "Invalid value at 'generation_config.temperature' (TYPE_FLOAT),"
            ' "hot"',
        ),
        (
            {"contents": [turn("user", {"inlineData": {
                "mimeType": "image/png", "data": "?"}})]},
            "contents[0].parts[0].inline_data.data",
            "Invalid value at 'contents[0].parts[0].inline_data.data'"
            ' (TYPE_BYTES), Base64 decoding failed for "?"',
        ),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_is_named(post, fields, path, text):
    response = post(**fields)
    assert refused(response) == (400, INVALID, text)
    (violation,) = detail(response, "BadRequest")["fieldViolations"]
    assert violation.get("field") == path
    assert violation["description"] == text


def test_all_unreadable_fields_are_named_at_once(post):
    response = post(top_k=1, generationConfig={"minP": 1, "seed": 0.5})
    violations = detail(response, "BadRequest")["fieldViolations"]
    assert len(violations) == len(refused(response)[2].split("\n")) == 3


ODD_CONFIGS: list[Any] = [
    {"candidateCount": 0}, {"candidateCount": 9}, {"candidateCount": True},
    {"maxOutputTokens": 0}, {"maxOutputTokens": 1.5}, {"topP": 2},
    {"temperature": -1}, {"temperature": float("nan")}, {"topK": 1e99},
    {"stopSequences": [1]}, {"stopSequences": list("abcdef")}, 1, "x", [[]],
    {"responseMimeType": "image/png"}, {"responseMimeType": {}},
    {"responseSchema": {"type": "STRING"}},
    {"responseMimeType": "application/json", "responseSchema": "x"},
    {"responseMimeType": "application/json", "responseSchema": {},
     "responseJsonSchema": {}},
    *({"responseMimeType": "application/json", "responseSchema": schema}
      for schema in (
          {"type": 99}, {"items": 5}, {"required": [1]}, {"anyOf": {}},
          {"properties": {"a": 1}}, {"$ref": "#/nothing"}, {"minLength": "x"},
          {"minItems": 10**9})),
    {"thinkingConfig": {"thinkingLevel": "NONE"}},
    {"thinkingConfig": {"thinkingLevel": 99}},
]  # fmt: skip
ODD_FIELDS: list[Any] = [
    {"contents": 1}, {"contents": "Hello!"}, {"contents": [1]},
    {"contents": [{"role": 1}]}, {"contents": [turn("user", {"text": 1})]},
    {"contents": [turn("user", {"inlineData": {"data": "YWJj"}})]},
    {"contents": [turn("user", {"functionCall": {"args": {}}})]},
    {"contents": [turn("user", {"functionCall": {"args": 1}})]},
    {"systemInstruction": {}}, {"systemInstruction": 1}, {"tools": 1},
    {"tools": [{"functionDeclarations": [{}]}]},
    {"tools": [{"functionDeclarations": [{"name": "a b"}]}]},
    {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]},
    {"tools": [{"functionDeclarations": [{"name": "f", "parameters": 1}]}]},
    {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {},
                                          "parametersJsonSchema": {}}]}]},
    {"toolConfig": {"functionCallingConfig": {"mode": "maybe"}}},
    {"toolConfig": {"functionCallingConfig": {
        "allowedFunctionNames": ["f"]}}},
    {"toolConfig": {"functionCallingConfig": {
        "mode": "ANY", "allowedFunctionNames": ["f"]}}},
    *({"generationConfig": config} for config in ODD_CONFIGS),
]  # fmt: skip


@pytest.mark.parametrize("fields", ODD_FIELDS)
def test_an_odd_field_gets_a_plain_400(sandbox, session, fields):
    url = f"{sandbox.base_url('gemini')}/v1/models/plain:{UNARY}"
    body = json.dumps({"contents": HELLO} | fields)
    assert refused(session.post(url, data=body))[:2] == (400, INVALID)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"contents": ', "Invalid JSON payload received. Unexpected"),
        (b"[" * 100_000, "Invalid JSON payload received. Unexpected"),
        (b"\xff\xfe", "Invalid JSON payload received. Unexpected"),
        (b"[]", "Root element must be a message."),
        (b"1", "Root element must be a message."),
        (b"", "contents is not specified"),
    ],
)
def test_a_body_that_is_no_message_is_refused(sandbox, session, data, words):
    url = f"{sandbox.base_url('gemini')}/v1/models/plain:{UNARY}"
    status, word, message = refused(session.post(url, data=data))
    assert (status, word) == (400, INVALID) and words in message


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/models/plain:{UNARY}"),
        ("POST", "/v1/models"),
        ("DELETE", "/v1/models/plain"),
        ("GET", "/v1/nothing"),
        ("GET", "/v3/models"),
        ("POST", f"/v1/{UNARY}"),
    ],
)
def test_a_wrong_method_or_path_is_not_found(sandbox, session, method, path):
    response = session.request(method, sandbox.base_url("gemini") + path)
    assert refused(response)[:2] == (404, "NOT_FOUND")


HIGH_DEMAND = (
    "This model is currently experiencing high demand. Spikes in demand are"
    " usually temporary. Please try again later."
)
FAULTS = {
    "wrong_key": (400, INVALID),
    "echo_key": (400, INVALID),
    "forbidden": (403, "PERMISSION_DENIED"),
    "unknown_model": (404, "NOT_FOUND"),
    "retired_model": (404, "NOT_FOUND"),
    "context_length": (400, INVALID),
    "bad_parameter": (400, INVALID),
    "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "quota_exhausted": (429, "RESOURCE_EXHAUSTED"),
    "server_error": (500, "INTERNAL"),
    "overloaded": (503, "UNAVAILABLE"),
    "error_status": (500, "INTERNAL"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_has_its_status_and_word(sandbox, post, session, fault):
    sandbox.fail_next("gemini", fault, times=2)
    assert refused(post())[:2] == FAULTS[fault]
    url = f"{sandbox.base_url('gemini')}/v1/models"
    assert refused(session.get(url))[:2] == FAULTS[fault]
    assert post().status_code == 200


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "UNAUTHENTICATED"), (409, "ABORTED"), (413, "UNKNOWN"),
        (499, "CANCELLED"), (501, "UNIMPLEMENTED"), (502, "UNKNOWN"),
        (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED"), (529, "UNKNOWN"),
    ],
)  # fmt: skip
def test_any_status_can_be_asked_for(sandbox, post, status, word):
    sandbox.fail_next("gemini", "error_status", status=status)
    assert refused(post())[:2] == (status, word)


def test_the_region_is_refused_with_400(sandbox, post):
    sandbox.fail_next("gemini", "forbidden", reason="region")
    assert refused(post()) == (
        400,
        "FAILED_PRECONDITION",
        "User location is not supported for the API use.",
    )


def test_too_much_demand_is_told_in_the_vendors_words(sandbox, post):
    sandbox.fail_next("gemini", "overloaded")
    assert refused(post())[2] == HIGH_DEMAND


def test_an_echoed_key_is_an_invalid_one(sandbox, post):
    sandbox.fail_next("gemini", "echo_key")
    response = post()
    assert KEY in refused(response)[2]
    assert detail(response, "ErrorInfo")["reason"] == "API_KEY_INVALID"


def quota(response: requests.Response) -> Any:
    (violation,) = detail(response, "QuotaFailure")["violations"]
    return violation


def test_a_rate_limit_has_help_quota_and_delay(sandbox, post):
    sandbox.fail_next("gemini", "rate_limit")
    response = post()
    message = refused(response)[2]
    assert message.startswith("You exceeded your current quota")
    assert message.endswith("model: plain\nPlease retry in 1s.")
    assert detail(response, "Help")["links"][0]["url"].startswith("https://")
    assert detail(response, "RetryInfo")["retryDelay"] == "1s"
    assert "PerMinute" in quota(response)["quotaId"]
    assert quota(response)["quotaDimensions"] == {
        "location": "global",
        "model": "plain",
    }
    assert "Retry-After" not in response.headers


def test_a_rate_limit_can_be_one_on_tokens(sandbox, post):
    sandbox.fail_next("gemini", "rate_limit", limit="tokens")
    assert "input_token_count" in quota(post())["quotaMetric"]


@pytest.mark.parametrize(
    ("options", "delay", "header"),
    [
        ({"retry_delay": "2.5s"}, "2.5s", None),
        ({"retry_after": 7}, None, "7"),
        ({"retry_after": None}, None, None),
        ({"retry_after": 7, "retry_delay": "2s"}, "2s", "7"),
        ({"retry_delay": None}, None, None),
    ],
)
def test_the_wait_comes_as_asked_for(sandbox, post, options, delay, header):
    sandbox.fail_next("gemini", "rate_limit", **options)
    response = post()
    info = detail(response, "RetryInfo")
    assert (info and info["retryDelay"]) == delay
    assert response.headers.get("Retry-After") == header
    assert ("Please retry in" in refused(response)[2]) is bool(delay)


def test_the_wait_can_be_a_date_or_milliseconds(sandbox, post):
    sandbox.fail_next("gemini", "rate_limit", retry_after="date")
    assert post().headers["Retry-After"].endswith("GMT")
    sandbox.fail_next("gemini", "rate_limit", retry_after="ms")
    assert post().headers["retry-after-ms"] == "250"


def test_only_the_quotas_id_tells_the_day_from_the_minute(sandbox, post):
    sandbox.fail_next("gemini", "rate_limit")
    sandbox.fail_next("gemini", "quota_exhausted")
    sandbox.fail_next("gemini", "quota_exhausted", retry_delay="0.997s")
    minute, day, soon = post(), post(), post()
    assert refused(minute)[:2] == refused(day)[:2]
    row = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    assert quota(day)["quotaId"] == quota(soon)["quotaId"] == row
    assert quota(day)["quotaValue"] == "20"
    assert detail(day, "RetryInfo")["retryDelay"] == "31167s"
    assert detail(soon, "RetryInfo")["retryDelay"] == "0.997s"


def chunks(response: requests.Response) -> list[Any]:
    """Return a stream's chunks, or the one body of a plain reply."""
    if response.headers["Content-Type"] == "text/event-stream":
        lines = response.content.decode().split("\r\n\r\n")
        return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    body = response.json()
    return body if isinstance(body, list) else [body]


def said(pieces: list[Any]) -> str:
    parts = [
        part
        for piece in pieces
        for one in piece["candidates"]
        for part in one.get("content", {}).get("parts", [])
    ]
    return "".join(part["text"] for part in parts)


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT"])
def test_a_blocked_prompt_is_a_success_without_candidates(
    sandbox, post, verb, reason
):
    sandbox.fail_next("gemini", "moderation", reason=reason)
    response = post(verb=verb)
    assert response.status_code == 200
    (body,) = chunks(response)
    assert "candidates" not in body
    assert body["promptFeedback"]["blockReason"] == reason
    rated = "safetyRatings" in body["promptFeedback"]
    assert rated is (reason == "SAFETY")
    usage = body["usageMetadata"]
    assert usage["promptTokenCount"] == usage["totalTokenCount"] > 0


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
def test_a_blocked_output_has_ratings_and_no_content(sandbox, post, verb):
    sandbox.fail_next("gemini", "content_filter")
    *before, last = chunks(post(verb=verb))
    (candidate,) = last["candidates"]
    assert candidate["finishReason"] == "SAFETY"
    assert "content" not in candidate
    assert any(one.get("blocked") for one in candidate["safetyRatings"])
    assert bool(said(before)) is (verb != UNARY)


@pytest.mark.parametrize("reason", ["RECITATION", "SPII", "LANGUAGE"])
def test_an_output_can_be_blocked_for_other_reasons(sandbox, post, reason):
    sandbox.fail_next("gemini", "content_filter", reason=reason)
    (candidate,) = post().json()["candidates"]
    assert candidate["finishReason"] == reason
    assert "safetyRatings" not in candidate


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
@pytest.mark.parametrize(
    ("fault", "reason"), [("empty", "STOP"), ("length", "MAX_TOKENS")]
)
def test_an_answer_can_be_poor(sandbox, post, verb, fault, reason):
    sandbox.fail_next("gemini", fault)
    pieces = chunks(post(verb=verb))
    assert pieces[-1]["candidates"][0]["finishReason"] == reason
    assert bool(said(pieces)) is (fault == "length")


@pytest.mark.parametrize("verb", [EVENTS, ARRAY])
def test_a_cut_stream_has_no_finish_reason(sandbox, post, verb):
    sandbox.fail_next("gemini", "stream_cut", chunks_before=2)
    pieces = chunks(post(verb=verb))
    assert len(pieces) == 2 and said(pieces)
    assert all("finishReason" not in p["candidates"][0] for p in pieces)
    sandbox.fail_next("gemini", "stream_cut", clean=False)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(verb=verb)


@pytest.mark.parametrize("verb", [EVENTS, ARRAY])
def test_an_error_can_break_a_stream(sandbox, post, verb):
    sandbox.fail_next("gemini", "stream_error", chunks_before=2)
    response = post(verb=verb)
    assert response.status_code == 200
    *before, last = chunks(response)
    assert len(before) == 2 and said(before)
    assert last["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
def test_an_error_can_hide_in_a_200(sandbox, post, verb):
    sandbox.fail_next("gemini", "error_in_200")
    response = post(verb=verb)
    assert response.status_code == 200
    (body,) = chunks(response)
    assert body["error"]["status"] == "INTERNAL"


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
def test_a_huge_body_is_valid_json_all_the_same(sandbox, post, verb):
    ordinary = chunks(post(verb=verb))
    sandbox.fail_next("gemini", "huge_body", megabytes=1)
    response = post(verb=verb)
    assert len(response.content) > 1_000_000
    assert chunks(response) == ordinary


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
def test_malformed_json_is_half_of_a_reply(sandbox, post, verb):
    sandbox.fail_next("gemini", "malformed_json")
    response = post(verb=verb)
    assert response.status_code == 200
    with pytest.raises(ValueError):
        json.loads(response.text.split("data: ")[-1])


@pytest.mark.parametrize("verb", [UNARY, EVENTS, ARRAY])
def test_a_wrong_charset_is_no_utf_8(sandbox, post, verb):
    sandbox.fail_next("gemini", "wrong_charset")
    response = post(verb=verb)
    assert response.headers["Content-Type"].endswith("charset=utf-8")
    with pytest.raises(UnicodeDecodeError):
        response.content.decode("utf-8")
    assert "candidates" in response.content.decode("latin-1")


def test_a_proxys_page_can_come_instead(sandbox, post):
    sandbox.fail_next("gemini", "html")
    sandbox.fail_next("gemini", "bad_gateway")
    replies = [post(), post(verb=EVENTS)]
    assert [one.status_code for one in replies] == [200, 502]
    assert all(one.text.startswith("<!DOCTYPE html>") for one in replies)


def test_a_connection_can_drop_and_a_reply_can_stall(sandbox, post):
    sandbox.fail_next("gemini", "drop_connection")
    with pytest.raises(requests.ConnectionError):
        post()
    sandbox.fail_next("gemini", "stall", seconds=0.05)
    start = time.monotonic()
    assert post().ok and time.monotonic() - start >= 0.05
    sandbox.fail_next("gemini", "slow_body", seconds=0.05)
    assert post().json()["candidates"]


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("refusal", {}, "content_filter"),
        ("slow_down", {}, "rate_limit"),
        ("guardrail", {}, "moderation"),
        ("rate_limit", {"retry_delay": 2}, "'2s'"),
        ("rate_limit", {"retry_delay": "soon"}, "'2s'"),
        ("rate_limit", {"limit": "free_day"}, "tokens"),
        ("moderation", {"reason": "MOOD"}, "PROHIBITED_CONTENT"),
        ("content_filter", {"reason": "STOP"}, "RECITATION"),
        ("forbidden", {"reason": "taste"}, "region"),
    ],
)
def test_a_wish_that_makes_no_sense_names_what_does(
    sandbox, fault, options, words
):
    with pytest.raises(ValueError, match=words):
        sandbox.fail_next("gemini", fault, **options)


def test_every_fault_of_gemini_is_tested_here():
    tested = {
        *FAULTS, "bad_gateway", "content_filter", "drop_connection", "empty",
        "error_in_200", "html", "huge_body", "length", "malformed_json",
        "moderation", "nonsense", "slow_body", "stall", "stream_cut",
        "stream_error", "wrong_charset",
    }  # fmt: skip
    assert set(fault_table("gemini")) == tested
