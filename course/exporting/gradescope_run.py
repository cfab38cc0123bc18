"""What Gradescope's `run_autograder` starts: one submission, graded.

Called with the folder of the submission, that of the results and the class's
seed, it writes `results.json` there, whatever happens.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["failed_run", "main", "results"]

LEARNER = "submission"

JSON = dict[str, Any]


def main(argv: list[str]) -> int:
    """Grade a submission; 0 as soon as there is a `results.json`."""
    submission, out, seed = Path(argv[0]), Path(argv[1]), argv[2]
    try:
        content = results(_graded(submission, int(seed)))
    except Exception as error:  # Gradescope shows nothing else of a run
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        content = failed_run()
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(content, indent=1), "utf-8")
    return 0


def _graded(submission: Path, seed: int) -> JSON:
    from course.grading.one import close_graders, grade_one
    from course.grading.pool import checker_factory
    from course.grading.submissions import find

    with tempfile.TemporaryDirectory() as folder:
        # The grader looks for a folder for each learner.
        handed_in = Path(folder) / "submissions" / LEARNER
        shutil.copytree(submission, handed_in, symlinks=True)
        [found] = find(handed_in.parent)
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        try:
            factory = checker_factory("best", seed)
            return grade_one(found, scratch, seed, factory)
        finally:
            close_graders()


def results(result: Mapping[str, Any]) -> JSON:
    """Return a grader's result as Gradescope's `results.json` has it."""
    told = [*result["problems"], *result["repairs"]]
    return {
        "output": "\n".join(told) or "Every file could be read.",
        "output_format": "text",
        # What learners' code prints is shown to nobody.
        "stdout_visibility": "hidden",
        "tests": [_test(row) for row in result["exercises"]],
    }


def failed_run() -> JSON:
    """Return what tells the instructor that a submission was not graded."""
    return {
        "score": 0,
        "output": "The autograder itself failed; nothing was graded. Tell "
        "your instructor.",
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def _test(row: Mapping[str, Any]) -> JSON:
    return {
        "name": f"{row['exercise']} {row['title']}",
        "number": row["exercise"],
        "score": row["points"],
        "max_score": row["possible"],
        "status": "passed" if row["status"] == "passed" else "failed",
        "output": _output(row),
        "output_format": "text",
        "visibility": "visible",
    }


def _output(row: Mapping[str, Any]) -> str:
    """Return what a learner is told: how it went, what fails, the hint."""
    lines = [f"{row['status'].replace('_', ' ').capitalize()}.", *row["notes"]]
    if row["helped_by"]:
        helped = ", ".join(row["helped_by"])
        lines.append(f"Judged with the course's answers to {helped}.")
    verdict = row["verdict"] or {}
    failure = verdict.get("failure") or {}
    labels = {
        "sentence": "Expectation",
        "called": "Called",
        "raised": "Raised",
        "message": "Because",
    }
    lines += [
        f"{label}: {failure[name]}"
        for name, label in labels.items()
        if failure.get(name)
    ]
    if verdict.get("hint"):
        lines.append(f"Hint: {verdict['hint']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
