"""A recommendation and a judge's word on it, put together."""

from __future__ import annotations

from dataclasses import replace

from llm_providers.recommender.judge import Judge, Verdict
from llm_providers.recommender.judge_prompt import shortened
from llm_providers.recommender.recommendation import Recommendation
from llm_providers.recommender.task import Task
from llm_providers.responses import total_usd

__all__ = ["judged"]

REASON_CHARACTERS = 300


def judged(base: Recommendation, task: Task, judge: Judge) -> Recommendation:
    """Return the recommendation of the level below after a judge's word.

    It is asked only where `base` is less sure than `judge.ask_below`. Where
    it is not asked, or has no valid word to say, `base` stands, with the
    reason why; its bill is counted in any case.
    """
    if base.confidence >= judge.ask_below:
        return _noted(base, "No judge was asked: the choice is clear enough.")
    judgement = judge.ask(task, base.ranking)
    made = replace(
        base,
        decision_cost_usd=total_usd(
            (base.decision_cost_usd, judgement.cost_usd)
        ),
    )
    if judgement.verdict is None:
        note = f"The judge has no say: {judgement.trouble}."
        return replace(_noted(made, note), abstained=True)
    return _chosen(made, judgement.verdict)


def _chosen(base: Recommendation, verdict: Verdict) -> Recommendation:
    """Return the recommendation of the judge's choice, the others after."""
    others = [row for row in base.ranking if row.target != verdict.target]
    [choice] = [row for row in base.ranking if row.target == verdict.target]
    provider, _, model = verdict.target.partition("/")
    why = " ".join(shortened(verdict.reason, REASON_CHARACTERS).split())
    said = (
        f"A judge chose it, {verdict.confidence:.0%} sure by its own word:"
        f" {why}"
    )
    same = verdict.target == base.target
    kept = base.reasons if same else choice.reasons
    return replace(
        base,
        provider=provider,
        model=model,
        probability=choice.probability,
        cost=choice.cost,
        reasons=(said, *kept),
        runner_up=others[0].target if others else None,
        counterfactual=base.counterfactual if same else None,
        confidence=verdict.confidence,
        abstained=False,
        level="judge",
        ranking=(choice, *others),
    )


def _noted(base: Recommendation, reason: str) -> Recommendation:
    return replace(base, reasons=(*base.reasons, reason))
