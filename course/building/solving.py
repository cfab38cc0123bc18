"""Run a solution notebook; keep what it shows, and how often it asked."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from typing import Any

from course.building.lesson_calls import COUNTING, counted
from course.building.notebook_files import code_cell
from course.building.notebook_kernel import notebook_client
from course.kit import Kit
from course.problems import CommandError, ExitCode

__all__ = ["executed"]

# The end of a verdict's first line: an agent's tests may be early.
FINE = (": passed", ": saved, not run yet")


def executed(
    notebook: dict[str, Any], kit: Kit
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the notebook with its outputs, and the calls that it made.

    It runs in a workspace of its own. Raises CommandError for a cell that
    fails, and for an answer that does not pass.
    """
    counting = {**code_cell(COUNTING), "id": "counting"}
    last = {**notebook, "cells": [*notebook["cells"], counting]}
    ran = _run(last, kit)
    calls = counted(ran["cells"].pop()["outputs"])
    result = copy.deepcopy(notebook)
    count = 0
    for cell, done in zip(result["cells"], ran["cells"], strict=True):
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = [_bare(each, count) for each in done["outputs"]]
        _require_passed(cell)
    return result, calls


def _run(notebook: dict[str, Any], kit: Kit) -> Any:
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbformat import reads as read

    kit.solutions.mkdir(exist_ok=True)
    read_in = read(  # type: ignore[no-untyped-call]
        json.dumps(notebook), as_version=4
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        notebook_client(read_in, kit.solutions) as client,
    ):
        try:
            return client.execute(
                env={**os.environ, "COURSE_WORKSPACE": folder}
            )
        except (CellExecutionError, DeadKernelError, TimeoutError) as error:
            raise CommandError(
                ExitCode.FAILED, f"A solution cannot be run: {error}"
            ) from None


def _bare(output: dict[str, Any], count: int) -> dict[str, Any]:
    """Return an output as it is kept in a file."""
    kind = output["output_type"]
    kept: dict[str, Any] = {}
    if kind == "stream":
        kept = {"name": output["name"], "text": _lines(output["text"])}
    elif kind in ("display_data", "execute_result"):
        data = {
            name: _lines(value) if isinstance(value, str) else value
            for name, value in sorted(output["data"].items())
        }
        kept = {"data": data, "metadata": {}}
        if kind == "execute_result":
            kept["execution_count"] = count
    return dict(sorted({"output_type": kind, **kept}.items()))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _require_passed(cell: dict[str, Any]) -> None:
    source = "".join(cell["source"])
    if not source.partition("\n")[0].startswith("@exercise("):
        if '\n@exercise("' not in source:
            return
    shown = [
        "".join(output.get("data", {}).get("text/plain", []))
        for output in cell["outputs"]
    ]
    if not any(text.partition("\n")[0].endswith(FINE) for text in shown):
        raise CommandError(
            ExitCode.FAILED,
            "An answer in a solution does not pass:\n" + "\n".join(shown),
        )
