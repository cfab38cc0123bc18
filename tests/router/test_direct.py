"""The short way to an endpoint leads to where FastAPI's leads."""

import asyncio
import json

import pytest
from fastapi import HTTPException, Response

KEY = "sk-test-0123456789"
JSON = b"application/json"
DOORS = ["/v1/chat/completions", "/v1/responses"]


@pytest.fixture
def app(llm, sandbox):
    made = llm.llm_router.create_app(
        {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
            "LLM_ROUTER_LONGEST_BODY": "100000",
        }
    )
    yield made
    made.state.service.close()


async def _answer(app, scope, body):
    """Return the status, the headers and the body of an app's answer."""
    sent = []
    bodies = [{"type": "http.request", "body": body}]

    async def receive():
        return bodies.pop() if bodies else await asyncio.Future()

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    headers = dict(sent[0]["headers"])
    headers.pop(b"x-request-id")
    whole = b"".join(one.get("body", b"") for one in sent[1:])
    return sent[0]["status"], headers, whole


@pytest.fixture
def both_ways(app):
    """Ask on both ways; the value is both answers."""

    def asked(path, body, kind=JSON, method="POST", ways=(0, 1)):
        headers = [(b"content-type", kind)] if kind else []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": headers,
            "query_string": b"",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
        }
        # FastAPI traces these itself, so they are left to it.
        traced = scope | {"fastapi.telemetry": None}
        return [
            asyncio.run(_answer(app, dict((scope, traced)[way]), body))
            for way in ways
        ]

    return asked


def request(path, **fields):
    name = "messages" if "chat" in path else "input"
    turns = [{"role": "user", "content": "Hi"}]
    return json.dumps({"model": "openai", name: turns, **fields}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b'"text"',
        b"{}",
        b"\xff{}",
        b"[" * 50_000,
        b'{"model": 1, "messages": [], "input": []}',
        b'{"model": "\\ud800", "messages": [{"role": "user", "content":'
        b' "x"}], "input": "x"}',
        b'{"model": "openai", "messages": [{"role": "nobody"}],'
        b' "input": [{"type": "nothing"}]}',
        b"x" * 100_001,
    ],
)
@pytest.mark.parametrize("path", DOORS)
def test_what_makes_no_sense_is_refused_alike(both_ways, path, body):
    short, long = both_ways(path, body)
    assert short == long
    assert 400 <= short[0] < 500
    assert json.loads(short[2])["error"]["message"]


@pytest.mark.parametrize(
    "kind", [b"", b"text/plain", b"application/x", b"nonsense", b"a/b;c=\xff"]
)
def test_a_body_has_to_say_that_it_is_json(both_ways, kind):
    short, long = both_ways(DOORS[0], request(DOORS[0]), kind)
    assert short == long
    assert short[0] == 400


@pytest.mark.parametrize(
    "kind", [b"application/json; charset=utf-8", b"application/vnd.x+json"]
)
@pytest.mark.parametrize("path", DOORS)
def test_an_answer_is_the_same(both_ways, path, kind):
    short, long = both_ways(path, request(path), kind)
    assert short[0] == long[0] == 200
    assert short[1].keys() == long[1].keys()
    assert json.loads(short[2]).keys() == json.loads(long[2]).keys()


@pytest.mark.parametrize("path", DOORS)
def test_a_stream_is_the_same(both_ways, path):
    short, long = both_ways(path, request(path, stream=True))
    assert short[:2] == long[:2]
    assert short[2].count(b"data: ") == long[2].count(b"data: ")


@pytest.mark.parametrize("fields", [{"model": "nobody"}, {"model": "auto/x"}])
def test_a_refusal_is_the_same(both_ways, fields):
    short, long = both_ways(DOORS[0], request(DOORS[0], **fields))
    assert short == long
    assert short[0] == 404


def test_other_methods_are_fastapi_s(both_ways):
    short, long = both_ways(DOORS[0], b"", method="PUT")
    assert short == long
    assert short[0] == 405


def test_both_ways_are_counted_as_the_endpoint_s(app, both_ways):
    both_ways(DOORS[0], request(DOORS[0]))
    metrics = app.state.service.metrics
    if metrics is None:
        pytest.skip("prometheus-client is not installed")
    line = 'http_requests_total{path="/v1/chat/completions",status="200"} 2.0'
    assert line in metrics.text().decode()


def test_the_documentation_has_them(app):
    paths = app.openapi()["paths"]
    assert all("post" in paths[door] for door in DOORS)


def failing(app, error):
    """Have every order fail in this way."""

    def fail(*_):
        raise error

    app.state.service.targets_for = fail


def test_a_handler_of_the_app_s_owner_is_asked(app, both_ways):
    async def answered(request, error):
        return Response(b"mine", 418)

    app.add_exception_handler(404, answered)
    failing(app, HTTPException(404))
    short, long = both_ways(DOORS[0], request(DOORS[0]))
    assert short == long
    assert (short[0], short[2]) == (418, b"mine")


@pytest.mark.parametrize("way", [0, 1])
def test_what_nobody_expects_is_raised_to_the_server(app, both_ways, way):
    app.add_exception_handler(Exception, lambda *_: Response(b"", 418))
    failing(app, KeyError("x"))
    with pytest.raises(KeyError):
        both_ways(DOORS[0], request(DOORS[0]), ways=[way])
