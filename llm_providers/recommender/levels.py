"""The order in which each level puts the candidates that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llm_providers.recommender.choice import Scored
from llm_providers.recommender.lookup_table import LookupTable
from llm_providers.recommender.scorer import Fitting

__all__ = ["by_outcomes", "by_table", "first_and_doors"]


def first_and_doors(
    fitting: Fitting, most: int, first: Sequence[Scored] = ()
) -> list[Scored]:
    """Return the best, and the best of each provider not among them.

    The `first` are put before all others, and count among the `most`.
    """
    best = list(first[:most])
    if len(best) < most:
        names = {one.target for one in first}
        best += fitting.standing.best(most - len(best), names)
    there = {one.candidate.provider for one in best}
    if there >= fitting.providers:
        return best
    return [*best, *fitting.standing.best_of_others(there)]


def by_table(
    fitting: Fitting, table: LookupTable, most: int
) -> tuple[list[Scored], str]:
    """Return the table's choice before the scorer's order, and a reason.

    Where no entry of the table fits, the cheapest that fits is taken.
    """
    standing = fitting.standing
    kind = fitting.task.type or "default"
    prompt = fitting.task.prompt_tokens or 0
    target = table.choose(kind, prompt, set(standing.targets()))
    if target is None:
        choice = standing.cheapest()
        note = (
            "Nothing in the lookup table fits: it is the cheapest that does."
        )
    else:
        choice = standing.one(standing.columns.places[target])
        note = f"The lookup table has it for {kind} and this length."
    return first_and_doors(fitting, most, [choice]), note


def by_outcomes(
    fitting: Fitting, learned: Any, most: int
) -> tuple[list[Scored], str]:
    """Return the order by learned quality and our costs, and a reason.

    Candidates that were not among the outcomes come after those that were.
    The order is empty, and the reason says why, where there is nobody to
    ask, where the task is too new for what was learned, or where fewer than
    two of those that fit were among the outcomes.
    """
    if learned is None:
        return [], "Nothing has been learned yet: the catalogue decides."
    task = fitting.task
    given = None if fitting.guessed else task.type
    estimates = learned.predict(given, task.prompt)
    if estimates.abstained:
        return (
            [],
            "The task is unlike those learned from: the catalogue decides.",
        )
    known = fitting.standing.learned(estimates.models, estimates.quality)
    if len(known) < 2:
        return (
            [],
            "What was learned is about other models: the catalogue decides.",
        )
    ranked = first_and_doors(fitting, most, sorted(known)[:most])
    return ranked, "Its quality is learned from outcomes."
