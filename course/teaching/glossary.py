"""The course's terms and what they mean, read from the glossary."""

from __future__ import annotations

from dataclasses import dataclass

from course.kit import Kit

__all__ = ["Term", "load_glossary"]


@dataclass(frozen=True)
class Term:
    """A word of the course, and its meaning as one paragraph."""

    name: str
    meaning: str


def load_glossary(kit: Kit) -> list[Term]:
    """Return the terms in the order of the file; none without a file."""
    path = kit.root / "docs" / "glossary.md"
    if not path.is_file():
        return []
    sections = path.read_text(encoding="utf-8").split("\n## ")[1:]
    parts = (section.partition("\n") for section in sections)
    return [
        Term(name.strip(), " ".join(text.split())) for name, _, text in parts
    ]
