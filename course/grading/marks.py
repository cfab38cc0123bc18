"""Marks as files for other programs: CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from course.grading.results import Result

__all__ = ["grades_csv", "grades_json", "percent"]

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def percent(result: Result) -> float:
    """Return the share of the points, in percent with one digit."""
    possible = result["possible"]
    return round(100 * result["points"] / possible, 1) if possible else 0.0


def grades_csv(results: Sequence[Result], exercises: Sequence[str]) -> str:
    """Return a line for each learner: total, and points per exercise."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = ("learner", "points", "possible", "percent", "problems")
    writer.writerow([*columns, *exercises])
    for result in results:
        points = {row["exercise"]: row["points"] for row in _rows(result)}
        writer.writerow(
            [
                harmless(result["learner"]),
                result["points"],
                result["possible"],
                percent(result),
                harmless(" ".join(result["problems"])),
                *(points.get(number, 0) for number in exercises),
            ]
        )
    return text.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def grades_json(results: Sequence[Result], seed: int) -> str:
    """Return the marks and how they came about, without the feedback."""
    learners = [
        {
            "learner": result["learner"],
            "points": result["points"],
            "possible": result["possible"],
            "percent": percent(result),
            "problems": result["problems"],
            "repairs": result["repairs"],
            "exercises": {
                row["exercise"]: {
                    name: row[name]
                    for name in ("points", "possible", "status", "helped_by")
                }
                for row in _rows(result)
            },
        }
        for result in results
    ]
    content = {"format": 1, "seed": seed, "learners": learners}
    return json.dumps(content, indent=1) + "\n"


def _rows(result: Result) -> list[Result]:
    rows: list[Result] = result["exercises"]
    return rows
