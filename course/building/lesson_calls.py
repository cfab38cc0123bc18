"""How often each phase asks which model, counted while its solution runs.

`data/lesson_calls.json` has it, so that a learner with a real key can be told
what a phase will cost before anything is spent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.workspace.files import write_atomically

__all__ = ["COUNTING", "counted", "note_calls", "without_calls"]

COLUMNS = ("provider", "model", "calls", "body_bytes")
ABOUT = (
    "Calls that models answer while a phase's solution runs once, and the "
    "bytes of those requests; written by `python3 -m course build`."
)
# A last cell, which is not kept. A notebook without a sandbox asks nobody.
COUNTING = """\
import json, sys
_course = sys.modules.get("course.notebook")
print(json.dumps(_course.sandbox.answered_calls() if _course else []))
"""


def counted(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that the counting cell has printed."""
    text = "".join("".join(each.get("text", "")) for each in outputs)
    return [dict(zip(COLUMNS, row, strict=True)) for row in json.loads(text)]


def note_calls(kit: Kit, phase: int, rows: list[dict[str, Any]]) -> None:
    """Put a phase's rows in place of what the file said of it."""
    phases = {**_phases(kit), str(phase): rows}
    document = {"about": ABOUT, "phases": dict(sorted(phases.items()))}
    text = json.dumps(document, indent=1) + "\n"
    write_atomically(kit.lesson_calls, text.encode())


def without_calls(kit: Kit, phases: Sequence[int]) -> list[int]:
    """Return the phases of which the file says nothing."""
    known = _phases(kit)
    return [phase for phase in phases if str(phase) not in known]


def _phases(kit: Kit) -> dict[str, Any]:
    try:
        text = kit.lesson_calls.read_text(encoding="utf-8")
        phases = json.loads(text)["phases"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise CommandError(
            ExitCode.FAILED,
            f"data/{kit.lesson_calls.name} cannot be read. Delete it and "
            "build again.",
        ) from None
    return dict(phases)
