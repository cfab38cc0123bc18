"""Haiku, poems, stories, jokes, slogans and emails."""

from __future__ import annotations

import re

from course.sandbox.replies.data import data, found
from course.sandbox.replies.facts import explanation
from course.sandbox.replies.wish import Wish, subject

__all__ = ["answer"]


def answer(wish: Wish) -> str | None:
    """Return a small piece of writing where one is asked for."""
    asked, choose = wish.instruction, wish.conversation.choose
    if found(r"\b(code|function|script|regex|sql|program that)\b", asked):
        return None
    if found(r"\bhaikus?\b", asked):
        return _haiku(wish)
    if found(r"\bjokes?\b|\bmake me laugh\b|\bsomething funny\b", asked):
        joke: str = choose(data()["jokes"])
        return joke
    scene = found(r"^(please )?describe (a|an|the|your) ([\w ]{3,40})", asked)
    if scene and "difference" not in asked:
        return _paragraph(wish, f"{scene.group(2)} {scene.group(3)}")
    if found(r"\b(fun|interesting|random) fact|something interesting", asked):
        fact: str = choose(data()["fun_facts"])
        return fact
    writes = r"\b(write|tell|compose|draft|create|make|give|need|prepare)\b"
    if not found(writes, asked):
        return None
    if found(r"\be-?mails?\b|\bletter to\b|\bmessage to\b", asked):
        return _email(wish)
    bare = subject(wish, "a blank page")
    article = re.search(rf"\b(?:an?|the) {re.escape(bare)}", asked)
    topic = article.group(0) if article else bare
    if found(r"\blimerick\b", asked):
        return str(data()["limerick"]).format(topic=topic)
    if found(r"\b(poem|rhyme|verse|song|lyrics)\b", asked):
        return str(choose(data()["poems"])).format(topic=topic)
    if found(r"\b(story|tale|fairy ?tale|fable)\b", asked):
        hero = _hero(wish) or choose(data()["heroes"])
        return str(data()["story"]).format(topic=topic, hero=hero)
    if found(r"\b(paragraph|essay|blog ?post|article|description)\b", asked):
        return _paragraph(wish, topic)
    if found(r"\b(slogan|tagline|motto|headline|tweet|caption)s?\b", asked):
        line = str(choose(data()["slogans"]))
        return line.format(topic=bare, Topic=bare[:1].upper() + bare[1:])
    return None


def _haiku(wish: Wish) -> str:
    poems: dict[str, list[str]] = data()["haiku"]
    topic = f"{wish.instruction} {wish.material.lower()}"
    for name, lines in poems.items():
        if name in topic:
            return "\n".join(lines)
    return "\n".join(poems["default"])


def _hero(wish: Wish) -> str | None:
    named = re.search(r"\b(?:named|called) ([A-Z]\w+)", wish.prompt)
    return named.group(1) if named else None


def _email(wish: Wish) -> str:
    asked = wish.instruction
    email = data()["email"]
    subjects: dict[str, list[str]] = email["subjects"]
    title, body = next(
        (text for word, text in subjects.items() if word in asked),
        email["default"],
    )
    topic = subject(wish, "our next steps")
    to = re.search(r"\bto (?:my |our |the |a |an )?([a-z]+)", asked)
    reader = to.group(1) if to else ""
    name = re.search(r"\bto ([A-Z][a-z]+)\b", wish.prompt)
    greeting = name.group(1) if name else _reader(reader)
    return (
        f"Subject: {title}\n\nDear {greeting},\n\n{body.format(topic=topic)}"
        "\n\nKind regards,\n[Your name]"
    )


def _reader(word: str) -> str:
    known = {
        "boss": "[name of your manager]",
        "manager": "[name of your manager]",
        "customer": "customer",
        "client": "client",
        "team": "team",
        "colleague": "colleague",
        "colleagues": "colleagues",
        "professor": "Professor",
        "teacher": "[name of the teacher]",
        "landlord": "[name of the landlord]",
        "hr": "HR team",
    }
    return known.get(word, "[name]")


def _paragraph(wish: Wish, topic: str) -> str:
    topic = re.split(r" (?:in|with|as|for) ", topic)[0].strip()
    known = explanation(topic)
    if known:
        return known
    text = str(wish.conversation.choose(data()["paragraphs"]))
    return text.format(topic=topic, Topic=topic[:1].upper() + topic[1:])
