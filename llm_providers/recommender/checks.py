"""Checks of an answer, for a cascade: does it pass, and how well?

A check is any function from the standard response to True or False, a score
from 0 to 1, or a `Checked`, which also says why. These here are ready-made.
"""

from __future__ import annotations

import ast
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llm_providers.recommender.json_schema import flaw_of, require_known
from llm_providers.responses import StandardResponse, total_usd

__all__ = [
    "Check",
    "Checked",
    "all_of",
    "checked",
    "compiles",
    "ended",
    "is_json",
    "matches",
    "runs",
]

FENCE = re.compile(r"```[a-z]*\s*\n(.*?)\n\s*```", re.DOTALL)


@dataclass(frozen=True)
class Checked:
    """What a check says of an answer.

    `score` is from 0 to 1. `cost_usd` is what checking cost: 0 where nobody
    was asked, None where it is unknown.
    """

    passed: bool
    score: float
    reason: str = ""
    cost_usd: float | None = 0.0


Check = Callable[[StandardResponse], "bool | float | Checked"]


def checked(
    check: Check, response: StandardResponse, pass_at: float = 0.5
) -> Checked:
    """Return what a check says; a score passes from `pass_at` on.

    A check that raises an exception has not been passed. One that returns
    something else is a mistake: TypeError, or ValueError for a score that is
    none.
    """
    try:
        said = check(response)
    except Exception as error:
        return Checked(False, 0.0, f"the check raised {_name(error)}")
    if isinstance(said, Checked):
        return said
    if isinstance(said, bool):
        words = "passed the check" if said else "did not pass the check"
        return Checked(said, float(said), words)
    if not isinstance(said, int | float):
        raise TypeError(
            "a check returns True or False, a score from 0 to 1 or a "
            f"Checked, not {type(said).__name__}"
        )
    if math.isnan(said) or not 0 <= said <= 1:
        raise ValueError(f"a check's score is from 0 to 1, not {said}")
    return Checked(said >= pass_at, float(said), f"scored {said:.2f}")


def all_of(*checks: Check) -> Check:
    """Return a check that passes where all of these do, in this order.

    It ends at the first that is not passed, so put the free ones first. The
    score is the mean, with 0 for those that were not reached.
    """

    def check(response: StandardResponse) -> Checked:
        said: list[Checked] = []
        for one in checks:
            said.append(checked(one, response))
            if not said[-1].passed:
                break
        return Checked(
            passed=all(one.passed for one in said),
            score=sum(one.score for one in said) / max(1, len(checks)),
            reason="; ".join(one.reason for one in said),
            cost_usd=total_usd(one.cost_usd for one in said),
        )

    return check


def ended(response: StandardResponse) -> Checked:
    """Check that there is a text and that it came to its own end."""
    if not response.message.strip():
        return Checked(False, 0.0, "it is empty")
    if response.finish_reason != "stop":
        return Checked(False, 0.0, f"it ended by {response.finish_reason}")
    return Checked(True, 1.0, "it is complete")


def matches(pattern: str) -> Check:
    """Return a check that a regular expression is found in the answer."""
    sought = re.compile(pattern)

    def check(response: StandardResponse) -> Checked:
        there = sought.search(response.message) is not None
        words = "matches" if there else "does not match"
        return Checked(there, float(there), f"it {words} {pattern}")

    return check


def is_json(schema: Mapping[str, Any] | None = None) -> Check:
    """Return a check that the answer is JSON, and satisfies a schema.

    Raises ValueError for a schema with a keyword that is not checked.
    """
    require_known(schema or {})

    def check(response: StandardResponse) -> Checked:
        try:
            value = json.loads(response.message)
        except (ValueError, RecursionError):
            return Checked(False, 0.0, "it is no JSON")
        flaw = flaw_of(value, schema or {})
        return Checked(flaw is None, float(flaw is None), flaw or "it fits")

    return check


def compiles(response: StandardResponse) -> Checked:
    """Check that the answer's code, or all of it, is Python. Nothing runs."""
    try:
        ast.parse(code_in(response.message))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Checked(False, 0.0, f"it does not compile: {_name(error)}")
    return Checked(True, 1.0, "it compiles")


def runs(tests: str, seconds: float = 10.0) -> Check:
    """Return a check that the answer's Python code passes these tests.

    `tests` is Python that raises an exception where the code before it is
    wrong, such as lines with ``assert``. Both run in a process of their own,
    in an empty folder, without the environment's variables, for so long at
    most. That keeps accidents away, but contains nobody: what a model wrote
    runs with your rights.
    """

    def check(response: StandardResponse) -> Checked:
        program = f"{code_in(response.message)}\n\n{tests}\n"
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = subprocess.run(
                    [sys.executable, "-I", "-c", program],
                    cwd=folder,
                    env={},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=seconds,
                )
            except subprocess.TimeoutExpired:
                return Checked(False, 0.0, f"it ran for over {seconds:g} s")
        passed = done.returncode == 0
        words = "it passes" if passed else "it does not pass"
        return Checked(passed, float(passed), f"{words} the tests")

    return check


def code_in(text: str) -> str:
    """Return the code in a text's fences, or the whole text without any."""
    return "\n\n".join(FENCE.findall(text)) or text


def _name(error: Exception) -> str:
    return type(error).__name__
