"""The sandbox as a server: records, control, many clients, bad clients."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from course.sandbox import (
    RecordedRequest,
    Sandbox,
    SandboxClient,
    command,
    recording,
)
from course.sandbox.providers import PROVIDERS

ROOT = Path(__file__).parents[1]
MODELS = Path(__file__).with_name("sandbox_models.json")
PATH = "/openai/v1/chat/completions"
BODY = {"model": "plain", "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as started:
        yield started


def send(
    sandbox: Sandbox, body: Any = BODY, key: str = "sk-test", **fields: Any
) -> tuple[int, bytes]:
    """Send a chat completion over a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as c:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
        }
        data = body if isinstance(body, bytes) else json.dumps(body | fields)
        c.request("POST", PATH, data, headers)
        reply = c.getresponse()
        return reply.status, reply.read()


def raw(sandbox: Sandbox, data: bytes, timeout: float = 5) -> bytes:
    """Send bytes and return all that comes back until the server closes."""
    address = ("127.0.0.1", sandbox.port)
    with socket.create_connection(address, timeout) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
        return answer


def test_what_arrives_is_recorded(sandbox):
    send(sandbox)
    send(sandbox, key="sk-wrong")
    good, bad = sandbox.requests
    assert isinstance(good, RecordedRequest)
    assert (good.provider, good.method, good.path) == ("openai", "POST", PATH)
    assert good.headers["content-type"] == "application/json"
    assert good.body == BODY and good.key == "sk-test"
    assert (good.status, bad.status) == (200, 401)
    sandbox.clear()
    assert sandbox.requests == []


def test_headers_are_asked_for_in_any_case(sandbox):
    send(sandbox)
    headers = sandbox.requests[0].headers
    assert headers["Authorization"] == headers["authorization"]
    assert headers.get("AUTHORIZATION") == headers["authorization"]
    assert "Authorization" in headers and "X-Other" not in headers
    assert headers.get("X-Other", "none") == "none"


def test_a_body_that_is_no_json_is_recorded_as_text(sandbox):
    send(sandbox, b"{broken")
    assert sandbox.requests[0].body == "{broken"


def test_no_record_prints_a_key(sandbox):
    send(sandbox, key="sk-very-secret-key")
    record = sandbox.requests[0]
    printed = f"{record!r} {record} {record.headers} {record.headers!r}"
    assert "secret" not in printed and "sk-v" not in printed
    assert "200" in repr(record)
    assert record.headers["authorization"] == "Bearer sk-very-secret-key"


def test_the_last_thousand_records_of_each_key_are_kept(sandbox):
    send(sandbox, key="sk-other")
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as c:
        for number in range(1_005):
            headers = {"Authorization": "Bearer sk-many", "n": str(number)}
            c.request("GET", "/openai/v1/nothing", headers=headers)
            c.getresponse().read()
    records = sandbox.requests
    assert len(records) == 1_001
    assert records[0].key == "sk-other"
    assert [r.headers["n"] for r in records[1::999]] == ["5", "1004"]


def test_a_large_body_is_cut_in_its_record_alone(sandbox):
    messages = [{"role": "user", "content": "word " * 300_000}]
    status, reply = send(sandbox, BODY | {"messages": messages})
    assert status == 400 and b"context_length_exceeded" in reply
    assert len(sandbox.requests[0].body) == 1_000_000


def test_many_clients_are_served_at_once(sandbox):
    sandbox.fail_next("openai", "stall", seconds=0.3, times=None, key="slow")
    start = time.monotonic()
    with ThreadPoolExecutor(64) as pool:
        keys = ["slow"] * 64
        replies = list(pool.map(lambda key: send(sandbox, key=key), keys))
    assert {status for status, _ in replies} == {200}
    assert len({body for _, body in replies}) == 1
    assert len(sandbox.requests) == 64
    assert time.monotonic() - start < 15


def test_hundreds_of_connections_stay_open(sandbox):
    address = ("127.0.0.1", sandbox.port)
    idle = [socket.create_connection(address, 5) for _ in range(300)]
    assert send(sandbox)[0] == 200
    idle[-1].sendall(b"GET /openai/v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle[-1].recv(100).startswith(b"HTTP/1.1 401 ")
    for connection in idle:
        connection.close()


def test_a_connection_serves_many_requests(sandbox):
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as c:
        c.connect()
        port = c.sock.getsockname()[1]
        for stream in (False, True, False):
            headers = {
                "Authorization": "Bearer sk-test",
                "Content-Type": "application/json",
            }
            c.request("POST", PATH, json.dumps(BODY | {"stream": stream}),
                      headers)  # fmt: skip
            assert c.getresponse().read()
            assert c.sock.getsockname()[1] == port


HEAD = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (HEAD + b"no colon here\r\n\r\n", 400),
        (HEAD + b"a: " + b"b" * 70_000 + b"\r\n\r\n", 431),
        (HEAD + b"".join(b"h%d: x\r\n" % i for i in range(300)) + b"\r\n",
         431),
        (HEAD + b"Content-Length: many\r\n\r\n", 400),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
)  # fmt: skip
def test_malformed_http_is_refused_and_harms_nobody(sandbox, data, status):
    assert raw(sandbox, data).startswith(b"HTTP/1.1 %d " % status)
    assert send(sandbox)[0] == 200


def test_a_client_that_says_nothing_harms_nobody(sandbox):
    assert raw(sandbox, b"") == b""
    assert raw(sandbox, b"\r\n") == b""
    assert b" 401 " in raw(sandbox, HEAD + b"Content-Length: 99\r\n\r\n{")
    assert send(sandbox)[0] == 200


def test_a_chunked_request_is_read(sandbox):
    body = json.dumps(BODY).encode()
    pieces = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    data = (
        HEAD
        + b"Authorization: Bearer sk-test\r\nContent-Type: application/json"
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        + pieces
    )
    assert raw(sandbox, data).startswith(b"HTTP/1.1 200 OK\r\n")
    assert sandbox.requests[0].body == BODY


def test_a_client_that_waits_for_leave_gets_it(sandbox):
    data = HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    assert raw(sandbox, data).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP")


def test_an_http_1_0_client_gets_a_closed_connection(sandbox):
    body = json.dumps(BODY | {"stream": True}).encode()
    head = HEAD.replace(b"1.1", b"1.0") + (
        b"Authorization: Bearer sk-test\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    answer = raw(sandbox, head + body)
    assert b"Transfer-Encoding" not in answer
    assert answer.endswith(b"data: [DONE]\n\n")


def test_a_client_that_leaves_in_mid_stream_causes_no_noise(sandbox, capfd):
    sandbox.fail_next(
        "openai", "slow_body", seconds=0.2, chunks_before=2, times=5
    )
    for _ in range(5):
        address = ("127.0.0.1", sandbox.port)
        with socket.create_connection(address, 5) as connection:
            body = json.dumps(BODY | {"stream": True}).encode()
            connection.sendall(
                HEAD
                + b"Authorization: Bearer x\r\nContent-Type: application/json"
                + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )
            assert connection.recv(10)
    time.sleep(0.3)
    assert send(sandbox)[0] == 200
    assert capfd.readouterr() == ("", "")


def test_stopping_is_quick_while_streams_are_open(sandbox):
    sandbox.fail_next("openai", "stall", seconds=60, times=8)
    threads = [
        threading.Thread(target=swallow, args=(sandbox,)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(sandbox.requests) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    start = time.monotonic()
    sandbox.stop()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert time.monotonic() - start < 20
    with pytest.raises(OSError):
        send(sandbox)


def swallow(sandbox: Sandbox) -> None:
    try:
        send(sandbox)
    except (OSError, http.client.HTTPException):
        return


def test_it_can_be_stopped_twice_and_started_again():
    sandbox = Sandbox(models=MODELS)
    sandbox.stop()
    for _ in range(2):
        with sandbox:
            assert send(sandbox)[0] == 200
        sandbox.stop()
    assert "stopped" in repr(sandbox)


def test_it_listens_on_loopback_alone(sandbox):
    assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"
    assert sandbox.base_url("openai") == f"{sandbox.url}/openai/v1"
    with pytest.raises(ValueError, match="openai"):
        sandbox.base_url("nobody")
    # Another address of this machine: whoever listens on all answers here.
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", sandbox.port), 1).close()


def test_an_error_of_its_own_is_a_500_without_a_traceback(sandbox, capfd):
    class Broken(dict):
        def get(self, *_: Any) -> Any:
            raise RuntimeError("broken on purpose")

    protocol = sandbox._protocols["openai"]
    protocol.models.known = lambda: Broken()
    status, body = send(sandbox)
    assert status == 500
    assert "sandbox itself" in json.loads(body)["error"]["message"]
    assert b"Traceback" not in body and b"on purpose" not in body
    assert "broken on purpose" in capfd.readouterr().err


def test_another_process_can_use_it(sandbox):
    client = SandboxClient(sandbox.url)
    assert client.providers == sandbox.providers
    assert client.base_url("openai") == sandbox.base_url("openai")
    client.fail_next("openai", "server_error", times=2, key="sk-one")
    assert [send(sandbox, key="sk-one")[0] for _ in range(3)] == [
        500, 500, 200,
    ]  # fmt: skip
    records = client.requests
    assert records == sandbox.requests and len(records) == 3
    assert "sk-one" not in f"{records} {records[0].headers}"
    client.clear()
    assert client.requests == []


def test_another_process_learns_what_is_wrong(sandbox):
    client = SandboxClient(sandbox.url)
    with pytest.raises(ValueError, match="there are: openai"):
        client.fail_next("nobody", "stall")
    with pytest.raises(ValueError, match="there are: openai"):
        client.base_url("nobody")
    with pytest.raises(ValueError, match="rate_limit"):
        client.fail_next("openai", "earthquake")
    with pytest.raises(ValueError, match="seconds"):
        client.fail_next("openai", "stall", minutes=1)
    sandbox.stop()
    with pytest.raises(OSError):
        client.clear()


def test_control_can_be_switched_off():
    with Sandbox(models=MODELS, control=False) as sandbox:
        assert send(sandbox)[0] == 200
        response = requests.get(f"{sandbox.url}/_sandbox/requests")
        assert response.status_code == 404 and "Hello" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/_sandbox/requests", {"Host": "evil.example"}, 403),
        ("POST", "/_sandbox/clear", {"Origin": "http://evil.example"}, 403),
        ("POST", "/_sandbox/clear", {"Origin": "null"}, 403),
        ("POST", "/_sandbox/clear", {"Origin": "http://127.0.0.1:1"}, 403),
        ("POST", "/_sandbox/clear", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", "/_sandbox/feed", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", "/_sandbox/feed", {"Host": "evil.example"}, 403),
        ("GET", "/", {"Host": "evil.example:80"}, 403),
        ("GET", "/_sandbox/feed", {}, 400),
        ("GET", "/_sandbox/nothing", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("POST", "/_sandbox/fail_next", {}, 400),
    ],
)
def test_strangers_get_no_control(sandbox, method, path, headers, status):
    url = sandbox.url + path
    response = requests.request(method, url, headers=headers, json=[1])
    assert response.status_code == status


def test_of_ever_new_keys_the_oldest_are_forgotten(sandbox, monkeypatch):
    monkeypatch.setattr(recording, "KEPT_KEYS", 2)
    for key in ("sk-first", "sk-second", "sk-third"):
        send(sandbox, key=key)
    assert [one.key for one in sandbox.requests] == ["sk-second", "sk-third"]


def test_it_imports_nothing_of_the_course_or_the_package():
    code = (
        "import sys, course.sandbox.command as c;"
        "print(sorted(m for m in sys.modules if m.startswith("
        "('course', 'llm_providers', 'openai', 'http.', 'email.'))"
        " and not m.startswith('course.sandbox')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['course']", done.stderr


def test_the_command_serves_until_it_is_told_to_end():
    run = [sys.executable, "-c", RUN, "--port", "0"]
    with subprocess.Popen(
        run, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert "openai" in SandboxClient(url).providers
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
            assert process.wait(10) == 0
            assert f"{url}/openai/v1" in rest and "has ended" in rest
        finally:
            process.kill()


RUN = "import sys; from course.sandbox.command import main; " + (
    "sys.exit(main(sys.argv[1:]))"
)


def test_a_taken_port_is_named(sandbox, capsys):
    assert command.main(["--port", str(sandbox.port)]) == 1
    error = capsys.readouterr().err
    assert f"Port {sandbox.port} is taken" in error and "--port" in error
    assert command.main(["--port", "70000"]) == 1


def test_what_is_shut_down_does_not_depend_on_the_real_date():
    with Sandbox() as sandbox:
        protocol = sandbox._protocols["openai"]
        protocol.models.known()
        catalogue = (ROOT / "data" / "models.json").read_text("utf-8")
        as_of = json.loads(catalogue)["as_of"]
        assert protocol.models.today.isoformat() == as_of


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_answers_under_its_base_url(sandbox, provider):
    url = sandbox.base_url(provider)
    assert url.startswith(f"{sandbox.url}/{provider}")
    assert requests.get(f"{url}/nothing", timeout=30).status_code >= 400
    assert sandbox.requests[-1].provider == provider


def test_no_protocol_is_loaded_before_it_is_needed():
    code = (
        "import sys; from course.sandbox import Sandbox\n"
        "with Sandbox() as sandbox: sandbox.base_url('openai')\n"
        "print([n for n in sys.modules if n.startswith('course.sandbox.op')])"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_what_was_answered_is_recorded_too(sandbox):
    url = sandbox.base_url("openai") + "/models"
    answer = requests.get(url, headers={"Authorization": "Bearer k"})
    [record] = sandbox.requests
    assert record.reply == answer.text[: len(record.reply)]
    assert len(record.reply) == min(4_000, len(answer.content))


def test_answered_calls_are_counted_by_model_and_never_forgotten(
    sandbox: Sandbox,
) -> None:
    send(sandbox)
    sandbox.fail_next("openai", "rate_limit")
    send(sandbox)
    sandbox.clear()
    send(sandbox, model="no-such-model")
    (row,) = sandbox.answered_calls()
    size = len(json.dumps(BODY))
    assert row == ("openai", "plain", 1, size)


def test_gemini_s_model_is_read_from_the_path() -> None:
    path = "/gemini/v1beta/models/some-model:generateContent"
    record = RecordedRequest("gemini", "POST", path, {}, {}, None)
    assert record.model == "some-model"
