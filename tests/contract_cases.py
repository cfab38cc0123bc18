"""The contract as data: what each agent owes its caller in every case.

A row is a case: what befalls a prompt, and what comes of it. A column is an
agent. Where a wire has no such case, or obliges its agent to something else,
the row says so under the agent's name, with the reason. `cells` puts rows
and columns together.

Waits are in seconds, on an injected clock: nothing sleeps. The policy is the
package's own without its random share: three tries, with a wait of 0.5 s and
then of 1 s where the provider says nothing. The answer is the sandbox's, word
by word, and its tokens are counted as it counts them, four characters each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "AGENTS",
    "CASES",
    "PROMPT",
    "Absent",
    "Agent",
    "Case",
    "Cell",
    "Expected",
    "Outcome",
    "Part",
    "UpTo",
    "cells",
    "table",
]

PROMPT = "Explain what an HTTP status code is."
ANSWER = (
    "An HTTP status code says how a request went: 2xx is success, 4xx is the"
    " caller's fault, 5xx the server's. With LLM providers 401 means a bad"
    " key, 404 an unknown model, 429 too many requests or no credit left, 500"
    " and 503 a fault that may pass."
)
HALF = ANSWER[: len(ANSWER) // 2]
THIRD = ANSWER[: len(ANSWER) // 3]
BEGINNING = "An HTTP status code"
REFUSAL = "I'm sorry, but I can't help with that request. (simulated refusal)"
CHARACTERS = 4

# What PROMPT comes to, and what the default models think before they write;
# the sandbox counts alike behind every wire.
PROMPT_TOKENS = 13
THINKING_TOKENS = 64


@dataclass(frozen=True)
class Agent:
    """A column: which class it is, and how it is made.

    Importing its `libraries` takes longer than a cell.
    """

    name: str
    provider: str
    module: str
    class_name: str
    key: str
    options: Mapping[str, Any] = field(default_factory=dict)
    unknown_model: str = "no-such-model"
    libraries: tuple[str, ...] = ()


AGENTS = (
    Agent(
        "OpenAI",
        "openai",
        "openai_agent",
        "OpenAIAgent",
        key="sk-QX7WJ2ZK5VHM4T6PYRNB",
    ),
    Agent(
        "Gemini",
        "gemini",
        "gemini_agent",
        "GeminiAgent",
        key="AIzaT7MQ4XH9VJ2LBKW6ZRNC",
        libraries=("google.genai",),
    ),
    Agent(
        "Gemini old SDK",
        "gemini",
        "gemini_agent",
        "GeminiAgent",
        key="AIzaP5KZ8DWX3GYQ7FHNEB2S",
        options={"sdk": "google-generativeai"},
        libraries=("google.generativeai",),
    ),
    Agent(
        "Requestry",
        "requestry",
        "requestry_agent",
        "RequestryAgent",
        key="rqy_M3FZ8DKW6XQA2NTHJ5CV",
        unknown_model="nobody/no-such-model",
    ),
    Agent(
        "OpenRouter",
        "openrouter",
        "openrouter_agent",
        "OpenRouterAgent",
        key="sk-or-v1-B9GY4UXL7KDS3EQZWN6H",
        unknown_model="nobody/no-such-model",
    ),
)


# What is expected -------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What a case comes to, whichever agent it is.

    `end` is a finish reason or an error's kind, and `retryable` None for an
    answer. `tries` are the lines of the ledger: kinds of errors, and
    "answer". `charged` is the text whose tokens count, None if none do; the
    tokens of thinking count with them, if the model came to think.
    """

    end: str
    retryable: bool | None
    tries: tuple[str, ...]
    waits: tuple[object, ...] = ()
    text: object = ""
    charged: str | None = None
    thought: bool = True


def answers(
    *failed: str,
    waits: tuple[object, ...] = (),
    finish: str = "stop",
    text: str = ANSWER,
) -> Expected:
    """Expect an answer after tries that failed in these ways."""
    tries = (*failed, "answer")
    return Expected(finish, None, tries, waits, text, charged=text)


def refuses(
    kind: str,
    text: str = "",
    charged: str | None = None,
    thought: bool = True,
) -> Expected:
    """Expect an error after one try: no second one would help."""
    return Expected(kind, False, (kind,), (), text, charged, thought)


def gives_up(kind: str, *waits: float) -> Expected:
    """Expect an error after a try before each of these waits, and a last."""
    return Expected(kind, True, (kind,) * (len(waits) + 1), waits)


def breaks_off(kind: str, charged: str | None = None) -> Expected:
    """Expect an error that carries the text so far; no try replaces that."""
    return Expected(kind, True, (kind,), text=Part(), charged=charged)


@dataclass(frozen=True)
class Absent:
    """A cell that does not exist: this wire has no such case."""

    because: str


@dataclass(frozen=True)
class Unlike:
    """A cell in which an agent's wire obliges it to something else."""

    expected: Expected
    because: str
    # What is done in another way to bring the case about.
    instead: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A row: a fault that befalls a prompt, and what is expected then.

    `times` requests meet the `fault`, or all of them (None). `model` is the
    catalogue's role of the model that is asked for, or "unknown". `agent`
    are options of the agent, `attempts` the most tries of its policy.
    """

    name: str
    expected: Expected
    fault: str = ""
    times: int | None = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    model: str = "default"
    agent: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 3
    unlike: Mapping[str, Absent | Unlike] = field(default_factory=dict)


# The policy's own waits before the second and the third try.
FIRST, SECOND = 0.5, 1.0
ALWAYS = None


@dataclass(frozen=True)
class UpTo:
    """A wait that a clock decides: equal to what is a little less."""

    seconds: float
    less: float = 5.0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, float):
            return self.seconds - self.less < other <= self.seconds
        return self is other

    def __hash__(self) -> int:
        return hash(self.seconds)

    def __format__(self, spec: str) -> str:
        return f"about {self.seconds:g}"


class Part:
    """Equal to every text that the answer begins with, but for itself."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return 0 < len(other) < len(ANSWER) and ANSWER.startswith(other)
        return isinstance(other, Part)

    def __hash__(self) -> int:
        return 0


def both_sdks(
    unlike: Absent | Unlike,
) -> dict[str, Absent | Unlike]:
    """Return what is unlike the others with Gemini, on either SDK."""
    return dict.fromkeys(("Gemini", "Gemini old SDK"), unlike)


COUNTS_EACH = "Gemini tells the tokens so far with every event of a stream"
ONLY_GEMINI = "RetryInfo is a part of Google's error format alone"
NO_CODE = "Requesty's errors carry no code, and texts decide nothing"

CASES = (
    Case("success", answers()),
    Case("stream", answers(), stream=True),
    Case(
        "missing key",
        Expected("missing_key", False, tries=()),
        agent={"api_key": ""},
    ),
    Case("wrong key", refuses("authentication"), "wrong_key"),
    Case(
        "forbidden",
        refuses("permission_denied"),
        "forbidden",
        unlike={
            "Requestry": Unlike(
                refuses("authentication"),
                "Requesty answers an unknown key with 403 as well",
            ),
        },
    ),
    Case("unknown model", refuses("model_not_found"), model="unknown"),
    Case(
        "retired model",
        refuses("model_retired"),
        model="retired",
        unlike={
            "OpenRouter": Unlike(
                refuses("model_not_found"),
                "the catalogue lists no model that OpenRouter has shut down",
                instead={"fault": "retired_model", "model": "default"},
            ),
        },
    ),
    Case(
        "context exceeded",
        refuses("context_length"),
        "context_length",
        unlike={
            "Requestry": Unlike(refuses("invalid_request"), NO_CODE),
            **both_sdks(
                Unlike(
                    refuses("invalid_request"),
                    "Gemini says in words only what is wrong with a request",
                )
            ),
        },
    ),
    Case("bad parameter", refuses("invalid_request"), "bad_parameter"),
    Case(
        "429, Retry-After in seconds",
        answers("rate_limit", waits=(2.0,)),
        "rate_limit",
        options={"retry_after": 2},
    ),
    Case(
        "429, Retry-After as date",
        answers("rate_limit", waits=(UpTo(30.0),)),
        "rate_limit",
        options={"retry_after": "date", "seconds": 30},
    ),
    Case(
        "429, retry-after-ms",
        answers("rate_limit", waits=(0.25,)),
        "rate_limit",
        options={"retry_after": "ms", "retry_after_ms": 250},
    ),
    Case(
        "429, RetryInfo",
        answers("rate_limit", waits=(2.0,)),
        "rate_limit",
        options={"retry_delay": "2s"},
        unlike={
            "OpenAI": Absent(ONLY_GEMINI),
            "Requestry": Absent(ONLY_GEMINI),
            "OpenRouter": Absent(ONLY_GEMINI),
        },
    ),
    Case(
        "429 without a wait",
        answers("rate_limit", "rate_limit", waits=(FIRST, SECOND)),
        "rate_limit",
        times=2,
        options={"retry_after": None},
    ),
    Case(
        "429, a wait too long",
        gives_up("rate_limit"),
        "rate_limit",
        options={"retry_after": 3600},
    ),
    Case("quota exhausted", refuses("quota_exhausted"), "quota_exhausted"),
    Case(
        "input blocked",
        refuses("content_blocked"),
        "moderation",
        unlike={
            "Requestry": Unlike(refuses("invalid_request"), NO_CODE),
            **both_sdks(
                Unlike(
                    refuses("content_blocked", charged="", thought=False),
                    "Gemini counts a blocked prompt, and answers with 200",
                )
            ),
        },
    ),
    Case(
        "output blocked",
        refuses("content_blocked", THIRD, charged=THIRD),
        "content_filter",
        unlike=both_sdks(
            Unlike(
                refuses("content_blocked", charged=THIRD),
                "Gemini counts a blocked candidate, but leaves its text out",
            )
        ),
    ),
    Case("empty answer", refuses("empty_response", charged=""), "empty"),
    Case(
        "cut by the token limit",
        answers(finish="length", text=HALF),
        "length",
    ),
    Case(
        "refusal",
        answers(finish="refusal", text=REFUSAL),
        "refusal",
        unlike=both_sdks(
            Absent("a refusal is a text like any other in Gemini's format")
        ),
    ),
    Case(
        "500",
        gives_up("provider_unavailable", FIRST, SECOND),
        "server_error",
        ALWAYS,
    ),
    Case(
        "502",
        gives_up("provider_unavailable", FIRST, SECOND),
        "bad_gateway",
        ALWAYS,
    ),
    Case(
        "503",
        gives_up("provider_unavailable", FIRST, SECOND),
        "error_status",
        ALWAYS,
        options={"status": 503},
    ),
    Case(
        "529",
        gives_up("provider_unavailable", FIRST, SECOND),
        "error_status",
        ALWAYS,
        options={"status": 529},
    ),
    Case(
        "timeout before headers",
        gives_up("timeout", FIRST),
        "stall",
        ALWAYS,
        options={"seconds": 5},
        agent={"timeout": 0.1},
        attempts=2,
    ),
    Case(
        "slow body",
        gives_up("timeout", FIRST),
        "slow_body",
        ALWAYS,
        options={"seconds": 0.8},
        agent={"timeout": 0.15},
        attempts=2,
    ),
    Case(
        "dropped connection",
        answers("connection_failed", waits=(FIRST,)),
        "drop_connection",
    ),
    Case(
        "malformed JSON",
        answers("malformed_response", waits=(FIRST,)),
        "malformed_json",
    ),
    Case(
        "HTML in 200",
        answers("malformed_response", waits=(FIRST,)),
        "html",
    ),
    Case(
        "error in 200",
        answers("provider_unavailable", waits=(FIRST,)),
        "error_in_200",
    ),
    Case(
        "stream cut",
        breaks_off("stream_interrupted"),
        "stream_cut",
        stream=True,
        unlike=both_sdks(
            Unlike(breaks_off("stream_interrupted", BEGINNING), COUNTS_EACH)
        ),
    ),
    Case(
        "error in mid-stream",
        breaks_off("provider_unavailable"),
        "stream_error",
        stream=True,
        unlike=both_sdks(
            Unlike(breaks_off("provider_unavailable", BEGINNING), COUNTS_EACH)
        ),
    ),
    Case(
        "stream fails before its text",
        answers("provider_unavailable", waits=(FIRST,)),
        "server_error",
        stream=True,
    ),
    Case(
        "50 MB body",
        answers("malformed_response", waits=(FIRST,)),
        "huge_body",
    ),
    Case(
        "wrong charset",
        answers("malformed_response", waits=(FIRST,)),
        "wrong_charset",
    ),
    Case("echoed key", refuses("authentication"), "echo_key"),
)


# What comes of it -------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came of a cell, or should.

    As `Expected`, with the `requests` that arrived and the tokens of all
    tries: prompt, completion, total; None is what nobody told.
    """

    end: str
    retryable: bool | None
    text: object
    requests: int
    tries: tuple[str, ...]
    waits: tuple[object, ...]
    tokens: tuple[int | None, ...]

    def in_words(self) -> str:
        """Return the outcome as one line."""
        return "; ".join(
            (
                f"{self._end()} with {_text_in_words(self.text)}",
                self._requests(),
                self._waits(),
                _tokens_in_words(self.tokens),
            )
        )

    def _end(self) -> str:
        if self.retryable is None:
            return f"answer ({self.end})"
        return f"{'' if self.retryable else 'not '}retryable {self.end}"

    def _requests(self) -> str:
        plural = "" if self.requests == 1 else "s"
        tries = ", ".join(self.tries) or "none in the ledger"
        return f"{self.requests} request{plural} ({tries})"

    def _waits(self) -> str:
        if not self.waits:
            return "no wait"
        seconds = " and ".join(f"{wait:g}" for wait in self.waits)
        return f"waits of {seconds} s"

    @classmethod
    def _shown(cls, outcome: Outcome, show: object) -> str:
        return outcome.in_words()


def _text_in_words(text: object) -> str:
    known = {
        "": "no text",
        ANSWER: "the whole text",
        HALF: "half of the text",
        THIRD: "a third of the text",
        REFUSAL: "the refusal",
    }
    if isinstance(text, Part):
        return "the text so far"
    return known.get(str(text)) or f"the text {str(text)[:60]!r}"


def _tokens_in_words(tokens: tuple[int | None, ...]) -> str:
    if set(tokens) == {None}:
        return "no tokens told"
    prompt, completion, total = tokens
    return f"tokens {prompt} + {completion} = {total}"


@dataclass(frozen=True)
class Cell:
    """One case of one agent: what it has to come to, and why if unlike."""

    case: Case
    agent: Agent
    expected: Outcome
    because: str = ""

    @property
    def name(self) -> str:
        return f"{self.agent.name} | {self.case.name}"

    @property
    def fails_at_first(self) -> bool:
        return self.expected.tries[:1] != ("answer",)


def table() -> Iterator[tuple[Case, Agent, Cell | Absent]]:
    """Yield every cell of the matrix, row by row."""
    for case in CASES:
        for agent in AGENTS:
            unlike = case.unlike.get(agent.name)
            if isinstance(unlike, Absent):
                yield case, agent, unlike
                continue
            expected = unlike.expected if unlike else case.expected
            because = unlike.because if unlike else ""
            done = replace(case, **unlike.instead) if unlike else case
            outcome = _outcome(expected)
            yield case, agent, Cell(done, agent, outcome, because)


def cells() -> list[Cell]:
    """Return the cells that exist, agent by agent."""
    found = [cell for _, _, cell in table() if isinstance(cell, Cell)]
    return sorted(found, key=lambda cell: AGENTS.index(cell.agent))


def _outcome(expected: Expected) -> Outcome:
    tokens: tuple[int | None, ...] = (None, None, None)
    if expected.charged is not None:
        said = -(-len(expected.charged) // CHARACTERS)
        completion = said + THINKING_TOKENS * expected.thought
        tokens = (PROMPT_TOKENS, completion, PROMPT_TOKENS + completion)
    return Outcome(
        end=expected.end,
        retryable=expected.retryable,
        text=expected.text,
        requests=len(expected.tries),
        tries=expected.tries,
        waits=expected.waits,
        tokens=tokens,
    )
