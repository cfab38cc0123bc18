"""What a live call costs, by the catalogue: before it, and after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from course.kit import Kit
from course.sandbox.prices import price_on

__all__ = ["QUESTION", "Prices", "Tokens", "likely_tokens", "used_tokens"]

MILLION = 1_000_000
# Bytes of a request's body for one token of its prompt: what belongs to JSON
# is counted with it, so that the estimate is rather too high.
BYTES_A_TOKEN = 3
# The answer's tokens, where a request does not limit them.
USUAL_ANSWER = 2_000
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True)
class Tokens:
    """Tokens of a prompt and of its answer, thinking included."""

    prompt: int
    answer: int


# A question as in the playground: two lines, answered in a few.
QUESTION = Tokens(40, 300)


class Prices:
    """The prices of a day, from the model catalogue."""

    def __init__(self, kit: Kit, day: date | None = None) -> None:
        path = kit.data / "models.json"
        catalogue = json.loads(path.read_text(encoding="utf-8"))
        self._day = day
        self._roles: dict[str, dict[str, str]] = catalogue["roles"]
        self._steps = {
            (row["provider"], name): row["prices"]
            for row in reversed(catalogue["models"])
            for name in (row["snapshot"], row["id"])
            if name
        }

    def usual_model(self, provider: str) -> str:
        """Return the model that an agent asks unless told otherwise."""
        return self._roles[provider]["default"]

    def cost(self, provider: str, model: str, tokens: Tokens) -> float | None:
        """Return what a call costs in USD; None where no price is known."""
        steps = self._steps.get((provider, model), ())
        day = self._day or date.today()
        price = price_on(steps, day, tokens.prompt)
        if price is None:
            return None
        total = tokens.prompt * price.input + tokens.answer * price.output
        return total / MILLION


def likely_tokens(body: Any, size: int) -> Tokens:
    """Return what a request of `size` bytes is going to take.

    The answer is as long as the request allows; where it sets no limit, as
    long as a long answer usually is.
    """
    limits = [_number(body.get(name)) for name in LIMITS]
    options = body.get("generationConfig") or {}
    limits.append(_number(options.get("maxOutputTokens")))
    allowed = [each for each in limits if each]
    answer = max(allowed) if allowed else USUAL_ANSWER
    return Tokens(size // BYTES_A_TOKEN + 1, answer)


def used_tokens(reply: str) -> Tokens | None:
    """Return what a reply says it took, of any of the four protocols.

    A stream's last word counts. None where nothing is said.
    """
    found = None
    for each in _documents(reply):
        usage = _usage(each)
        if usage:
            found = _tokens(usage)
    return found


def _documents(reply: str) -> Iterator[Any]:
    """Yield a reply's JSON, or that of each event of a stream."""
    texts = [reply]
    if "data:" in reply and not reply.lstrip().startswith(("{", "[")):
        texts = [
            line.removeprefix("data:")
            for line in reply.splitlines()
            if line.startswith("data:")
        ]
    for text in texts:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        yield from document if isinstance(document, list) else [document]


def _usage(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        return {}
    inner = document.get("response")
    for place in (document, inner if isinstance(inner, dict) else {}):
        for name in ("usage", "usageMetadata"):
            if isinstance(place.get(name), dict):
                return dict(place[name])
    return {}


def _tokens(usage: dict[str, Any]) -> Tokens | None:
    prompt = ("prompt_tokens", "input_tokens", "promptTokenCount")
    answer = ("completion_tokens", "output_tokens", "candidatesTokenCount")
    found = [_first(usage, names) for names in (prompt, answer)]
    if found[0] is None:
        return None
    thoughts = _number(usage.get("thoughtsTokenCount")) or 0
    return Tokens(found[0], (found[1] or 0) + thoughts)


def _first(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    numbers = (_number(usage.get(name)) for name in names)
    return next((each for each in numbers if each is not None), None)


def _number(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
