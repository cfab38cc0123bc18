"""Classification: one of the labels that the prompt offers."""

from __future__ import annotations

import re

from course.sandbox.replies.data import content_words, data, found
from course.sandbox.replies.wish import Wish

__all__ = ["answer", "best_label", "labels_in", "sentiment"]

ASKED = (
    r"\bclassif|\bcategori[sz]e|\bsentiment\b|\blabel\b|\bwhat (is the )?tone"
    r"|\bwhich (category|label|class|department|topic|intent|queue|team)\b"
    r"|\b(positive|negative|neutral)\b.{0,20}(\bor\b|/|,).{0,20}"
    r"\b(positive|negative|neutral)\b"
    r"|\b(is|are) (this|the following|that)\b.{0,60}"
    r"\b(spam|positive|negative|urgent|toxic|formal)\b"
    r"|\broute (this|the)\b|\b(labels?|categor(y|ies)):"
)
LIST = (
    r"(?:labels?|categor(?:y|ies)|class(?:es)?|options|topics?|intents?"
    r"|departments?|queues?|one of(?: these| the following)?(?: \w+)?)"
    r"\s*(?:are|is)?\s*[:=(\[]\s*([^.\n\])]+)"
)
LEAD = (
    r"\b(?:as(?: either)?|into(?: one of)?|between|either|one of|answer"
    r"|reply|respond|is it|label(?:led)?|with(?: one of)?|is (?:this|the"
    r" following)(?: \w+){0,3}?)\s+(?=[\w\"'“`])([^.:?!\n]{3,400})"
)
SLASHED = r"\b(\w+(?:\s*/\s*\w+)+)\b"
NEITHER = ("neutral", "other", "none", "unknown", "mixed", "general")


def labels_in(written: str) -> list[str]:
    """Return the labels that an instruction offers, as they are written."""
    lines = re.findall(
        r"^\s*[-*•]\s*([\w -]{2,40}?)\s*(?::.*)?$", written, re.M
    )
    if len(lines) > 1:
        return lines
    for pattern in (LIST, LEAD, SLASHED):
        for match in re.finditer(rf"(?={pattern})", written, re.I):
            if labels := _split(match.group(1)):
                return labels
    return []


def _split(text: str) -> list[str]:
    """Return the labels of an enumeration, none for any other text."""
    # What follows behind "a or b" with another "and" is the next request.
    text = re.sub(r"(\bor\b.*?)\s+and\b.*", r"\1", text)
    parts = re.split(r"\s*(?:,|;|/|\||\bor\b|\band\b)\s*", text)
    clean = [part.strip(" \"'“”‘’`.()[]:?") for part in parts]
    clean = [re.sub(r"^(?:a|an|the|either) ", "", part) for part in clean]
    labels = [part for part in clean if part]
    # The last one drags the rest of the sentence along: "or sales only".
    if labels and len(parts) > 1:
        labels[-1] = re.split(r"\s+(?:and|with|for|only|in)\b", labels[-1])[0]
    fits = all(len(label.split()) <= 3 for label in labels)
    return labels if fits and len(labels) > 1 else []


def answer(wish: Wish) -> str | None:
    """Return the label that fits the text best."""
    if not found(ASKED, wish.instruction):
        return None
    labels = labels_in(wish.written) or _usual(wish.instruction)
    if not labels:
        return None
    text = wish.text or _behind_the_question(wish.prompt)
    if not text:
        return None
    items = re.findall(r"^\s*(\d+)[.)]\s+(.+)$", text, re.M)
    if len(items) > 1:
        chosen = [(n, best_label(line, labels, wish)) for n, line in items]
        return "\n".join(f"{n}. {label}" for n, label in chosen)
    label = best_label(text, labels, wish)
    if found(r"\b(explain|why|reason|justif|because)\b", wish.instruction):
        return f"{label}. {_reason(text, label)}"
    return label


def _usual(instruction: str) -> list[str]:
    if "spam" in instruction:
        return ["spam", "not spam"]
    if "urgent" in instruction:
        return ["urgent", "not urgent"]
    if found(r"\bsentiment|positive|negative|\btone\b", instruction):
        return ["positive", "negative", "neutral"]
    if "toxic" in instruction:
        return ["toxic", "not toxic"]
    if found(r"\bformal\b", instruction):
        return ["formal", "informal"]
    return []


def _behind_the_question(prompt: str) -> str:
    parts = re.split(r"(?<=[.?!])\s+|\n", prompt, maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def sentiment(text: str) -> int:
    """Return how many more good words than bad ones a text has."""
    lists = data()["sentiment"]
    good, bad = lists["positive"].split(), lists["negative"].split()
    negations = lists["negations"].split()
    score, turned = 0, 0
    for word in re.findall(r"[a-z']+|[.,;!?]", text.lower()):
        if not word[0].isalpha():
            turned = 0
            continue
        value = (word in good) - (word in bad)
        score += -value if turned else value
        turned = 3 if word in negations else max(0, turned - 1)
    return score


def best_label(text: str, labels: list[str], wish: Wish) -> str:
    """Return the label with the most to support it in the text."""
    mood = sentiment(text)
    scores = [_score(label, text, mood) for label in labels]
    top = max(scores)
    if top <= 0:
        for label in labels:
            if label.lower() in NEITHER:
                return label
        return wish.conversation.choose(labels)
    return labels[scores.index(top)]


def _score(label: str, text: str, mood: int) -> float:
    name = label.lower().replace("_", " ").replace("-", " ")
    if name in ("positive", "pos", "good", "happy", "satisfied"):
        return float(mood)
    if name in ("negative", "neg", "bad", "unhappy", "unsatisfied"):
        return float(-mood)
    if name in NEITHER:
        return 0.0
    if name.startswith("not "):
        return 0.5 - _score(name[4:], text, mood)
    return _overlap(name, text)


def _overlap(name: str, text: str) -> float:
    words = set(re.findall(r"[a-z']+", text.lower()))
    topics: dict[str, str] = data()["labels"]
    near = (
        [name]
        if name in topics
        else [
            topic
            for topic in topics
            if topic in name or name in topic or _alike(topic, name)
        ]
    )
    hints = {hint for topic in near for hint in topics[topic].split()}
    own = {word for word in name.split() if len(word) > 2}
    stems = sum(any(_alike(word, one) for word in words) for one in own)
    return len(hints & words) + 2.0 * stems


def _alike(one: str, other: str) -> bool:
    """Say whether two words share a stem: sport and sports."""
    size = min(len(one), len(other))
    return size > 3 and one[: max(4, size - 1)] == other[: max(4, size - 1)]


def _reason(text: str, label: str) -> str:
    lists = data()["sentiment"]
    telling = set((lists["positive"] + " " + lists["negative"]).split())
    for line in data()["labels"].values():
        telling |= set(line.split())
    words = [w for w in content_words(text) if w in telling][:3]
    if not words:
        return f"Nothing in the text speaks clearly against “{label}”."
    return f"The text speaks of {', '.join(f'“{word}”' for word in words)}."
