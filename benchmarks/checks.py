"""From running an exercise's cell to the verdict shown, in a real kernel.

A sample is one cell: from sending the execute request until the kernel is
idle again and the verdict's page has arrived. So it holds the kernel's part,
saving, checking and rendering, but not the browser's drawing. Each exercise's
blank and its answer run in turn, so that every save changes the file.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.samples import percentile
from benchmarks.surroundings import ROOT, clean_environ

__all__ = ["run"]

ROUNDS = 3
MEDIAN_TARGET = 0.3  # s
P95_TARGET = 0.6  # s
MEMORY_TARGET = 200.0  # MB
PHASES = ("phase_1_*.ipynb", "phase_2_*.ipynb")
PATIENCE = 120.0  # s for one cell
LOOK_EVERY = 0.1  # s between two looks at the memory
ANSWER = re.compile(r'^@exercise\("([\d.]+)"\)', re.MULTILINE)
SET_UP = "from course.notebook import"
PASSED = ": passed"


@dataclass(frozen=True)
class Cells:
    """One exercise's cells, as a learner finds it and as it is solved."""

    exercise: str
    blank: str
    solved: str


class Kernel:
    """A notebook's kernel, with a workspace of its own.

    It runs in `solutions`, where a learner's own keys are not read.
    """

    def __init__(self, workspace: str) -> None:
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(kernel_name="python3")
        self._environ = clean_environ(None, COURSE_WORKSPACE=workspace)

    def __enter__(self) -> Kernel:
        folder = str(ROOT / "solutions")
        self._manager.start_kernel(cwd=folder, env=self._environ)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel()

    def run(self, code: str) -> tuple[float, list[str]]:
        """Return the seconds that a cell takes, and the texts it shows.

        Raises BenchmarkError where the cell raises.
        """
        started = time.perf_counter()
        request = self._client.execute(code)
        shown: list[str] = []
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            content: dict[str, Any] = message["content"]
            kind = message["msg_type"]
            if kind == "error":
                raise BenchmarkError(f"A cell raised {content['ename']}.")
            if kind == "display_data":
                shown.append(content["data"].get("text/plain", ""))
            if kind == "status" and content["execution_state"] == "idle":
                return time.perf_counter() - started, shown

    def verdict(self, code: str, passes: bool) -> float:
        """Return the seconds to the verdict on an exercise's cell.

        Raises BenchmarkError where it is not the one that it should be.
        """
        taken, shown = self.run(code)
        titles = [text.partition("\n")[0] for text in shown]
        if not titles or titles[0].endswith(PASSED) != passes:
            raise BenchmarkError(f"This is not the right verdict: {titles}")
        return taken

    def memory(self) -> float:
        """Return what the processes below the kernel take, in MB.

        Pages that several processes share count in part for each (PSS);
        where the system does not tell, only unshared pages count.
        """
        import psutil  # type: ignore[import-untyped]

        total = 0
        provisioner: Any = self._manager.provisioner
        kernel = psutil.Process(provisioner.pid)
        for process in kernel.children(recursive=True):
            try:
                found = process.memory_full_info()
            except psutil.Error:
                continue
            total += getattr(found, "pss", found.uss)
        return total / 1_000_000


def run() -> Report:
    """Measure the checks of all exercises of phases 1 and 2."""
    cells = exercise_cells(ROOT)
    blanks: dict[str, list[float]] = {each.exercise: [] for each in cells}
    solved: dict[str, list[float]] = {each.exercise: [] for each in cells}
    with tempfile.TemporaryDirectory() as folder, Kernel(folder) as kernel:
        started = time.perf_counter()
        kernel.run(set_up_cell(ROOT))
        kernel.verdict(cells[0].solved, passes=True)
        first = time.perf_counter() - started
        for number in range(ROUNDS + 1):
            for each in cells:
                blank = kernel.verdict(each.blank, passes=False)
                right = kernel.verdict(each.solved, passes=True)
                # In the first round everything is done for the first time.
                if number:
                    blanks[each.exercise].append(blank)
                    solved[each.exercise].append(right)
        memory = memory_of_a_round(kernel, cells)
    return Report(
        (
            *rows("", solved, MEDIAN_TARGET, P95_TARGET),
            *rows("blank_", blanks),
            Row("checks/ours/first_verdict", first, "s", None, (first,)),
            Row(
                "checks/ours/memory",
                max(memory),
                "MB",
                MEMORY_TARGET,
                tuple(memory),
            ),
        ),
        (slowest(solved),),
    )


def rows(
    name: str,
    taken: dict[str, list[float]],
    middle: float | None = None,
    most: float | None = None,
) -> list[Row]:
    """Return the median and the 95th percentile over all exercises."""
    samples = [sample for each in taken.values() for sample in each]
    p95 = percentile(samples, 95)
    return [
        Row.median(f"checks/ours/{name}median", samples, "s", middle),
        Row(f"checks/ours/{name}p95", p95, "s", most, tuple(samples)),
    ]


def slowest(taken: dict[str, list[float]]) -> str:
    """Return a sentence that names the exercises with the longest checks."""
    medians = sorted(
        ((median(samples), name) for name, samples in taken.items()),
        reverse=True,
    )
    named = ", ".join(f"{name} ({value:.2f} s)" for value, name in medians[:4])
    return f"The longest checks: {named}."


def memory_of_a_round(kernel: Kernel, cells: list[Cells]) -> list[float]:
    """Return the memory at every look during one round that is not timed."""
    taken = [kernel.memory()]
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY):
            taken.append(kernel.memory())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for each in cells:
            kernel.verdict(each.solved, passes=True)
    finally:
        done.set()
        looking.join()
    return taken


def exercise_cells(root: Path) -> list[Cells]:
    """Return the cells of the exercises, in the notebooks' order.

    Raises BenchmarkError where the notebooks have not been built.
    """
    blanks = answers(root / "notebooks")
    solved = answers(root / "solutions")
    if not solved or blanks.keys() != solved.keys():
        raise BenchmarkError(
            "The notebooks are not complete; run `python3 -m course build`."
        )
    return [Cells(name, blanks[name], solved[name]) for name in solved]


def answers(folder: Path) -> dict[str, str]:
    """Return the cells with an exercise, by its number."""
    found = {}
    for source in code_cells(folder):
        match = ANSWER.search(source)
        if match:
            found[match[1]] = source
    return found


def set_up_cell(root: Path) -> str:
    """Return the cell that begins every notebook."""
    cells = code_cells(root / "solutions")
    return next(source for source in cells if SET_UP in source)


def code_cells(folder: Path) -> list[str]:
    """Return the code cells of the notebooks of phases 1 and 2."""
    paths = [path for phase in PHASES for path in folder.glob(phase)]
    return [
        "".join(cell["source"])
        for path in paths
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
