"""Well-known facts, explanations of terms, and comparisons of two."""

from __future__ import annotations

import re
from functools import cache

from course.sandbox.replies.data import data, found, sentences
from course.sandbox.replies.wish import Localized, Wish

__all__ = ["answer", "explanation"]

EXPLAINS = (
    r"\b(explain|what|define|definition|describe|tell me about|how (?:do|does)"
    r"|meaning|why|teach me|introduce|introduction|compare|difference|vs"
    r"|versus|understand|overview|know about)\b"
)
SIMPLY = (
    r"\b(simpl|like i'?m|child|five|5|beginner|kid|layman|easy words|eli5)"
)


def answer(wish: Wish) -> str | None:
    """Return what is generally known about the question."""
    asked = re.sub(r"[?!.,;]", " ", wish.instruction)
    if wish.material and len(wish.material) < 200:
        asked += " " + wish.material.lower()
    asked = " ".join(asked.split())[:600]
    return _capital(wish, asked) or _fact(wish, asked) or _term(asked)


def _stated(wish: Wish, value: str, sentence: str) -> str:
    """Return a fact as briefly, and in the language, as asked for."""
    if wish.brief:
        return Localized(value)
    if wish.language:
        frame: str = data()["value_frame"][wish.language]
        return Localized(frame.format(value=value))
    return sentence


def _capital(wish: Wish, asked: str) -> str | None:
    if "capital" not in asked:
        return None
    capitals: dict[str, str] = data()["capitals"]
    for country in sorted(capitals, key=len, reverse=True):
        if country in asked and found(rf"\b{country}\b", asked):
            city = capitals[country]
            name = _country(country)
            return _stated(wish, city, f"The capital of {name} is {city}.")
    for country, city in capitals.items():
        if city.lower() in asked:
            name = _country(country)
            return _stated(wish, name, f"{city} is the capital of {name}.")
    return None


def _country(name: str) -> str:
    if name in ("uk", "usa"):
        return f"the {name.upper()}"
    plural = ("united", "netherlands", "philippines", "czech")
    return ("the " if name.startswith(plural) else "") + name.title()


def _fact(wish: Wish, asked: str) -> str | None:
    fitting = [
        fact
        for fact in data()["facts"]
        if fact["if"][0] in asked
        and all(_stands_in(word, asked) for word in fact["if"])
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda fact: len("".join(fact["if"])))
    return _stated(wish, best["value"], best["answer"])


def _stands_in(word: str, text: str) -> bool:
    # The plain search first: it rules nearly every word out, and quickly.
    return word in text and bool(found(rf"\b{re.escape(word)}", text))


@cache
def _terms() -> dict[str, dict[str, str]]:
    return {name: row for row in data()["explanations"] for name in row["of"]}


def _named(asked: str) -> list[str]:
    """Return the known terms in a text, the longest first, none in another."""
    names: list[str] = []
    for name in _terms():
        at = name in asked and found(rf"\b{re.escape(name)}s?\b", asked)
        if at and not any(name in other for other in names):
            names.append(name)
    return names


def _term(asked: str) -> str | None:
    if not found(EXPLAINS, asked) and len(asked.split()) > 3:
        return None
    names = _named(asked)
    if not names:
        return None
    if found(r"\bcompare|\bdifference|\bvs\b|\bversus\b", asked):
        names.sort(key=asked.find)
        rows = {id(_terms()[name]): name for name in names}
        if len(rows) > 1:
            return _compared(list(rows.values())[:2])
    row = _terms()[names[0]]
    if found(SIMPLY, asked) and "simple" in row:
        return row["simple"]
    return row["text"]


def explanation(topic: str) -> str | None:
    """Return what is known about a topic of just this name."""
    row = _terms().get(topic.lower())
    return row["text"] if row else None


def _compared(names: list[str]) -> str:
    lines = [
        f"- {' '.join(sentences(_terms()[name]['text'])[:2])}"
        for name in names
    ]
    return "The two side by side:\n" + "\n".join(lines)
