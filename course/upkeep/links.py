"""Links between the project's documents, and those that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

__all__ = ["DOCUMENTS", "Link", "broken_links", "documents", "links", "slugs"]

# Where the project's documents are; those that tests or a learner write are
# none of them.
DOCUMENTS = (
    "*.md",
    "benchmarks/**/*.md",
    "course/lessons/*.md",
    "data/*.md",
    "docs/**/*.md",
)
# What a link leads to; the text before it, and a title after it, are others'.
LINK = re.compile(
    r"\]\(<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\)|href=\"([^\"]+)\""
)
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1", re.M | re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)? *$", re.M)
BLANKED = re.compile(r"[^\n]")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)


def documents(root: Path) -> list[Path]:
    """Return the project's documents, in order."""
    found = {path for glob in DOCUMENTS for path in root.glob(glob)}
    return sorted(found)


def broken_links(root: Path) -> list[str]:
    """Return where a document links to what is not there, one per line.

    Links to other sites are left out: they are no part of the project. A
    lesson's links are those of its notebook.
    """
    return [
        f"{path.relative_to(root).as_posix()}:{line}: {target}"
        for path in documents(root)
        for line, target in _links(path)
        if not _leads_somewhere(_home(path, root), path, target)
    ]


def slugs(text: str) -> set[str]:
    """Return the anchors that a document's headings make, as GitHub does."""
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(_without(FENCE, text)):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        slug = words.replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


@dataclass(frozen=True)
class Link:
    """What a link leads to, and where this stands in the text."""

    target: str
    start: int

    @property
    def end(self) -> int:
        """The place behind the target."""
        return self.start + len(self.target)


def links(text: str) -> Iterator[Link]:
    """Yield the links of a document to other places of the project.

    What stands in code is no link.
    """
    shown = _without(CODE, _without(FENCE, text))
    for found in LINK.finditer(shown):
        group = 1 if found[1] else 2
        if not ELSEWHERE.match(found[group]):
            yield Link(found[group], found.start(group))


def _links(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and target of each link within the project."""
    text = path.read_text("utf-8")
    for link in links(text):
        yield text.count("\n", 0, link.start) + 1, link.target


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Return a text with blanks in the place of what matches."""
    return pattern.sub(lambda found: BLANKED.sub(" ", found[0]), text)


def _home(path: Path, root: Path) -> Path:
    """Return the folder that a document's links start from."""
    if path.parent == root / "course" / "lessons":
        return root / "notebooks"
    return path.parent


def _leads_somewhere(home: Path, path: Path, target: str) -> bool:
    place, _, anchor = unquote(target).partition("#")
    there = home / place if place else path
    if not there.exists():
        return False
    if not anchor or there.suffix != ".md":
        return True
    return anchor in slugs(there.read_text("utf-8"))
