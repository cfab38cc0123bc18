"""What would have to be asked for another choice, so that it is so."""

from __future__ import annotations

from math import floor, inf, log10

from llm_providers.recommender.choice import Scored
from llm_providers.recommender.field import Standing
from llm_providers.recommender.scorer import Fitting

__all__ = ["counterfactual"]


def counterfactual(fitting: Fitting, choice: Scored) -> str | None:
    """Return the nearest change of the task that would change the choice.

    That is a higher budget where the budget keeps a better one out, else a
    higher weight of quality. None where neither would help. Asking again
    with what it says gives what it says.
    """
    return _budget(fitting, choice) or _weight(fitting, choice)


def _budget(fitting: Fitting, choice: Scored) -> str | None:
    dear = fitting.dear
    # Who is beaten in everything is no nearer, and no better.
    better = [one for one in map(dear.one, dear.first) if one < choice]
    least = min((one.high_order for one in better), default=inf)
    if least == inf:
        return None
    limit = _rounded_up(least)
    other = min(one for one in better if one.high_order <= limit)
    return f"It would be {other.target} if the budget were above ${limit:g}."


def _rounded_up(usd: float) -> float:
    """Return the amount rounded up to three digits."""
    step = 10.0 ** (floor(log10(usd)) - 2) if usd else 0.01
    up = float(f"{usd:.3g}")
    return up if up >= usd else float(f"{up + step:.3g}")


def _weight(fitting: Fitting, choice: Scored) -> str | None:
    """The smallest higher weight, in hundredths, with another choice."""
    asked = fitting.task.quality_weight
    if asked >= 1:
        return None
    standing = fitting.standing
    crossings = _crossings(standing, choice, asked)
    if not crossings:
        return None
    # A hundredth more than the crossing leaves no room for rounding.
    weight = min(1.0, floor(min(crossings) * 100 + 1.01) / 100)
    turned = [
        standing.one(place)
        for place, share in zip(standing.first, crossings, strict=False)
        if share <= weight
    ]
    other = min(
        (
            (1 - weight) * _pain(one, asked) - weight * one.points / 100,
            one.minus_points,
            one.cost_order,
            one.target,
        )
        for one in turned
    )
    return (
        f"It would be {other[3]} if quality weighed {weight:g} instead of "
        f"{asked:g}."
    )


def _crossings(
    standing: Standing, choice: Scored, asked: float
) -> list[float]:
    """The weights from which on those of more quality beat the choice.

    Of those who may be among the best; the better ones come first there.
    """
    there, pain, rest = choice.minus_points, _pain(choice, asked), 1 - asked
    minus_points = standing.columns.minus_points
    crossings = []
    for loss, place in zip(standing.losses, standing.first, strict=True):
        minus = minus_points[place]
        if minus >= there:
            break
        dearer = (loss - asked * minus / 100) / rest - pain
        crossings.append(dearer / (dearer + (there - minus) / 100))
    return crossings


def _pain(one: Scored, weight: float) -> float:
    """How much its cost hurts, from its loss at a weight."""
    return (one.loss + weight * one.points / 100) / (1 - weight)
