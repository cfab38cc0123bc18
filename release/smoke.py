"""A smoke test: does a running router answer, and say who it was?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

__all__ = [
    "EXTENSION",
    "Answered",
    "SmokeError",
    "ask_by_agent",
    "ask_directly",
    "serving",
    "smoke_test",
]

# The field of an answer in which the router tells its tries.
EXTENSION = "llm_providers"
PROMPT = "Say hello in one word."
# Seconds: for an answer, for a server to start, and for it to end.
LONGEST_ANSWER = 60
LONGEST_START = 60
LONGEST_END = 10
BETWEEN_LOOKS = 0.05
HEALTH = "/agents/llm-providers/health"

Ask = Callable[[str, Sequence[str]], Mapping[str, Any]]


class SmokeError(Exception):
    """What came back is no proof that the router works."""


@dataclass(frozen=True)
class Answered:
    """Who answered, and who had been asked before: name → kind of fault."""

    by: str
    text: str
    failed: Mapping[str, str] = field(default_factory=dict)


def ask_by_agent(base_url: str, models: Sequence[str]) -> Mapping[str, Any]:
    """Ask through the OpenAI Agents SDK; return the answer as it came.

    The SDK keeps only what OpenAI's answers have; so the body is read where
    its HTTP client gets it. Raises what the SDK raises.
    """
    import agents
    import openai

    bodies: list[Mapping[str, Any]] = []

    async def keep(answer: Any) -> None:
        await answer.aread()
        bodies.append(answer.json())

    async def ask() -> None:
        web = openai.DefaultAsyncHttpxClient(event_hooks={"response": [keep]})
        async with openai.AsyncOpenAI(
            api_key="unused",
            base_url=f"{base_url}/v1",
            max_retries=0,
            timeout=LONGEST_ANSWER,
            http_client=web,
        ) as client:
            others = {"models": list(models[1:])}
            helper = agents.Agent(
                name="smoke test",
                model=agents.OpenAIResponsesModel(models[0], client),
                model_settings=agents.ModelSettings(extra_body=others),
            )
            await agents.Runner.run(helper, PROMPT)

    agents.set_tracing_disabled(True)
    # In a thread of its own, since a notebook's own runs a loop already.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, ask()).result()
    return bodies[-1]


def ask_directly(base_url: str, models: Sequence[str]) -> Mapping[str, Any]:
    """Ask through OpenAI's SDK alone, which is there sooner."""
    import openai

    with openai.OpenAI(
        api_key="unused",
        base_url=f"{base_url}/v1",
        max_retries=0,
        timeout=LONGEST_ANSWER,
    ) as client:
        reply = client.responses.with_raw_response.create(
            model=models[0],
            input=PROMPT,
            extra_body={"models": list(models[1:])},
        )
    body: Mapping[str, Any] = json.loads(reply.content)
    return body


def smoke_test(
    base_url: str, models: Sequence[str], ask: Ask = ask_by_agent
) -> Answered:
    """Ask a router for the first of `models` that answers; say who did.

    Only the answer's own fields count. Raises SmokeError where there is no
    text, where a model answers that nobody asked for, where the tries do not
    end in the answer, and where a model was passed over without a word. What
    `ask` raises, such as for an answer of HTTP 503, is the caller's to see.
    """
    body = ask(base_url, models)
    by, text = str(body.get("model") or ""), text_of(body)
    if not text:
        raise SmokeError(f"{by or 'Nobody'} answered without a text.")
    places = [place for place, one in enumerate(models) if means(one, by)]
    if not places:
        raise SmokeError(f"{by} answered, whom nobody asked for: {models}.")
    *before, last = tries_of(body) or [("nobody", "success")]
    if last != (by, "success"):
        raise SmokeError(f"{by} answered, but the tries end with {last[0]}.")
    failed = {name: kind for name, kind in before if kind != "success"}
    for model in models[: places[0]]:
        if not any(means(model, name) for name in failed):
            raise SmokeError(f"{model} was passed over without a word.")
    return Answered(by, text, failed)


def means(asked: str, name: str) -> bool:
    """Return whether a name that was asked for means this model.

    ``auto`` means all, a provider all of its own, a model itself.
    """
    return asked == "auto" or asked in (name, name.partition("/")[0])


def text_of(body: Mapping[str, Any]) -> str:
    """Return the text of an answer; empty where there is none."""
    return "".join(
        str(part.get("text") or "")
        for item in body.get("output") or ()
        for part in item.get("content") or ()
    )


def tries_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each try as the router tells it: whom it asked, what came.

    A try that succeeded has "success", another one its kind of fault.
    """
    rows = (body.get(EXTENSION) or {}).get("attempts") or ()
    return [
        (
            f"{row.get('provider')}/{row.get('model')}",
            str(row.get("error_kind") or row.get("status")),
        )
        for row in rows
    ]


@contextlib.contextmanager
def serving(
    python: str = sys.executable,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[str]:
    """Serve the router that `python` has installed; yield its base URL.

    `environ` are all of its variables, `folder` is where it starts. Ends it
    afterwards. Raises SmokeError where it does not come up.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [python, "-m", "llm_providers", "serve", "--port", "0"],
            env=None if environ is None else dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield address(process, said)
        finally:
            end(process)


def address(process: subprocess.Popen[bytes], said: IO[str]) -> str:
    """Return where a server listens, once it answers. Raises SmokeError."""
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until:
        said.seek(0)
        text = said.read()
        found = re.search(r"^Serving on (http://\S+)", text, re.MULTILINE)
        if found and is_healthy(found[1]):
            return found[1]
        if process.poll() is not None:
            raise SmokeError(f"The server ended: {text.strip()[-500:]}")
        time.sleep(BETWEEN_LOOKS)
    raise SmokeError(f"No server within {LONGEST_START} s: {text[-500:]}")


def is_healthy(base_url: str) -> bool:
    """Return whether a router tells of its health."""
    try:
        with urlopen(f"{base_url}{HEALTH}", timeout=LONGEST_START) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server, if need be by force."""
    process.terminate()
    try:
        process.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
