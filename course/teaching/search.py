"""`python3 -m course search WORDS`: where the lessons speak of something."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from course.building.lessons import Cell, Lesson, load_lessons
from course.kit import Kit
from course.problems import ExitCode
from course.teaching.glossary import Term, load_glossary

__all__ = ["Found", "Section", "find", "main", "sections"]

HEADING = re.compile(r"^#{1,6} +(?P<text>.+)$", re.MULTILINE)
# What is written for the eye: pictures, links, emphasis, code.
MARKUP = re.compile(r"!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\([^)]*\)|[*`]")
IN_TITLE = 5  # A word of the heading says more than one of the text.
SHOWN = 8


@dataclass(frozen=True)
class Section:
    """What stands in a notebook below one heading."""

    phase: int
    title: str
    notebook: str
    text: str

    @property
    def anchor(self) -> str:
        """Where it is: the notebook's path and the heading's name in it."""
        words = quote(re.sub(r"\s+", "-", self.title), safe="-_.~:`'&+,()?")
        return f"{self.notebook}#{words}"


@dataclass(frozen=True)
class Found:
    """A section that has all the words, and a piece of it around them."""

    section: Section
    score: int
    excerpt: str


def main(argv: list[str]) -> int:
    """Print what the glossary and the lessons say; 1 if nothing."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course search",
        description="Search the lessons and the glossary.",
    )
    parser.add_argument("words", nargs="+", help="all of them have to occur")
    parser.add_argument("--all", action="store_true", help="show every place")
    wanted = parser.parse_args(argv)
    words = " ".join(wanted.words).split()
    kit = Kit()
    terms = [each for each in load_glossary(kit) if _is_meant(each, words)]
    found = find(sections(load_lessons(kit)), words)
    shown = found if wanted.all else found[:SHOWN]
    print("\n\n".join([*map(_term, terms), *map(_place, shown)]))
    if len(found) > len(shown):
        print(f"\n{len(found) - len(shown)} more: --all shows them.")
    if terms or found:
        return ExitCode.DONE
    print(f"No lesson speaks of {' '.join(words)!r}.")
    return ExitCode.FAILED


def sections(lessons: Iterable[Lesson]) -> Iterator[Section]:
    """Yield the notebooks' sections, without answers, hints and notes."""
    for lesson in lessons:
        title = lesson.title
        texts: list[str] = []
        notebook = f"notebooks/{lesson.name}.ipynb"
        for cell in lesson.cells:
            heading = _heading(cell)
            if heading:
                if texts:
                    text = "\n".join(texts)
                    yield Section(lesson.phase, title, notebook, text)
                title, texts = heading, []
            texts.append(_readable(cell))
        yield Section(lesson.phase, title, notebook, "\n".join(texts))


def find(places: Iterable[Section], words: Sequence[str]) -> list[Found]:
    """Return the sections with all words in them, the nearest first.

    A word of the text counts if it begins with one that is looked for,
    whatever its case.
    """
    patterns = [_pattern(word) for word in words]
    found = []
    for place in places:
        counts = [
            len(each.findall(place.text))
            + IN_TITLE * len(each.findall(place.title))
            for each in patterns
        ]
        if counts and all(counts):
            excerpt = _excerpt(place.text, patterns)
            found.append(Found(place, sum(counts), excerpt))
    return sorted(found, key=lambda each: -each.score)


def _pattern(word: str) -> re.Pattern[str]:
    begin = r"\b" if word[:1].isalnum() else ""
    return re.compile(begin + re.escape(word), re.IGNORECASE)


def _heading(cell: Cell) -> str:
    if cell.exercise:
        return f"Exercise {cell.exercise.id} · {cell.exercise.title}"
    if cell.kind != "markdown":
        return ""
    heading = HEADING.match(cell.text)
    return _plain(heading["text"]) if heading else ""


def _readable(cell: Cell) -> str:
    if cell.exercise:
        where = cell.exercise.definition or cell.exercise.file
        return "\n".join([where, *cell.exercise.steps])
    if cell.kind == "instructor":
        return ""
    return cell.text if cell.kind == "code" else _plain(cell.text)


def _plain(text: str) -> str:
    return MARKUP.sub(lambda found: found[1] or found[2] or "", text)


def _excerpt(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """Return the lines around the one that has most of the words."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        return ""
    best = max(
        range(len(lines)),
        key=lambda n: sum(bool(each.search(lines[n])) for each in patterns),
    )
    return " ".join(" ".join(lines[max(best - 1, 0) : best + 2]).split())


def _is_meant(term: Term, words: Sequence[str]) -> bool:
    return all(_pattern(word).search(term.name) for word in words)


def _term(term: Term) -> str:
    return f"{term.name} (glossary)\n{_indented(term.meaning)}"


def _place(found: Found) -> str:
    place = found.section
    return (
        f"Phase {place.phase} · {place.title}\n"
        f"{_indented(found.excerpt)}\n    {place.anchor}"
    )


def _indented(text: str) -> str:
    return textwrap.fill(
        text, 78, initial_indent="    ", subsequent_indent="    "
    )
