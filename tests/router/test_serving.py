"""The command ``python3 -m llm_providers serve``."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "llm_providers", "serve", "--port", "0"]


@pytest.fixture
def start(sandbox):
    """Start the command; give the process and its address."""
    started = []

    def run(*options, **settings):
        environ = {
            **os.environ,
            "OPENAI_API_KEY": "sk-test-0123456789",
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
            **settings,
        }
        process = subprocess.Popen(
            [*COMMAND, *options],
            env=environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        line = process.stdout.readline()
        return process, re.search(r"http://\S+", line)[0]

    yield run
    for process in started:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_it_serves_on_loopback_and_logs_as_lines_of_json(start, tmp_path):
    log = tmp_path / "router.log"
    process, url = start("--log", str(log))
    assert url.startswith("http://127.0.0.1:")
    body = {"model": "openai", "messages": [{"role": "user", "content": "x"}]}
    answer = requests.post(f"{url}/v1/chat/completions", json=body, timeout=20)
    assert answer.status_code == 200
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["request_id"] == answer.headers["x-request-id"]


def test_a_stream_may_finish_when_the_server_is_told_to_end(start, sandbox):
    sandbox.fail_next("openai", "slow_body", seconds=0.5)
    process, url = start()
    body = {
        "model": "openai",
        "messages": [{"role": "user", "content": "What is JSON?"}],
        "stream": True,
    }
    with requests.post(
        f"{url}/v1/chat/completions", json=body, stream=True, timeout=20
    ) as answer:
        pieces = answer.iter_lines()
        first = next(pieces)
        process.send_signal(signal.SIGTERM)
        rest = [piece for piece in pieces if piece]
    assert first.startswith(b"data: {")
    assert rest[-1] == b"data: [DONE]"
    assert process.wait(10) in (0, -signal.SIGTERM)


def test_another_address_needs_a_key(llm, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        assert llm.router.serving.main(["serve", "--host", host]) == 2
        assert "LLM_ROUTER_API_KEY" in capsys.readouterr().err


def test_with_a_key_another_address_is_served(start):
    key = "door-key-0123456789"
    process, url = start("--host", "0.0.0.0", LLM_ROUTER_API_KEY=key)
    url = url.replace("0.0.0.0", "127.0.0.1")
    assert requests.get(f"{url}/v1/models", timeout=10).status_code == 401
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.get(f"{url}/v1/models", headers=headers, timeout=10)
    assert answer.status_code == 200


def test_a_port_that_is_taken_is_told(llm, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert llm.router.serving.main(["serve", "--port", port]) == 2
    assert port in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_s_body_does_not_wait_behind_its_head(llm, host):
    # By this asyncio tells that it may turn the waiting off.
    with llm.router.serving.listen(host, 0) as door:
        assert door.proto == socket.IPPROTO_TCP
        assert door.getsockname()[0] == host


def test_a_configuration_that_makes_no_sense_is_told(llm, capsys, tmp_path):
    file = tmp_path / "router.env"
    assert llm.router.serving.main(["serve", "--config", str(file)]) == 2
    assert "There is no file" in capsys.readouterr().err
    file.write_text("LLM_ROUTER_AUTO=nobody/x\n")
    assert llm.router.serving.main(["serve", "--config", str(file)]) == 2
    assert "LLM_ROUTER_AUTO" in capsys.readouterr().err
