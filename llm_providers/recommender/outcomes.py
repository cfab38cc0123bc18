"""What models really did: rows of task, prompt, scores and costs.

A row is a JSON object on a line of its own:
`{"task": "maths", "prompt": "…", "scores": {"a": 1}, "costs": {"a": 1e-4}}`,
scores from 0 to 1, costs in USD. `task` may be null. A model may be missing
from a row, but has a score there if and only if it has a cost.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

__all__ = ["Outcome", "OutcomeError", "model_names", "read_outcomes"]


class OutcomeError(ValueError):
    """Outcomes that cannot be used: what is wrong with them, and where."""


@dataclass(frozen=True)
class Outcome:
    """One prompt: each model's score (0 to 1) and cost in USD.

    Raises OutcomeError for anything else.
    """

    task: str | None
    prompt: str
    scores: Mapping[str, float]
    costs: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.task is not None and not isinstance(self.task, str):
            raise OutcomeError(f"task is {self.task!r}, not text or null")
        if not isinstance(self.prompt, str):
            raise OutcomeError(f"prompt is {self.prompt!r}, not text")
        for name in ("scores", "costs"):
            if not isinstance(getattr(self, name), Mapping):
                raise OutcomeError(f"{name} is not an object of models")
        if not self.scores:
            raise OutcomeError("scores names no model")
        if odd := sorted(self.scores.keys() ^ self.costs.keys()):
            raise OutcomeError(f"{odd[0]} has a score or a cost, not both")
        for model, score in self.scores.items():
            check_figure(f"the score of {model}", score, 1.0)
            check_figure(f"the cost of {model}", self.costs[model], math.inf)


def check_figure(what: str, value: object, most: float) -> None:
    """Raise OutcomeError unless the value is a number from 0 to `most`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= most:  # type: ignore[operator, arg-type]
        span = "from 0 to 1" if most == 1 else "of 0 or more"
        raise OutcomeError(f"{what} is {value!r}, not a number {span}")


def read_outcomes(path: str | Path) -> list[Outcome]:
    """Return the rows of a `.jsonl` or `.jsonl.gz` file, in their order.

    Raises OutcomeError naming the file, and the line where there is one.
    """
    path = Path(path)
    found: list[Outcome] = []
    try:
        with opened(path) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found.append(read_line(line, f"{path}, line {number}"))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise OutcomeError(f"{path} cannot be read: {error}") from error
    if not found:
        raise OutcomeError(f"{path} holds no outcomes")
    return found


def opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def read_line(line: str, where: str) -> Outcome:
    """Return a line's outcome; OutcomeError says where it went wrong."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise OutcomeError(f"{where}: not JSON ({error})") from error
    if not isinstance(row, dict):
        raise OutcomeError(f"{where}: not an object")
    try:
        return outcome(row)
    except OutcomeError as error:
        raise OutcomeError(f"{where}: {error}") from error


def outcome(row: Mapping[str, Any]) -> Outcome:
    """Return a row's outcome; fields that are not named are ignored."""
    for name in ("prompt", "scores", "costs"):
        if name not in row:
            raise OutcomeError(f"has no {name}")
    return Outcome(row.get("task"), row["prompt"], row["scores"], row["costs"])


def model_names(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the models of all rows, sorted."""
    return tuple(sorted(set(models_seen(outcomes))))


def models_seen(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        yield from each.scores
