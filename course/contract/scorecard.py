"""A package's scorecard: each cell of the contract, and how it stands."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from course.checking.verdict import CONTRACT, Failure, Verdict
from course.kit import Kit

__all__ = [
    "PATIENCE",
    "CellResult",
    "Checks",
    "Scorecard",
    "State",
    "judged",
]

# Seconds until a judge without an answer is given up.
PATIENCE = 120.0

State = Literal["passed", "failed", "not_started", "not_run", "absent"]


class Checks(Protocol):
    """What is needed of a checker."""

    def check(self, exercise: str, patience: float | None = None) -> Verdict:
        """Return the verdict on an exercise, or on the contract."""


@dataclass(frozen=True)
class CellResult:
    """One case of one agent.

    `expected` is in words. `because` says why the case does not exist for
    this agent, or why it comes to something else than for the others.
    """

    case: str
    agent: str
    state: State
    expected: str = ""
    because: str = ""
    failure: Failure | None = None


@dataclass(frozen=True)
class Scorecard:
    """All cells, row by row; `problem` says why none could be judged."""

    cells: tuple[CellResult, ...]
    problem: str = ""

    @property
    def agents(self) -> tuple[str, ...]:
        """The columns, from left to right."""
        return tuple(dict.fromkeys(cell.agent for cell in self.cells))

    @property
    def rows(self) -> dict[str, list[CellResult]]:
        """The cells of each case, in the order of the columns."""
        rows: dict[str, list[CellResult]] = {}
        for cell in self.cells:
            rows.setdefault(cell.case, []).append(cell)
        return rows

    @property
    def holds(self) -> bool:
        """Whether every cell that exists holds."""
        states = {cell.state for cell in self.cells}
        return not self.problem and states <= {"passed", "absent"}

    def count(self, agent: str) -> tuple[int, int]:
        """Return how many of an agent's cells hold, and how many exist."""
        states = [
            cell.state
            for cell in self.cells
            if cell.agent == agent and cell.state != "absent"
        ]
        return states.count("passed"), len(states)

    def failed(self) -> list[CellResult]:
        """Return the cells that do not hold, the first of each agent first."""
        rounds: Counter[str] = Counter()
        failed = []
        for cell in self.cells:
            if cell.state == "failed":
                column = self.agents.index(cell.agent)
                failed.append((rounds[cell.agent], column, cell))
                rounds[cell.agent] += 1
        return [cell for *_, cell in sorted(failed, key=lambda row: row[:2])]

    def to_dict(self) -> dict[str, Any]:
        """Return the scorecard as plain data, ready for JSON."""
        counts = {agent: self.count(agent) for agent in self.agents}
        return {
            "holds": self.holds,
            "problem": self.problem,
            "agents": [
                {"agent": agent, "passed": passed, "cells": cells}
                for agent, (passed, cells) in counts.items()
            ],
            "cells": [asdict(cell) for cell in self.cells],
        }


def judged(checks: Checks, kit: Kit) -> Scorecard:
    """Return the scorecard of the package that `checks` looks after."""
    return scorecard(checks.check(CONTRACT, PATIENCE), kit)


def scorecard(verdict: Verdict, kit: Kit) -> Scorecard:
    """Return what a verdict on the contract says of each cell."""
    cells = tuple(_cells(verdict, kit))
    if verdict.expectations:
        return Scorecard(cells)
    failure = verdict.failure
    return Scorecard(cells, failure.message if failure else verdict.status)


def _cells(verdict: Verdict, kit: Kit) -> Iterator[CellResult]:
    states = {_key(row.test): row.outcome for row in verdict.expectations}
    failures = {_key(row.test): row for row in verdict.failures}
    for case, agent, cell in _table(kit):
        if not hasattr(cell, "expected"):
            because = str(cell.because)
            yield CellResult(case.name, agent.name, "absent", "", because)
            continue
        yield CellResult(
            case.name,
            agent.name,
            states.get(cell.name, "not_run"),
            cell.expected.in_words(),
            cell.because,
            failures.get(cell.name),
        )


def _key(test: str) -> str:
    """Return the name of a cell: what stands in a test's brackets."""
    return test.partition("[")[2].removesuffix("]")


def _table(kit: Kit) -> list[Any]:
    """Return every case, agent and cell of the table beside the tests."""
    file = kit.tests / "contract_cases.py"
    spec = importlib.util.spec_from_file_location("_contract_cases", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return list(module.table())
