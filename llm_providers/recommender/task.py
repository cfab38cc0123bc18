"""The task that a model is wanted for: its kind, its size, its limits.

``data/tasks.json`` names the types of task, each with the quality that it
asks for and the answer that it is expected to get.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["NEEDS", "Task"]

# What a task may need of a model, beside text.
NEEDS = ("audio", "json_schema", "pdf", "tools", "video", "vision")


@dataclass(frozen=True)
class Task:
    """What is to be done, what it needs and what it may cost.

    `type` is one of the types of ``data/tasks.json`` or of the outcomes that
    a recommender has learned from; None means unknown: it is guessed from
    the prompt. `prompt_tokens` goes before the length of `prompt`.
    `output_tokens` is what the call is expected to bill as output, thinking
    included; None leaves the estimate to the type and the model.

    Limits hold without exception: `needs` out of ``NEEDS``, a window of
    `context_tokens`, `max_cost_usd` for one call, `max_latency_seconds`,
    `providers` (None: all those at hand), and no model that is shut down
    within `days_ahead` days. `quality_weight` goes from 0 (the cheapest that
    fits) to 1 (the best).

    Nonsense raises TypeError or ValueError, which name the field.
    """

    type: str | None = "default"
    prompt: str = ""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    needs: frozenset[str] = frozenset()
    context_tokens: int | None = None
    max_cost_usd: float | None = None
    max_latency_seconds: float | None = None
    providers: tuple[str, ...] | None = None
    days_ahead: int = 0
    quality_weight: float = 0.5

    def __post_init__(self) -> None:
        if self.type is not None:
            _check_text("type", self.type)
            if not self.type.strip():
                raise ValueError("type: it is empty; None means unknown")
        _check_text("prompt", self.prompt)
        for name in ("prompt_tokens", "output_tokens", "context_tokens"):
            _check_count(name, getattr(self, name))
        _check_count("days_ahead", self.days_ahead, needed=True)
        for name in ("max_cost_usd", "max_latency_seconds"):
            _check_number(name, getattr(self, name))
        _check_number("quality_weight", self.quality_weight, needed=True)
        if self.quality_weight > 1:
            raise ValueError(
                f"quality_weight: {self.quality_weight} is not in 0 to 1"
            )
        object.__setattr__(self, "needs", _needs(self.needs))
        if self.providers is not None:
            names = _names("providers", self.providers)
            object.__setattr__(self, "providers", tuple(names))

    @classmethod
    def of(cls, task: str | Mapping[str, Any] | Task) -> Task:
        """Return the task that is meant.

        A mapping has the fields as keys. A text is the type of task if it is
        the name of one, such as "code"; any other text is a prompt whose
        type is unknown.
        """
        if isinstance(task, Task):
            return task
        if isinstance(task, str):
            from llm_providers.recommender.task_types import task_types

            if task in task_types():
                return cls(type=task)
            return cls(type=None, prompt=task)
        if not isinstance(task, Mapping):
            raise TypeError(
                f"task: a text, a mapping or a Task, not {_kind(task)}"
            )
        known = [field.name for field in fields(cls)]
        for name in task:
            if name not in known:
                raise ValueError(
                    f"{name}: a task has no such field; "
                    f"it has: {', '.join(known)}"
                )
        return cls(**task)

    def filled(
        self,
        type: str,
        prompt_tokens: int,
        providers: tuple[str, ...] | None,
    ) -> Task:
        """Return it with what was found out; nothing is checked again."""
        task = object.__new__(Task)
        task.__dict__.update(
            self.__dict__,
            type=type,
            prompt_tokens=prompt_tokens,
            providers=providers,
        )
        return task


def _kind(value: object) -> str:
    return type(value).__name__


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name}: a text, not {_kind(value)}")


def _check_count(name: str, value: object, needed: bool = False) -> None:
    if value is None and not needed:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}: a whole number, not {_kind(value)}")
    if value < 0:
        raise ValueError(f"{name}: {value} is less than 0")


def _check_number(name: str, value: object, needed: bool = False) -> None:
    if value is None and not needed:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name}: a number, not {_kind(value)}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name}: {value} is no number from 0 on")


def _needs(value: object) -> frozenset[str]:
    needs = frozenset(_names("needs", value))
    unknown = sorted(needs - set(NEEDS))
    if unknown:
        raise ValueError(
            f"needs: nothing is known of {', '.join(unknown)}; "
            f"there are: {', '.join(NEEDS)}"
        )
    return needs


def _names(field: str, value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{field}: several names, not {_kind(value)}")
    names = list(value)
    for name in names:
        _check_text(field, name)
    return names
