"""The program that is measured: calls a provider when it is told to.

It runs in its subject's environment, so it knows nothing of the course. Each
line of standard input is ``[subject, action, count]``, each line of standard
output a list of so many milliseconds.

    python caller.py BASE_URL API_KEY MODEL
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Protocol

PROMPT = "Summarise in one sentence what an HTTP header is."
MESSAGES = [{"role": "user", "content": PROMPT}]


class Subject(Protocol):
    """One way to ask a model: at once, or piece by piece."""

    def call(self) -> str:
        """Return the answer's text."""

    def stream(self) -> Iterator[str]:
        """Yield the answer's text as it arrives."""


class Ours:
    """The package's agent."""

    def __init__(self, url: str, key: str, model: str) -> None:
        from llm_providers import OpenAIAgent

        self.agent = OpenAIAgent(api_key=key, base_url=url, model=model)

    def call(self) -> str:
        response = self.agent.process_prompt(PROMPT)
        assert response.status == "success", response.message
        return response.message

    def stream(self) -> Iterator[str]:
        stream = self.agent.stream(PROMPT)
        yield from stream
        assert stream.response.status == "success", stream.response.message


class Sdk:
    """The bare `openai` SDK of this environment."""

    def __init__(self, url: str, key: str, model: str) -> None:
        import openai

        client = openai.OpenAI(api_key=key, base_url=url)
        self.create: Any = client.chat.completions.create
        self.fields = {"model": model, "messages": MESSAGES}

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

    def __init__(self, url: str, key: str, model: str) -> None:
        # Otherwise its import fetches a table of prices.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        litellm = import_module("litellm")
        self.completion: Any = litellm.completion
        self.fields = {
            "model": f"openai/{model}",
            "messages": MESSAGES,
            "api_base": url,
            "api_key": key,
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


def texts(chunks: Any) -> Iterator[str]:
    """Yield the texts of a stream's events."""
    for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


SUBJECTS: dict[str, Callable[[str, str, str], Subject]] = {
    "ours": Ours,
    "sdk": Sdk,
    "litellm": Litellm,
}


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


ACTIONS = {"call": call, "first_token": first_token}


def main(argv: list[str]) -> None:
    """Do what standard input says, until it ends."""
    subjects: dict[str, Subject] = {}
    for line in sys.stdin:
        name, action, times = json.loads(line)
        if name not in subjects:
            url, key, model = argv
            subjects[name] = SUBJECTS[name](url, key, model)
        subject = subjects[name]
        taken = [ACTIONS[action](subject) for _ in range(times)]
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
