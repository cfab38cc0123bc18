"""Requests made after the model of the first: the SDK's own, to the letter."""

import gzip
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

KEY = "sk-test-0123456789"
PATH = "/chat/completions"


@pytest.fixture
def body(llm):
    model = llm.catalogue.load_catalogue().role("openai", "default").id
    return {"model": model, "messages": [{"role": "user", "content": "ä"}]}


def client_at(llm, url):
    """Return a client on our connections, to be closed in the end."""
    transport = llm.pooled_http.PooledTransport()
    return llm.repeating_openai.RepeatingClient(
        api_key=KEY,
        base_url=url,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(transport=transport),
        transport=transport,
    )


@pytest.fixture
def client(llm, sandbox):
    with client_at(llm, sandbox.base_url("openai")) as made:
        yield made


class Elsewhere(BaseHTTPRequestHandler):
    """Leads from /moved to /v1, where an answer is packed."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/moved"):
            self.send_response(307)
            self.send_header("Location", f"/v1{PATH}")
            packed = b"elsewhere"
        else:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            packed = gzip.compress(b'{"packed": true}')
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(client, body):
    """Send a body; the value is the answer's."""

    def asked(timeout=12.5, headers=None, **fields):
        with client.exchange(
            PATH, body | fields, headers or {}, timeout
        ) as reply:
            return reply.status, b"".join(reply.chunks)

    return asked


def told(request):
    """Return what of a request the other side gets to see."""
    return request.method, request.path, request.headers, request.body


def test_a_later_request_is_the_one_that_the_sdk_would_make(
    ask, sandbox, body
):
    ask(60.0, {"X-Mine": "1"}, user="first")
    ask(headers={"X-Mine": "1"})
    with openai.OpenAI(
        api_key=KEY, base_url=sandbox.base_url("openai"), max_retries=0
    ) as plain:
        plain.post(
            PATH,
            body=body,
            options={"headers": {"X-Mine": "1"}, "timeout": 12.5},
            cast_to=object,
        )
    _, repeated, plain = map(told, sandbox.requests)
    assert repeated == plain


def test_headers_of_one_prompt_are_not_sent_with_another(ask, sandbox):
    for headers in ({"X-Mine": "1"}, {}, {"X-Mine": "2"}, {}):
        ask(headers=headers)
    found = [one.headers.get("x-mine") for one in sandbox.requests]
    assert found == ["1", None, "2", None]


def test_callers_with_ever_new_headers_do_not_fill_the_memory(
    llm, client, ask, sandbox
):
    most = llm.repeating_openai.MOST_KEPT
    for number in range(most + 5):
        ask(headers={"X-Mine": str(number)})
    assert len(client._models) <= most
    assert sandbox.requests[-1].headers["x-mine"] == str(most + 4)


def test_an_error_of_a_later_request_is_the_sdk_s(ask, sandbox):
    ask()
    sandbox.fail_next("openai", "rate_limit", retry_after=2)
    with pytest.raises(openai.RateLimitError) as caught:
        ask()
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.body["code"]
    assert ask()[0] == 200


@pytest.mark.parametrize("path", ["/v1", "/moved"])
def test_what_is_packed_or_elsewhere_is_read_all_the_same(
    llm, elsewhere, body, path
):
    with client_at(llm, elsewhere + path) as client:
        for _ in range(3):
            with client.exchange(PATH, body, {}, 12.5) as reply:
                assert b"".join(reply.chunks) == b'{"packed": true}'


def test_who_listens_to_the_sdk_hears_of_every_request(ask, caplog):
    with caplog.at_level(logging.INFO, "httpx2"):
        for _ in range(3):
            ask()
    heard = [one for one in caplog.records if one.name == "httpx2"]
    assert len(heard) == 3
