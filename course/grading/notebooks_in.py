"""The cells of a submitted notebook, damaged or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from course.grading.texts_in import sides_of_conflict, text_of

__all__ = ["Cell", "Notebook", "read_notebook", "read_script"]

_CELLS = re.compile(r'"cells"\s*:\s*\[')
_CELL_START = re.compile(
    r'\{\s*"(?:attachments|cell_type|collapsed|execution_count|id|input'
    r'|language|metadata|outputs|source)"\s*:'
)
_SCRIPT_CELL = re.compile(r"^# (?:%%|In ?\[[ \d]*\]:)[^\n]*$", re.MULTILINE)
MOST_CELLS = 5_000
# Each may read to the end of the file again.
MOST_FAILURES = 50


@dataclass(frozen=True)
class Cell:
    """One cell's text; `number` counts from 1 as in the file."""

    number: int
    source: str
    is_code: bool = True


@dataclass
class Notebook:
    """The cells that could be read; what was repaired; what was lost."""

    cells: list[Cell] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_notebook(data: bytes) -> Notebook:
    """Return what can be read of a notebook; raises nothing."""
    found = Notebook()
    text, repair = text_of(data)
    if repair:
        found.repairs.append(repair)
    if not text.strip():
        found.problems.append("the file is empty")
        return found
    content = _content(text, found)
    rows = _rows(content, found)
    for number, row in enumerate(rows[:MOST_CELLS], 1):
        cell = _cell(number, row)
        if cell is None:
            found.problems.append(f"cell {number} holds no text")
        else:
            found.cells.append(cell)
    if len(rows) > MOST_CELLS:
        found.problems.append(f"only its first {MOST_CELLS:,} cells were read")
    return found


def read_script(data: bytes) -> Notebook:
    """Return the cells of a notebook that was exported as a script."""
    text, repair = text_of(data)
    parts = _SCRIPT_CELL.split(text)
    cells = [Cell(n, part) for n, part in enumerate(parts) if part.strip()]
    return Notebook(cells, [repair] if repair else [])


def _content(text: str, found: Notebook) -> Any:
    """Return the notebook's JSON; what is left of it where it is broken."""
    sides = sides_of_conflict(text)
    if len(sides) > 1:
        found.repairs.append(
            "conflict markers of a merge were taken out; where its two sides "
            "differ, the first one counts"
        )
    for side in sides:
        content = _parsed(side)
        if content is not None:
            return content
    rows = list(_whole_cells(sides[0]))
    if rows:
        found.repairs.append(
            f"the file is no valid JSON; the {len(rows)} cells that are "
            "whole were read, and others may be missing"
        )
    else:
        found.problems.append("the file is no notebook (not valid JSON)")
    return {"cells": rows}


def _parsed(text: str) -> Any:
    try:
        # Also with line ends in the middle of a text.
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _whole_cells(text: str) -> Iterator[dict[str, Any]]:
    """Yield the cells that stand whole in a text that is not."""
    decoder = json.JSONDecoder(strict=False)
    start = _CELLS.search(text)
    at = start.end() if start else 0
    failures = 0
    while failures < MOST_FAILURES and (match := _CELL_START.search(text, at)):
        try:
            row, at = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            failures += 1
            at = match.start() + 1
            continue
        if isinstance(row, dict) and ("source" in row or "input" in row):
            yield row
        else:
            at = match.start() + 1


def _rows(content: Any, found: Notebook) -> list[Any]:
    """Return the list of cells, wherever this version of the format has it."""
    if isinstance(content, list):
        found.repairs.append("the file is a bare list of cells")
        return content
    if not isinstance(content, dict):
        found.problems.append("the file is no notebook")
        return []
    cells = content.get("cells")
    sheets = content.get("worksheets")
    if cells is None and isinstance(sheets, list):
        found.repairs.append("read as a notebook of format 3")
        cells = [
            cell
            for sheet in sheets
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    if isinstance(cells, dict):
        found.repairs.append("its cells were no list")
        cells = list(cells.values())
    if not isinstance(cells, list):
        if not found.problems:
            found.problems.append("the notebook has no cells")
        return []
    return cells


def _cell(number: int, row: Any) -> Cell | None:
    if isinstance(row, str):
        return Cell(number, row)
    if isinstance(row, list):
        return Cell(number, _joined(row))
    if not isinstance(row, dict):
        return None
    source = row.get("source", row.get("input"))
    kind = row.get("cell_type", "code")
    if isinstance(source, list):
        source = _joined(source)
    if not isinstance(source, str):
        return None
    return Cell(number, source, kind == "code")


def _joined(lines: list[Any]) -> str:
    """Return a source given as lines, with or without their line ends."""
    texts = [line for line in lines if isinstance(line, str)]
    ended = any(line.endswith("\n") for line in texts)
    return ("" if ended or len(texts) < 2 else "\n").join(texts)
