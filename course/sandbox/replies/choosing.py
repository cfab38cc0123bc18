"""What a model says that judges: others for a task, or an answer.

Options that the system message describes, one to a line, are chosen from
like models for a task: what is easy gets the cheapest, what is hard the
best, and all else the one in the middle.
"""

from __future__ import annotations

import re

from course.sandbox.replies.conversation import LONGEST
from course.sandbox.replies.wish import Wish

__all__ = ["approval", "choice"]

HARD = re.compile(
    r"\b(?:prov(?:e|es|ing)|proofs?|theorem|deriv(?:e|es|ation)|debug\w*"
    r"|optimi[sz]\w+|algorithms?|refactor\w*|architectur\w+|concurren\w+"
    r"|deadlocks?|complexity|analy[sz]\w+|trade-?offs?|step by step"
    r"|rigorous\w*|puzzles?|strateg\w+|diagnos\w+)\b",
    re.I,
)
# So long a text is hard, whatever stands in it: characters.
LONG = 2_000
# What is asked of who checks an answer, and what an answer is not to say.
VERDICT = re.compile(r"^(?:pass|approve|accept|correct|is_correct|valid)")
EVASIVE = re.compile(
    r"\b(?:sorry|cannot|can't|unable to|don't know|that depends|nonsense)\b",
    re.I,
)
PRICE = re.compile(r"\$\s*(\d+(?:\.\d+)?(?:e-?\d+)?)")
QUALITY = re.compile(r"\bquality\D{0,20}(\d+(?:\.\d+)?)", re.I)


def choice(options: list[str], wish: Wish) -> str | None:
    """Return the option that suits the prompt.

    None where the system message does not describe them all, each on a line
    that begins with it, or where no price tells them apart.
    """
    said = _descriptions(options, wish.conversation.system[:LONGEST])
    if len(said) < 2 or len(said) < len(options):
        return None
    prices = {name: _number(PRICE, text) for name, text in said.items()}
    priced = [name for name in said if prices[name] is not None]
    if not priced:
        return None
    by_price = sorted(priced, key=lambda name: prices[name] or 0.0)
    match _difficulty(wish.prompt):
        case 0:
            return by_price[0]
        case 1:
            return by_price[len(by_price) // 2]
    quality = {
        name: _number(QUALITY, text) or 0.0 for name, text in said.items()
    }
    return max(reversed(by_price), key=lambda name: quality[name])


def approval(name: str, wish: Wish) -> bool | None:
    """Return whether an answer is approved; None for another question.

    It is, unless it evades what it was asked.
    """
    if not VERDICT.match(name.lower()):
        return None
    return EVASIVE.search(wish.prompt) is None


def _descriptions(options: list[str], text: str) -> dict[str, str]:
    found = {}
    for option in options:
        line = re.search(
            rf"^\s*(?:[-*•]\s*)?{re.escape(option)}\s*[:|]\s*(.+)$",
            text,
            re.M,
        )
        if line:
            found[option] = line.group(1)
    return found


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return float(match.group(1)) if match else None


def _difficulty(text: str) -> int:
    """Return 0 for what is easy, 1, or 2 for what is hard."""
    if len(text) > LONG:
        return 2
    return min(2, len(set(map(str.lower, HARD.findall(text)))))
