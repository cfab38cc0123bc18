"""A caller that goes away ends the request to the provider."""

import json
import socket

import pytest

KEY = "sk-test-0123456789"
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")


@pytest.fixture
def provider():
    """A provider that takes a request and never answers it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(20)
        yield door


@pytest.fixture
def call(serve, provider):
    """Send a request to the router, whose provider is the silent one."""
    host, port = provider.getsockname()

    def send(path, body):
        environ = {"LLM_ROUTER_AUTO": "openai"}
        for name in PROVIDERS:
            environ[f"{name.upper()}_API_KEY"] = KEY
            environ[f"{name.upper()}_BASE_URL"] = f"http://{host}:{port}"
        there = serve(environ).removeprefix("http://").split(":")
        raw = json.dumps(body).encode()
        caller = socket.create_connection((there[0], int(there[1])), 20)
        caller.sendall(
            b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
            b"Content-Type: application/json\r\n\r\n%b"
            % (path.encode(), len(raw), raw)
        )
        return caller

    return send


def arrived(provider):
    """Return the connection of a request that has arrived."""
    connection, _ = provider.accept()
    connection.settimeout(20)
    assert connection.recv(65_536).startswith(b"POST ")
    return connection


def is_ended(connection):
    """Wait for the other side to end a connection."""
    with connection:
        try:
            while connection.recv(65_536):
                pass
        except ConnectionResetError:
            pass
    return True


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", PROVIDERS)
def test_the_wait_for_an_answer_ends_with_its_caller(
    call, provider, name, stream
):
    messages = [{"role": "user", "content": "x"}]
    body = {"model": name, "messages": messages, "stream": stream}
    with call("/v1/chat/completions", body):
        upstream = arrived(provider)
    assert is_ended(upstream)


@pytest.mark.parametrize("path", [*PROVIDERS, "auto"])
def test_so_it_does_at_the_agents_own_endpoints(call, provider, path):
    with call(f"/agents/llm-providers/{path}", {"prompt": "x"}):
        upstream = arrived(provider)
    assert is_ended(upstream)


@pytest.mark.parametrize("name", ["openai", "requestry"])
def test_a_stream_ends_with_its_caller(call, provider, name):
    chunk = {"choices": [{"index": 0, "delta": {"content": "One"}}]}
    event = b"data: %b\n\n" % json.dumps(chunk).encode()
    messages = [{"role": "user", "content": "x"}]
    body = {"model": name, "messages": messages, "stream": True}
    with call("/v1/chat/completions", body) as caller:
        upstream = arrived(provider)
        upstream.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            b"%x\r\n%b\r\n" % (len(event), event)
        )
        received = b""
        while b"One" not in received:
            received += caller.recv(65_536)
    assert is_ended(upstream)


def test_nobody_else_is_asked_then(call, provider):
    messages = [{"role": "user", "content": "x"}]
    body = {"model": "openai", "models": ["requestry"], "messages": messages}
    with call("/v1/chat/completions", body):
        upstream = arrived(provider)
    assert is_ended(upstream)
    provider.settimeout(0.2)
    with pytest.raises(TimeoutError):
        provider.accept()
