"""`python3 -m course bench NAME`: one run of a benchmark, as a table."""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.rows import BenchmarkError, Report, Row
from course.problems import CommandError, ExitCode

__all__ = ["BENCHMARKS", "as_json", "main", "table"]

BENCHMARKS = {
    "checks": "benchmarks.checks",
    "import": "benchmarks.imports",
    "agents": "benchmarks.agents",
    "parallel": "benchmarks.parallel",
    "lab": "benchmarks.course_start",
}
ALSO_CALLED = {"course": "lab"}
HEADINGS = ("what", "value", "unit", "target", "")


def main(argv: list[str]) -> int:
    """Run the benchmarks that are asked for; print one table or JSON."""
    wanted = parse(argv)
    reports = []
    exit_code = ExitCode.DONE
    for name in names(wanted.name):
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        try:
            reports.append(importlib.import_module(BENCHMARKS[name]).run())
        except BenchmarkError as error:
            reports.append(Report((), (f"{name}: {error}",)))
            exit_code = ExitCode.FAILED
    rows = [row for report in reports for row in report.rows]
    notes = [note for report in reports for note in report.notes]
    if wanted.json:
        print(as_json(rows, notes))
    else:
        print("\n".join([table(rows), "", surroundings(), *notes]))
    return exit_code


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course bench",
        description="Measure side by side; benchmarks/README.md says what.",
    )
    parser.add_argument("name", metavar="NAME", help=f"{choices()}, or all")
    parser.add_argument(
        "--json", action="store_true", help="rows, samples and notes as JSON"
    )
    return parser.parse_args(argv)


def choices() -> str:
    return ", ".join(BENCHMARKS)


def names(wanted: str) -> list[str]:
    """Return the benchmarks that a name stands for.

    Raises CommandError, naming what there is, for one that is unknown.
    """
    if wanted == "all":
        return list(BENCHMARKS)
    name = ALSO_CALLED.get(wanted, wanted)
    if name in BENCHMARKS:
        return [name]
    close = difflib.get_close_matches(wanted, BENCHMARKS, n=1)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    raise CommandError(
        ExitCode.WRONG_USE,
        f"There is no benchmark `{wanted}`.{meant} "
        f"There are: {choices()}, or all.",
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows under their headings, columns aligned."""
    lines = [HEADINGS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        f"{what:<{widths[0]}}  {value:>{widths[1]}}  {unit:<{widths[2]}}  "
        f"{target:>{widths[3]}}  {verdict}".rstrip()
        for what, value, unit, target, verdict in lines
    )


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """Return a row as the texts of the table's columns."""
    if row.target is None:
        return row.what, figure(row.value), row.unit, "", ""
    reached = "reached" if row.value <= row.target else "missed"
    target = f"<= {row.target:g}"
    return row.what, figure(row.value), row.unit, target, reached


def figure(value: float) -> str:
    """Return a number with as many decimals as say something."""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def surroundings() -> str:
    """Return what the figures were taken on."""
    busy = ""
    if hasattr(os, "getloadavg"):
        busy = f", load average {os.getloadavg()[0]:.1f} at the end"
    return (
        f"One run: Python {platform.python_version()}, {platform.system()}, "
        f"{os.cpu_count()} cores{busy}."
    )


def as_json(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Return rows, raw samples by row, and notes as JSON."""
    content: dict[str, Any] = {
        "rows": [
            {
                "what": row.what,
                "value": row.value,
                "unit": row.unit,
                "target": row.target,
            }
            for row in rows
        ],
        "samples": {row.what: row.samples for row in rows},
        "notes": [surroundings(), *notes],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
