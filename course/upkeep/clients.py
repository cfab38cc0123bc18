"""`python3 -m course clients`: other libraries against the sandbox.

Each is installed into an environment of its own, as published, and runs a
script of `tests/clients/` that uses it as its users do. Nothing of it is
changed but the address.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator, Sequence

from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import clean_environ, model_of
from course.kit import Kit
from course.problems import ExitCode
from course.sandbox import Sandbox

__all__ = ["SCRIPTS", "main", "run_script", "where_to_ask"]

SCRIPTS = Kit().root / "tests" / "clients"
FOLDER = Kit().root / ".bench" / "clients"
SECONDS = 300


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
            "Try other libraries, unmodified, against the sandbox. Each is "
            "installed into .bench/clients at its first run, which needs "
            "the network."
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
    with Sandbox() as sandbox:
        yield from run_script(
            [str(python), str(SCRIPTS / f"{name}_client.py")], sandbox
        )


def run_script(
    command: Sequence[str], sandbox: Sandbox
) -> Iterator[tuple[str, str]]:
    """Yield what a script tried, with the reason where it failed."""
    try:
        done = subprocess.run(
            command,
            env=clean_environ(None, SANDBOX=json.dumps(where_to_ask(sandbox))),
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


def where_to_ask(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """Return address, keys and default model of each provider."""
    return {
        name: {
            "base_url": sandbox.base_url(name),
            "key": f"sandbox-0000-{name}",
            "wrong_key": f"sandbox-wrong-{name}",
            "model": model_of(name),
        }
        for name in sandbox.providers
    }
