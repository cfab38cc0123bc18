"""Extraction: addresses, dates, amounts, names and keywords in a text."""

from __future__ import annotations

import re
from collections import Counter

from course.sandbox.replies.data import content_words, found, stop_words
from course.sandbox.replies.wish import Wish

__all__ = ["answer", "extract", "kind_of"]

MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?"
    r"|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
PATTERNS = {
    "email": r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
    "url": r"https?://[^\s<>\"')]+[^\s<>\"').,;]",
    "date": (
        rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}"
        rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTHS}(?:,? \d{{4}})?"
        rf"|{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
        r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    ),
    "amount": (
        r"[$€£]\s?\d[\d,]*(?:\.\d+)?(?:\s?(?:million|billion|k|m))?"
        r"|\d[\d,]*(?:\.\d+)?\s?(?:dollars|euros|pounds|USD|EUR|GBP)"
    ),
    "phone": r"\+?\d[\d ()/-]{6,18}\d",
    "hashtag": r"#\w+",
    "time": r"\b\d{1,2}:\d{2}(?:\s?[ap]m)?\b|\b\d{1,2}\s?[ap]m\b",
    "percentage": r"\d+(?:\.\d+)?\s?%",
    "number": r"-?\d+(?:[.,]\d+)*",
    "order": r"#?\b[A-Z]{1,4}-?\d{3,}\b|#\d{3,}",
}
# Which kind a word of the request means, the more special ones first.
MEANT = (
    (r"e-?mail", "email"),
    (r"\burls?\b|\blinks?\b|web ?site", "url"),
    (r"\bphone|telephone", "phone"),
    (r"hash ?tag", "hashtag"),
    (r"\border|ticket (?:id|number)|invoice (?:id|number)", "order"),
    (r"\bdates?\b|\bdeadline|\bdays?\b|\bwhen\b|birth", "date"),
    (r"\bprices?\b|\bamounts?\b|\bcosts?\b|money|budget|total", "amount"),
    (r"percent", "percentage"),
    (r"\btimes?\b", "time"),
    (r"\bkey ?words?|\btopics?\b|key ?terms|\btags?\b|subject", "keyword"),
    (r"compan|organi[sz]ation|employer|brand", "organisation"),
    (r"\bcit(?:y|ies)\b|\bplaces?\b|location|countr", "place"),
    (r"\bnames?\b|\bpeople\b|\bpersons?\b|\bwho\b|customer|author", "person"),
    (r"entit", "entity"),
    (r"\bnumbers?\b|\bage\b|quantit|count|\byears?\b", "number"),
)
NO_NAME = re.compile(
    r"^(?:The|A|An|In|On|At|It|He|She|We|They|I|You|This|That|These|Please"
    r"|My|Our|Your|His|Her|But|And|Or|So|If|When|Then|Dear|Hello|Hi|Text)$"
    rf"|^{MONTHS}$|^\w+day$"
)
PLACE_BEFORE = re.compile(
    r"\b(?:in|at|from|to|near|of|visit(?:ed)?|lives? in)\s+"
    r"((?:New |San |Los |Saint |Mexico )?[A-Z][\w'-]+)"
)
COMPANY = re.compile(
    r"\b(?:[A-Z][\w&'-]+\s+){1,4}(?:Inc|Ltd|GmbH|Corp|LLC|AG|Co|Group|Company"
    r"|Corporation|University|Bank)\b\.?|(?<=\bat )[A-Z][\w&'-]+"
)


def answer(wish: Wish) -> str | None:
    """Return what was to be found in the text, one item per line."""
    asked = found(
        r"\bextract\b|\bfind (all|any|the|every)\b|\bpull out\b|\bpick out\b"
        r"|\bidentify (all|the|any)\b|\blist (all )?the .{0,30}\b(in|from)\b",
        wish.instruction,
    )
    if not asked or not wish.text or found(r"\bjson\b", wish.instruction):
        return None
    kinds = [k for pattern, k in MEANT if found(pattern, wish.instruction)]
    lists = {kind: extract(wish.text, kind) for kind in kinds or ["entity"]}
    if len(lists) == 1:
        (only,) = lists.values()
        return "\n".join(f"- {item}" for item in only) or "None found."
    return "\n".join(
        f"- {kind}: {', '.join(items) or 'none found'}"
        for kind, items in lists.items()
    )


def kind_of(name: str) -> str | None:
    """Return the kind of thing that a field's name speaks of."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ")
    lower = words.replace("-", " ").lower()
    return next((k for pattern, k in MEANT if found(pattern, lower)), None)


def extract(text: str, kind: str) -> list[str]:
    """Return the things of one kind in a text, each once, in its order."""
    text = text[:20_000]
    if kind in PATTERNS:
        things = re.findall(PATTERNS[kind], text)
    elif kind == "keyword":
        words = [w for w in content_words(text) if not w.isdigit()]
        things = [word for word, _ in Counter(words).most_common(5)]
    elif kind == "place":
        things = [p for p in PLACE_BEFORE.findall(text) if not _is_no_name(p)]
    elif kind == "organisation":
        things = [match.group(0) for match in COMPANY.finditer(text)]
    else:
        things = _names(text)
        if kind == "person":
            others = set(extract(text, "place"))
            others |= set(extract(text, "organisation"))
            things = [thing for thing in things if thing not in others]
    return list(dict.fromkeys(thing.strip() for thing in things))[:50]


def _is_no_name(word: str) -> bool:
    return bool(NO_NAME.match(word))


def _names(text: str) -> list[str]:
    """Return runs of capitalised words that are not mere sentence starts."""
    names = []
    for match in re.finditer(r"[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*)*", text):
        words = match.group(0).split()
        while words and (_is_no_name(words[0]) or _starts(words, match, text)):
            words.pop(0)
        if words and not _is_no_name(" ".join(words)):
            names.append(re.sub(r"['’]s$", "", " ".join(words)))
    return names


def _starts(words: list[str], match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - 5) : match.start()].rstrip()
    first = not before or before[-1] in ".!?:\n-"
    return first and words[0].lower() in stop_words()
