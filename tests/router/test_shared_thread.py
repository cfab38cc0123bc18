"""Calls after a provider's first one: they share the server's thread."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytest.importorskip("greenlet")
KEY = "sk-test-0123456789"
STREAMS = 40
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n"


def chunk(content, reason=None):
    choice = {"index": 0, "delta": {"content": content}}
    event = json.dumps({"choices": [{**choice, "finish_reason": reason}]})
    return b"data: %b\n\n" % event.encode()


def _request(plug):
    """Return a request, head and body; nothing where none comes any more."""
    data = b""
    while b"\r\n\r\n" not in data or not data.endswith(b"}"):
        piece = plug.recv(65_536)
        if not piece:
            return b""
        data += piece
    return data


class Provider:
    """Answers "now" at once; all else when told, or never."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.left = threading.Event()
        self.waiting = threading.Semaphore(0)
        self._door = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                plug, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plug,)).start()

    def _serve(self, plug: socket.socket) -> None:
        with plug:
            while asked := _request(plug):
                if b'"now"' in asked:
                    plug.sendall(self._answer())
                else:
                    plug.sendall(HEAD % b"text/event-stream")
                    plug.sendall(b"Connection: close\r\n\r\n" + chunk("One"))
                    self.waiting.release()
                    if self._told(plug):
                        plug.sendall(chunk(" more") + chunk("", "stop"))
                        plug.sendall(b"data: [DONE]\n\n")
                    return

    def _told(self, plug: socket.socket) -> bool:
        """Wait; return false where the caller goes away first."""
        plug.settimeout(0.02)
        while not self.go_on.is_set():
            try:
                if not plug.recv(1):
                    self.left.set()
                    return False
            except TimeoutError:
                pass
        return True

    def _answer(self) -> bytes:
        message = {"role": "assistant", "content": "Hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = json.dumps({"choices": [choice]}).encode()
        head = HEAD % b"application/json"
        return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)

    def close(self) -> None:
        self.go_on.set()
        self._door.close()


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(params=["openai", "requestry"])
def ask(request, serve, provider):
    """Ask the router, which has asked its provider before."""
    name = request.param.upper()
    url = serve(
        {f"{name}_API_KEY": KEY, f"{name}_BASE_URL": provider.url}
    )

    def asked(text, **fields):
        messages = [{"role": "user", "content": text}]
        return requests.post(
            f"{url}/v1/chat/completions",
            json={"model": request.param, "messages": messages, **fields},
            timeout=60,
            stream=bool(fields),
        )

    assert asked("now").status_code == 200
    return asked


def text_of(answer):
    """Return all that an answer's events hold, put together."""
    lines = (one[6:] for one in answer.iter_lines() if b"content" in one)
    return "".join(
        json.loads(one)["choices"][0]["delta"]["content"] for one in lines
    )


def test_an_answer_goes_past_streams_that_wait(ask, provider):
    with ThreadPoolExecutor(STREAMS) as pool:
        streams = [
            pool.submit(lambda: text_of(ask("later", stream=True)))
            for _ in range(STREAMS)
        ]
        for _ in streams:
            assert provider.waiting.acquire(timeout=60)
        assert ask("now").json()["choices"][0]["message"]["content"]
        provider.go_on.set()
        assert {one.result() for one in streams} == {"One more"}


def test_who_leaves_a_stream_ends_the_call(ask, provider):
    with ask("later", stream=True) as answer:
        assert any(b"One" in line for line in answer.iter_lines())
    assert provider.left.wait(60)


def test_the_provider_is_asked_again_afterwards(ask, provider):
    for _ in range(3):
        assert ask("now").status_code == 200
