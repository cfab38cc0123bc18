"""`python3 -m course soak`: the served router under random faults.

Several clients ask at once, at all endpoints, at once and as streams, and
some go away. What has to hold: every request gets an answer of a known kind,
none hangs, and the usage ledger has as many tries as the sandbox saw.

With ``--schemathesis`` that program asks instead, whatever the OpenAPI
document allows and forbids, installed into an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import ROOT, clean_environ
from course.problems import CommandError, ExitCode
from course.sandbox import Sandbox
from course.sandbox.fault_names import FAULTS

__all__ = ["Findings", "main", "schemathesis", "soak", "wave"]

CLIENTS = 8
IN_WAVE = 160
FAULT_SHARE = 0.2
GONE_SHARE = 0.1
# A request has a deadline of its own; whatever takes longer hangs.
DEADLINE = 8.0
HANGS_AFTER = 3 * DEADLINE
# Until what was given up is booked, too.
SETTLING = 10.0
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
# No fault of these is to take longer than a client would wait.
SHORT: dict[str, dict[str, Any]] = {
    "huge_body": {"megabytes": 17},
    "in_flight_budget": {"retry_after": 1},
    "overloaded": {"retry_after": 1},
    "rate_limit": {"retry_after": 1},
    "slow_body": {"seconds": 0.5},
    "slow_down": {"retry_after": 1},
    "stall": {"seconds": 0.5},
    "error_status": {"status": 500},
    "error_in_choice": {"status": 502},
}
# A request that its schema allows may still be refused: by the provider, for
# a tool or a picture that it does not take, a model that is retired, or since
# no model fits. Of server errors 500 alone is the router's own: the others say
# that a provider failed. The statuses are documented; all else is a finding.
RULES = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 408, 410, 413, 422, 429, "5xx"]
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502, 503, 504]
"""


@dataclass
class Findings:
    """What a soak saw: answers by kind, and whatever must not be."""

    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    tries: int = 0
    gone: int = 0

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self.answers.total()


def main(argv: list[str]) -> int:
    """Soak for some minutes; 0 where nothing went wrong."""
    wanted = parse(argv)
    if wanted.schemathesis:
        return schemathesis(wanted.minutes, wanted.seed)
    found = soak(wanted.minutes * 60, wanted.seed)
    for kind, count in found.answers.most_common():
        print(f"{count:7}  {kind}")
    print(
        f"{found.requests} requests, {found.tries} tries at the sandbox, "
        f"{found.gone} clients went away."
    )
    for problem in found.problems[:20]:
        print(f"  {problem}")
    print(f"{len(found.problems)} problems (seed {wanted.seed}).")
    return ExitCode.FAILED if found.problems else ExitCode.DONE


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course soak",
        description="Serve the router before the sandbox and let clients ask "
        "it while providers fail at random.",
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--schemathesis",
        action="store_true",
        help="try the router by its OpenAPI document",
    )
    return parser.parse_args(argv)


def schemathesis(minutes: float, seed: int) -> int:
    """Let Schemathesis try the router; 0 where it finds nothing."""
    try:
        python = peer_python("schemathesis")
    except BenchmarkError as error:
        raise CommandError(ExitCode.FAILED, str(error)) from error
    with (
        Sandbox() as sandbox,
        served(sandbox) as (port, _),
        tempfile.TemporaryDirectory() as folder,
    ):
        rules = Path(folder) / "schemathesis.toml"
        rules.write_text(RULES, "utf-8")
        command = [str(python.parent / "schemathesis")]
        command += ["--config-file", str(rules), "run"]
        command += [f"http://127.0.0.1:{port}/openapi.json"]
        command += ["--phases", "examples,coverage,fuzzing"]
        command += ["--seed", str(seed), "--no-color"]
        command += ["--max-time", str(math.ceil(minutes * 60))]
        done = subprocess.run(command, cwd=folder, env=clean_environ(None))
    return ExitCode.FAILED if done.returncode else ExitCode.DONE


def soak(seconds: float, seed: int) -> Findings:
    """Send waves of requests for so long, at least one; return all."""
    chance = random.Random(seed)
    found = Findings()
    until = time.monotonic() + seconds
    with Sandbox() as sandbox, served(sandbox) as (port, ledger):
        while True:
            wave(sandbox, port, ledger, chance, found)
            if time.monotonic() >= until:
                return found


@contextmanager
def served(sandbox: Sandbox) -> Iterator[tuple[int, Path]]:
    """Serve the router; the value is its port and its ledger's file."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.sqlite"
        settings = {
            "LLM_ROUTER_LEDGER": str(ledger),
            "LLM_ROUTER_DEADLINE": str(DEADLINE),
        }
        for name in PROVIDERS:
            start = name.upper()
            settings[f"{start}_API_KEY"] = f"sandbox-0000-{name}"
            settings[f"{start}_BASE_URL"] = sandbox.base_url(name)
        process = subprocess.Popen(
            [sys.executable, "-m", "llm_providers", "serve", "--port", "0"],
            env=clean_environ(ROOT, **settings),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        try:
            line = process.stdout.readline()
            address = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert address, "the router did not start"
            yield int(address[1]), ledger
        finally:
            process.kill()
            process.wait(10)
            process.stdout.close()


def wave(
    sandbox: Sandbox,
    port: int,
    ledger: Path,
    chance: random.Random,
    found: Findings,
) -> None:
    """Send IN_WAVE requests from CLIENTS threads; compare the books."""
    sandbox.clear()
    booked = _booked(ledger)
    wishes = [wish(chance) for _ in range(IN_WAVE)]
    left = iter(wishes)
    lock = threading.Lock()

    def one_client() -> None:
        while True:
            with lock:
                asked = next(left, None)
                if asked is None:
                    return
                if asked.fault:
                    provider, fault, options = asked.fault
                    sandbox.fail_next(provider, fault, **options)
            kind, problem = send(port, asked)
            with lock:
                found.answers[kind] += 1
                found.gone += asked.goes_away
                if problem:
                    found.problems.append(f"{asked.path}: {problem}")

    threads = [
        threading.Thread(target=one_client, daemon=True)
        for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS_AFTER * IN_WAVE)
    _compare(sandbox, ledger, booked, found)


@dataclass(frozen=True)
class Wish:
    """One request that a client sends, and what befalls it."""

    path: str
    body: dict[str, Any]
    goes_away: bool
    fault: tuple[str, str, dict[str, Any]] | None


def wish(chance: random.Random) -> Wish:
    """Return a request by chance."""
    provider = chance.choice(PROVIDERS)
    stream = chance.random() < 0.5
    question = f"What is {chance.randrange(100)} and {chance.randrange(9)}?"
    others = chance.sample(PROVIDERS, chance.randrange(3))
    match chance.randrange(4):
        case 0:
            path = f"/agents/llm-providers/{provider}"
            body: dict[str, Any] = {"prompt": question}
        case 1:
            path = "/v1/responses"
            body = {"model": provider, "input": question, "stream": stream}
        case _:
            path = "/v1/chat/completions"
            turn = {"role": "user", "content": question}
            body = {
                "model": provider,
                "models": others,
                "messages": [turn],
                "stream": stream,
            }
    fault = None
    if chance.random() < FAULT_SHARE:
        named = [one for one in FAULTS if FAULTS[one].belongs_to(provider)]
        name = chance.choice(named)
        fault = (provider, name, SHORT.get(name, {}))
    return Wish(path, body, chance.random() < GONE_SHARE, fault)


def send(port: int, asked: Wish) -> tuple[str, str]:
    """Return the kind of the answer, and what is wrong with it, if so."""
    body = json.dumps(asked.body)
    with closing(HTTPConnection("127.0.0.1", port, HANGS_AFTER)) as line:
        try:
            kind = {"Content-Type": "application/json"}
            line.request("POST", asked.path, body, kind)
            if asked.goes_away:
                time.sleep(0.01)
                return "went away", ""
            answer = line.getresponse()
            content = answer.read()
        except TimeoutError:
            return "hung", "it hung"
        except (OSError, HTTPException) as error:
            return "broken", f"the connection broke: {error!r}"
    if answer.status == 200 and asked.body.get("stream"):
        return end_of(content)
    try:
        read = json.loads(content)
    except ValueError:
        return "no JSON", f"{answer.status} is no JSON: {content[:80]!r}"
    if answer.status == 200:
        return "answer", ""
    return refused(answer.status, answer.getheader("Retry-After"), read)


def refused(status: int, wait: str | None, read: Any) -> tuple[str, str]:
    """Return the kind of an error, and what is wrong with its shape."""
    error = read.get("error") if isinstance(read, dict) else None
    if not isinstance(error, dict):
        return "unknown", f"{status} without an error: {str(read)[:80]}"
    kind = f"{status} {error.get('kind') or error.get('code')}"
    if status == 500:
        return kind, "it is the router's own fault"
    ours = {"kind", "retryable", "reason", "what_to_do"} <= set(error)
    theirs = {"message", "type", "param", "code"} == set(error)
    if not ours and not theirs:
        return kind, f"the error has the fields {sorted(error)}"
    if status in (429, 503) and wait is None:
        return kind, "it does not say when to come back"
    return kind, ""


def end_of(content: bytes) -> tuple[str, str]:
    """Return how a stream ended, and what is wrong with that."""
    lines = [line for line in content.splitlines() if line.startswith(b"data")]
    last = lines[-1][5:].strip() if lines else b""
    if last == b"[DONE]":
        return "stream", ""
    try:
        event = json.loads(last)
    except ValueError:
        return "cut stream", f"a stream ended with {last[:80]!r}"
    kind = event.get("type")
    if kind in ("response.completed", "response.incomplete"):
        return "stream", ""
    if "error" in event or kind in ("response.failed", "error"):
        return "stream with an error", ""
    return "cut stream", f"a stream ended with {last[:80]!r}"


def _booked(ledger: Path) -> Counter[str]:
    """Return how many tries the ledger has, by provider."""
    if not ledger.exists():
        return Counter()
    with closing(sqlite3.connect(ledger)) as database:
        rows = database.execute(
            "SELECT provider, COUNT(*) FROM attempts"
            " WHERE status != 'skipped' GROUP BY provider"
        )
        return Counter(dict(rows))


def _compare(
    sandbox: Sandbox, ledger: Path, before: Counter[str], found: Findings
) -> None:
    """Hold the ledger against what the sandbox saw, once all is written."""
    until = time.monotonic() + SETTLING
    while True:
        seen = Counter(
            str(one.provider)
            for one in sandbox.requests
            if one.method == "POST"
        )
        booked = _booked(ledger)
        booked.subtract(before)
        if +booked == seen or time.monotonic() > until:
            break
        time.sleep(0.05)
    found.tries += seen.total()
    for name in PROVIDERS:
        if booked[name] != seen[name]:
            found.problems.append(
                f"{name}: {booked[name]} tries in the ledger, "
                f"{seen[name]} at the sandbox"
            )
