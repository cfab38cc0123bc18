"""A client that goes away stops the upstream call, at both endpoints."""

import socket
import threading
from contextlib import suppress

import pytest
import requests

FIRST = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
BODIES = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/responses": {"input": "x"},
}


class Endless:
    """An upstream that begins to answer, and never ends by itself."""

    def __init__(self, begins: bool) -> None:
        self.left = threading.Event()
        self._begins = begins
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._door.accept()
        with connection:
            connection.recv(65_536)
            if self._begins:
                connection.sendall(HEAD + FIRST)
            with suppress(ConnectionError):
                while connection.recv(65_536):
                    pass
            self.left.set()

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def upstream(request):
    started = Endless(begins=request.param)
    yield started
    started.close()


@pytest.mark.parametrize("upstream", [True], indirect=True)
@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("name", ["openai", "requestry"])
def test_who_leaves_a_stream_ends_the_call(serve, upstream, path, name):
    url = serve(
        {
            f"{name.upper()}_API_KEY": "sk-test-0123456789",
            f"{name.upper()}_BASE_URL": upstream.url,
        }
    )
    body = {"model": name, "stream": True, **BODIES[path]}
    with requests.post(url + path, json=body, stream=True, timeout=30) as got:
        assert b"Hi" in b"".join(line for line in _until_hi(got))
    assert upstream.left.wait(5)


def _until_hi(answer):
    """Yield the lines of a stream until its first text is there."""
    for line in answer.iter_lines():
        yield line
        if b"Hi" in line:
            return


@pytest.mark.parametrize("upstream", [False], indirect=True)
@pytest.mark.parametrize("path", BODIES)
def test_who_leaves_before_the_answer_ends_the_call(serve, upstream, path):
    url = serve(
        {
            "OPENAI_API_KEY": "sk-test-0123456789",
            "OPENAI_BASE_URL": upstream.url,
        }
    )
    body = {"model": "openai", **BODIES[path]}
    with pytest.raises(requests.ReadTimeout):
        # Gone as soon as the upstream has had time to be asked.
        requests.post(url + path, json=body, timeout=(5, 0.4))
    assert upstream.left.wait(5)
