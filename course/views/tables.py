"""Rows under headings, for things that are looked at by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Table"]

CELL = (
    "text-align:left;vertical-align:top;padding:2px 12px 2px 0;"
    "border-bottom:1px solid var(--jp-border-color2,#ccc)"
)


@dataclass(frozen=True)
class Table:
    """A caption, a heading for each column, and the rows.

    The first cell of a row names it.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        table = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width)
                for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in table
        ]
        return "\n".join([self.caption, "", *lines])

    def html(self) -> str:
        head = "".join(
            _cell("th", each, " scope='col'") for each in self.columns
        )
        body = "".join(
            "<tr style='background:none'>"
            + _cell("th", row[0], " scope='row'")
            + "".join(_cell("td", each) for each in row[1:])
            + "</tr>"
            for row in self.rows
        )
        style = "border-collapse:collapse;margin:6px 0;color:inherit"
        caption = "text-align:left;font-weight:bold;padding:4px 0"
        return (
            f"<table style='{style}'>"
            f"<caption style='{caption}'>{escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _cell(name: str, text: str, more: str = "") -> str:
    return f"<{name}{more} style='{CELL}'>{escape(text)}</{name}>"
