"""Things to compare, side by side: columns with a heading each."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from course.views.pages import Block

__all__ = ["Column", "Columns"]

GRID = (
    "display:grid;gap:10px;margin:6px 0;"
    "grid-template-columns:repeat(auto-fit,minmax(12.5em,1fr))"
)
CARD = (
    "border:1px solid var(--jp-border-color2,#ccc);border-radius:3px;"
    "padding:4px 8px;min-width:0"
)


@dataclass(frozen=True)
class Column:
    """A heading and what stands below it."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Columns:
    """Columns beside one another; as text, one after another."""

    columns: Sequence[Column]

    def text(self) -> str:
        return "\n\n".join(
            "\n".join(
                [
                    column.heading,
                    *(
                        textwrap.indent(block.text(), "  ")
                        for block in column.blocks
                    ),
                ]
            )
            for column in self.columns
        )

    def html(self) -> str:
        cards = "".join(
            f"<div style='{CARD}'><strong>{escape(column.heading)}</strong>"
            + "".join(block.html() for block in column.blocks)
            + "</div>"
            for column in self.columns
        )
        return f"<div style='{GRID}'>{cards}</div>"
