"""The implementation process, a document: what it does not say yet."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["gaps"]

SECTION = re.compile(r"^## Phase (\d+)\b.*$", re.MULTILINE)
STATED = re.compile(r"^(Done|Outstanding): *(\S?)", re.MULTILINE)
OPEN = re.compile(r"\b(?:TODO|TBD|FIXME)\b|…|\.\.\.|<[a-z ]+>")
RUN = re.compile(r"^.*\b(\d+) passed\b.*$", re.MULTILINE)
FAILED = re.compile(r"\b([1-9]\d*) failed\b")
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def gaps(text: str) -> list[str]:
    """Return in words what an implementation process leaves open.

    Expected is a section "## Phase N" for each phase from 1 on, each with a
    paragraph "Done: …" and one "Outstanding: …", of which nothing may be
    left blank, and a line with the last test run: how many passed, on which
    day (YYYY-MM-DD). What lies between code fences counts as text, too. An
    empty list means that nothing is open.
    """
    heads = list(SECTION.finditer(text))
    numbers = [int(head[1]) for head in heads]
    found = []
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        told = ", ".join(map(str, numbers)) or "none"
        found.append(f"phases are not numbered from 1 on: {told}")
    starts = [*(head.start() for head in heads), len(text)]
    for number, (start, end) in zip(numbers, pairwise(starts), strict=True):
        found += _gaps_of_phase(number, text[start:end])
    for match in OPEN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(f"line {line} is left open: {match[0]}")
    return found + _gaps_of_run(text)


def _gaps_of_phase(number: int, section: str) -> list[str]:
    stated = {word for word, first in STATED.findall(section) if first}
    return [
        f"phase {number} has no paragraph `{word}:`"
        for word in ("Done", "Outstanding")
        if word not in stated
    ]


def _gaps_of_run(text: str) -> list[str]:
    runs = RUN.findall(text)
    if not runs:
        return ["no line says how many tests passed"]
    last = list(RUN.finditer(text))[-1][0]
    found = []
    if not DAY.search(last):
        found.append("the last test run has no day")
    if FAILED.search(last):
        found.append("the last test run failed")
    return found
