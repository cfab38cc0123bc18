"""What a benchmark reports: rows, and notes about what it could not do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

__all__ = ["UNITS", "BenchmarkError", "Report", "Row"]

UNITS = ("ms", "s", "MB", "ratio", "count", "points")
WHAT = re.compile(r"[a-z]+/[a-z][\w.-]*/[a-z][a-z0-9_]*")


class BenchmarkError(Exception):
    """A reason why nothing could be measured, and what to do about it."""


@dataclass(frozen=True)
class Row:
    """One figure: `what` is `<bench>/<subject>/<metric>`.

    The subject is `ours` or a peer's name. `target` is the most that the
    figure should be, in the same unit, or with `at_least` the least; a peer
    has none.
    """

    what: str
    value: float
    unit: str
    target: float | None = None
    samples: tuple[float, ...] = field(default=(), repr=False)
    at_least: bool = False

    def __post_init__(self) -> None:
        if not WHAT.fullmatch(self.what):
            raise ValueError(f"{self.what!r} is not bench/subject/metric")
        if self.unit not in UNITS:
            raise ValueError(f"{self.unit!r} is none of {', '.join(UNITS)}")
        if self.target is not None and self.subject != "ours":
            raise ValueError(f"{self.what} is a peer's and has a target")

    @classmethod
    def median(
        cls,
        what: str,
        samples: Sequence[float],
        unit: str,
        target: float | None = None,
    ) -> Row:
        """Return the row of the samples' median."""
        return cls(what, median(samples), unit, target, tuple(samples))

    @property
    def is_reached(self) -> bool:
        """Whether the figure is as its target says; True without one."""
        if self.target is None:
            return True
        if self.at_least:
            return self.value >= self.target
        return self.value <= self.target

    @property
    def subject(self) -> str:
        """`ours`, or the name of the peer that the figure is of."""
        return self.what.split("/")[1]


@dataclass(frozen=True)
class Report:
    """The rows of one benchmark, and in words what is missing from them."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
