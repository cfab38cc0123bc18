"""Connections that are kept: when they are used again, and when not."""

import socket
import ssl
import sys
import threading

import pytest

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"


class Other:
    """The other side: gives these answers, one for each request.

    `accepted` counts connections. An answer of None closes one.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.accepted = 0
        self.closed = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while self.answers:
            try:
                plug, _ = self.door.accept()
            except OSError:
                return
            self.accepted += 1
            with plug:
                while self.answers and plug.recv(65_536):
                    answer = self.answers.pop(0)
                    if answer is None:
                        break
                    plug.sendall(answer)
                    if b"Connection: close" in answer:
                        break
            self.closed.set()

    @property
    def port(self):
        return self.door.getsockname()[1]


    def close(self):
        self.answers.clear()
        # What waits for somebody would not notice.
        socket.create_connection(self.door.getsockname()).close()
        self.thread.join(5)
        self.door.close()


@pytest.fixture
def other():
    """Make another side; all are closed in the end."""
    made = []

    def make(*answers):
        made.append(Other(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def ask(llm):
    """Ask the other side, and read the answer to its end."""
    wires = llm.wires.Wires(ssl.create_default_context())

    def asked(other, wait=5.0, finish=False):
        address = llm.wires.Address(False, "127.0.0.1", other.port)
        answer = wires.ask(address, b"GET / HTTP/1.1\r\n\r\n", 5.0, wait)
        try:
            if finish:
                answer.finish()
                return b""
            return b"".join(answer.pieces())
        finally:
            answer.close()

    yield asked
    wires.close()


def test_a_connection_is_used_for_the_next_request(ask, other):
    there = other(*[ANSWER] * 5)
    assert [ask(there) for _ in range(5)] == [b"Hello"] * 5
    assert there.accepted == 1


def test_not_if_more_came_than_the_answer(ask, other):
    there = other(ANSWER + b"HTTP/1.1 200 OK", ANSWER)
    assert [ask(there), ask(there)] == [b"Hello"] * 2
    assert there.accepted == 2


def test_not_if_the_other_side_says_so(ask, other):
    there = other(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nHello", ANSWER
    )
    assert [ask(there), ask(there)] == [b"Hello"] * 2
    assert there.accepted == 2


def test_not_if_the_other_side_has_closed_it(ask, other):
    closing = ANSWER.replace(b"\r\n\r\n", b"\r\nX: Connection: close\r\n\r\n")
    there = other(closing, ANSWER)
    assert ask(there) == b"Hello"
    there.closed.wait(5)
    assert ask(there) == b"Hello"


def test_not_if_the_answer_was_not_read_to_its_end(ask, other):
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHalf"
    there = other(half, ANSWER)
    assert ask(there, finish=True) == b""
    assert ask(there) == b"Hello"
    assert there.accepted == 2


def test_the_rest_of_an_answer_may_be_read_to_keep_it(ask, other):
    there = other(ANSWER, ANSWER)
    ask(there, finish=True)
    assert ask(there) == b"Hello"
    assert there.accepted == 1


def test_an_end_without_answer_is_a_broken_wire(llm, ask, other):
    with pytest.raises(llm.answers.WireError):
        ask(other(None))


def test_an_end_in_the_middle_is_a_broken_wire(llm, ask, other):
    head = b"HTTP/1.1 200 OK\r\nX: Connection: close\r\n"
    with pytest.raises(llm.answers.WireError):
        ask(other(head + b"Content-Length: 9\r\n\r\nHalf"))


def test_silence_is_a_timeout(ask, other):
    with pytest.raises(TimeoutError):
        ask(other(b"", ANSWER), wait=0.02)


def test_nobody_there_is_told_apart(llm):
    wires = llm.wires.Wires(ssl.create_default_context())
    for host in ("127.0.0.1", "no..host"):
        address = llm.wires.Address(False, host, 9)
        with pytest.raises(llm.wires.NotConnectedError):
            wires.ask(address, b"", 5.0, 5.0)


def test_who_is_not_encrypted_is_not_believed(llm, other):
    wires = llm.wires.Wires(ssl.create_default_context())
    there = other(ANSWER)
    address = llm.wires.Address(True, "localhost", there.port)
    with pytest.raises(llm.wires.NotConnectedError):
        wires.ask(address, b"", 5.0, 5.0)


@pytest.mark.skipif(sys.platform != "linux", reason="others queue more")
def test_no_connection_in_time_is_told_from_no_answer(llm):
    wires = llm.wires.Wires(ssl.create_default_context())
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        # As many as it lets wait, so that the next one has to.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(door.getsockname())
        address = llm.wires.Address(False, *door.getsockname())
        with pytest.raises(llm.wires.ConnectTimeoutError):
            wires.ask(address, b"", 0.02, 5.0)
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("gemini", b"200 OK"),
        ("openai", b"200 OK"),
        ("openai", b"500 Oh"),
        ("openrouter", b"302 Found"),
        ("requestry", b"200 OK"),
    ],
)
def test_a_head_with_bytes_of_no_meaning_is_read(llm, other, name, status):
    head = b"Location: /m\xfcnchen\r\nContent-Type: te\xffxt\r\n"
    end = b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    there = other(b"HTTP/1.1 " + status + b"\r\n" + head + end)
    agent = llm.agents.agent_for(
        name,
        api_key="sk-test-0123456789",
        base_url=f"http://127.0.0.1:{there.port}",
        policy=llm.retry.RetryPolicy(attempts=1),
    )
    response = agent.process_prompt("Hello")
    assert response.status == "error"
    assert response.error.kind in (
        "malformed_response",
        "provider_unavailable",
    )
