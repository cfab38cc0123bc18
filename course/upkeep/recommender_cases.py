"""Write ``data/recommender_cases.json``: tasks with the answers they allow.

    python3 -m course.upkeep.recommender_cases

Each case has a *set* of acceptable answers, with the reason. The sets follow
rules of reason from the catalogue's rows and the public figures alone, by
brute force over all rows; nothing of the recommender is used, so that the
cases can judge it:

- whoever breaks a constraint is never acceptable;
- where the best is wanted: everybody within 3 points of the best public
  figure, since smaller differences hardly tell two models apart;
- where the cheapest is wanted: everybody within a tenth of the least cost,
  by list price and the tokens that the case names;
- where both count: who is measured, unless somebody is 3 points better and
  no dearer; and who is not measured only if cheaper than all who are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

__all__ = ["cases", "fits", "main"]

DATA = Path(__file__).resolve().parents[2] / "data"
TODAY = date(2026, 11, 22)
NEAR_POINTS = 3.0
NEAR_COST = 1.1
MODALITY = {
    "audio": "audio",
    "pdf": "pdf",
    "video": "video",
    "vision": "image",
}
Row = dict[str, Any]
Task = dict[str, Any]

# Types of task with the category whose figures speak for them.
SPEAKS_FOR = {
    "agentic_code": "agentic_coding",
    "code": "coding",
    "creative": "language",
    "data_analysis": "data_analysis",
    "default": None,
    "instruction_following": "instruction_following",
    "mathematics": "mathematics",
    "reasoning": "reasoning",
    "translation": "language",
}
LENGTHS = {"short": 200, "medium": 1_200, "long": 6_000}
PROMPTS = (
    ("code", "Write a Python function that reverses a linked list."),
    ("code", "Why does this SQL query return duplicate rows?"),
    ("mathematics", "Solve for x: 2x^2 + 3x - 5 = 0"),
    ("mathematics", "Calculate the derivative of sin(x) * x^3."),
    ("creative", "Write a short story about a lighthouse keeper."),
    ("creative", "A haiku about the first snow, please."),
    ("translation", "Translate this letter into German: Dear Sir ..."),
    ("reasoning", "Three people each say one thing. Deduce who lies."),
    ("reasoning", "Solve this logic puzzle step by step."),
    ("data_analysis", "Which column of this CSV has the most gaps?"),
)


def main() -> None:
    """Write the file."""
    path = DATA / "recommender_cases.json"
    made_by = (
        "course/upkeep/recommender_cases.py, by brute force from models.json "
        "and quality.json; no recommender took part"
    )
    lines = ",\n    ".join(json.dumps(case) for case in cases())
    head = {"as_of": str(TODAY), "made_by": made_by}
    text = json.dumps(head, indent=2).removesuffix("\n}")
    path.write_text(
        f'{text},\n  "cases": [\n    {lines}\n  ]\n}}\n', encoding="utf-8"
    )


def cases() -> list[dict[str, Any]]:
    """Return all cases; those that allow nobody are left out."""
    rows = json.loads((DATA / "models.json").read_text("utf-8"))["models"]
    book = json.loads((DATA / "quality.json").read_text("utf-8"))["models"]
    figures = {name: row["scores"] for row in book for name in row["ids"]}
    found: list[dict[str, Any]] = []
    for task, day, wanted in _asked():
        accept, reason = _acceptable(rows, figures, task, day, wanted)
        if accept:
            number = len(found) + 1
            found.append(
                {
                    "id": f"case-{number:03}",
                    "today": str(day),
                    "wanted": wanted,
                    "task": task,
                    "accept": accept,
                    "reason": reason,
                }
            )
    return found


def _asked() -> Iterator[tuple[Task, date, str]]:
    """All tasks, with the day and what is wanted of the answer."""
    yield from _best()
    yield from _cheapest()
    yield from _both()
    for kind, prompt in PROMPTS:
        task = {"type": None, "prompt": prompt, "quality_weight": 1}
        yield task, TODAY, f"best for {kind}"


def _best() -> Iterator[tuple[Task, date, str]]:
    limits: Sequence[Task] = (
        {},
        {"providers": ["openai"]},
        {"needs": ["audio"]},
        {"days_ahead": 30, "providers": ["openai", "gemini"]},
    )
    for kind in SPEAKS_FOR:
        for length, limit in zip(
            (*LENGTHS.values(), 150_000), limits, strict=True
        ):
            task = {"type": kind, "prompt_tokens": length, **limit}
            yield task | {"quality_weight": 1}, TODAY, f"best for {kind}"
    for budget in (0.002, 0.01, 0.05):
        for kind in ("code", "reasoning", "default"):
            task = {"type": kind, "prompt_tokens": 1_000} | {
                "output_tokens": 500,
                "max_cost_usd": budget,
                "quality_weight": 1,
            }
            yield task, TODAY, f"best for {kind}"


def _cheapest() -> Iterator[tuple[Task, date, str]]:
    limits: Sequence[Task] = (
        {},
        {"needs": ["vision"]},
        {"needs": ["tools", "json_schema"]},
        {"needs": ["audio"]},
        {"needs": ["vision"], "days_ahead": 90},
        {"providers": ["gemini"]},
        {"providers": ["openai"], "days_ahead": 90},
        {"context_tokens": 500_000},
    )
    days = (TODAY, date(2026, 12, 12), date(2027, 1, 2))
    for number, (name, length) in enumerate(LENGTHS.items()):
        for which, limit in enumerate(limits):
            kind = ("conversation", "default", "extraction")[number]
            task = {"type": kind, "prompt_tokens": length} | {
                "output_tokens": {"short": 100, "medium": 400}.get(name, 900),
                **limit,
                "quality_weight": 0,
            }
            yield task, days[(number + which) % 3], "cheapest"
    for length in (110_000, 250_000, 300_000, 900_000):
        for limit in ({}, {"needs": ["vision"]}):
            task = {"type": "summarization", "prompt_tokens": length} | {
                "output_tokens": 1_000,
                **limit,
                "quality_weight": 0,
            }
            yield task, TODAY, "cheapest"


def _both() -> Iterator[tuple[Task, date, str]]:
    limits: Sequence[Task] = (
        {},
        {"needs": ["vision"]},
        {"needs": ["tools"]},
        {"providers": ["openai", "requestry"], "days_ahead": 60},
        {"max_cost_usd": 0.02},
        {"providers": ["openrouter"], "needs": ["json_schema"]},
        {"context_tokens": 500_000, "days_ahead": 90},
    )
    for kind in SPEAKS_FOR:
        for limit in limits:
            task = {"type": kind, "prompt_tokens": 1_500} | {
                "output_tokens": 800,
                **limit,
                "quality_weight": 0.5,
            }
            yield task, TODAY, f"both for {kind}"


def _acceptable(
    rows: Sequence[Row],
    figures: Mapping[str, Mapping[str, float]],
    task: Task,
    day: date,
    wanted: str,
) -> tuple[list[str], str]:
    left = [row for row in rows if fits(row, task, day)]
    what, _, kind = wanted.partition(" for ")
    if what == "cheapest":
        return _cheap(left, task, day)
    points = {
        _name(row): _points(figures[row["id"]], SPEAKS_FOR[kind])
        for row in left
        if row["id"] in figures
    }
    if not points:
        return [], ""
    if what == "best":
        best = max(points.values())
        good = [name for name in points if points[name] >= best - NEAR_POINTS]
        return good, (
            f"Of {len(left)} rows that keep the limits the best has "
            f"{best:.1f} points; these are within {NEAR_POINTS:g} of it."
        )
    return _worth_it(left, points, task, day)


def _cheap(
    left: Sequence[Row], task: Task, day: date
) -> tuple[list[str], str]:
    costs = {_name(row): _cost(row, task, day) for row in left}
    known = {name: usd for name, usd in costs.items() if usd is not None}
    if not known:
        return [], ""
    least = min(known.values())
    good = [name for name, usd in known.items() if usd <= least * NEAR_COST]
    return good, (
        f"Of {len(left)} rows that keep the limits the cheapest costs "
        f"{least:.6f} USD by list price; these are within a tenth of it."
    )


def _worth_it(
    left: Sequence[Row], points: Mapping[str, float], task: Task, day: date
) -> tuple[list[str], str]:
    costs = {}
    for row in left:
        usd = _cost(row, task, day)
        if usd is not None:
            costs[_name(row)] = usd
    least = min(costs[name] for name in points)
    good = []
    for name, usd in costs.items():
        if name not in points:
            if usd < least:
                good.append(name)
            continue
        better = (
            costs[other] <= usd and points[other] >= points[name] + NEAR_POINTS
            for other in points
        )
        if not any(better):
            good.append(name)
    return good, (
        f"Of {len(left)} rows that keep the limits these are worth their "
        f"price: nobody is {NEAR_POINTS:g} points better and no dearer, or "
        "they are cheaper than all who were measured."
    )


def fits(row: Row, task: Task, day: date) -> bool:
    """Whether a row keeps all limits, by the catalogue's own words."""
    end, out = row["shutdown_on"], task.get("output_tokens")
    ahead = day + timedelta(days=task.get("days_ahead", 0))
    size = task.get("prompt_tokens", 0) + (out or 1)
    window = row["context_window"] or 0
    usd = _cost(row, task, day)
    budget = task.get("max_cost_usd")
    return (
        (row["released_on"] or "") <= str(day)
        and (end is None or end > str(ahead))
        and row["provider"] in task.get("providers", [row["provider"]])
        and all(_can(row, need) for need in task.get("needs", ()))
        and window >= max(size, task.get("context_tokens", 0))
        and task.get("prompt_tokens", 0) <= (row["max_input_tokens"] or window)
        and (out is None or out <= (row["max_output_tokens"] or 0))
        and (budget is None or (usd is not None and usd <= budget))
        # What is free is for trials, and takes few calls a day.
        and (budget == 0 or not row["id"].endswith(":free"))
    )


def _can(row: Row, need: str) -> bool:
    accepts = row["accepts"]
    if need == "tools":
        return row["tools"] is True and (
            accepts["tools_with_reasoning"]
            or "none" in accepts["reasoning_efforts"]
        )
    if need == "json_schema":
        return row["json_schema"] is True
    return MODALITY[need] in row["input_modalities"]


def _cost(row: Row, task: Task, day: date) -> float | None:
    """List price times the tokens that the case names."""
    begun = [one for one in row["prices"] if one["from"] <= str(day)]
    if not begun:
        return None
    price, prompt = begun[-1], task.get("prompt_tokens", 0)
    for tier in begun[-1]["above"]:
        if prompt > tier["input_tokens"]:
            price = tier
    output = task.get("output_tokens", 0)
    usd: float = prompt * price["input"] + output * price["output"]
    return usd / 1_000_000


def _points(scores: Mapping[str, float], category: str | None) -> float:
    if category is None:
        return sum(scores.values()) / len(scores)
    return scores[category]


def _name(row: Row) -> str:
    return f"{row['provider']}/{row['id']}"


if __name__ == "__main__":
    main()
