"""Google's two SDKs, unmodified, against the sandbox."""

import asyncio
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pydantic
import pytest
import requests
from google import genai
from google.api_core import exceptions
from google.genai import errors, types

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_gemini_models.json")
KEY = "simulated-key-0123456789"
FRANCE = "What is the capital of France?"
OSLO = "What is the weather in Oslo?"
IMAGE = b"\x89PNG simulated"
VERSIONS = ("v1", "v1beta")


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    started.clear()
    yield started
    started.clear()


@pytest.fixture(scope="module")
def client(started: Sandbox) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=started.base_url("gemini"))
    with genai.Client(api_key=KEY, http_options=options) as client:
        yield client


@pytest.fixture(scope="module")
def old(started: Sandbox) -> Any:
    """The SDK that reached its end of support, over REST."""
    with warnings.catch_warnings():
        # It warns of its end with every import.
        warnings.simplefilter("ignore")
        import google.generativeai as old
    old.configure(
        api_key=KEY,
        transport="rest",
        client_options={"api_endpoint": started.base_url("gemini")},
    )
    return old


def ask(
    client: genai.Client, prompt: Any, model: str = "plain", **config: Any
) -> types.GenerateContentResponse:
    return client.models.generate_content(
        model=model, contents=prompt, config=config or None
    )


def ask_old(old: Any, prompt: Any, model: str = "plain", **more: Any) -> Any:
    options = {"timeout": 5, "retry": None}
    return old.GenerativeModel(model).generate_content(
        prompt, request_options=options, **more
    )


def get_weather(city: str) -> dict[str, int]:
    """Get the current weather of a city."""
    return {"temperature": len(city)}


class Person(pydantic.BaseModel):
    name: str
    age: int


def test_genai_reads_an_answer(client):
    reply = ask(client, FRANCE, "thinking")
    assert "Paris" in reply.text
    assert reply.candidates[0].finish_reason is types.FinishReason.STOP
    assert reply.response_id.startswith("simulated")
    assert reply.model_version == "thinking"
    usage = reply.usage_metadata
    assert usage.total_token_count == (
        usage.prompt_token_count
        + usage.candidates_token_count
        + usage.thoughts_token_count
    )
    (detail,) = usage.prompt_tokens_details
    assert detail.modality is types.MediaModality.TEXT


@pytest.mark.parametrize("version", VERSIONS)
def test_genai_works_on_either_version(sandbox, version):
    options = types.HttpOptions(
        base_url=sandbox.base_url("gemini"), api_version=version
    )
    with genai.Client(api_key=KEY, http_options=options) as client:
        assert "Paris" in ask(client, FRANCE).text
    assert sandbox.requests[-1].path.startswith(f"/gemini/{version}/models/")


def test_genai_works_at_the_hosts_root(sandbox):
    options = types.HttpOptions(base_url=sandbox.url)
    with genai.Client(api_key=KEY, http_options=options) as client:
        assert "Paris" in ask(client, FRANCE).text
        assert len(list(client.models.list())) == 3


def test_genai_streams(client):
    chunks = list(
        client.models.generate_content_stream(
            model="thinking", contents=FRANCE
        )
    )
    assert "Paris" in "".join(chunk.text or "" for chunk in chunks)
    reason = chunks[-1].candidates[0].finish_reason
    assert reason is types.FinishReason.STOP
    assert chunks[-1].usage_metadata.thoughts_token_count > 0


def test_genai_works_without_waiting(sandbox):
    async def answers() -> list[str]:
        options = types.HttpOptions(base_url=sandbox.base_url("gemini"))
        client = genai.Client(api_key=KEY, http_options=options)
        async with client.aio as waiting:
            models, call = waiting.models, {"model": "plain"}
            whole = await models.generate_content(contents=FRANCE, **call)
            stream = await models.generate_content_stream(
                contents=FRANCE, **call
            )
            pieces = [chunk.text or "" async for chunk in stream]
        client.close()
        return [whole.text or "", "".join(pieces)]

    whole, streamed = asyncio.run(answers())
    assert "Paris" in whole and whole == streamed


def test_genai_sends_an_image(client):
    part = types.Part.from_bytes(data=IMAGE, mime_type="image/png")
    reply = ask(client, ["What is it?", part], "seeing")
    modalities = [
        one.modality for one in reply.usage_metadata.prompt_tokens_details
    ]
    assert types.MediaModality.IMAGE in modalities
    with pytest.raises(errors.ClientError, match="not enabled"):
        ask(client, ["What is it?", part])


def test_genai_parses_what_a_schema_asks_for(client):
    prompt, kind = "Bob is 44 years old.", "application/json"
    parsed = ask(
        client, prompt, response_mime_type=kind, response_schema=Person
    ).parsed
    assert parsed == Person(name="Bob", age=44)
    schema = Person.model_json_schema()
    reply = ask(
        client, prompt, response_mime_type=kind, response_json_schema=schema
    )
    assert Person.model_validate_json(reply.text) == parsed


def test_genai_shows_thoughts(client):
    thinking = types.ThinkingConfig(thinking_level="low", include_thoughts=1)
    reply = ask(client, FRANCE, "thinking", thinking_config=thinking)
    thought, said = reply.candidates[0].content.parts
    assert thought.thought and not said.thought
    assert said.thought_signature
    assert reply.text == said.text


def test_genai_calls_functions_in_a_chat(client):
    chat = client.chats.create(
        model="thinking", config={"tools": [get_weather]}
    )
    assert "4" in chat.send_message(OSLO).text
    roles = [turn.role for turn in chat.get_history()]
    assert roles == ["user", "model", "user", "model"]


def test_genai_hands_a_call_out_when_asked(client):
    reply = ask(
        client,
        OSLO,
        tools=[get_weather],
        automatic_function_calling={"disable": True},
    )
    (call,) = reply.function_calls
    assert (call.name, call.args) == ("get_weather", {"city": "Oslo"})


@pytest.mark.parametrize("model", ["plain", "thinking"])
def test_genai_keeps_the_history_of_a_streamed_chat(client, model):
    chat = client.chats.create(model=model)
    said = [chunk.text or "" for chunk in chat.send_message_stream(FRANCE)]
    assert "Paris" in "".join(said)
    assert chat.send_message("And of Norway?").text
    assert len(chat.get_history(curated=True)) >= 4


def test_genai_counts_tokens(client):
    counted = client.models.count_tokens(model="plain", contents=FRANCE)
    usage = ask(client, FRANCE).usage_metadata
    assert counted.total_tokens == usage.prompt_token_count


def test_genai_lists_the_models_page_by_page(sandbox, client):
    models = list(client.models.list(config={"page_size": 2}))
    assert len(models) == len({model.name for model in models}) == 3
    assert models[0].thinking and models[0].input_token_limit == 6_000
    assert "generateContent" in models[0].supported_actions
    assert len(sandbox.requests) == 2
    assert client.models.get(model="plain").name == "models/plain"


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("wrong_key", 400, "INVALID_ARGUMENT"),
        ("forbidden", 403, "PERMISSION_DENIED"),
        ("retired_model", 404, "NOT_FOUND"),
        ("rate_limit", 429, "RESOURCE_EXHAUSTED"),
        ("overloaded", 503, "UNAVAILABLE"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_genai_raises_what_the_wire_says(
    sandbox, client, fault, code, status, stream
):
    sandbox.fail_next("gemini", fault)
    with pytest.raises(errors.APIError) as caught:
        call = {"model": "plain", "contents": FRANCE}
        if stream:
            list(client.models.generate_content_stream(**call))
        else:
            client.models.generate_content(**call)
    assert (caught.value.code, caught.value.status) == (code, status)
    expected = errors.ServerError if code >= 500 else errors.ClientError
    assert type(caught.value) is expected


def test_genai_raises_in_mid_stream(sandbox, client):
    sandbox.fail_next("gemini", "stream_error", chunks_before=2)
    seen = []
    with pytest.raises(errors.ServerError):
        for chunk in client.models.generate_content_stream(
            model="plain", contents=FRANCE
        ):
            seen.append(chunk.text)
    assert len(seen) == 2


def test_genai_reads_blocks(sandbox, client):
    sandbox.fail_next("gemini", "moderation", reason="PROHIBITED_CONTENT")
    blocked = ask(client, FRANCE)
    reason = blocked.prompt_feedback.block_reason
    assert reason is types.BlockedReason.PROHIBITED_CONTENT
    assert blocked.text is None
    sandbox.fail_next("gemini", "content_filter")
    filtered = ask(client, FRANCE)
    assert filtered.text is None
    assert filtered.candidates[0].finish_reason is types.FinishReason.SAFETY


def test_the_old_sdk_reads_an_answer(old):
    reply = ask_old(old, FRANCE, "thinking")
    assert "Paris" in reply.text
    assert reply.candidates[0].finish_reason.name == "STOP"
    usage = reply.usage_metadata
    # It does not know of thoughts: only the total has them.
    known = usage.prompt_token_count + usage.candidates_token_count
    assert usage.total_token_count > known
    assert reply.to_dict()["model_version"] == "thinking"


def test_the_old_sdk_streams_an_array(old):
    reply = ask_old(old, FRANCE, stream=True)
    pieces = [chunk.text for chunk in reply]
    assert "Paris" in "".join(pieces) and len(pieces) > 2
    assert reply.candidates[0].finish_reason.name == "STOP"
    assert reply.usage_metadata.candidates_token_count > 0


def test_the_old_sdk_sends_options_and_an_image(old):
    config = {"max_output_tokens": 5, "stop_sequences": ["x"]}
    model = old.GenerativeModel("seeing", system_instruction="Be brief.")
    image = {"mime_type": "image/png", "data": IMAGE}
    reply = model.generate_content(
        ["What is it?", image],
        generation_config=config,
        safety_settings={"HARASSMENT": "BLOCK_NONE"},
        request_options={"timeout": 5, "retry": None},
    )
    assert len(reply.text) == 20
    assert reply.candidates[0].finish_reason.name == "MAX_TOKENS"


def test_the_old_sdk_asks_for_a_schema_in_numbers(sandbox, old):
    config = {
        "response_mime_type": "application/json",
        "response_schema": list[str],
    }
    assert ask_old(old, FRANCE, generation_config=config).text[0] == "["
    sent = sandbox.requests[-1].body["generationConfig"]["responseSchema"]
    assert sent == {"type": 5, "items": {"type": 1}}


def test_the_old_sdk_calls_functions_in_a_chat(old):
    model = old.GenerativeModel("plain", tools=[get_weather])
    chat = model.start_chat(enable_automatic_function_calling=True)
    options = {"timeout": 5, "retry": None}
    assert "4" in chat.send_message(OSLO, request_options=options).text
    assert [turn.role for turn in chat.history] == [
        "user", "model", "user", "model",
    ]  # fmt: skip


def test_the_old_sdk_counts_and_lists(old):
    counted = old.GenerativeModel("plain").count_tokens(FRANCE)
    assert counted.total_tokens > 0
    names = [model.name for model in old.list_models(page_size=2)]
    assert names == ["models/thinking", "models/seeing", "models/plain"]
    assert old.get_model("models/plain").output_token_limit == 1_000


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("wrong_key", exceptions.BadRequest),
        ("forbidden", exceptions.Forbidden),
        ("retired_model", exceptions.NotFound),
        ("rate_limit", exceptions.TooManyRequests),
        ("server_error", exceptions.InternalServerError),
        ("overloaded", exceptions.ServiceUnavailable),
    ],
)
def test_the_old_sdk_raises_by_the_status(sandbox, old, fault, expected):
    sandbox.fail_next("gemini", fault)
    with pytest.raises(expected) as caught:
        ask_old(old, FRANCE)
    assert len(sandbox.requests) == 1
    if fault == "rate_limit":
        kinds = [one["@type"].split(".")[-1] for one in caught.value.details]
        assert kinds == ["Help", "QuotaFailure", "RetryInfo"]


def test_the_old_sdk_cannot_read_the_error_of_an_array(sandbox, old):
    sandbox.fail_next("gemini", "rate_limit")
    with pytest.raises(exceptions.BadRequest, match="Please retry with"):
        ask_old(old, FRANCE, stream=True)


def test_the_old_sdk_reads_blocks(sandbox, old):
    sandbox.fail_next("gemini", "moderation")
    blocked = ask_old(old, FRANCE)
    assert blocked.prompt_feedback.block_reason.name == "SAFETY"
    sandbox.fail_next("gemini", "content_filter")
    filtered = ask_old(old, FRANCE)
    assert filtered.candidates[0].finish_reason.name == "SAFETY"
    with pytest.raises(ValueError):
        _ = filtered.text


def test_the_old_sdk_notices_a_broken_connection(sandbox, old):
    sandbox.fail_next("gemini", "drop_connection")
    with pytest.raises(requests.ConnectionError):
        ask_old(old, FRANCE)
    sandbox.fail_next("gemini", "stream_cut", clean=False)
    with pytest.raises((requests.RequestException, ValueError)):
        list(ask_old(old, FRANCE, stream=True))
