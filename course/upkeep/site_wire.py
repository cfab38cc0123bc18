"""Pages of the site on the four wire protocols: asked, and written down.

Nothing here is typed by hand: the sandbox is asked, and what goes over the
wire makes the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from course.sandbox import Sandbox
from course.sandbox.fault_names import FAULTS
from llm_providers.catalogue import load_catalogue

__all__ = ["PROTOCOLS", "protocol_pages"]

KEY = "your-key"
PROMPT = "Hello"
# Seconds that the sandbox may take.
LONGEST = 10
# The headers of an answer that a client has to look at.
TOLD = ("retry-after", "retry-after-ms")
# Where an error says which one it is, the clearest first.
KINDS = ("status", "type", "code", "origin")
# So much of a long value is shown.
SHOWN = 60
INDEX = """# Wire protocols

What goes over the wire, asked of the sandbox while this site was built; the
[page on the sandbox](../docs/sandbox.md) tells on what ground each of it
stands.

| protocol | base URL ends in | a question goes to | the key goes in |
|---|---|---|---|
%s

```{toctree}
:hidden:

%s
```
"""


@dataclass(frozen=True)
class WireProtocol:
    """How a provider is asked; `title` as its service calls itself."""

    name: str
    title: str
    header: str
    value: str

    def question(self, model: str, stream: bool) -> tuple[str, Any]:
        """Return the path and the body of a question."""
        turn = {"role": "user", "content": PROMPT}
        body = {"model": model, "messages": [turn]}
        return "/chat/completions", body | ({"stream": True} if stream else {})


class GeminiProtocol(WireProtocol):
    """Google's own wire: the model and the verb stand in the path."""

    def question(self, model: str, stream: bool) -> tuple[str, Any]:
        """Return the path and the body of a question."""
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        turn = {"role": "user", "parts": [{"text": PROMPT}]}
        return f"/v1/models/{model}:{verb}", {"contents": [turn]}


BEARER = ("Authorization", f"Bearer {KEY}")
PROTOCOLS = (
    WireProtocol("openai", "OpenAI", *BEARER),
    GeminiProtocol("gemini", "Gemini", "x-goog-api-key", KEY),
    WireProtocol("requestry", "Requestry", *BEARER),
    WireProtocol("openrouter", "OpenRouter", *BEARER),
)


def protocol_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    with Sandbox() as sandbox:
        rows = [overview(sandbox, protocol) for protocol in PROTOCOLS]
        names = "\n".join(protocol.name for protocol in PROTOCOLS)
        yield "protocols/index.md", INDEX % ("\n".join(rows), names)
        for protocol in PROTOCOLS:
            text = "\n".join(sections(sandbox, protocol))
            yield f"protocols/{protocol.name}.md", text + "\n"


def overview(sandbox: Sandbox, protocol: WireProtocol) -> str:
    """Return a protocol's row in the overview."""
    base = sandbox.base_url(protocol.name).removeprefix(sandbox.url)
    path, _ = protocol.question("MODEL", stream=False)
    link = f"[{protocol.title}]({protocol.name}.md)"
    key = f"`{protocol.header}: {protocol.value}`"
    return f"| {link} | `{base}` | `POST {path}` | {key} |"


def sections(sandbox: Sandbox, protocol: WireProtocol) -> Iterator[str]:
    """Yield the lines of a protocol's page."""
    yield f"# {protocol.title} on the wire\n"
    path, body = protocol.question(model_of(protocol), stream=False)
    yield f"## A question\n\n`POST {path}`\n"
    yield f"`{protocol.header}: {protocol.value}`\n"
    yield from table(("field", "for example"), fields(body))
    answer = ask(sandbox, protocol)
    yield f"\n## Its answer\n\nHTTP {answer.status_code}.\n"
    yield from table(("field", "for example"), fields(answer.json()))
    yield from stream(sandbox, protocol)
    yield "\n## Errors\n"
    head = ("fault", "HTTP", "headers", "kind", "message")
    yield from table(head, errors(sandbox, protocol))
    yield "\nA rate limit, whole:\n"
    sandbox.fail_next(protocol.name, "rate_limit")
    limit = json.dumps(ask(sandbox, protocol).json(), indent=2)
    yield f"```json\n{limit}\n```"


def stream(sandbox: Sandbox, protocol: WireProtocol) -> Iterator[str]:
    """Yield the lines on a stream: how it is asked for, begins and ends."""
    path, _ = protocol.question(model_of(protocol), stream=True)
    answer = ask(sandbox, protocol, stream=True)
    text = answer.text.replace("\r\n", "\n")
    events = [one for one in text.split("\n\n") if one.strip()]
    shown = events if len(events) < 5 else [*events[:2], "…", *events[-2:]]
    yield f"\n## A stream\n\n`POST {path}`, answered with"
    yield f"`{answer.headers['content-type']}`: {len(events)} events.\n"
    yield "```text\n" + "\n\n".join(shown) + "\n```"


def errors(
    sandbox: Sandbox, protocol: WireProtocol
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each error that the provider words itself."""
    for name, fault in sorted(FAULTS.items()):
        if not (fault.error and fault.belongs_to(protocol.name)):
            continue
        sandbox.fail_next(protocol.name, name)
        answer = ask(sandbox, protocol)
        sandbox.clear()
        found = error_of(answer.json())
        headers = [
            f"`{header}: {answer.headers[header]}`"
            for header in TOLD
            if header in answer.headers
        ]
        kind = next((found[k] for k in KINDS if found.get(k)), "")
        yield (
            f"`{name}`",
            str(answer.status_code),
            " ".join(headers),
            f"`{kind}`" if kind else "",
            plain(str(found.get("message", ""))),
        )


def error_of(body: Any) -> Mapping[str, Any]:
    """Return the part of an answer that tells of an error."""
    body = body[0] if isinstance(body, list) and body else body
    found = body.get("error", body) if isinstance(body, dict) else {}
    if isinstance(found, dict):
        return found
    return {"message": found, "type": body.get("origin")}


def ask(
    sandbox: Sandbox, protocol: WireProtocol, stream: bool = False
) -> requests.Response:
    """Ask the sandbox once and return what it answers."""
    path, body = protocol.question(model_of(protocol), stream)
    return requests.post(
        sandbox.base_url(protocol.name) + path,
        json=body,
        headers={protocol.header: protocol.value},
        timeout=LONGEST,
    )


def model_of(protocol: WireProtocol) -> str:
    """Return the model that is asked: the provider's default."""
    return load_catalogue().role(protocol.name, "default").id


def fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field of an object, by its path, with its value."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from fields(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        yield from fields(value[0], f"{path}[0]")
    else:
        yield f"`{path}`", f"`{short(json.dumps(value))}`"


def table(
    head: tuple[str, ...], rows: Iterator[tuple[str, ...]]
) -> Iterator[str]:
    """Yield the lines of a table."""
    for row in (head, tuple("---" for _ in head), *rows):
        yield f"| {' | '.join(row)} |"


def plain(text: str) -> str:
    """Return a text for a table's cell, as it stands."""
    return f"`{short(text.replace('`', ''), 160)}`" if text else ""


def short(text: str, most: int = SHOWN) -> str:
    """Return the beginning of a text, in one line."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= most else f"{text[: most - 1]}…"
