"""One simulated row: a prompt, how well each model did, what it cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from course.simulation.draws import Draws
from course.simulation.prompts import Prompt, write_prompt
from course.simulation.targets import Target

__all__ = ["SPLITS", "mislabelled", "settings", "simulate"]

Row = dict[str, Any]
SPLITS = ("train", "test", "unseen")
TRIES = 200


@cache
def settings() -> Mapping[str, Any]:
    """Return the assumptions in settings.yaml, read once."""
    path = Path(__file__).with_name("settings.yaml")
    read: Mapping[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return read


def simulate(
    targets: Sequence[Target],
    seed: int,
    rows: Mapping[str, int] | None = None,
) -> dict[str, list[Row]]:
    """Return the rows of each split; no prompt occurs twice.

    Training and test rows are of the same kind; the unseen ones are of task
    types that occur in neither.
    """
    counts = settings()["rows"] if rows is None else rows
    seen: set[str] = set()
    return {
        split: list(_rows(split, counts[split], targets, seed, seen))
        for split in SPLITS
        if split in counts
    }


def mislabelled(
    rows: Sequence[Mapping[str, Any]], share: float, seed: int = 0
) -> list[Row]:
    """Return the rows, a share of them (0 to 1) under a wrong task type.

    The same rows are wrong for the same seed, and those that are wrong at a
    share are so at every higher one.
    """
    types = sorted({row["task"] for row in rows})
    changed = []
    for row in rows:
        draws = Draws("label", seed, row["id"])
        wrong = draws.happens(share)
        others = [task for task in types if task != row["task"]]
        task = draws.one_of(others) if wrong and others else row["task"]
        changed.append({**row, "task": task})
    return changed


def _rows(
    split: str,
    count: int,
    targets: Sequence[Target],
    seed: int,
    seen: set[str],
) -> Iterator[Row]:
    weights = [
        (task, 1 if split == "unseen" else each["weight"])
        for task, each in settings()["tasks"].items()
        if (each["weight"] == 0) == (split == "unseen")
    ]
    for number in range(1, count + 1):
        draws = Draws(seed, split, number)
        task = draws.weighted(weights)
        hardness = draws.normal()
        prompt = _new_prompt(task, hardness > 0, draws, seen)
        yield {
            "id": f"{split}-{number:04d}",
            "source": "simulated",
            "task": task,
            "prompt": prompt.text,
        } | _answers(task, prompt, hardness, targets, draws)


def _new_prompt(task: str, hard: bool, draws: Draws, seen: set[str]) -> Prompt:
    """Return a prompt that no other row has."""
    for _ in range(TRIES):
        prompt = write_prompt(task, hard, settings()["prompt"], draws)
        if prompt.text not in seen:
            seen.add(prompt.text)
            return prompt
    raise ValueError(f"There are too few texts for so many rows of {task}.")


def _answers(
    task: str,
    prompt: Prompt,
    hardness: float,
    targets: Sequence[Target],
    draws: Draws,
) -> Row:
    """Return scores and costs of all targets, by their names."""
    rules, kind = settings()["score"], settings()["tasks"][task]
    length = _tokens_of(prompt.text)
    difficulty = (
        kind["difficulty"]
        + kind["spread"] * hardness
        + rules["says_hard"] * prompt.says_hard
    )
    effort = settings()["tokens"]["spread"] * draws.normal()
    scores, costs = {}, {}
    for target in targets:
        margin = _margin(target, kind, difficulty, length, draws.normal())
        scores[target.name] = _score(margin, kind["graded"])
        written = _written(target, kind, difficulty, effort, draws.normal())
        costs[target.name] = target.cost_usd(
            length, written, settings()["costs_as_of"]
        )
    return {"scores": scores, "costs": costs}


def _tokens_of(text: str) -> int:
    a_token: float = settings()["prompt"]["characters_a_token"]
    return max(1, math.ceil(len(text) / a_token))


def _margin(
    target: Target,
    kind: Mapping[str, Any],
    difficulty: float,
    length: int,
    luck: float,
) -> float:
    """Return by how much a model is better than a prompt needs."""
    rules = settings()["score"]
    ability = target.ability(kind["skills"]) - rules["middle"]
    doublings = max(0.0, math.log2(length / rules["long_from_tokens"]))
    lost = 2 * target.faults() * rules["long_costs"] * doublings
    own = rules["luck"] * luck
    return float(rules["gain"] * ability + own - difficulty - lost)


def _score(margin: float, graded: bool) -> float:
    if not graded:
        return 1.0 if margin > 0 else 0.0
    slope = settings()["score"]["slope"]
    return round(1 / (1 + math.exp(-slope * margin)), 1)


def _written(
    target: Target,
    kind: Mapping[str, Any],
    difficulty: float,
    effort: float,
    own: float,
) -> int:
    """Return how many tokens a model writes, its thinking among them."""
    rules = settings()["tokens"]
    usual: float = kind["answer"] + kind["thinking"] * target.verbosity
    harder = rules["hard_adds"] * (difficulty - kind["difficulty"])
    scale = math.exp(effort + rules["own_spread"] * own + harder)
    return max(1, round(usual * scale))
