"""`python3 -m course test`: everything that has to hold, in one command."""

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from course.live import smoke
from course.problems import ExitCode
from course.setup.environment import ROOT
from course.upkeep.chromium import find_chromium
from course.upkeep.marked_tests import ONLY, PLACES
from course.upkeep.steps import Outcome, Step, run_steps

__all__ = ["closing_line", "main", "steps_to_run"]

# What starts processes and servers by the dozen, or asks much of the machine;
# left out of `--quick` with what is imported for it.
NOT_QUICK = (
    "browser/*",
    "clients/*",
    "exporting/*",
    "grading/*",
    "releasing/*",
    "recommender/test_costs_beside_genai_prices.py",
    "recommender/test_recommender_cases.py",
    "router/*",
    "test_agent_tests.py",
    "test_all_agents.py",
    "test_bench*.py",
    "test_build.py",
    "test_checking_*.py",
    "test_checklist.py",
    "test_clients.py",
    "test_contract*.py",
    "test_environment.py",
    "test_gemini_agent.py",
    "test_imports.py",
    "test_installing.py",
    "test_lab.py",
    "test_live.py",
    "test_llm_router.py",
    "test_nested_modules.py",
    "test_notebook.py",
    "test_own_*.py",
    "test_packaging.py",
    "test_rehearsal.py",
    "test_release_*.py",
    "test_router_log.py",
    "test_sandbox_*.py",
    "test_second_package.py",
    "test_simulation.py",
    "test_site.py",
    "test_soak.py",
    "test_teaching.py",
    "test_threads.py",
    "test_workspace*.py",
)

# Twice as many as CI has processors: a browser, a kernel and a check wait for
# each other as much as they compute.
AT_A_TIME = 4

# A file's tests stay in one process and in order, as a notebook's cells must.
TWO_PROCESSES = ("--numprocesses=2", "--dist=loadfile")
# A kernel waits more than it computes: three keep two processors busy.
THREE_PROCESSES = ("--numprocesses=3", "--dist=loadfile")

COUNT = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|errors?)\b")
CLOSING = re.compile(rf"^=* ?{COUNT.pattern}.* in [\d.]+s.*$", re.MULTILINE)


def main(argv: list[str]) -> int:
    """Run the project's tests and return 0 where all of them hold."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course test",
        description="Lint, types, unit tests, proofs, notebooks, a rehearsal "
        "of the course, and the browser.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="lint, types, and the unit tests that are not slow",
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="nothing of that: one short call, whole and as a stream, to "
        "each provider that .env has made live; it costs money",
    )
    parser.add_argument(
        "--screenshots",
        type=Path,
        metavar="DIR",
        help="have the browser tests put their pictures there",
    )
    wanted = parser.parse_args(argv)
    if wanted.live:
        return smoke.run()
    steps = steps_to_run(wanted.quick, ci=is_ci(os.environ))
    print(f"Running {len(steps)} steps, four at a time.", flush=True)
    began = time.monotonic()
    with TemporaryDirectory(prefix="course-test-") as scratch:
        environ = {**os.environ, **settings(Path(scratch))}
        if wanted.screenshots:
            environ["COURSE_SCREENSHOTS"] = str(wanted.screenshots.resolve())
        outcomes = run_steps(steps, environ, str(ROOT), AT_A_TIME, show)
    print(summary(outcomes, time.monotonic() - began), flush=True)
    failed = any(outcome.status == "failed" for outcome in outcomes)
    return ExitCode.FAILED if failed else ExitCode.DONE


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether a machine runs this, where nothing may be skipped."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def steps_to_run(quick: bool, ci: bool) -> list[Step]:
    """Return the steps, those that take longest first."""
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest", "-rfEs"]
    # nbval is loaded only where it is used: its import takes seconds.
    tests = [*pytest, "-pno:nbval", "-pcourse.upkeep.marked_tests"]
    units = [*tests, "tests", "-m", "not proof and not browser"]
    units += [
        f"--ignore=tests/{each}" for each in (*ONLY["browser"], *ONLY["proof"])
    ]
    if quick:
        units += [f"--ignore-glob=tests/{each}" for each in NOT_QUICK]
        units += TWO_PROCESSES
    unit_tests = Step("unit tests", units)
    short = [
        Step("types (mypy)", [*python, "mypy"]),
        Step("lint (ruff)", [*python, "ruff", "check", "."]),
        Step("generated files", [*python, "course", "build", "--check"]),
    ]
    if quick:
        return [unit_tests, *short]
    nbval = ["--nbval", "--nbval-cell-timeout=60"]
    return [
        unit_tests,
        Step("proofs", [*tests, *marked("proof")]),
        browser_step([*tests, *marked("browser")], ci),
        Step("rehearsal", [*python, "course", "rehearse"]),
        # A kernel's ports are chosen before it binds them; on a busy machine
        # another program may take one meanwhile, and the kernel ends or is
        # mute.
        Step(
            "solutions (nbval)",
            [*pytest, *THREE_PROCESSES, *nbval, "solutions"],
            once_more=r"Kernel (didn't respond|died before)",
        ),
        *short,
    ]


def marked(mark: str) -> list[str]:
    """Return what has pytest run the tests of a mark, and collect no more."""
    return [*(f"tests/{place}" for place in PLACES[mark]), "-m", mark]


def browser_step(command: Sequence[str], ci: bool) -> Step:
    """Return the step of the browser tests, which need a Chromium."""
    name = "browser"
    if find_chromium():
        return Step(name, command)
    reason = "No Chromium was found, nor Chrome; COURSE_CHROMIUM names one."
    if ci:
        return Step(name, command, failed=f"{reason} CI is set: a failure.")
    return Step(name, command, skipped=reason)


def settings(scratch: Path) -> dict[str, str]:
    """Return variables that make a run quick, and leave a user's alone."""
    return {
        "COURSE_WORKSPACE": str(scratch / "workspace"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(scratch / "ipython"),
        # Else each of hundreds of processes would compile all it imports.
        "PYTHONDONTWRITEBYTECODE": "",
        # Steps run side by side: numpy's threads would wait for each other.
        "OMP_NUM_THREADS": "1",
    }


def show(outcome: Outcome) -> None:
    """Print a step's outcome, and all it said if it failed."""
    if outcome.status == "failed":
        print(f"\n--- {outcome.step.name} failed ---\n{outcome.output}")
    print(line(outcome), flush=True)


def line(outcome: Outcome) -> str:
    seconds = f"{outcome.seconds:.1f} s" if outcome.seconds else ""
    name = outcome.step.name
    said = outcome.last_line.strip("= ")
    return f"{outcome.status:<8}{name:<19}{seconds:>8}  {said}"


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return a table of all steps, and pytest's counts as the last line."""
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    return "\n".join(
        [
            "",
            *map(line, outcomes),
            f"{len(outcomes)} steps: {told}, in {seconds:.0f} s",
            closing_line([outcome.output for outcome in outcomes], seconds),
        ]
    )


def closing_line(outputs: Sequence[str], seconds: float) -> str:
    """Return one closing line, in pytest's own form, for all its runs."""
    counts: Counter[str] = Counter()
    for output in outputs:
        closing = list(CLOSING.finditer(output))
        if closing:
            for number, word in COUNT.findall(closing[-1].group()):
                counts[word.replace("errors", "error")] += int(number)
    told = ", ".join(f"{number} {word}" for word, number in counts.items())
    return f"===== {told or 'no tests ran'} in {seconds:.2f}s ====="
