"""How long the recommender's decisions take."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from benchmarks.imports import Fresh
from benchmarks.recommender_catalogue import many_candidates
from benchmarks.rows import Row
from benchmarks.samples import percentile
from benchmarks.surroundings import ROOT, clean_environ
from llm_providers.catalogue import load_catalogue
from llm_providers.recommender.learned import LearnedRecommender
from llm_providers.recommender_agent import RecommenderAgent

__all__ = ["speed_rows"]

MEDIAN, SLOW, FIRST = 0.5, 1.0, 300.0  # ms
ROUNDS, FIRST_ROUNDS = 1_000, 7
FIRST_DECISION = """
import sys
from llm_providers.recommender.learned import LearnedRecommender
print(len(LearnedRecommender.load(sys.argv[1]).predict(None, "1 + 1").models))
"""


def speed_rows(ours: LearnedRecommender, prompts: Sequence[str]) -> list[Row]:
    """Return the time of a decision: learned, over the catalogue, first."""
    everything = RecommenderAgent(
        providers=[row.provider for row in load_catalogue().rows]
    )
    rows = timed("learned", lambda text: ours.predict(None, text), prompts)
    rows += timed(
        "catalogue",
        lambda text: everything.recommend_model({"prompt": text}),
        prompts,
    )
    whole = among_many(ours)
    rows += timed(
        "whole",
        lambda text: whole.recommend_model({"type": None, "prompt": text}),
        prompts,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learned.npz"
        ours.save(path)
        here = Fresh(sys.executable, clean_environ(ROOT))
        here.run(FIRST_DECISION, str(path))
        first = [
            here.run(FIRST_DECISION, str(path))[0] for _ in range(FIRST_ROUNDS)
        ]
        size = path.stat().st_size / 1e6
    return [
        *rows,
        Row.median("recommender/ours/first_decision", first, "ms", FIRST),
        Row("recommender/ours/file", size, "MB"),
    ]


def among_many(ours: LearnedRecommender) -> RecommenderAgent:
    """Return all of it: what was learned, among 450 candidates.

    The models of the outcomes are taken for as many of the candidates: the
    time doesn't depend on which.
    """
    catalogue = many_candidates()
    names = [f"{row.provider}/{row.id}" for row in catalogue.rows]
    among = names[:: len(names) // len(ours.models)][: len(ours.models)]
    known = replace(ours.knowledge, models=tuple(among))
    return RecommenderAgent(
        "learned",
        catalogue,
        LearnedRecommender(known),
        providers={row.provider for row in catalogue.rows},
        today=catalogue.as_of,
    )


def timed(
    name: str, decide: Callable[[str], object], prompts: Sequence[str]
) -> list[Row]:
    """Return median and 95th percentile of decisions, one by one."""
    taken = []
    decide(prompts[0])
    for prompt in islice(cycle(prompts), ROUNDS):
        started = time.perf_counter()
        decide(prompt)
        taken.append((time.perf_counter() - started) * 1_000)
    what = f"recommender/ours/decision_{name}"
    return [
        Row.median(f"{what}_p50", taken, "ms", MEDIAN),
        Row(f"{what}_p95", percentile(taken, 95), "ms", SLOW),
    ]
