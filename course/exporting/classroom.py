"""A workflow that grades a repository of GitHub Classroom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from course.building.lessons import Exercise, load_exercises
from course.kit import Kit

__all__ = ["export", "workflow"]

MINUTES = 5
HEAD = """\
name: autograding
on: [push, workflow_dispatch, repository_dispatch]

permissions:
  checks: write
  actions: read
  contents: read

jobs:
  grade:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    if: github.actor != 'github-classroom[bot]'
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.11"
      - name: Prepare
        run: python3 -m course progress
"""
STEP = """\
      - id: {name}
        name: "Exercise {id}"
        uses: classroom-resources/autograding-command-grader@v1
        with:
          test-name: "Exercise {id}"
          command: python3 -m course check {id}
          timeout: {minutes}
          max-score: {points}
"""
REPORT = """\
      - name: Report
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{environment}
        with:
          runners: {runners}
"""


def export(kit: Kit, out: Path) -> Iterator[Path]:
    """Write the workflow where a repository has it; yield its path."""
    path = out / ".github" / "workflows" / "classroom.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(workflow(load_exercises(kit).values()), "utf-8")
    yield path


def workflow(exercises: Iterable[Exercise]) -> str:
    """Return a workflow that checks each exercise for its points."""
    rows = [(_name(each), each) for each in exercises]
    steps = [
        STEP.format(name=name, id=each.id, minutes=MINUTES, points=each.points)
        for name, each in rows
    ]
    environment = "\n".join(
        f"          {name.upper()}_RESULTS: "
        f'"${{{{ steps.{name}.outputs.result }}}}"'
        for name, _ in rows
    )
    runners = ",".join(name for name, _ in rows)
    report = REPORT.format(environment=environment, runners=runners)
    return "".join([HEAD, *steps, report])


def _name(exercise: Exercise) -> str:
    return f"exercise-{exercise.id.replace('.', '-')}"
