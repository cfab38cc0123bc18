"""The transport under the OpenAI SDK: kept connections, httpx2's faults."""

import os
from pathlib import Path

import httpx2
import pytest

KEY = "sk-test-0123456789"


@pytest.fixture
def client(llm, monkeypatch):
    """A client of httpx2's that stands on our transport."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with httpx2.Client(transport=llm.pooled_http.direct_transport()) as made:
        yield made


@pytest.fixture
def ask(client, sandbox):
    """Send a chat completion; the value is what httpx2 gives."""

    def asked(timeout=2.0, **fields):
        body = {
            "messages": [{"role": "user", "content": "Hello"}],
            **fields,
        }
        return client.post(
            sandbox.base_url("openai") + "/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=timeout,
        )

    return asked


def test_an_answer_arrives_whole(llm, ask):
    model = llm.catalogue.load_catalogue().role("openai", "default").id
    answer = ask(model=model)
    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"]


def test_an_error_is_an_answer_too(ask):
    answer = ask(model="nobody-knows-it")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"


def test_a_stream_keeps_its_connection_for_the_next_one(llm, sandbox):
    agent = llm.openai_agent.OpenAIAgent(
        api_key=KEY, base_url=sandbox.base_url("openai")
    )
    for _ in range(3):
        stream = agent.stream("Say hello.")
        assert "".join(stream) and stream.response.status == "success"
    free = agent.client._transport.wires._free
    [[connection]] = free.values()
    for _ in range(2):
        agent.process_prompt("Say hello.")
    assert list(*free.values()) == [connection]


@pytest.mark.parametrize("value", ["a\r\nx-more: 1", "a\nx-more: 1", "\0"])
def test_a_header_that_would_be_two_is_not_sent(client, sandbox, value):
    with pytest.raises(httpx2.LocalProtocolError):
        client.get(f"{sandbox.url}/_sandbox/info", headers={"x-a": value})


def test_nobody_there_is_a_connect_error(client):
    with pytest.raises(httpx2.ConnectError):
        client.get("http://127.0.0.1:9/")


def test_no_answer_in_time_is_a_read_timeout(llm, ask, sandbox):
    model = llm.catalogue.load_catalogue().role("openai", "default").id
    sandbox.fail_next("openai", "stall", seconds=0.3)
    with pytest.raises(httpx2.ReadTimeout):
        ask(timeout=0.03, model=model)


def test_a_proxy_is_left_to_httpx2(llm, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert llm.pooled_http.direct_transport() is None


def test_all_share_a_tls_context_until_others_are_trusted(
    llm, monkeypatch, tmp_path
):
    made = llm.pooled_http.tls_context()
    assert llm.pooled_http.tls_context() is made
    other = tmp_path / "other.pem"
    other.write_bytes(Path(os.environ["SSL_CERT_FILE"]).read_bytes())
    with monkeypatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(other))
        assert llm.pooled_http.tls_context() is not made
    assert llm.pooled_http.tls_context() is made
