"""Why a candidate is recommended, in plain words with figures."""

from __future__ import annotations

from collections.abc import Sequence

from llm_providers.recommender.choice import Scored
from llm_providers.recommender.constraints import amount
from llm_providers.recommender.recommendation import CostRange
from llm_providers.recommender.scorer import Fitting

__all__ = ["own_reasons", "reasons_for"]

# An end that is nearer than this is worth a word.
SOON_DAYS = 90


def own_reasons(
    one: Scored, cost: CostRange, fitting: Fitting
) -> tuple[str, ...]:
    """Return what there is to say of a candidate by itself."""
    said = _quality(one, fitting), _cost(one, cost, fitting)
    left = one.candidate.days_left
    if left is None or left > SOON_DAYS:
        return said
    instead = one.candidate.replacement
    end = f"; instead: {instead}." if instead else "."
    return (*said, f"It is shut down in {left} days{end}")


def reasons_for(
    choice: Scored,
    own: Sequence[str],
    fitting: Fitting,
    second: Scored | None,
) -> tuple[str, ...]:
    """Return its own reasons, and those beside the runner-up and all."""
    said = [*own]
    if second is not None:
        said.append(_beside(choice, second))
    said.append(_place(choice, fitting))
    if fitting.guessed:
        said.append(
            f"The type of task, {fitting.kind.name}, was guessed from words "
            "of the prompt."
        )
    return tuple(said)


def _quality(one: Scored, fitting: Fitting) -> str:
    if one.learned:
        return (
            f"For {fitting.task.type} about {one.points:.0f} points of 100 "
            "are to be expected, by the outcomes that were learned from."
        )
    kind, measured = fitting.kind.name, one.candidate.measured
    if measured is None:
        return (
            f"No public figure of its quality is known; for {kind} it counts "
            f"as {one.points:.0f} points of 100, less than the usual model."
        )
    effort = f" at effort {measured.effort}" if measured.effort else ""
    return (
        f"For {kind} about {one.points:.0f} points of 100 are to be expected, "
        f"by LiveBench's figures of {measured.measured_on}{effort}."
    )


def _cost(one: Scored, cost: CostRange, fitting: Fitting) -> str:
    if cost.expected is None:
        return "What a call costs is not known."
    prompt, output = fitting.task.prompt_tokens, fitting.output_of(one)
    thinking = ", thinking included" if one.candidate.thinks else ""
    return (
        f"A call costs about {amount(cost.expected)}: {prompt:,} tokens of "
        f"prompt, about {output.expected:,} of output{thinking}."
    )


def _beside(choice: Scored, second: Scored) -> str:
    ahead = choice.points - second.points
    points = round(abs(ahead))
    unit = "point" if points == 1 else "points"
    how = "better" if ahead >= 0 else "worse"
    quality = f"{points} {unit} {how}" if points else "as good"
    return (
        f"Beside {second.target} it is {quality} and costs "
        f"{_ratio(choice.cost_usd, second.cost_usd)}."
    )


def _ratio(one: float | None, other: float | None) -> str:
    if one is None or other is None:
        return "an unknown share"
    if one == other:
        return "the same"
    if not one or not other:
        return "nothing" if not one else f"{amount(one)} instead of nothing"
    more = one / other
    if 0.95 < more < 1.05:
        return "about the same"
    return f"{more:.2g} times as much" if more < 1000 else "far more"


def _place(choice: Scored, fitting: Fitting) -> str:
    standing, weight = fitting.standing, fitting.task.quality_weight
    also = ""
    # What was learned and what was published are not on the same scale.
    if not choice.learned:
        also = f" and {standing.better(choice.points)} better"
    return (
        f"Of {len(standing)} that fit, {standing.cheaper(choice.cost_order)} "
        f"are cheaper{also}; quality weighs {weight:g}, cost {1 - weight:g}."
    )
