"""The types of task that ``data/tasks.json`` names, and guessing one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from llm_providers.data_files import data_file
from llm_providers.recommender.signs import Signs

__all__ = [
    "TaskType",
    "guess_type",
    "length_bin",
    "prompt_tokens",
    "task_type",
    "task_types",
]

# What is read of a prompt to guess its type: the guess is most of the work of
# a decision, and a long prompt should not make it slow.
READ_CHARACTERS = 1_500


@dataclass(frozen=True)
class TaskType:
    """What is known of a type of task.

    `quality` weighs the catalogue's categories of quality (none: all count
    alike). `output_tokens` is the length of the answer alone; a model that
    thinks adds `thinking` (a share, 0 to 1) of what it wrote for a question
    of the benchmark in which that was measured.
    """

    name: str
    description: str
    quality: Mapping[str, float]
    output_tokens: int
    thinking: float


@dataclass(frozen=True)
class _TaskFile:
    types: Mapping[str, TaskType]
    bins: tuple[tuple[str, int | None], ...]
    characters_per_token: float
    guess_order: tuple[str, ...]
    signs: Signs


def task_types() -> Mapping[str, TaskType]:
    """Return all types of task by name, read once."""
    return _read().types


def task_type(name: str | None) -> TaskType:
    """Return a type of task; one that is not listed is like "default"."""
    types = _read().types
    return types.get(name or "default", types["default"])


def guess_type(prompt: str) -> str:
    """Return the first type whose signs stand in the prompt, or "default".

    A guess by key words: it needs no model and is wrong more often than a
    fitted classifier.
    """
    start = prompt[:READ_CHARACTERS].lower()
    read = _read()
    place = read.signs.first_in(start)
    return "default" if place is None else read.guess_order[place]


def prompt_tokens(prompt: str) -> int:
    """Return about how many tokens a prompt has, by its characters."""
    return round(len(prompt) / _read().characters_per_token)


def length_bin(tokens: int) -> str:
    """Return the name of the bin in which a prompt's length falls."""
    for name, below in _read().bins:
        if below is None or tokens < below:
            return name
    raise ValueError("tasks.json: the last length bin has to be open")


@cache
def _read() -> _TaskFile:
    path = data_file("tasks.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    order = tuple(content["guess_order"])
    return _TaskFile(
        types={
            name: TaskType(
                name=name,
                description=row["description"],
                quality=row["quality"],
                output_tokens=row["output_tokens"],
                thinking=row["thinking"],
            )
            for name, row in content["types"].items()
        },
        bins=tuple(
            (row["name"], row["below_tokens"])
            for row in content["length_bins"]
        ),
        characters_per_token=content["characters_per_token"],
        guess_order=order,
        signs=Signs([content["types"][name]["signs"] for name in order]),
    )
