"""A verdict: what of an exercise holds, and what the first failure was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Status = Literal[
    "passed",
    "failed",
    "not_started",
    "waiting",
    "import_error",
    "ended",
    "hung",
    "flooded",
    "kit_error",
]
Outcome = Literal["passed", "failed", "not_started", "not_run"]

# What the tests of the contract are marked with, as an exercise's are.
CONTRACT = "contract"

# Words that are not written as a test's name has them.
_SPELLING = {
    "api": "API",
    "ascii": "ASCII",
    "fastapi": "FastAPI",
    "html": "HTML",
    "http": "HTTP",
    "https": "HTTPS",
    "id": "ID",
    "iso": "ISO",
    "json": "JSON",
    "openai": "OpenAI",
    "sdk": "SDK",
    "url": "URL",
    "usd": "USD",
    "utc": "UTC",
}
_PARAMETERS = re.compile(r"\[(?P<id>.*)\]$", re.DOTALL)


@dataclass(frozen=True)
class Expectation:
    """One test of the exercise, as a sentence."""

    test: str
    sentence: str
    outcome: Outcome


@dataclass(frozen=True)
class Failure:
    """The first expectation that does not hold, in words.

    `called` is the last call that the test made, as one would write it;
    `returned` or `raised` is what it gave, `expected` what should have come.
    An empty text is unknown. `requests` are what arrived at the sandbox, one
    line each.
    """

    test: str
    sentence: str
    called: str = ""
    returned: str = ""
    raised: str = ""
    expected: str = ""
    message: str = ""
    requests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What a check found; `mine` is how much of the package is theirs.

    `mine` counts exercises, done and in all. The judge knows one exercise
    only: whoever keeps the workspace fills `mine` in. `waits_for` is another
    exercise that this one needs first, or empty. `failures` are all there
    were, where a check looks into more than the first.
    """

    exercise: str
    status: Status
    expectations: tuple[Expectation, ...] = ()
    failure: Failure | None = None
    hint: str = ""
    printed: str = ""
    waits_for: str = ""
    mine: tuple[int, int] = (0, 0)
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def with_mine(self, done: int, total: int) -> Verdict:
        return replace(self, mine=(done, total))

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `to_dict` gave the data of."""
        fields = dict(data)
        fields["expectations"] = tuple(
            Expectation(**row) for row in data["expectations"]
        )
        if data["failure"] is not None:
            fields["failure"] = _failure(data["failure"])
        fields["failures"] = tuple(map(_failure, data["failures"]))
        fields["mine"] = tuple(data["mine"])
        return cls(**fields)


def _failure(data: Mapping[str, Any]) -> Failure:
    return Failure(**{**data, "requests": tuple(data["requests"])})


def broken_kit(exercise: str, reason: str) -> Verdict:
    """Return the verdict for a check that could not be made."""
    failure = Failure("", "", message=reason)
    return Verdict(exercise, "kit_error", failure=failure)


def sentence(test: str) -> str:
    """Return a test's name as a sentence, without the full stop.

    A parameter with spaces in it follows after a colon; others stand in
    brackets.
    """
    found = _PARAMETERS.search(test)
    name = test[: found.start()] if found else test
    words = name.removeprefix("test_").split("_")
    text = " ".join(_SPELLING.get(word, word) for word in words if word)
    text = re.sub(r" s(?= |$)", "'s", text)
    text = text[:1].upper() + text[1:]
    if not found:
        return text
    parameter = found["id"]
    if " " in parameter:
        return f"{text}: {parameter}"
    return f"{text} ({parameter})"
