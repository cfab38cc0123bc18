"""Small pages that are shown as HTML in a notebook and as text elsewhere.

Colours are JupyterLab's own, so that a page fits light and dark themes; no
meaning hangs on a colour alone.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

__all__ = ["Block", "Code", "Facts", "Folded", "Items", "Page", "Say"]

WIDTH = 78
CODE = re.compile(r"`([^`\n]+)`")
HOLD = "\ue000"  # a space that does not break a line
FONT = "font-family:var(--jp-ui-font-family,sans-serif)"
MONO = (
    "font-family:var(--jp-code-font-family,monospace);"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)
FRAME = (
    f"{FONT};color:var(--jp-ui-font-color1,#222);padding:8px 12px;"
    "border:1px solid var(--jp-border-color1,#bbb);border-left-width:6px;"
    "border-radius:3px;max-width:60em;line-height:1.45"
)
ACCENTS = {
    "good": "var(--jp-success-color1,#2e7d32)",
    "bad": "var(--jp-error-color1,#c62828)",
    "open": "var(--jp-warn-color1,#b36b00)",
    "plain": "var(--jp-border-color1,#bbb)",
}


class Block(Protocol):
    """A part of a page."""

    def text(self) -> str:
        """Return it as text, without an empty line at either end."""

    def html(self) -> str:
        """Return it as HTML, everything escaped."""


@dataclass(frozen=True)
class Say:
    """Paragraphs, with an optional bold label in front.

    One that is indented by four spaces is code; `code` may stand in a line.
    """

    words: str
    label: str = ""

    def text(self) -> str:
        label = f"{self.label}: " if self.label else ""
        return _wrapped(label + self.words)

    def html(self) -> str:
        label = f"<strong>{escape(self.label)}:</strong> "
        parts = [_paragraph(part) for part in self.words.split("\n\n")]
        if self.label:
            parts[0] = parts[0].replace(">", f">{label}", 1)
        return "".join(parts)


@dataclass(frozen=True)
class Items:
    """A list whose lines each begin with a sign and a word for it."""

    rows: Sequence[tuple[str, str, str]]

    def text(self) -> str:
        width = max((len(word) for _, word, _ in self.rows), default=0)
        return "\n".join(
            textwrap.indent(
                _wrapped(words, WIDTH - width - 2), " " * (width + 2)
            ).replace(" " * (width + 2), f"{word:{width}}  ", 1)
            for _, word, words in self.rows
        )

    def html(self) -> str:
        rows = "".join(
            _tag(
                "li",
                f"<span style='{_sign(sign)}'>{sign} {escape(word)}</span> "
                f"{escape(words)}",
                "list-style:none;margin:2px 0",
            )
            for sign, word, words in self.rows
        )
        return _tag("ul", rows, "margin:6px 0;padding:0")


@dataclass(frozen=True)
class Facts:
    """Values under a label each, such as what was called."""

    rows: Sequence[tuple[str, str]]

    def text(self) -> str:
        width = max((len(label) for label, _ in self.rows), default=0) + 1
        return "\n".join(
            f"{label + ':':{width}} "
            + value.replace("\n", "\n" + " " * (width + 1))
            for label, value in self.rows
        )

    def html(self) -> str:
        # JupyterLab has a style of its own for tables: stripes, to the right.
        cell = "text-align:left;vertical-align:top;padding:1px 10px 1px 0"
        rows = "".join(
            "<tr style='background:none'>"
            f"<th scope='row' style='{cell};white-space:nowrap'>"
            f"{escape(label)}</th>"
            f"<td style='{cell};{MONO}'>{escape(value)}</td></tr>"
            for label, value in self.rows
        )
        style = (
            "border-collapse:collapse;margin:6px 0;font-size:95%;color:inherit"
        )
        return f"<table style='{style}'>{rows}</table>"


@dataclass(frozen=True)
class Code:
    """A text that is shown letter by letter, under a label."""

    label: str
    code: str

    def text(self) -> str:
        code = textwrap.indent(self.code.rstrip("\n"), "    ")
        return f"{self.label}\n{code}" if self.label else code

    def html(self) -> str:
        style = (
            f"{MONO};margin:4px 0;padding:6px 8px;max-height:30em;"
            "overflow:auto;background:var(--jp-layout-color2,#f2f2f2);"
            "color:var(--jp-ui-font-color1,#222)"
        )
        code = _tag("pre", escape(self.code.rstrip("\n")), style)
        label = f"<strong>{escape(self.label)}</strong>" if self.label else ""
        return f"<div style='margin:6px 0'>{label}{code}</div>"


@dataclass(frozen=True)
class Folded:
    """A code that shows when asked for."""

    label: str
    code: str

    def text(self) -> str:
        return Code(self.label, self.code).text()

    def html(self) -> str:
        inside = Code("", self.code).html()
        style = "cursor:pointer"
        summary = f"<summary style='{style}'>{escape(self.label)}</summary>"
        return f"<details>{summary}{inside}</details>"


@dataclass(frozen=True)
class Page:
    """A title, a word for how things stand, and blocks below.

    `tone` is "good", "bad", "open" or "plain".
    """

    title: str
    word: str
    tone: str = "plain"
    blocks: Sequence[Block] = field(default=())

    def text(self) -> str:
        """Return the page for a terminal."""
        title = f"{self.title}: {self.word}" if self.word else self.title
        parts = [title, *(block.text() for block in self.blocks)]
        return "\n\n".join(part for part in parts if part)

    def html(self) -> str:
        """Return the page as one element with its own style."""
        accent = ACCENTS[self.tone]
        word = f": <strong>{escape(self.word)}</strong>" if self.word else ""
        title = _tag(
            "div",
            f"{escape(self.title)}{word}",
            "font-size:110%;margin:2px 0 6px",
            " role='heading' aria-level='3'",
        )
        blocks = "".join(block.html() for block in self.blocks)
        style = f"{FRAME};border-left-color:{accent}"
        label = escape(self.title, quote=True)
        return (
            f"<section aria-label='{label}' style='{style}'>"
            f"{title}{blocks}</section>"
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def _tag(name: str, inside: str, style: str, more: str = "") -> str:
    return f"<{name}{more} style='{style}'>{inside}</{name}>"


def _sign(sign: str) -> str:
    tone = {"✓": "good", "✗": "bad"}.get(sign, "plain")
    colour = f"color:{ACCENTS[tone]};" if tone != "plain" else ""
    return f"{colour}font-weight:bold"


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return Code("", textwrap.dedent(text)).html()
    words = escape(text).replace("\n", "<br>")
    return _tag("p", CODE.sub(r"<code>\1</code>", words), "margin:6px 0")


def _wrapped(text: str, width: int = WIDTH) -> str:
    """Return prose in lines, code unbroken, and indented lines as they are."""
    return "\n".join(
        line if line.startswith("    ") else _filled(line, width)
        for line in text.split("\n")
    )


def _filled(line: str, width: int) -> str:
    whole = CODE.sub(lambda code: code[0].replace(" ", HOLD), line)
    lines = textwrap.wrap(
        whole, width, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace(HOLD, " ")
