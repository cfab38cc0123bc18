"""Requests made after the model of the first: the SDK's own, to the letter."""

import httpx2
import openai
import pytest

KEY = "sk-test-0123456789"
BODY = {"model": "m", "messages": [{"role": "user", "content": "ä"}]}


@pytest.fixture
def sent():
    return []


@pytest.fixture
def transport(sent):
    """Notes each request, and answers it."""

    def answer(request):
        sent.append(request)
        return httpx2.Response(200, json={})

    return httpx2.MockTransport(answer)


def post(client, body=BODY, timeout=12.5, headers=None):
    client.post(
        "/chat/completions",
        body=body,
        options={"headers": headers or {}, "timeout": timeout},
        cast_to=object,
    )


def made(kind, transport):
    return kind(
        api_key=KEY,
        base_url="http://127.0.0.1:9/v1",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(transport=transport),
    )


def test_a_later_request_is_the_one_that_the_sdk_would_make(
    llm, sent, transport
):
    ours = made(llm.repeating_openai.RepeatingClient, transport)
    post(ours, {"model": "first"}, 60.0, {"X-Mine": "1"})
    for client in (ours, made(openai.OpenAI, transport)):
        post(client, headers={"X-Mine": "1"})
    _, repeated, plain = sent
    assert repeated.content == plain.content
    assert repeated.url == plain.url
    assert dict(repeated.headers) == dict(plain.headers)
    assert repeated.extensions == plain.extensions


def test_headers_of_one_prompt_are_not_sent_with_another(
    llm, sent, transport
):
    client = made(llm.repeating_openai.RepeatingClient, transport)
    for headers in ({"X-Mine": "1"}, {}, {"X-Mine": "2"}, {}):
        post(client, headers=headers)
    found = [one.headers.get("X-Mine") for one in sent]
    assert found == ["1", None, "2", None]


def test_callers_with_ever_new_headers_do_not_fill_the_memory(
    llm, sent, transport
):
    client = made(llm.repeating_openai.RepeatingClient, transport)
    most = llm.repeating_openai.MOST_KEPT
    for number in range(most + 10):
        post(client, headers={"X-Mine": str(number)})
    assert len(client._models) <= most
    assert sent[-1].headers["X-Mine"] == str(most + 9)
