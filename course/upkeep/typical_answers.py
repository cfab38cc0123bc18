"""The answers of `course/answers`: right ones, and typical mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from course.building.exercises import Exercise
from course.kit import Kit

__all__ = ["Mistake", "edited", "first_mistake", "read_answers"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Mistake:
    """A wrong answer and the hint that is meant for it."""

    code: str
    hint: str


def read_answers(kit: Kit, number: str) -> Mapping[str, Any]:
    """Return what is kept of an exercise; empty where nothing is."""
    path = kit.root / "course" / "answers" / f"{number}.yaml"
    if not path.exists():
        return {}
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} is no list of `name: value` lines")
    return content


def edited(text: str, edits: str | Mapping[str, str]) -> str:
    """Return the code of an answer: given whole, or as edits of another.

    Raises ValueError where the place of an edit is not there just once.
    """
    if isinstance(edits, str):
        return edits
    for old, new in edits.items():
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times")
        text = text.replace(old, new)
    return text


def first_mistake(exercise: Exercise) -> Mistake | None:
    """Return the most typical mistake; None where none is written down."""
    for each in read_answers(exercise.kit, exercise.id).get("wrong", ()):
        code = edited(exercise.solution, each["solution"])
        return Mistake(code, " ".join(each["hint"].split()))
    return None
