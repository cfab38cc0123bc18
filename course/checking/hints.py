"""The hint that fits: chosen by what failed and what was observed.

Never by the learner's source text: a differently written twin of the same
mistake gets the same hint. A condition (`when` in an answers file) may name:

called, args, kwargs    the last call of the test: its dotted name and what
                        it was given
returned, raised, error what it gave: a value, or an exception's class name
                        and text
left, right             the two sides of the comparison that did not hold
calls                   all calls of the test, as dicts of the fields above
requests                what arrived at the sandbox
printed                 the beginning of what the code printed
collected, passed,      for a learner's own tests, run on the right package:
failed, empty, output   names, and what went wrong in those that failed
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NAMES: Mapping[str, Any] = {
    function.__name__: function
    for function in (
        *(abs, all, any, bool, dict, enumerate, float, int, isinstance),
        *(len, list, max, min, range, repr, round, set, sorted, str, sum),
        *(tuple, type, zip),
    )
}


class AnswersError(Exception):
    """An answers file that cannot be used."""


def hint_for(
    answers: Path, test: str, observed: Mapping[str, Any]
) -> str | None:
    """Return the hint of the first typical mistake that this one is.

    `answers` is the exercise's file of typical answers, `test` the first
    failing test (with or without its parameters), `observed` what a
    condition may name. A broken package that was not caught has a hint of
    its own. None if nothing in the file fits.
    """
    content = load_answers(answers)
    names = (test, test.partition("[")[0])
    for wrong in content.get("wrong") or ():
        if wrong.get("fails") in names and _holds(wrong, observed):
            return _one_line(wrong)
    for mutant in content.get("mutants") or ():
        if test.endswith(f"[{mutant['name']}]"):
            return _one_line(mutant)
    return None


def _one_line(row: Mapping[str, Any]) -> str | None:
    return " ".join(str(row.get("hint", "")).split()) or None


def load_answers(path: Path) -> Mapping[str, Any]:
    """Return an answers file's content; nothing if there is no file."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read(path, changed)


@functools.lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Mapping[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506
    if not isinstance(content, dict):
        raise AnswersError(f"{path.name} is no mapping")
    return content


def _holds(wrong: Mapping[str, Any], observed: Mapping[str, Any]) -> bool:
    condition = wrong.get("when")
    if condition is None:
        return True
    names = {"__builtins__": {}, **_NAMES, **observed}
    try:
        # The kit's own text. What it looks at came from the learner's code
        # and may be of any type, or belong to a process that has ended.
        return bool(eval(str(condition), names))
    except BaseException:
        return False


def general_hint(called: str, returned: str, expected: str) -> str:
    """Return the hint for a mistake that nobody foresaw."""
    # An exception has nothing to be compared from left to right.
    if expected and returned and not expected.startswith("raises "):
        return (
            "Compare what came back with what was expected, from left to "
            "right: the first difference is the one to explain."
        )
    if called:
        return (
            "Make the same call in a cell of your own and look at what "
            "happens in each step of your code."
        )
    return "Read the sentence once more and follow it through your code."
