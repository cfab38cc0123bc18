"""Requests for certain words: "reply with exactly OK"."""

from __future__ import annotations

import re

from course.sandbox.replies.wish import Wish

__all__ = ["answer"]

QUOTED = r"[\"“'‘«]([^\"”'’»\n]{1,200})[\"”'’»]"
EXACT = re.compile(
    r"(?:say|reply|respond|answer|return|print|output|write|repeat)"
    r"(?: (?:back|only|just|exactly|with|me|after|the|word|words|phrase|text"
    r"|following|single|sentence|message))*(?::\s*|\s+)",
    re.I,
)
ONLY = re.compile(r"\b(only|exactly|just|after me|the word|the words)\b", re.I)


def answer(wish: Wish) -> str | None:
    """Return the words that the user wants to hear."""
    prompt = wish.prompt.strip()
    if re.fullmatch(r"say (hello|hi)\W*", prompt, re.I):
        return "Hello!"
    if wish.given or len(prompt) > 300:
        return None
    found = EXACT.match(re.sub(r"^please,?\s+", "", prompt, flags=re.I))
    if not found:
        return None
    lead = found.group(0)
    rest = re.sub(r"^please,?\s+", "", prompt, flags=re.I)[found.end() :]
    rest = re.sub(r"\s*(,? ?and nothing else|please)[.!]*$", "", rest)
    quoted = re.fullmatch(QUOTED + r"[.!]?", rest)
    if quoted:
        return quoted.group(1)
    exact = ONLY.search(lead) or lead.lower().startswith(("say", "repeat"))
    if exact and ":" in lead:
        return rest
    short = len(rest.split()) <= 4 and not re.search(r"\b(in|a|an)\b", rest)
    if exact and short and rest:
        return rest.rstrip(".")
    return None
