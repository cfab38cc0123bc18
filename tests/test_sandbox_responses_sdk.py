"""The sandbox's responses as OpenAI's own SDK takes them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openai
import pytest
from pydantic import BaseModel

from course.sandbox import Sandbox

MODELS = Path(__file__).with_name("sandbox_models.json")
KEY = "sk-test-0123456789"


class Place(BaseModel):
    city: str
    airports: int


class Weather(BaseModel):
    """The weather in a city."""

    city: str


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
    url = sandbox.base_url("openai")
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


def test_create_gives_text_and_usage(client):
    response = client.responses.create(
        model="thinking", input="What is 6 times 7?", instructions="Be brief."
    )
    assert "42" in response.output_text
    assert response.usage.output_tokens_details.reasoning_tokens == 64
    again = type(response).model_validate(response.to_dict())
    assert again.output == response.output


def test_every_event_of_a_stream_is_one_that_the_sdk_knows(client):
    stream = client.responses.create(
        model="thinking", input="What is 6 times 7?", stream=True
    )
    found = list(stream)
    for event in found:
        assert type(event).__module__.startswith("openai.types.responses")
        # Strictly: each field that the SDK's type wants is there.
        type(event).model_validate(event.to_dict())
    assert found[-1].response.output_text == "".join(
        one.delta for one in found if one.type == "response.output_text.delta"
    )


def test_the_stream_helper_ends_in_the_response(client):
    with client.responses.stream(
        model="plain", input="What is 6 times 7?"
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.output_text.delta", "response.completed"} <= kinds
    assert "42" in final.output_text


def test_parse_gives_an_object_of_the_class(client):
    response = client.responses.parse(
        model="plain", input="Berlin has 3 airports.", text_format=Place
    )
    assert isinstance(response.output_parsed, Place)
    assert response.output_parsed.airports == 3


def test_a_tools_arguments_are_parsed_in_a_stream(client):
    with client.responses.stream(
        model="plain",
        input="What is the weather in Paris?",
        tools=[openai.pydantic_function_tool(Weather)],
        tool_choice="required",
    ) as stream:
        final = stream.get_final_response()
    (call,) = final.output
    assert call.name == "Weather" and call.parsed_arguments.city == "Paris"


def test_a_conversation_goes_on_by_its_id(client):
    ask = client.responses.create
    first = ask(model="plain", input="My name is Ada.")
    second = ask(
        model="plain",
        input="What is my name?",
        previous_response_id=first.id,
    )
    assert "Ada" in second.output_text
    assert client.responses.retrieve(second.id) == second
    client.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(second.id)


def test_errors_are_the_sdks_own(client, sandbox):
    sandbox.fail_next("openai", "rate_limit")
    with pytest.raises(openai.RateLimitError) as limited:
        client.responses.create(model="plain", input="Hi")
    assert limited.value.code == "rate_limit_exceeded"
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="plain", input="Hi", temperature=3)
    assert refused.value.param == "temperature"


def test_a_broken_stream_has_typed_errors(client, sandbox):
    sandbox.fail_next("openai", "stream_error")
    stream = client.responses.create(model="plain", input="Hi", stream=True)
    *_, error, failed = stream
    for event in (error, failed):
        type(event).model_validate(event.to_dict())
    assert error.code == "server_error"
    assert failed.response.error.message == error.message
