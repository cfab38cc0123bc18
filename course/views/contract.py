"""The contract's scorecard: a grid, and in words what does not hold."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from course.contract.scorecard import CellResult, Scorecard, State
from course.views.pages import ACCENTS, Block, Facts, Page, Say

__all__ = ["Grid", "contract_page"]

# A sign for the notebook, a word for the terminal, a tone, a meaning.
STATES: dict[State, tuple[str, str, str, str]] = {
    "passed": ("✓", "ok", "good", "holds"),
    "failed": ("✗", "WRONG", "bad", "does not hold"),
    "not_started": ("○", "open", "open", "not started"),
    "not_run": ("?", "?", "plain", "not run"),
    "absent": ("–", "–", "plain", "no such case on this wire"),
}
HEADING = 8
MOST_FAILURES = 5


@dataclass(frozen=True)
class Grid:
    """Cases from top to bottom, agents from left to right, their counts."""

    scorecard: Scorecard

    def text(self) -> str:
        rows = self.scorecard.rows
        first = max(map(len, rows), default=0)
        headings = [
            textwrap.wrap(agent, HEADING, break_long_words=False)
            for agent in self.scorecard.agents
        ]
        widths = [max(map(len, lines), default=0) for lines in headings]
        tall = max(map(len, headings), default=0)
        lines = [
            ["", *(_line(heading, number - tall) for heading in headings)]
            for number in range(tall)
        ]
        for case, cells in rows.items():
            words = [STATES[c.state][1] + _mark(c) for c in cells]
            lines.append([case, *words])
        lines.append(["", *self._counts()])
        all_widths = [first, *(max(5, width) for width in widths)]
        return "\n".join(
            "  ".join(
                f"{word:<{width}}"
                for word, width in zip(line, all_widths, strict=True)
            ).rstrip()
            for line in lines
        )

    def html(self) -> str:
        agents = self.scorecard.agents
        head = "".join(map(_heading, ["", *agents]))
        rows = "".join(
            f"<tr style='background:none'>{_case(case)}"
            f"{''.join(map(_cell, cells))}</tr>"
            for case, cells in self.scorecard.rows.items()
        )
        counts = "".join(map(_heading, ["", *self._counts()]))
        style = "border-collapse:separate;border-spacing:2px;margin:6px 0"
        return (
            f"<table style='{style};font-size:92%;color:inherit'>"
            f"<tr style='background:none'>{head}</tr>{rows}"
            f"<tr style='background:none'>{counts}</tr></table>"
        )

    def _counts(self) -> list[str]:
        card = self.scorecard
        return ["{}/{}".format(*card.count(agent)) for agent in card.agents]


def _line(heading: Sequence[str], number: int) -> str:
    """Return a line of a heading, counted from its last, -1."""
    return heading[number] if len(heading) >= -number else ""


def _heading(text: str) -> str:
    style = "text-align:center;padding:2px 6px;font-weight:bold"
    return f"<th scope='col' style='{style}'>{escape(text)}</th>"


def _case(text: str) -> str:
    style = "text-align:left;padding:1px 10px 1px 0;font-weight:normal"
    return f"<th scope='row' style='{style}'>{escape(text)}</th>"


def _cell(cell: CellResult) -> str:
    sign, _, tone, meaning = STATES[cell.state]
    style = "text-align:center;padding:1px 6px;border-radius:3px"
    if tone != "plain":
        style += (
            f";background:{ACCENTS[tone]}"
            ";color:var(--jp-ui-inverse-font-color1,#fff)"
        )
    told = [meaning, cell.expected, cell.because]
    title = escape(": ".join(filter(None, told)), quote=True)
    return f"<td style='{style}' title='{title}'>{sign}{_mark(cell)}</td>"


def _mark(cell: CellResult) -> str:
    """Return an asterisk where a cell is unlike the others of its row."""
    return "*" if cell.because and cell.state != "absent" else ""


def contract_page(card: Scorecard, whose: str) -> Page:
    """Return the scorecard of a package; `whose` says which one it is."""
    passed, exist = map(sum, zip(*map(card.count, card.agents), strict=True))
    word = f"{passed} of {exist} cells hold"
    if card.problem:
        words = [Say(card.problem)]
        return Page(f"The contract, {whose}", "not judged", "open", words)
    blocks: list[Block] = [Grid(card), Say(_legend(card))]
    blocks += _about_failures(card.failed())
    blocks += _about_the_rest(card)
    failed = any(cell.state == "failed" for cell in card.cells)
    tone = "good" if card.holds else "bad" if failed else "open"
    return Page(f"The contract, {whose}", word, tone, blocks)


def _legend(card: Scorecard) -> str:
    seen = {cell.state for cell in card.cells}
    signs = [
        f"{sign} {word}: {meaning}" if sign != word else f"{sign}: {meaning}"
        for state, (sign, word, _, meaning) in STATES.items()
        if state in seen
    ]
    if any(map(_mark, card.cells)):
        signs.append("*: by a rule of its own wire, whose reason `--json` has")
    return ", ".join(signs)


def _about_failures(failed: Sequence[CellResult]) -> Iterator[Block]:
    for cell in failed[:MOST_FAILURES]:
        yield Say(f"{cell.case}", cell.agent)
        failure = cell.failure
        if failure is None:
            continue
        facts = [
            ("Called", failure.called),
            ("Came back", _in_lines(failure.returned)),
            ("Raised", failure.raised),
            ("Expected", _in_lines(failure.expected or cell.expected)),
            ("Reason", cell.because),
            ("Because", failure.message),
            ("Arrived", "\n".join(failure.requests)),
        ]
        yield Facts([(label, value) for label, value in facts if value])
    more = len(failed) - MOST_FAILURES
    if more > 0:
        yield Say(f"{more} more do not hold; `--json` tells of each.")


def _in_lines(words: str) -> str:
    """Return an outcome's parts one below the other."""
    return words.replace("; ", "\n")


def _about_the_rest(card: Scorecard) -> Iterator[Block]:
    blanks = {
        cell.failure.message
        for cell in card.cells
        if cell.state == "not_started" and cell.failure
    }
    if blanks:
        yield Say(" ".join(sorted(blanks)), "Not started")
    reasons: dict[tuple[str, str], list[str]] = {}
    for cell in card.cells:
        if cell.state == "absent":
            agents = reasons.setdefault((cell.case, cell.because), [])
            agents.append(cell.agent)
    for (case, because), agents in reasons.items():
        words = f"{case} ({', '.join(agents)}), since {because}."
        yield Say(words, "No such case")
