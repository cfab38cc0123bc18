"""The recommendation that an order of candidates comes to, at any level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from llm_providers.recommender.choice import Scored
from llm_providers.recommender.costs import MILLION, cost_range
from llm_providers.recommender.counterfactual import counterfactual
from llm_providers.recommender.quality import order_confidence
from llm_providers.recommender.reasons import own_reasons, reasons_for
from llm_providers.recommender.recommendation import (
    CostRange,
    RankedCandidate,
    Recommendation,
)
from llm_providers.recommender.scorer import Fitting

__all__ = ["answer", "lead_confidence"]


def answer(
    fitting: Fitting,
    order: Sequence[Scored],
    *,
    level: str,
    day: date,
    notes: Sequence[str] = (),
    abstained: bool = False,
) -> Recommendation:
    """Return the recommendation of the first in an order, best first.

    The runner-up is the first of another model: the same one at another
    provider is a way to fall back, not another choice. `notes` are further
    reasons. A counterfactual is given where the order is the scorer's own.
    """
    choice = order[0]
    second = _second(order)
    ranking = tuple(_ranked(one, fitting) for one in order)
    first, best = ranking[0], level == "scorer"
    return Recommendation(
        provider=choice.candidate.provider,
        model=choice.candidate.model,
        probability=first.probability,
        cost=first.cost,
        reasons=(*reasons_for(choice, first.reasons, fitting, second), *notes),
        rejected=fitting.rejected,
        runner_up=second.target if second else None,
        counterfactual=counterfactual(fitting, choice) if best else None,
        confidence=lead_confidence(choice, second, fitting),
        abstained=abstained,
        prices_of=day,
        level=level,
        ranking=ranking,
    )


def lead_confidence(
    choice: Scored, second: Scored | None, fitting: Fitting
) -> float:
    """How probably the choice stays ahead of the runner-up, from 0 to 1.

    The lead in utility is taken as points of quality: by so many the public
    figures would have to mislead to turn the order. Where one of the two has
    no figure the lead counts half, which is our assumption. 1 where there is
    no runner-up, or where the cost alone decides.
    """
    weight = fitting.task.quality_weight
    if second is None or weight == 0:
        return 1.0
    lead = (second.loss - choice.loss) * 100 / weight
    if not (choice.measured and second.measured):
        lead /= 2
    return round(order_confidence(lead), 3)


def _second(order: Sequence[Scored]) -> Scored | None:
    first = order[0].candidate.maker_model
    for one in order[1:]:
        if one.candidate.maker_model != first:
            return one
    return None


def _probability(one: Scored) -> float | None:
    """Points of 100 as a share; None where nobody has measured anything."""
    if not one.measured:
        return None
    return round(max(0.0, min(1.0, one.points / 100)), 3)


def _cost(one: Scored, fitting: Fitting) -> CostRange:
    """The three estimates; two of them are worked out already."""
    prompt, entrant = fitting.task.prompt_tokens or 0, one.entrant
    output = fitting.output_of(one)
    if entrant.input_rate is None or entrant.output_rate is None:
        return cost_range(one.candidate.rate(prompt), prompt, output)
    answer = output.low * entrant.output_rate
    low = (prompt * entrant.input_rate + answer) / MILLION
    return CostRange(low, one.cost_order, one.high_order)


def _ranked(one: Scored, fitting: Fitting) -> RankedCandidate:
    cost = _cost(one, fitting)
    return RankedCandidate(
        target=one.target,
        probability=_probability(one),
        cost=cost,
        reasons=own_reasons(one, cost, fitting),
    )
