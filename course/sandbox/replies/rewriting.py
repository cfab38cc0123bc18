"""Rewriting: formal, polite, simple, shorter, corrected."""

from __future__ import annotations

import re

from course.sandbox.replies.data import found, sentences
from course.sandbox.replies.summaries import summary
from course.sandbox.replies.wish import Wish

__all__ = ["answer"]

ASKED = (
    r"\brewrit|\brephras|\bparaphras|\bmake (this|it|the following|that|my)\b"
    r".{0,30}\b(formal|polite|short|simpl|friendl|professional|concise|casual)"
    r"|\b(fix|correct|improve|check)\b.{0,30}\b(grammar|spelling|mistakes"
    r"|sentence|writing|text)|\bproofread|\bsimplify\b|\bturn (this|it) into"
)
FORMAL = {
    r"\bhey\b|\bhi\b": "hello",
    r"\bgonna\b": "going to",
    r"\bwanna\b": "want to",
    r"\bgotta\b": "have to",
    r"\byeah\b|\byep\b": "yes",
    r"\bguys\b": "everyone",
    r"\basap\b": "as soon as possible",
    r"\bthanks\b": "thank you",
    r"\bu\b": "you",
    r"\bpls\b|\bplz\b": "please",
    r"\bkids\b": "children",
    r"\bcan't\b": "cannot",
    r"\bwon't\b": "will not",
    r"\bi'm\b": "I am",
    r"\bit's\b": "it is",
    r"\b(\w+)n't\b": r"\1 not",
    r"\b(\w+)'re\b": r"\1 are",
    r"\b(\w+)'ve\b": r"\1 have",
    r"\b(\w+)'ll\b": r"\1 will",
    r"\bget\b": "receive",
    r"\bneed\b": "require",
    r"\bhelp\b": "assist",
    r"\bbuy\b": "purchase",
    r"\ba lot of\b": "a great deal of",
    r"\bsend me\b": "kindly send me",
    r"\btell me\b": "let me know",
    r"!+": ".",
}
SIMPLE = {
    r"\butili[sz]e\b": "use",
    r"\bapproximately\b": "about",
    r"\bfacilitate\b": "help",
    r"\bcommence\b": "start",
    r"\bterminate\b": "end",
    r"\bsubsequently\b": "then",
    r"\badditional\b": "more",
    r"\bpurchase\b": "buy",
    r"\brequire\b": "need",
    r"\bassist(ance)?\b": "help",
    r"\bdemonstrate\b": "show",
    r"\bin order to\b": "to",
    r"\bdue to the fact that\b": "because",
    r"\bprior to\b": "before",
    r"\bnumerous\b": "many",
    r"\bnevertheless\b": "still",
}
MISTAKES = {
    r"\bdont\b": "don't",
    r"\bcant\b": "can't",
    r"\bisnt\b": "isn't",
    r"\bdoesnt\b": "doesn't",
    r"\bim\b": "I'm",
    r"\bi\b": "I",
    r"\bteh\b": "the",
    r"\brecieve": "receive",
    r"\bdefinately\b": "definitely",
    r"\bseperate": "separate",
    r"\boccured\b": "occurred",
    r"\buntill\b": "until",
    r"\bwich\b": "which",
    r"\bthier\b": "their",
    r"\balot\b": "a lot",
    r"\b(he|she|it) (don't)\b": r"\1 doesn't",
    r"\b(he|she|it) go\b": r"\1 goes",
    r"\b(he|she|it) have\b": r"\1 has",
    r"\b(they|we|you) was\b": r"\1 were",
    r"\b(he|she|it) were\b": r"\1 was",
    r"\b(they|we|you) is\b": r"\1 are",
    r"\b(could|should|would) of\b": r"\1 have",
    r"\bme and (\w+)\b": r"\1 and I",
    r"\bmore better\b": "better",
    r"\bgoed\b": "went",
    r"\byesterday I go\b": "yesterday I went",
    r"\ba ([aeiou])": r"an \1",
    r"\bhas went\b": "has gone",
    r" +([,.!?])": r"\1",
}


def answer(wish: Wish) -> str | None:
    """Return the text in the form that the request asks for."""
    if not found(ASKED, wish.instruction) or not wish.text:
        return None
    asked, text = wish.instruction, wish.text
    if found(r"\bshort|\bconcise|\bbrief", asked):
        return " ".join(summary(text, max(1, len(sentences(text)) // 3)))
    if found(r"\bbullet|\blist\b|\bpoints\b", asked):
        return "\n".join(f"- {line}" for line in sentences(text))
    if found(r"\bgrammar|\bspelling|\bcorrect|\bproofread|\bmistakes", asked):
        return _tidy(_swap(text, MISTAKES))
    if found(r"\bsimpl|\bplain\b|\bchild|\beasier", asked):
        return _tidy(_swap(text, SIMPLE))
    if found(r"\bcasual|\binformal|\bfriendl", asked):
        return f"Hey! {_tidy(_swap(text, SIMPLE))} Thanks a lot!"
    if found(r"\bpolite|\bkind", asked):
        return _polite(_tidy(_whole(_swap(text, FORMAL))))
    if found(r"\bquestion\b", asked):
        return _tidy(text).rstrip(".!") + ", is that right?"
    return _tidy(_whole(_swap(text, FORMAL)))


def _whole(text: str) -> str:
    """Return the text with the subjects that casual writing leaves out."""
    text = re.sub(r"(^|, )going to\b", r"\1I am going to", text)
    return re.sub(r", (cannot|will not|am not)\b", r", and I \1", text)


def _swap(text: str, table: dict[str, str]) -> str:
    for pattern, better in table.items():
        text = re.sub(pattern, better, text, flags=re.I)
    return text


def _tidy(text: str) -> str:
    """Return the text with capitals and full stops where they belong."""
    lines = [line.strip() for line in sentences(text)]
    done = [line[:1].upper() + line[1:] for line in lines if line]
    if done and done[-1][-1] not in '.!?…"”':
        done[-1] += "."
    return " ".join(done)


def _polite(text: str) -> str:
    first = text[:1].lower() + text[1:] if text[:2] != "I " else text
    ask = re.match(
        r"(?:kindly )?(send|give|tell|let|show|call|fix|do|check|make|write"
        r"|reply|answer|come|bring|finish)\b",
        first,
    )
    if ask:
        wish = first.removeprefix("kindly ").rstrip(".!?")
        return f"Could you please {wish}? Thank you very much."
    return f"If I may say so, {first} Thank you for your understanding."
