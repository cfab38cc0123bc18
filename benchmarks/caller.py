"""The program that is measured: calls a provider when it is told to.

It runs in its subject's environment, so it knows nothing of the course. Each
line of standard input is ``[subject, action, count]``, each line of standard
output a list of so many figures. A subject is a kind and a provider, such as
``ours openai`` or ``bare gemini``.

    python caller.py '{"openai": {"url": …, "key": …, "model": …}, …}'
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Protocol

PROMPT = "Summarise in one sentence what an HTTP header is."
MESSAGES = [{"role": "user", "content": PROMPT}]
# So many calls are in flight at once, each from a thread of its own.
IN_FLIGHT = 200


class Subject(Protocol):
    """One way to ask a model: at once, or piece by piece."""

    def call(self) -> str:
        """Return the answer's text."""

    def stream(self) -> Iterator[str]:
        """Yield the answer's text as it arrives."""


class Ours:
    """The package's agent."""

    def __init__(
        self, provider: str, there: SimpleNamespace, **options: Any
    ) -> None:
        from llm_providers.agents import agent_for

        self.agent = agent_for(
            provider,
            api_key=there.key,
            base_url=there.url,
            model=there.model,
            **options,
        )

    def call(self) -> str:
        response = self.agent.process_prompt(PROMPT)
        assert response.status == "success", response.message
        return response.message

    def stream(self) -> Iterator[str]:
        stream = self.agent.stream(PROMPT)
        yield from stream
        assert stream.response.status == "success", stream.response.message


class OpenAISdk:
    """The bare `openai` SDK of this environment."""

    def __init__(self, there: SimpleNamespace) -> None:
        import openai

        client = openai.OpenAI(api_key=there.key, base_url=there.url)
        self.create: Any = client.chat.completions.create
        self.fields = {"model": there.model, "messages": MESSAGES}

    def call(self) -> str:
        answer = self.create(**self.fields)
        return answer.choices[0].message.content or ""

    def stream(self) -> Iterator[str]:
        chunks = self.create(
            **self.fields,
            stream=True,
            stream_options={"include_usage": True},
        )
        yield from texts(chunks)


class Litellm:
    """litellm's `completion`, told to ask nobody else."""

    def __init__(self, there: SimpleNamespace) -> None:
        # Otherwise its import fetches a table of prices.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        litellm = import_module("litellm")
        self.completion: Any = litellm.completion
        self.fields = {
            "model": f"openai/{there.model}",
            "messages": MESSAGES,
            "api_base": there.url,
            "api_key": there.key,
        }

    def call(self) -> str:
        answer = self.completion(**self.fields)
        return answer.choices[0].message.content or ""

    def stream(self) -> Iterator[str]:
        chunks = self.completion(
            **self.fields,
            stream=True,
            stream_options={"include_usage": True},
        )
        yield from texts(chunks)


class Requests:
    """A session of `requests` and `json`, as one writes it by hand."""

    def __init__(self, there: SimpleNamespace) -> None:
        import requests
        from requests.adapters import HTTPAdapter

        self.session = requests.Session()
        # As many connections as the agent keeps, or the comparison is none.
        self.session.mount("http://", HTTPAdapter(pool_maxsize=IN_FLIGHT))
        self.session.headers["Authorization"] = f"Bearer {there.key}"
        self.url = f"{there.url}/chat/completions"
        self.body = {"model": there.model, "messages": MESSAGES}

    def call(self) -> str:
        answer = self.session.post(self.url, json=self.body, timeout=60)
        text: str = answer.json()["choices"][0]["message"]["content"]
        return text

    def stream(self) -> Iterator[str]:
        body = {
            **self.body,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        answer = self.session.post(
            self.url, json=body, timeout=60, stream=True
        )
        for line in answer.iter_lines():
            if line.startswith(b"data: {"):
                event = json.loads(line[6:])
                for choice in event["choices"]:
                    if choice["delta"].get("content"):
                        yield choice["delta"]["content"]


class Genai:
    """The bare `google-genai`."""

    def __init__(self, there: SimpleNamespace) -> None:
        from google import genai

        self.client = genai.Client(
            api_key=there.key, http_options={"base_url": there.url}
        )
        self.model = there.model

    def call(self) -> str:
        answer = self.client.models.generate_content(
            model=self.model, contents=PROMPT
        )
        return answer.text or ""

    def stream(self) -> Iterator[str]:
        for chunk in self.client.models.generate_content_stream(
            model=self.model, contents=PROMPT
        ):
            if chunk.text:
                yield chunk.text


class Generativeai:
    """The bare `google-generativeai`, over HTTP."""

    def __init__(self, there: SimpleNamespace) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            sdk: Any = import_module("google.generativeai")
        sdk.configure(
            api_key=there.key,
            transport="rest",
            client_options={"api_endpoint": there.url},
        )
        self.model = sdk.GenerativeModel(there.model)

    def call(self) -> str:
        text: str = self.model.generate_content(PROMPT).text
        return text

    def stream(self) -> Iterator[str]:
        for chunk in self.model.generate_content(PROMPT, stream=True):
            for part in chunk.parts:
                if part.text:
                    yield part.text


def texts(chunks: Any) -> Iterator[str]:
    """Yield the texts of a stream's events."""
    for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


RETIRED = "google-generativeai"
# What our agent for a provider stands on.
BARE: dict[str, Callable[[SimpleNamespace], Subject]] = {
    "openai": OpenAISdk,
    "gemini": Genai,
    RETIRED: Generativeai,
    "requestry": Requests,
    "openrouter": Requests,
}


def make_subject(name: str, places: dict[str, SimpleNamespace]) -> Subject:
    """Return a subject by its name: a kind, a blank, and what it asks."""
    kind, _, asked = name.partition(" ")
    there = places["gemini" if asked == RETIRED else asked]
    if kind == "litellm":
        return Litellm(there)
    if kind == "bare":
        return BARE[asked](there)
    if asked == RETIRED:
        return Ours("gemini", there, sdk=RETIRED)
    return Ours(asked, there)


def call(subject: Subject) -> float:
    """Return the milliseconds of one call."""
    started = time.perf_counter()
    text = subject.call()
    taken = time.perf_counter() - started
    assert text
    return taken * 1_000


def first_token(subject: Subject) -> float:
    """Return the milliseconds to the first text of a stream."""
    started = time.perf_counter()
    stream = subject.stream()
    text = next(stream)
    taken = time.perf_counter() - started
    assert text
    # Read on, so that the connection can be used again.
    for _ in stream:
        pass
    return taken * 1_000


def parallel(subject: Subject) -> float:
    """Return the milliseconds of IN_FLIGHT calls that start together.

    Each has to give the answer that a call by itself gives.
    """
    expected = subject.call()
    together = threading.Barrier(IN_FLIGHT + 1)
    wrong: list[object] = []

    def one_call() -> None:
        together.wait()
        try:
            text = subject.call()
        except Exception as error:
            wrong.append(error)
        else:
            if text != expected:
                wrong.append(text)
        together.wait()

    for _ in range(IN_FLIGHT):
        threading.Thread(target=one_call, daemon=True).start()
    together.wait()
    started = time.perf_counter()
    together.wait()
    taken = time.perf_counter() - started
    assert not wrong, f"{len(wrong)} wrong answers, such as {wrong[0]!r}"
    return taken * 1_000


def memory(subject: Subject) -> float:
    """Return this process's memory in MB; 0 where it cannot be known."""
    gc.collect()
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            pages = int(statm.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def connections(subject: Subject) -> float:
    """Return how many sockets are open; 0 where it cannot be known."""
    gc.collect()
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return 0.0
    links = []
    for name in names:
        try:
            links.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return float(sum(link.startswith("socket:") for link in links))


ACTIONS = {
    "call": call,
    "first_token": first_token,
    "parallel": parallel,
    "memory": memory,
    "connections": connections,
}


def main(argv: list[str]) -> None:
    """Do what standard input says, until it ends."""
    places = {
        name: SimpleNamespace(**place)
        for name, place in json.loads(argv[0]).items()
    }
    subjects: dict[str, Subject] = {}
    for line in sys.stdin:
        name, action, times = json.loads(line)
        if name not in subjects:
            subjects[name] = make_subject(name, places)
        subject = subjects[name]
        taken = [ACTIONS[action](subject) for _ in range(times)]
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
