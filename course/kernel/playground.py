"""The playground: one prompt, every provider, side by side."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from course.sandbox import RecordedRequest
from course.views.columns import Column, Columns
from course.views.pages import Block, Facts, Folded, Page, Say

__all__ = ["Answered", "Playground", "answers_page", "ask", "is_clickable"]

EXAMPLE = "Explain in one sentence what a context window is."
# Set for kernels that a person looks at; a program that runs a notebook from
# its beginning to its end sets none of them.
SEEN_BY_SOMEBODY = ("JPY_SESSION_NAME", "VSCODE_PID")

MakeAgent = Callable[[str], Any]


class Records(Protocol):
    """What the playground needs of a sandbox."""

    @property
    def requests(self) -> list[RecordedRequest]:
        """What has arrived, in order."""


@dataclass(frozen=True)
class Answered:
    """One provider's answer, or why there is none.

    `response` is a standard response as plain data; `problem` says why there
    is none. `seconds` is the time from asking to the answer.
    """

    provider: str
    seconds: float = 0.0
    response: Mapping[str, Any] | None = None
    problem: str = ""
    wire: Sequence[RecordedRequest] = ()


def is_clickable(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether somebody may look at this notebook's widgets."""
    return any(name in environ for name in SEEN_BY_SOMEBODY)


def ask(
    provider: str, prompt: str, make_agent: MakeAgent, sandbox: Records
) -> Answered:
    """Ask one provider by the learner's own agent; never raises.

    What is not written yet, or breaks, is told in words.
    """
    before = len(sandbox.requests)
    started = time.monotonic()
    try:
        response = make_agent(provider).process_prompt(prompt).to_dict()
        problem = ""
    except NotImplementedError as error:
        response = None
        problem = f"Not written yet: {error}."
    except Exception as error:
        response = None
        problem = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - started
    wire = [
        record
        for record in sandbox.requests[before:]
        if record.provider == provider
    ]
    return Answered(provider, seconds, response, problem, wire)


def answers_page(
    prompt: str, answers: Sequence[Answered], *, timed: bool = True
) -> Page:
    """Return the answers side by side.

    Where not `timed`, without what another run or day gives otherwise: the
    latency, and the cost by the prices of the day.
    """
    columns = [
        Column(answer.provider, _blocks(answer, timed)) for answer in answers
    ]
    blocks: list[Block] = [Say(prompt, "Prompt"), Columns(columns)]
    return Page("Playground", f"{len(answers)} providers", "plain", blocks)


def _blocks(answer: Answered, timed: bool) -> list[Block]:
    if answer.response is None:
        return [Say(answer.problem)]
    response = answer.response
    blocks: list[Block] = [Say(str(response["message"]))]
    blocks.append(Facts(_facts(response, answer.seconds if timed else None)))
    for record in answer.wire:
        blocks.append(Folded(_request_line(record), _shown(record)))
    if not answer.wire:
        blocks.append(Say("Nothing arrived at the sandbox."))
    return blocks


def _facts(
    response: Mapping[str, Any], seconds: float | None
) -> list[tuple[str, str]]:
    usage = response["usage"]
    cost = response["cost_usd"]
    price = "unknown" if cost is None else f"{cost:.7f} USD"
    error = response["error"]
    facts = [
        ("Status", response["status"] if not error else error["kind"]),
        ("Model", response["model"]),
        ("Served by", response.get("upstream") or ""),
        ("Finish", response["finish_reason"] or ""),
        (
            "Tokens",
            f"{_count(usage['prompt_tokens'])} in, "
            f"{_count(usage['completion_tokens'])} out",
        ),
        ("Cost", "" if seconds is None else price),
        ("Tries", str(len(response["attempts"]))),
        ("Left out", "; ".join(response["adjustments"])),
        ("To do", error["what_to_do"] if error else ""),
        ("Latency", "" if seconds is None else f"{seconds * 1000:.0f} ms"),
        ("Simulated", "yes" if response["simulated"] else "no"),
    ]
    return [(label, str(value)) for label, value in facts if value]


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)


def _request_line(record: RecordedRequest) -> str:
    status = "no answer" if record.status is None else record.status
    return f"{record.method} {record.path} → {status}"


def _shown(record: RecordedRequest) -> str:
    """Return a request's body and its reply's, laid out for reading."""
    parts = [_laid_out(record.body)]
    if record.reply:
        parts += ["", "→", "", _laid_out(_parsed(record.reply))]
    return _without("\n".join(parts), record.key or "")


def _without(text: str, key: str) -> str:
    """Return a text without the key or any six characters of it in a row.

    Providers like to repeat a part of a key that they refuse.
    """
    for length in range(len(key), 5, -1):
        for start in range(len(key) - length + 1):
            text = text.replace(key[start : start + length], "[key]")
    return text


def _parsed(reply: str) -> Any:
    """Return the JSON of a reply; its text where it is none, or was cut."""
    try:
        return json.loads(reply)
    except ValueError:
        return reply


def _laid_out(body: Any) -> str:
    if isinstance(body, str):
        return body
    return json.dumps(body, indent=2, ensure_ascii=False)


class Playground:
    """Widgets: a prompt, a button, and a column for every provider."""

    def __init__(
        self,
        providers: Sequence[str],
        make_agent: MakeAgent,
        sandbox: Records,
        prompt: str = EXAMPLE,
    ) -> None:
        import ipywidgets  # type: ignore[import-untyped]

        self._providers = providers
        self._make_agent = make_agent
        self._sandbox = sandbox
        self.prompt = ipywidgets.Textarea(
            prompt,
            description="Prompt",
            rows=3,
            layout={"width": "60em", "max_width": "100%"},
        )
        self.button = ipywidgets.Button(
            description="Ask all", button_style="primary"
        )
        self.button.on_click(lambda _: self.ask_all())
        self.answers = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([self.prompt, self.button, self.answers])

    def ask_all(self) -> None:
        """Ask every provider and show the answers as they come."""
        self.button.disabled = True
        answers: list[Answered] = []
        prompt = self.prompt.value
        try:
            for provider in self._providers:
                answers.append(
                    ask(provider, prompt, self._make_agent, self._sandbox)
                )
                self.answers.value = answers_page(prompt, answers).html()
        finally:
            self.button.disabled = False
