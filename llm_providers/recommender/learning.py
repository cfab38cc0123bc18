"""Fit a learned recommender to outcomes. Needs numpy, nothing more.

Everything is solved in closed form, and each training row has what it would
get from all the other rows: what is set by that is not set by heart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .bills import fit_bills
from .classifier import Classifier, fit_classifier
from .familiarity import Known, likeness_helps
from .features import Vocabulary
from .knowledge import Knowledge
from .novelty import Familiar, fit_familiar
from .outcomes import Outcome, OutcomeError, model_names
from .ridge import (
    Design,
    Grams,
    Linear,
    Scales,
    design,
    fit,
    grams,
    left_out,
)

__all__ = ["learn"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]

# Prior variances beside a row's noise of 1. Those of the means and the most
# that words and shape may explain did best on public outcomes. How much of
# it they do explain, none at all perhaps, is tried out on the rows.
LEVEL = 0.25
SPECIALISTS = tuple(
    Scales(text, shape, LEVEL)
    for text in (0.0, 0.02, 0.05, 0.15)
    for shape in (0.0, 0.01, 0.03)
)
# Solving takes time by the rows' cube: of more than these a sample is taken.
MOST_ROWS, MOST_ROWS_A_TASK = 4_000, 2_000
PRIOR_ROWS = 10.0


def learn(outcomes: Sequence[Outcome], seed: int = 0) -> Knowledge:
    """Return what rows of outcomes tell.

    Rows without a task count for words, costs and overall means only.
    Raises OutcomeError where there are no rows.
    """
    if not outcomes:
        raise OutcomeError("there are no outcomes to learn from")
    models = model_names(outcomes)
    tasks, labels = labelled([each.task for each in outcomes])
    vocabulary = Vocabulary.fit([each.prompt for each in outcomes])
    found = [vocabulary.features(each.prompt) for each in outcomes]
    shapes = np.array([each.shape for each in found])
    middle, spread = shapes.mean(axis=0), shapes.std(axis=0)
    rows = design(found, len(vocabulary.rarity), middle, spread)
    scores = matrix(models, [each.scores for each in outcomes])
    overall = np.nanmean(scores, axis=0)
    means = table(scores, labels, max(len(tasks), 1), overall)
    missing = np.isnan(scores)
    scores[missing] = np.vstack([means, overall])[labels][missing]
    costs = matrix(models, [each.costs for each in outcomes])
    lengths = np.array([float(len(each.prompt)) for each in outcomes])
    bills = fit_bills(lengths, costs, labels, max(len(tasks), 1))
    random = np.random.default_rng(seed)
    classifier, familiar = classify(rows, labels, max(len(tasks), 1), random)
    found_specialists = specialists(rows, scores, labels, overall, random)
    missing = np.isnan(costs)
    unknown = np.zeros((len(costs), max(len(tasks), 1)))
    costs[missing] = bills.expected(lengths, unknown)[missing]
    return Knowledge(
        models,
        tasks,
        vocabulary,
        middle,
        spread,
        overall,
        means.mean(axis=0),
        classifier.linear,
        found_specialists,
        classifier.sharpness,
        familiar,
        bills,
        likeness_helps(
            Known(rows, scores, costs, labels), found_specialists, random
        ),
    )


def labelled(names: Sequence[str | None]) -> tuple[tuple[str, ...], Places]:
    """Return the tasks, sorted, and each row's place among them, or -1.

    Where no row has a task, all have the same: 0.
    """
    tasks = tuple(sorted({name for name in names if name is not None}))
    if not tasks:
        return (), np.zeros(len(names), dtype=np.int64)
    places = {name: place for place, name in enumerate(tasks)}
    return tasks, np.array(
        [-1 if name is None else places[name] for name in names]
    )


def matrix(models: Sequence[str], rows: Sequence[object]) -> Array:
    """Return rows x models; NaN where a model is missing."""
    return np.array(
        [[row.get(model, np.nan) for model in models] for row in rows],  # type: ignore[attr-defined]
        dtype=np.float64,
    )


def table(scores: Array, labels: Places, tasks: int, overall: Array) -> Array:
    """Return tasks x models: mean scores, thin ones pulled to the overall."""
    found = np.zeros((tasks, scores.shape[1]))
    for task in range(tasks):
        own = scores[labels == task]
        count = (~np.isnan(own)).sum(axis=0)
        total = np.nansum(own, axis=0) + PRIOR_ROWS * overall
        found[task] = total / (count + PRIOR_ROWS)
    return found


def sample(places: Places, most: int, random: np.random.Generator) -> Places:
    """Return at most so many of the places, drawn by chance, sorted."""
    if len(places) <= most:
        return places
    return np.sort(random.choice(places, most, replace=False))


def classify(
    rows: Design, labels: Places, tasks: int, random: np.random.Generator
) -> tuple[Classifier, tuple[Familiar, ...]]:
    """Return who tells the tasks apart, and what each one's prompts are."""
    places = spread_sample(labels, tasks, random)
    known, own = rows.rows(places), labels[places]
    classifier, scores = fit_classifier(known, own, tasks)
    familiar = [
        fit_familiar(known.shape[own == task], scores[own == task, task])
        for task in range(tasks)
    ]
    return classifier, tuple(familiar)


def spread_sample(
    labels: Places, tasks: int, random: np.random.Generator
) -> Places:
    """Return the places of labelled rows: all, or a sample of each task."""
    count = int((labels >= 0).sum())
    share = min(1.0, MOST_ROWS / max(count, 1))
    kept = [
        sample(own, max(1, int(share * len(own))), random)
        for own in (np.flatnonzero(labels == task) for task in range(tasks))
    ]
    return np.sort(np.concatenate(kept))


def specialists(
    rows: Design,
    scores: Array,
    labels: Places,
    overall: Array,
    random: np.random.Generator,
) -> tuple[Linear, ...]:
    """Return one model of scores a task, each pulled to the overall mean."""
    parts = []
    for task in range(int(labels.max()) + 1):
        own = sample(np.flatnonzero(labels == task), MOST_ROWS_A_TASK, random)
        part = rows.rows(own)
        parts.append((part, grams(part), scores[own] - overall))
    scales = worth_it([order_errors(parts, each) for each in SPECIALISTS])
    found = [fit(*part, scales) for part in parts]
    return tuple(
        Linear(each.text, each.shape, each.level + overall) for each in found
    )


def worth_it(errors: Sequence[Array]) -> Scales:
    """Return the scales of the least error, if chance does not explain it.

    The errors are each row's, by the scales of `SPECIALISTS`. Less than two
    standard errors better than the means alone, the means alone are taken.
    """
    best = min(range(len(errors)), key=lambda each: errors[each].mean())
    gained = errors[0] - errors[best]
    chance = 2 * gained.std() / np.sqrt(len(gained))
    return SPECIALISTS[best if gained.mean() > chance else 0]


def order_errors(
    parts: Sequence[tuple[Design, Grams, Array]], scales: Scales
) -> Array:
    """Return how far each row is off what all others of its task tell.

    What is the same for all models of a row changes no choice: it is left
    out.
    """
    found = []
    for _, known, targets in parts:
        off = targets - left_out(known, targets, scales)
        found.append(
            ((off - off.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        )
    return np.concatenate(found)
