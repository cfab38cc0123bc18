"""Starting what is measured: ours, the relay, LiteLLM's proxy, and callers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import ROOT, clean_environ, model_of

__all__ = ["ENDPOINT", "Client", "Server", "provider", "servers"]

HERE = Path(__file__).parent
ENDPOINT = "/v1/chat/completions"
KEY = "sk-benchmark-0000"  # The client's, which LiteLLM's proxy asks for.
LONGEST_START = 120.0


class Client:
    """The program that calls, in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "router_client.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environ(None),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def do(self, act: str, url: str, body: Any, **more: Any) -> Any:
        """Return what an act of the client gives; raises BenchmarkError."""
        assert self.process.stdin and self.process.stdout
        wish = {"act": act, "url": url + ENDPOINT, "body": body, **more}
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise BenchmarkError(f"The client ended at {url}.")
        return json.loads(answer)


class Server:
    """A router: its process, its address, how long it took to be ready."""

    def __init__(
        self,
        command: list[str],
        port: int,
        environ: Mapping[str, str],
        ready: str,
        folder: Path,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            env=dict(environ),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not _answers(port, ready):
            taken = time.perf_counter() - started
            if self.process.poll() is not None or taken > LONGEST_START:
                self.stop()
                raise BenchmarkError(f"It did not start: {command[:4]}")
            time.sleep(0.01)
        self.seconds_to_ready = time.perf_counter() - started

    @property
    def memory(self) -> float:
        """The memory that the process takes now, in MB (resident)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            raise BenchmarkError("This system does not tell a process's size.")
        [line] = [
            line
            for line in status.read_text().splitlines()
            if line.startswith("VmRSS")
        ]
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait(10)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port


@contextmanager
def provider() -> Iterator[str]:
    """Start the provider that all routers ask; the value is its address."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(HERE / "router_upstream.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environ(None),
    )
    assert process.stdin and process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.kill()
        process.wait(10)
        process.stdout.close()


def ours(upstream: str, folder: Path) -> Server:
    """Start our router, one worker; OpenRouter's place always fails."""
    port = _free_port()
    keys = {
        f"{name}_API_KEY": KEY
        for name in ("OPENAI", "REQUESTRY", "OPENROUTER")
    }
    environ = clean_environ(
        ROOT,
        **keys,
        OPENAI_BASE_URL=f"{upstream}/v1",
        REQUESTRY_BASE_URL=f"{upstream}/v1",
        OPENROUTER_BASE_URL=f"{upstream}/broken/v1",
        LLM_ROUTER_LEDGER=str(folder / f"ledger-{port}.sqlite"),
    )
    command = [sys.executable, "-P", "-m", "llm_providers", "serve"]
    command += ["--port", str(port)]
    return Server(
        command, port, environ, "/agents/llm-providers/health", folder
    )


def relay(upstream: str, folder: Path) -> Server:
    """Start the relay of a few lines."""
    port = _free_port()
    command = [sys.executable, "-P", "-m", "uvicorn", "--no-access-log"]
    command += ["benchmarks.router_relay:app", "--port", str(port)]
    environ = clean_environ(ROOT, UPSTREAM=f"{upstream}/v1")
    return Server(command, port, environ, "/docs", folder)


def litellm(python: Path, upstream: str, folder: Path) -> Server:
    """Start LiteLLM's proxy, one worker, without a database."""
    port, model = _free_port(), model_of()
    way = {
        "model": f"openai/{model}",
        "api_base": f"{upstream}/v1",
        "api_key": KEY,
    }
    settings = {
        "model_list": [{"model_name": model, "litellm_params": way}],
        "litellm_settings": {"telemetry": False},
        "general_settings": {"master_key": KEY},
    }
    file = folder / "litellm.yaml"
    file.write_text(json.dumps(settings), "utf-8")
    environ = clean_environ(
        None,
        # Otherwise its start fetches a table of prices.
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_LOG="ERROR",
        LITELLM_MODE="PRODUCTION",
    )
    command = [str(python.parent / "litellm"), "--config", str(file)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--num_workers", "1"]
    return Server(command, port, environ, "/health/liveliness", folder)


@contextmanager
def servers(
    upstream: str, python: Path | None, folder: Path
) -> Iterator[dict[str, Server]]:
    """Start all routers; LiteLLM's only where its Python is given.

    Where that does not start, it is left out, and ours are measured.
    """
    started: dict[str, Server] = {}
    try:
        started["relay"] = relay(upstream, folder)
        started["ours"] = ours(upstream, folder)
        if python is not None:
            with suppress(BenchmarkError):
                started["litellm"] = litellm(python, upstream, folder)
        yield started
    finally:
        for server in started.values():
            server.stop()
