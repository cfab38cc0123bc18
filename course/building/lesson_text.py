"""Cut a lesson's Markdown into pieces: prose, code and blocks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from course.kit import Kit

__all__ = ["LessonError", "Piece", "closing", "cut", "fill_in"]

FENCE = re.compile(r"^(?P<marks>`{3,}|~{3,})[ ]*(?P<info>[^`]*)$")
BLOCK = re.compile(r"^\{(?P<kind>\w+)\}[ ]*(?P<argument>.*)$")
HEADING = re.compile(r"^#{1,6} ")
PLACEHOLDER = re.compile(r"\{\{(?P<words>role\b[^{}]*)\}\}")


class LessonError(ValueError):
    """A lesson that cannot be read; the text says where and why."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path.name}:{line}: {reason}")


@dataclass(frozen=True)
class Piece:
    """A part of a lesson: `kind` is markdown, code, exercise or instructor.

    `line` is where its text begins in the file, counted from 1; `argument`
    is what follows a block's kind on its first line.
    """

    kind: str
    text: str
    line: int
    argument: str = ""


def cut(text: str, path: Path) -> list[Piece]:
    """Return the pieces of a lesson, in order, none of them empty.

    Prose is cut at each heading and at each line ``+++``. A fence that says
    ``python`` and no more is code; other fences stay in the prose.
    """
    pieces: list[Piece] = []
    prose: list[str] = []
    lines = text.split("\n")
    number = 0

    def close() -> None:
        first = number - len(prose) + 1
        while prose and not prose[0]:
            del prose[0]
            first += 1
        text = "\n".join(prose).rstrip("\n")
        pieces.append(Piece("markdown", text, first))
        prose.clear()

    while number < len(lines):
        line = lines[number].rstrip()
        fence = FENCE.match(line)
        if fence:
            last = closing(lines, number, fence["marks"], path)
            inside = "\n".join(lines[number + 1 : last])
            kind, argument = _kind(fence["info"].strip(), path, number + 1)
            if kind == "markdown":
                prose += lines[number : last + 1]
            else:
                close()
                pieces.append(Piece(kind, inside, number + 2, argument))
            number = last + 1
            continue
        if line == "+++" or HEADING.match(line):
            close()
        if line != "+++":
            prose.append(line)
        number += 1
    close()
    return [piece for piece in pieces if piece.text.strip()]


def closing(lines: list[str], first: int, marks: str, path: Path) -> int:
    """Return the line that closes a fence; raise LessonError for none."""
    for number in range(first + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(marks) and not line.strip(marks[0]):
            return number
    raise LessonError(path, first + 1, f"the fence {marks} is never closed")


def _kind(info: str, path: Path, line: int) -> tuple[str, str]:
    if info == "python":
        return "code", ""
    block = BLOCK.match(info)
    if not block:
        return "markdown", ""
    if block["kind"] not in ("exercise", "instructor"):
        raise LessonError(path, line, f"unknown block {{{block['kind']}}}")
    return block["kind"], block["argument"].strip()


def fill_in(text: str, kit: Kit, path: Path, line: int) -> str:
    """Return `text` with ``{{role openai default}}`` and the like filled in.

    The values come from the model catalogue, so that no lesson names a
    model.
    """

    def value(match: re.Match[str]) -> str:
        words = match["words"].split()
        where = line + text.count("\n", 0, match.start())
        if len(words) != 3:
            raise LessonError(
                path, where, f"{match[0]} is not {{{{role PROVIDER ROLE}}}}"
            )
        roles = json.loads((kit.data / "models.json").read_bytes())["roles"]
        try:
            return str(roles[words[1]][words[2]])
        except KeyError:
            raise LessonError(
                path, where, f"the catalogue has no {' '.join(words)}"
            ) from None

    return PLACEHOLDER.sub(value, text)
