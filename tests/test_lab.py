"""The lab: its ports, its sandbox, its server, and its end."""

import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from course.problems import CommandError, ExitCode
from course.sandbox import Sandbox
from course.setup import lab, lab_settings
from course.setup.env_file import write_env_file

ROOT = Path(__file__).resolve().parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


# Below those that a system gives to connections, of which other tests that
# run meanwhile make many: a port that was let go of stays free.
PORTS = range(20_000, 32_000)


@contextmanager
def taken_port():
    with socket.socket() as server:
        for port in random.sample(PORTS, 100):
            with suppress(OSError):
                server.bind(("127.0.0.1", port))
                break
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_that_was_asked_for_is_taken():
    with taken_port() as port:
        pass
    assert lab.choose_port(port) == port


def test_a_taken_port_that_was_asked_for_is_a_problem_with_advice():
    with taken_port() as port, pytest.raises(CommandError) as caught:
        lab.choose_port(port)
    assert caught.value.exit_code == ExitCode.PORT_TAKEN
    advised = re.search(r"course lab --port (\d+)", str(caught.value))
    assert lab.is_free(int(advised[1]))


def test_without_a_wish_the_next_free_port_is_chosen(monkeypatch):
    with taken_port() as port:
        monkeypatch.setattr(lab, "LAB_PORT", port)
        assert port < lab.choose_port(None) < port + lab.PORTS_TRIED


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", ""])
def test_what_is_no_port_is_refused(text, capsys):
    with pytest.raises(SystemExit) as caught:
        lab.parse(["--port", text])
    assert caught.value.code == ExitCode.WRONG_USE
    assert "from 1 to 65535" in capsys.readouterr().err


def test_the_sandbox_is_started_on_its_port():
    with taken_port() as port:
        pass
    sandbox, said = lab.start_sandbox(port)
    try:
        assert sandbox.port == port
        assert sandbox.url in said
        assert lab.is_sandbox(port)
    finally:
        sandbox.stop()


def test_a_sandbox_that_is_up_is_shared():
    with Sandbox() as up:
        sandbox, said = lab.start_sandbox(up.port)
    assert sandbox is None
    assert str(up.port) in said


def test_another_program_on_the_sandboxs_port_is_said_and_left_alone():
    server = http.server.HTTPServer(
        ("127.0.0.1", 0), http.server.BaseHTTPRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        sandbox, said = lab.start_sandbox(server.server_port)
        sandbox.stop()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert sandbox.port != server.server_port
    assert f"Port {server.server_port} is taken by another program" in said


def test_env_is_written_once_for_its_owner_alone(tmp_path):
    shutil.copy(ROOT / ".env.example", tmp_path)
    path = write_env_file(tmp_path)
    assert path.read_text() == (ROOT / ".env.example").read_text()
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("OPENAI_API_KEY=mine")
    write_env_file(tmp_path)
    assert path.read_text() == "OPENAI_API_KEY=mine"


def test_the_server_keeps_to_this_machine_and_asks_nobody(tmp_path):
    settings = lab_settings.server_settings(tmp_path, 8888, "a/b.ipynb")
    assert settings.ServerApp.ip == "127.0.0.1"
    assert len(settings.IdentityProvider.token) >= 48
    assert settings.LabApp.news_url is None
    assert settings.LabApp.check_for_updates_class.endswith(
        "NeverCheckForUpdate"
    )
    assert settings.LabApp.extension_manager == "readonly"
    assert settings.LabApp.default_url == "/lab"


def test_a_notebook_with_any_name_is_opened(tmp_path):
    (tmp_path / "größer als.ipynb").touch()
    settings = lab_settings.server_settings(
        tmp_path, 8888, "größer als.ipynb"
    )
    assert settings.LabApp.default_url == (
        "/lab/tree/gr%C3%B6%C3%9Fer%20als.ipynb"
    )


def test_slow_helpers_are_back_afterwards(monkeypatch, tmp_path):
    node = tmp_path / ("node.exe" if os.name == "nt" else "node")
    node.touch(mode=0o755)
    path = os.pathsep.join([str(tmp_path), "/elsewhere"])
    monkeypatch.setenv("PATH", path)
    with lab_settings.without_slow_helpers():
        assert os.environ["PATH"] == "/elsewhere"
        with pytest.raises(ImportError):
            import rfc3987_syntax  # noqa: F401
    assert os.environ["PATH"] == path
    assert "rfc3987_syntax" not in sys.modules


LAB = """
import sys
from pathlib import Path
from course.setup import lab
lab.ROOT = Path(sys.argv[1])
lab.SANDBOX_PORT = int(sys.argv[2])
lab.choose_port = lambda wanted: int(sys.argv[3])
lab.main(["--no-browser"])
"""


@pytest.fixture
def root(tmp_path):
    """A folder with a notebook, in a path that is not plain."""
    root = tmp_path / "Kurs für Ölçü"
    (root / "notebooks").mkdir(parents=True)
    (root / lab.FIRST_NOTEBOOK).write_text(json.dumps(NOTEBOOK))
    shutil.copy(ROOT / ".env.example", root)
    return root


NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def read_until(program, word, seconds=120):
    """Return the first line with `word`, or fail with what was said."""
    timer = threading.Timer(seconds, program.kill)
    timer.start()
    said = []
    for line in program.stdout:
        said.append(line)
        if word in line:
            timer.cancel()
            return line
    pytest.fail(f"{word!r} was not said, but:\n{''.join(said)}")


def ask(url, token, body=None):
    request = urllib.request.Request(
        url, body, {"Authorization": f"token {token}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=20) as reply:
        return json.load(reply)


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@POSIX
def test_the_lab_opens_the_notebook_and_ctrl_c_ends_everything(root):
    """Though another program takes the port that it has just chosen."""
    with taken_port() as port:
        pass
    other_kernel = root / "other" / "kernels" / "python3"
    other_kernel.mkdir(parents=True)
    (other_kernel / "kernel.json").write_text(
        '{"argv": ["other-python"], "display_name": "Other"}'
    )
    with taken_port() as taken:
        started = subprocess.Popen(
            [sys.executable, "-c", LAB, str(root), str(port), str(taken)],
            cwd=ROOT,
            env={**os.environ, "JUPYTER_PATH": str(root / "other")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        address = read_until(started, "?token=").strip()
    with started:
        try:
            base, token = re.match(r"(http://[^/]*).*=(\w+)", address).groups()
            page = f"/api/contents/{lab.FIRST_NOTEBOOK}"
            assert ask(base + page, token)["content"]["cells"] == []
            assert lab.is_sandbox(port)
            specs = ask(f"{base}/api/kernelspecs", token)["kernelspecs"]
            assert [spec["name"] for spec in specs.values()] == ["python3"]
            assert "other-python" not in str(specs)
            ask(f"{base}/api/kernels", token, b'{"name": "python3"}')
            (kernel,) = psutil.Process(started.pid).children()
            wait_until(lambda: len(kernel.net_connections("tcp")) >= 5)
            started.send_signal(signal.SIGINT)
            said = started.communicate(timeout=30)[0]
        finally:
            started.kill()
    assert started.returncode == 0
    assert not kernel.is_running()
    assert "kernels and the sandbox have ended" in said
    assert "Traceback" not in said
    assert not lab.is_sandbox(port)
    assert (root / ".env").exists()
