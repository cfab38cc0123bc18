"""The catalogue scorer, measured: regret, decisions, hard constraints.

`rows()` are rows of the recommender's benchmark. The regret is that of a
category whose figures are hidden: each in turn, from all models; the best by
what is expected of them is taken, and the regret is what it lacks in points
to the best by the hidden figures. One category decides most of it: the best at
following instructions is worse at everything else than others are, which no
figure of another category gives away. `always_the_same` is the one model that,
had one known, would have lost least.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import fmean
from typing import Any

from benchmarks.rows import Row
from benchmarks.surroundings import ROOT, clean_environ

__all__ = [
    "decision_seconds",
    "first_decision_seconds",
    "held_out_category_regret",
    "many_candidates",
    "regret_of_the_best_model",
    "rows",
]

REGRET_TARGET = 1.5
CANDIDATES = 450
DECISIONS = 1_000
FRESH_PROCESSES = 9
# So many candidates may be left where constraints hold; sets of them.
SOME, SETS = 6, 1_000
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")

Scores = Mapping[str, float]
Expected = Callable[[Scores, str], float]


def rows() -> list[Row]:
    """Return what the catalogue scorer reaches, beside simpler rules."""
    regrets = {
        "ours": held_out_category_regret(expected_by_us()),
        "global_mean": held_out_category_regret(mean_of_others),
    }
    found = []
    for subject, (regret, of_some) in regrets.items():
        ours = subject == "ours"
        target = REGRET_TARGET if ours else None
        what = f"recommender/{subject}/held_out_category_regret"
        found += [
            Row(what, regret, "points", target),
            Row(f"{what}_of_six", of_some, "points", target),
        ]
    found.append(
        Row(
            "recommender/always_the_same/held_out_category_regret",
            regret_of_the_best_model(),
            "points",
        )
    )
    decisions = sorted(decision_seconds())
    half, most = (
        decisions[len(decisions) // 2],
        decisions[-len(decisions) // 20],
    )
    first = [1_000 * seconds for seconds in first_decision_seconds()]
    return [
        *found,
        Row("recommender/ours/decision_p50", 1_000 * half, "ms", 0.5),
        Row("recommender/ours/decision_p95", 1_000 * most, "ms", 1.0),
        Row.median("recommender/ours/first_decision", first, "ms", 300.0),
    ]


def held_out_category_regret(expected: Expected) -> tuple[float, float]:
    """Return the mean regret, in points: of all models, of sets of six.

    The sets stand for the candidates that hard constraints leave.
    """
    from llm_providers.recommender.quality import load_quality

    book = load_quality()
    known = [each.scores for each in book.all]
    chance = random.Random(0)
    sets = [chance.sample(known, SOME) for _ in range(SETS)]
    guess = {
        (id(scores), name): expected(
            {k: v for k, v in scores.items() if k != name}, name
        )
        for scores in known
        for name in book.categories
    }

    def regret(models: Sequence[Scores]) -> float:
        losses = []
        for name in book.categories:
            taken = max(models, key=lambda one: guess[id(one), name])
            best = max(one[name] for one in models)
            losses.append(best - taken[name])
        return fmean(losses)

    return regret(known), fmean(map(regret, sets))


def regret_of_the_best_model() -> float:
    """Return the mean regret of the model that, in hindsight, loses least."""
    from llm_providers.recommender.quality import load_quality

    book = load_quality()
    known = [each.scores for each in book.all]
    best = {name: max(one[name] for one in known) for name in book.categories}
    return min(
        fmean(best[name] - one[name] for name in book.categories)
        for one in known
    )


def expected_by_us() -> Expected:
    """Return what the package expects of a model in a hidden category."""
    import json

    from llm_providers.data_files import data_file
    from llm_providers.recommender.quality import expected_elsewhere

    content = json.loads(data_file("quality.json").read_text("utf-8"))
    related = content["related"]
    return lambda scores, name: expected_elsewhere(scores, related[name])


def mean_of_others(scores: Scores, name: str) -> float:
    """Return a model's average over the categories that are not hidden."""
    return fmean(scores.values())


def decision_seconds(decisions: int = DECISIONS) -> list[float]:
    """Return how long decisions took, with 450 candidates, all warm.

    Tasks of all types and sizes; every fourth has a budget.
    """
    from llm_providers import RecommenderAgent

    made, tasks = many_candidates(), _tasks(decisions)
    day: date = made.as_of
    agent = RecommenderAgent(catalogue=made, providers=PROVIDERS, today=day)
    for task in tasks[:200]:
        agent.recommend_model(task)
    taken = []
    for task in tasks:
        begun = time.perf_counter()
        agent.recommend_model(task)
        taken.append(time.perf_counter() - begun)
    return taken


def first_decision_seconds(processes: int = FRESH_PROCESSES) -> list[float]:
    """Return how long fresh processes take for one decision, all in all."""
    code = (
        "from llm_providers import RecommenderAgent\n"
        f"agent = RecommenderAgent(providers={list(PROVIDERS)!r})\n"
        "agent.recommend_model('code')\n"
    )
    taken = []
    for _ in range(processes):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=clean_environ(),
            check=True,
        )
        taken.append(time.perf_counter() - begun)
    return taken


def many_candidates() -> Any:
    """Return a catalogue with 450 rows that can be called.

    Each model is there several times, at prices of its own.
    """
    from llm_providers import load_catalogue

    catalogue = load_catalogue()
    living = catalogue.models(on=catalogue.as_of)
    many = [
        _again(living[number % len(living)], number // len(living))
        for number in range(CANDIDATES)
    ]
    return replace(catalogue, rows=tuple(many))


def _again(model: Any, times: int) -> Any:
    """Return a model under another name, one in a hundred dearer each time."""
    if not times:
        return model
    dearer = 1 + times / 100
    prices = tuple(
        replace(
            price,
            **{
                name: amount * dearer
                for name in ("input", "cached_input", "output")
                if (amount := getattr(price, name)) is not None
            },
        )
        for price in model.prices
    )
    return replace(model, id=f"{model.id}-{times}", prices=prices)


def _tasks(count: int) -> list[Any]:
    from llm_providers import Task
    from llm_providers.recommender.task_types import task_types

    chance = random.Random(1)
    kinds = list(task_types())
    return [
        Task(
            chance.choice(kinds),
            prompt_tokens=int(10 ** chance.uniform(1, 5)),
            quality_weight=chance.random(),
            max_cost_usd=0.5 if chance.random() < 0.25 else None,
        )
        for _ in range(count)
    ]
