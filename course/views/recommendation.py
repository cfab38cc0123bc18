"""A recommendation as a page: the choice, its reasons, what else there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.views.pages import Block, Facts, Folded, Items, Page, Say
from course.views.pareto import Choice, pareto_plot
from course.views.plots import Plot, money

__all__ = ["nothing_fits_page", "recommendation_page"]

RANKED = 8


@dataclass(frozen=True)
class _Inline:
    """A plot as a part of the page, in its theme, with hints to hover."""

    plot: Plot

    def text(self) -> str:
        return self.plot.text()

    def html(self) -> str:
        return self.plot.svg()


def recommendation_page(
    title: str,
    found: Mapping[str, Any],
    asked: str,
    *,
    live: bool = False,
) -> Page:
    """Return a recommendation, given as plain data, as a page.

    `asked` says the task in words. Where `live`, the plot is a part of the
    page rather than a picture in it.
    """
    ranking = found["ranking"]
    plot = pareto_plot(
        [
            Choice(each["target"], each["cost"]["expected"], _quality(each))
            for each in ranking
        ],
        found["target"],
    )
    blocks: list[Block] = [Say(asked, "Asked"), Facts(_facts(found))]
    blocks.append(Items([("•", "", reason) for reason in found["reasons"]]))
    if found["counterfactual"]:
        blocks.append(Say(found["counterfactual"], "What if"))
    blocks.append(_Inline(plot) if live else plot)
    blocks.append(Say(_ranked(ranking), "Ranking"))
    blocks.append(Facts(_rows(ranking)))
    blocks += _rejected(found["rejected"])
    return Page(title, found["target"], "good", blocks)


def nothing_fits_page(
    title: str,
    message: str,
    rejected: Sequence[Mapping[str, Any]],
    asked: str,
) -> Page:
    """Return why no candidate is left, and what kept each of them out."""
    blocks: list[Block] = [Say(asked, "Asked"), Say(message)]
    blocks += _rejected(rejected)
    return Page(title, "nothing fits", "open", blocks)


def _quality(each: Mapping[str, Any]) -> float | None:
    quality: float | None = each["probability"]
    return quality


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("A good answer", _share(found["probability"])),
        ("Expected cost", _range(found["cost"])),
        ("Better than next", _share(found["confidence"])),
        ("Runner-up", found["runner_up"] or "none"),
        ("Prices of", str(found["prices_of"])),
        ("Decided by", found["level"]),
    ]
    if found["abstained"]:
        facts.append(("Abstained", "a simpler level decided"))
    return facts


def _share(probability: float | None) -> str:
    return "unknown" if probability is None else f"{probability:.0%}"


def _amount(amount: float | None) -> str:
    return "unknown" if amount is None else money(amount)


def _range(cost: Mapping[str, float | None]) -> str:
    expected = _amount(cost["expected"])
    if cost["low"] is None and cost["high"] is None:
        return expected
    low, high = _amount(cost["low"]), _amount(cost["high"])
    return f"{expected} ({low} to {high})"


def _ranked(ranking: Sequence[Mapping[str, Any]]) -> str:
    return f"the first {min(RANKED, len(ranking))}, in the order to fall back"


def _rows(ranking: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            f"{number}. {each['target']}",
            f"quality {_share(_quality(each))}, "
            f"{_amount(each['cost']['expected'])}",
        )
        for number, each in enumerate(ranking[:RANKED], start=1)
    ]


def _rejected(rejected: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return what was rejected, by the constraint that did it."""
    if not rejected:
        return [Say("Nobody was rejected.")]
    by_constraint: dict[str, list[str]] = {}
    for each in rejected:
        line = f"{each['target']}: {each['reason']}"
        by_constraint.setdefault(each["constraint"], []).append(line)
    return [
        Folded(f"{len(lines)} rejected by {name}", "\n".join(lines))
        for name, lines in sorted(by_constraint.items())
    ]
