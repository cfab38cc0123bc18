"""`python3 -m course clients`: other libraries against sandbox and router.

Each is installed into an environment of its own, as published, and runs a
script of `tests/clients/` that uses it as its users do. Nothing of it is
changed but the address: a provider's in the sandbox, or that of the router,
which is served as its users serve it and asks the sandbox.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import clean_environ, model_of
from course.kit import Kit
from course.problems import ExitCode
from course.sandbox import Sandbox

__all__ = ["SCRIPTS", "main", "router_at", "run_script", "where_to_ask"]

SCRIPTS = Kit().root / "tests" / "clients"
FOLDER = Kit().root / ".bench" / "clients"
SECONDS = 300
ROUTER_KEY = "sandbox-0000-router"
SERVING = "Serving on "


def main(argv: list[str]) -> int:
    """Try the clients that are asked for; 0 where all of them work."""
    wanted = parse(argv)
    failures = 0
    for name in wanted.name or names():
        print(f"{name} ...", flush=True)
        for what, why in _results(name):
            print(f"  {'failed' if why else 'ok':6}  {what}", flush=True)
            if why:
                failures += 1
                print(f"          {why}", flush=True)
    print(f"{failures} failed" if failures else "All of them work.")
    return ExitCode.FAILED if failures else ExitCode.DONE


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course clients",
        description=(
            "Try other libraries, unmodified, against the sandbox, and "
            "against the router in front of it. Each is installed into "
            ".bench/clients at its first run, which needs the network."
        ),
    )
    parser.add_argument(
        "name",
        nargs="*",
        choices=[[], *names()],
        metavar="NAME",
        help=", ".join(names()),
    )
    return parser.parse_args(argv)


def names() -> list[str]:
    """Return the names of all clients."""
    return sorted(path.stem for path in SCRIPTS.glob("*.txt"))


def _results(name: str) -> Iterator[tuple[str, str]]:
    try:
        python = peer_python(name, SCRIPTS / f"{name}.txt", FOLDER / name)
    except BenchmarkError as error:
        yield "installing it", str(error)
        return
    command = [str(python), str(SCRIPTS / f"{name}_client.py")]
    try:
        with Sandbox() as sandbox, router_at(sandbox) as router:
            yield from run_script(command, sandbox, router)
    except BenchmarkError as error:
        yield "serving the router", str(error)


def run_script(
    command: Sequence[str], sandbox: Sandbox, router: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield what a script tried, with the reason where it failed.

    `router` is the router's address, where one is served. The script runs in
    an empty folder: some clients read the ``.env`` of the one they are in.
    """
    there = json.dumps(where_to_ask(sandbox, router))
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                command,
                env=clean_environ(None, SANDBOX=there),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
    except subprocess.TimeoutExpired:
        yield "the script", f"It took more than {SECONDS} seconds."
        return
    tried = 0
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            tried += 1
            yield row["what"], row["why"]
    if not tried:
        last = done.stderr.strip().splitlines()[-1:] or ["It said nothing."]
        yield "the script", last[0]


def where_to_ask(
    sandbox: Sandbox, router: str = ""
) -> dict[str, dict[str, str]]:
    """Return address, keys and default model of each provider.

    So too of the router, if there is one: its default model is a provider's
    name, and its other names are those of the providers.
    """
    there = {
        name: {
            "base_url": sandbox.base_url(name),
            "key": f"sandbox-0000-{name}",
            "wrong_key": f"sandbox-wrong-{name}",
            "model": model_of(name),
        }
        for name in sandbox.providers
    }
    if router:
        there["router"] = {
            "base_url": f"{router}/v1",
            "key": ROUTER_KEY,
            "wrong_key": "sandbox-wrong-router",
            "model": "openai",
        }
    return there


@contextmanager
def router_at(sandbox: Sandbox) -> Iterator[str]:
    """Serve the router in front of a sandbox; the value is its address.

    Raises BenchmarkError where it does not start.
    """
    lines = [f"LLM_ROUTER_API_KEY={ROUTER_KEY}", "LLM_ROUTER_LEDGER=off"]
    for name, there in where_to_ask(sandbox).items():
        lines.append(f"{name.upper()}_API_KEY={there['key']}")
        lines.append(f"{name.upper()}_BASE_URL={there['base_url']}")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "router.env")
        config.write_text("\n".join(lines), "utf-8")
        serve = [sys.executable, "-m", "llm_providers", "serve"]
        server = subprocess.Popen(
            [*serve, "--port", "0", "--config", str(config)],
            env=clean_environ(),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield _address(server)
        finally:
            server.terminate()
            server.communicate(timeout=SECONDS)


def _address(server: subprocess.Popen[str]) -> str:
    """Return the address that the router tells as it starts."""
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line.startswith(SERVING):
        raise BenchmarkError(f"The router did not start: {line.strip()}")
    return line.removeprefix(SERVING).split()[0]
