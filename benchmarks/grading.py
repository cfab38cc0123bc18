"""A class's submissions graded: how long each takes, beside two graders.

Every run of ours is the command `grade` as anybody calls it, into a new
folder, with nothing kept from a run before: the time is the command's own,
from its start to its end, over the number of submissions.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import grading_peers
from benchmarks.grading_submissions import Handed, handed_in, load, write
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.surroundings import ROOT, clean_environ

__all__ = ["run", "run_long"]

SUBMISSIONS = 50
FEW = 10
LONG = (10, 100, 500)
TARGET = 2.0  # s for a submission, on two cores
JOBS_TARGET = 1.6  # two jobs beside one
GROWTH_TARGET = 1.1  # a submission of many beside one of few
MEMORY_TARGET = 400.0  # MB, all processes
LOOK_EVERY = 0.5  # s between two looks at the memory


@dataclass(frozen=True)
class Run:
    """One run of the command: seconds, and MB at its largest."""

    seconds: float
    memory: float
    wrong_marks: int

    def each(self, count: int) -> float:
        """Return the seconds for one of `count` submissions."""
        return self.seconds / count


def run() -> Report:
    """Grade a class, compare one job with two, and both peers with it."""
    handed = list(handed_in(SUBMISSIONS))
    whole = graded(handed, jobs=2)
    one, two = (graded(handed[:FEW], jobs) for jobs in (1, 2))
    each = whole.each(SUBMISSIONS)
    rows = [
        Row("grading/ours/per_submission", each, "s", TARGET),
        Row(
            "grading/ours/two_jobs_ratio",
            one.seconds / two.seconds,
            "ratio",
            JOBS_TARGET,
            at_least=True,
        ),
        Row("grading/ours/memory", whole.memory, "MB", MEMORY_TARGET),
        Row("grading/ours/wrong_marks", whole.wrong_marks, "count", 0.0),
    ]
    notes = [f"{SUBMISSIONS} submissions, two jobs, {whole.seconds:.0f} s."]
    for name, least in grading_peers.LEAST.items():
        try:
            peer = grading_peers.PEERS[name](
                handed[: grading_peers.SUBMISSIONS]
            )
        except BenchmarkError as error:
            notes.append(f"{name}: {error}")
            continue
        rows += [
            Row.median(f"grading/{name}/per_submission", peer.seconds, "s"),
            Row(
                f"grading/ours/times_{name}",
                sum(peer.seconds) / len(peer.seconds) / each,
                "ratio",
                least,
                at_least=True,
            ),
        ]
        notes.append(peer.note)
    return Report(tuple(rows), tuple(notes))


def run_long() -> Report:
    """Grade also larger classes, to see how time and memory grow."""
    runs = {}
    for count in LONG:
        runs[count] = graded(list(handed_in(count)), jobs=2)
    few, some, many = LONG
    # What a start costs is in neither difference.
    early = (runs[some].seconds - runs[few].seconds) / (some - few)
    late = (runs[many].seconds - runs[some].seconds) / (many - some)
    rows = [
        Row("grading/ours/growth_ratio", late / early, "ratio", GROWTH_TARGET),
        *(
            Row(f"grading/ours/per_submission_of_{n}", done.each(n), "s")
            for n, done in runs.items()
        ),
        *(
            Row(f"grading/ours/memory_of_{n}", done.memory, "MB")
            for n, done in runs.items()
        ),
    ]
    short = run()
    return Report((*short.rows, *rows), short.notes)


def graded(handed: Sequence[Handed], jobs: int) -> Run:
    """Run the command on a class; raise BenchmarkError where it fails."""
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as folder:
        for each in handed:
            write(each, Path(folder) / "handed-in")
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "course", "grade"]
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, f"{folder}/handed-in", "--out", out, f"--jobs={jobs}"],
            cwd=ROOT,
            env=clean_environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        look = Look(process.pid)
        _, said = process.communicate()
        seconds = time.perf_counter() - began
        memory = look.stop()
        if process.returncode:
            raise BenchmarkError(f"The command `grade` failed:\n{said[-800:]}")
        return Run(seconds, memory, wrong_marks(handed, out))


def wrong_marks(handed: Sequence[Handed], out: Path) -> int:
    """Return how many answers got other marks than they deserve."""
    count = 0
    for each in handed:
        [path] = (out / "results").glob(f"{each.learner}*.json")
        rows = load(path)["exercises"]
        passed = {row["exercise"] for row in rows if row["points"]}
        count += len(passed ^ each.right)
    return count


class Look:
    """Looks again and again at the memory of a process and all below it.

    Pages that several processes share count in part for each (PSS).
    """

    def __init__(self, process: int) -> None:
        self._most = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(process,))
        self._thread.start()

    def stop(self) -> float:
        """Return the most that was seen, in MB."""
        self._done.set()
        self._thread.join()
        return self._most

    def _look(self, process: int) -> None:
        while not self._done.wait(LOOK_EVERY):
            self._most = max(self._most, memory_of(process))


def memory_of(process: int) -> float:
    """Return what a process and all below it take, in MB."""
    import psutil  # type: ignore[import-untyped]

    total = 0
    try:
        first = psutil.Process(process)
        every = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0.0
    for each in every:
        try:
            found = each.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(found, "pss", 0) or found.uss
    return total / 1e6
