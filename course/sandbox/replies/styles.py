"""How an answer is to be given: its language, length, shape and voice."""

from __future__ import annotations

import re
from dataclasses import dataclass

from course.sandbox.replies.conversation import Conversation
from course.sandbox.replies.data import data, found, sentences
from course.sandbox.replies.wish import Localized

__all__ = ["Style"]

NUMBERS = {
    "a": 1,
    "a single": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
NUMBER = r"(\d+|a single|one|two|three|four|five|six|seven|eight|nine|ten)"
LANGUAGE = r"(french|german|spanish|italian)"
VERB = r"(?:answer|repl(?:y|ies)|respond|write|speak|talk|explain|say)"


def number(text: str) -> int:
    """Return a number that is written in digits or as a word."""
    return int(text) if text.isdigit() else NUMBERS.get(text, 1)


def _count(pattern: str, text: str) -> int | None:
    match = found(pattern, text)
    return number(match.group(1)) if match else None


@dataclass(frozen=True)
class Style:
    """What the system message and the prompt say about the form."""

    language: str | None = None
    brief: bool = False
    sentence_limit: int | None = None
    word_limit: int | None = None
    bullets: bool = False
    persona: str | None = None
    opening: str = ""
    ending: str = ""
    capitals: bool = False

    @classmethod
    def of(cls, conversation: Conversation) -> Style:
        """Return the style that a conversation asks for."""
        system = " ".join(conversation.rules.lower().split())
        both = f"{system} {conversation.instruction}"
        return cls(
            language=_language(system, conversation.instruction),
            brief=bool(
                found(
                    r"\b(one word|single word|only the (answer|number|name"
                    r"|result|value)|just the (answer|number|name|result"
                    r"|value)|answer only|number only)\b",
                    both,
                )
            ),
            sentence_limit=_sentence_limit(both),
            word_limit=_count(
                rf"\b(?:at most|no more than|under|fewer than|less than|max"
                rf"(?:imum)?(?: of)?|up to|within|in|exactly) {NUMBER} words?",
                both,
            ),
            bullets=bool(found(r"\bbullet(ed)?( point)?s?\b", both)),
            persona=_persona(both),
            opening=_fixed(r"(?:start|begin)", conversation.rules),
            ending=_fixed(r"(?:end|finish|close)", conversation.rules),
            capitals=bool(
                found(
                    r"\bin (all )?(capital letters|capitals|caps|uppercase)\b"
                    r"|\ball[- ]caps\b",
                    both,
                )
            ),
        )

    def apply(self, text: str, conversation: Conversation) -> str:
        """Return the text in this style; code stays as it is."""
        localized = isinstance(text, Localized)
        if self.language and not localized:
            text = f"{data()['language_note'][self.language]} {text}"
        if "```" not in text:
            text = self._shaped(text)
        if self.persona:
            text = _voiced(text, self.persona, conversation)
        text = " ".join(part for part in (self.opening, text) if part)
        text = " ".join(part for part in (text, self.ending) if part)
        return text.upper() if self.capitals else text

    def _shaped(self, text: str) -> str:
        listed = "\n- " in text or text.startswith(("- ", "1. "))
        if self.sentence_limit and not listed:
            text = " ".join(sentences(text)[: self.sentence_limit])
        if self.word_limit and len(text.split()) > self.word_limit:
            cut = " ".join(text.split()[: self.word_limit])
            text = cut.rstrip(",;:–-") + ("" if cut[-1] in ".!?" else ".")
        if self.bullets and not listed:
            text = "\n".join(f"- {one}" for one in sentences(text))
        return text


def _language(system: str, instruction: str) -> str | None:
    always = found(
        rf"\b(?:in|use|speak|only|always) {LANGUAGE}\b|^{LANGUAGE} only",
        system,
    )
    native = found(
        r"\b(auf deutsch|en fran[cç]ais|en espa[nñ]ol|in italiano)\b",
        f"{system} {instruction}",
    )
    if native:
        return {"d": "german", "f": "french", "e": "spanish"}.get(
            native.group(1).split()[1][0], "italian"
        )
    translates = found(r"\btranslat|\bto (english|french|german)", system)
    if always and not translates:
        return next(part for part in always.groups() if part)
    asked = found(rf"\b{VERB}\b[^.?!]{{0,40}}\bin {LANGUAGE}\b", instruction)
    if asked and not found(
        r"\btranslat|how (do|would) (you|i|we)", instruction
    ):
        return asked.group(1)
    return None


def _sentence_limit(text: str) -> int | None:
    limit = _count(
        rf"\b(?:in|with|use|to|at most|maximum|only|up to|into|exactly) "
        rf"{NUMBER}(?: \w+)? sentences?\b",
        text,
    )
    if limit is None and found(r"\bone[- ]sentence\b|\ba sentence\b", text):
        return 1
    brief = r"\b(be|very|answer|reply|keep it) (brief|concise|short|terse)"
    return 2 if limit is None and found(brief, text) else limit


def _persona(text: str) -> str | None:
    for name, persona in data()["personas"].items():
        if found(persona["match"], text):
            acts = r"\b(you are|you're|act as|like|talk|speak|style|as an?)\b"
            return str(name) if found(acts, text) else None
    return None


def _fixed(verb: str, system: str) -> str:
    match = re.search(
        rf"\b{verb} (?:every|each|your|all)?\s*(?:of your )?"
        r"(?:answer|repl|response|message|sentence)\w*\s+(?:with|by saying)\s+"
        r"(?:the words? )?(?:[\"“'‘]([^\"”'’\n]{1,80})|([^\n.]{1,80}))",
        system,
        re.I,
    )
    words = (match.group(1) or match.group(2)) if match else ""
    return words.strip()


def _voiced(text: str, name: str, conversation: Conversation) -> str:
    persona = data()["personas"][name]
    words: dict[str, str] = persona["words"]

    def spoken(match: re.Match[str]) -> str:
        word = match.group(0)
        said = words.get(word.lower(), word)
        return said[:1].upper() + said[1:] if word[0].isupper() else said

    if "```" not in text:
        text = re.sub(r"[A-Za-z]+(?:'[a-z]+)?", spoken, text)
    opening = conversation.choose(persona["open"])
    closing = conversation.choose(persona["close"], salt=1)
    return f"{opening} {text} {closing}"
