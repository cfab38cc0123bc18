"""Turns that live from what was said before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from course.sandbox.replies.data import found, sentences
from course.sandbox.replies.wish import Wish

__all__ = ["answer"]

NAMED = re.compile(
    r"\b(?:(?i:my name is|i am called|call me|i'm called|the name's) "
    r"([A-Za-z][\w'-]*(?: [A-Z][\w'-]*)?)|I(?: am|'m) ([A-Z][a-z'-]+)\b)",
)
TOLD = r"\bmy ({thing}) (?:is|are|was) ([^.!?,\n]{{1,80}})"
LIVES = r"\bi (?:live|work) (in|at|as|for) ([^.!?,\n]{1,60})"


def answer(wish: Wish) -> str | None:
    """Return an answer that the conversation so far makes possible."""
    conversation = wish.conversation
    if wish.given:
        return None
    if conversation.turns and conversation.turns[-1].role == "tool":
        return _from_tool(conversation.turns[-1].text)
    earlier = conversation.said_by("user")[1:]
    return (
        _remembered(wish, earlier)
        or _told_now(wish)
        or _reworked(wish)
        or _repeated(wish, earlier)
    )


def _from_tool(result: str) -> str:
    try:
        value = json.loads(result)
    except ValueError:
        return f"Here is what the tool returned: {result.strip()[:600]}"
    if isinstance(value, dict):
        parts = [f"{_plain(k)} is {_short(v)}" for k, v in value.items()]
        return f"According to the tool, {_joined(parts)}."
    if isinstance(value, list):
        return f"The tool found {len(value)}: {_joined(map(_short, value))}."
    return f"The tool's result is {_short(value)}."


def _plain(key: str) -> str:
    return f"the {str(key).replace('_', ' ')}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:200]


def _joined(parts: Iterable[str]) -> str:
    *first, last = list(parts) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def _remembered(wish: Wish, earlier: list[str]) -> str | None:
    asked = wish.instruction
    if found(
        r"\b(what('s| is)|do you (know|remember)|tell me) my name"
        r"|\bwho am i\b",
        asked,
    ):
        for text in earlier:
            if named := NAMED.search(text):
                return f"Your name is {_title(named)}."
        return "You have not told me your name in this conversation yet."
    where = found(r"\bwhere do i (live|work)\b", asked)
    for text in earlier if where else []:
        if lives := re.search(LIVES, text, re.I):
            verb = where.group(1) if where else ""
            return f"You {verb} {lives.group(1)} {lives.group(2).strip()}."
    thing = found(
        r"\b(?:what|which|who|when)(?:'s| is| are| was) my ([\w ]{2,40}?)\??$",
        asked,
    )
    for text in earlier if thing else []:
        name = re.escape(thing.group(1)) if thing else ""
        if told := re.search(TOLD.format(thing=name), text, re.I):
            return f"Your {told.group(1).lower()} is {told.group(2).strip()}."
    if thing and earlier:
        return f"You have not told me your {thing.group(1)} so far."
    return None


def _title(named: re.Match[str]) -> str:
    words = (named.group(1) or named.group(2)).split()
    kept = [w for w in words if w.lower() not in ("and", "i", "from")]
    return " ".join(w[:1].upper() + w[1:] for w in kept)


def _told_now(wish: Wish) -> str | None:
    named = NAMED.search(wish.prompt)
    if named and len(wish.prompt) < 160 and "?" not in wish.prompt:
        name = _title(named)
        return f"Nice to meet you, {name}! What can I do for you?"
    told = re.match(TOLD.format(thing=r"[\w ]{2,30}"), wish.prompt, re.I)
    if told and len(wish.prompt) < 160 and "?" not in wish.prompt:
        thing, value = told.group(1).lower(), told.group(2).strip()
        return f"Noted: your {thing} is {value}."
    return None


def _reworked(wish: Wish) -> str | None:
    """Return the previous answer in the form that is asked for now."""
    before = wish.conversation.previous
    if not before or wish.material or len(wish.prompt) > 160:
        return None
    asked = wish.instruction
    lines = sentences(before)
    if found(r"\b(shorter|briefer|more concise|in short|shorten)\b", asked):
        kept = lines[: max(1, len(lines) // 3)]
        text = " ".join(kept)
        return text if len(lines) > 1 else _clause(text)
    if found(r"\b(longer|more detail|in detail|elaborate|go on)\b", asked):
        return (
            f"{before} To add to that: the best way to be sure is to try it"
            " on a small example of your own, change one thing at a time, and"
            " compare what happens with what you expected."
        )
    if found(r"\b(simpler|simplify (it|that)|easier words|eli5)\b", asked):
        return f"In plain words: {_clause(lines[0])}"
    if found(r"\b(bullet|as a list|in points)", asked):
        return "\n".join(f"- {line}" for line in lines)
    if found(r"\b(again|repeat (it|that)|say that again)\b", asked):
        return before
    if found(r"\b(are you sure|really|is that (right|true|correct))\b", asked):
        return (
            "As far as my script goes, yes. But please check it: fluent text"
            " is no proof, with a real model no more than with a simulated"
            " one."
        )
    if found(r"^(why|how so|how come)\b.{0,12}$", asked):
        return (
            f"Because of what I said before: {_clause(lines[0])} A real model"
            " would give you its reasons at this point; my script ends here."
        )
    return None


def _clause(sentence: str) -> str:
    """Return the main part of a sentence, closed with a full stop."""
    part = re.split(r"[,;:–—(]", sentence)[0].strip()
    if len(part.split()) < 3:
        part = " ".join(sentence.split()[:10])
    return part.rstrip(".!?") + "."


def _repeated(wish: Wish, earlier: list[str]) -> str | None:
    asked = wish.instruction
    if earlier and found(r"\bsummar.*\b(conversation|chat|discuss)", asked):
        said = "; ".join(f"“{_short(one)[:80]}”" for one in earlier[::-1])
        return f"So far you have said: {said}."
    about = found(r"\bwhat (did|was) (i|my) .*(ask|say|said|question)", asked)
    if not about or not earlier:
        return None
    first = found(r"\bfirst\b", asked)
    said = " ".join((earlier[-1] if first else earlier[0]).split())[:300]
    place = "first" if first else "last"
    return f"Your {place} message before this one was: “{said}”"
