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
    "router": "benchmarks.router",
    "recommender": "benchmarks.recommender",
    "grading": "benchmarks.grading",
    "lab": "benchmarks.course_start",
}
# Options that name a file, for the benchmark of the recommender.
FILES = ("train", "test")
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
            module = importlib.import_module(BENCHMARKS[name])
            long = wanted.long and hasattr(module, "run_long")
            options = files(wanted, name)
            reports.append(
                module.run_long() if long else module.run(**options)
            )
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
    parser.add_argument(
        "--long",
        action="store_true",
        help="also what takes long: router, a hundred thousand requests; "
        "grading, 500 submissions",
    )
    for file in FILES:
        parser.add_argument(
            f"--{file}", metavar="FILE", help=f"recommender: {file} outcomes"
        )
    return parser.parse_args(argv)


def files(wanted: argparse.Namespace, name: str) -> dict[str, str]:
    """Return the files that a benchmark was given, by their options.

    Raises CommandError where only another benchmark takes them.
    """
    given = {file: path for file in FILES if (path := getattr(wanted, file))}
    if name == "recommender":
        return given
    if given and wanted.name != "all":
        raise CommandError(
            ExitCode.WRONG_USE,
            "Only `bench recommender` takes --train and --test.",
        )
    return {}


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
    reached = "reached" if row.is_reached else "missed"
    target = f"{'>=' if row.at_least else '<='} {row.target:g}"
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
    """Return rows, raw samples by row, and notes as JSON.

    `at_least` names the rows whose target is the least, not the most.
    """
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
        "at_least": [
            row.what
            for row in rows
            if row.at_least and row.target is not None
        ],
        "samples": {row.what: row.samples for row in rows},
        "notes": [surroundings(), *notes],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
