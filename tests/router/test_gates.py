"""The gates before the app: the key, the size, the id, the log."""

import asyncio
import socket

import pytest
import requests

KEY = "door-key-0123456789"
PATHS = (
    "/agents/llm-providers/health",
    "/v1/models",
    "/openapi.json",
    "/no-such-thing",
)
ASK = "/agents/llm-providers/openai"
CHAT = "/v1/chat/completions"


def with_key(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def locked(serve):
    return serve({"LLM_ROUTER_API_KEY": KEY})


@pytest.mark.parametrize("path", PATHS)
def test_without_the_key_nothing_is_told(locked, path):
    answer = requests.get(locked + path, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", [KEY, f"Basic {KEY}", "Bearer", f"Bearer {KEY}0", "Bearer é"]
)
def test_nearly_the_key_is_not_the_key(locked, header):
    sent = {"Authorization": header.encode()}
    answer = requests.get(f"{locked}/v1/models", headers=sent, timeout=30)
    assert answer.status_code == 401
    assert KEY not in answer.text


def test_with_the_key_the_app_answers(locked):
    for path in PATHS[:3]:
        answer = requests.get(locked + path, headers=with_key(KEY), timeout=30)
        assert answer.status_code == 200


def test_a_refused_key_is_told_in_the_shape_of_the_door(locked):
    openai_s = requests.post(locked + CHAT, timeout=30).json()["error"]
    assert openai_s["code"] == "invalid_api_key"
    assert openai_s["type"] == "invalid_request_error"
    ours = requests.post(locked + ASK, timeout=30).json()["error"]
    assert ours["kind"] == "invalid_api_key"
    assert ours["what_to_do"]


@pytest.fixture
def narrow(serve):
    return serve({"LLM_ROUTER_LONGEST_BODY": "100"})


@pytest.mark.parametrize("path", [ASK, CHAT])
def test_a_body_that_is_too_long_is_413(narrow, path):
    answer = requests.post(narrow + path, data=b"x" * 101, timeout=30)
    assert answer.status_code == 413
    assert "100 bytes" in answer.text


@pytest.mark.parametrize("path", [ASK, CHAT])
def test_a_body_of_untold_length_is_counted(narrow, path):
    pieces = (b"x" * 60 for _ in range(2))
    json = {"Content-Type": "application/json"}
    answer = requests.post(
        narrow + path, data=pieces, headers=json, timeout=30
    )
    assert answer.status_code == 413
    assert "100 bytes" in answer.text


def test_a_body_of_just_that_length_is_read(narrow):
    answer = requests.post(narrow + CHAT, data=b"x" * 100, timeout=30)
    assert answer.status_code == 400


def test_every_answer_has_an_id_and_a_line_in_the_log(serve, llm, caplog):
    url = serve({})
    with caplog.at_level("INFO", "llm_providers.access"):
        answer = requests.get(f"{url}/v1/models?x=secret", timeout=30)
    [line] = [r.fields for r in caplog.records if hasattr(r, "fields")]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["path"]) == ("GET", "/v1/models")
    assert (line["status"], line["caller"]) == (200, "anonymous")
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("job-7:a.b", True), ("a b", False), ("x" * 129, False)],
)
def test_an_id_of_the_caller_s_is_kept_if_it_is_plain(serve, given, kept):
    answer = requests.get(
        f"{serve({})}/v1/models", headers={"X-Request-Id": given}, timeout=30
    )
    assert (answer.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize("path", [ASK, CHAT])
def test_a_body_that_does_not_come_is_408(serve, path):
    url = serve({"LLM_ROUTER_BODY_SECONDS": "0.1"})
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as plug:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        kind = "Content-Type: application/json\r\n\r\n"
        plug.sendall((head + kind + "{").encode())
        answer = b"".join(iter(lambda: plug.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"0.1 seconds" in answer


def test_an_answer_may_take_longer_than_the_body(serve, sandbox):
    sandbox.fail_next("openai", "stall", seconds=0.3)
    url = serve(
        {
            "LLM_ROUTER_BODY_SECONDS": "0.1",
            "OPENAI_API_KEY": "sk-test-0123456789",
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
        }
    )
    answer = requests.post(url + ASK, json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("address", "settings", "status"),
    [
        ("192.0.2.7", {}, 403),
        ("2001:db8::7", {}, 403),
        ("::ffff:192.0.2.7", {}, 403),
        ("192.0.2.7", {"LLM_ROUTER_API_KEY": KEY}, 200),
        ("127.0.0.2", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("/run/router.sock", {}, 200),
    ],
)
def test_who_asks_for_no_key_answers_this_machine_alone(
    llm, address, settings, status
):
    app = llm.llm_router.create_app(settings)
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/models",
        "raw_path": b"/v1/models",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {KEY}".encode())],
        "server": (address, 8000),
        "client": ("192.0.2.9", 4711),
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == status
