"""From running an exercise's cell to the verdict shown, in a real kernel.

A sample is one cell: from sending the execute request until the kernel is
idle again and the verdict's page has arrived. So it holds the kernel's part,
saving, checking and rendering, but not the browser's drawing. A typical
mistake and the answer run in turn, so that every save changes the file.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from statistics import median
from types import TracebackType
from typing import Any

import yaml

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
DEFINITION = re.compile(r"^(?=@|def |class )", re.MULTILINE)
SET_UP = "from course.notebook import"
PASSED = ": passed"


@dataclass(frozen=True)
class Cells:
    """One exercise's cells: as it is found, as it is solved, mistaken."""

    exercise: str
    blank: str
    solved: str
    mistakes: tuple[str, ...]


class Taken:
    """The seconds of one kind of cell, by exercise."""

    def __init__(self) -> None:
        self.by_exercise: dict[str, list[float]] = {}

    def add(self, exercise: str, seconds: float) -> None:
        self.by_exercise.setdefault(exercise, []).append(seconds)

    def rows(
        self,
        name: str,
        middle: float | None = None,
        most: float | None = None,
    ) -> list[Row]:
        """Return the median and the 95th percentile over all exercises."""
        each = self.by_exercise.values()
        samples = [sample for samples in each for sample in samples]
        p95 = percentile(samples, 95)
        return [
            Row.median(f"checks/ours/{name}median", samples, "s", middle),
            Row(f"checks/ours/{name}p95", p95, "s", most, tuple(samples)),
        ]

    def slowest(self) -> str:
        """Return a sentence that names the exercises that take longest."""
        medians = sorted(
            ((median(each), name) for name, each in self.by_exercise.items()),
            reverse=True,
        )
        named = [f"{name} ({value:.2f} s)" for value, name in medians[:4]]
        return f"The answers that take longest: {', '.join(named)}."


class Kernel:
    """A learner's kernel, with a workspace of its own.

    Only set-up and exercise cells run in it, so that nothing is asked of
    a provider, whatever `.env` says.
    """

    def __init__(self, workspace: str) -> None:
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(
            kernel_name="python3", transport_encryption="auto"
        )
        self._environ = clean_environ(None, COURSE_WORKSPACE=workspace)

    def __enter__(self) -> Kernel:
        folder = str(ROOT / "notebooks")
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

        Raises BenchmarkError where the cell raises or does not end.
        """
        started = time.perf_counter()
        request = self._client.execute(code)
        shown: list[str] = []
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=PATIENCE)
            except Empty:
                raise BenchmarkError(f"No end of the cell:\n{code}") from None
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
        if not shown:
            raise BenchmarkError(f"No verdict is shown on:\n{code}")
        if shown[0].partition("\n")[0].endswith(PASSED) != passes:
            wrong = shown[0]
            raise BenchmarkError(f"This is not the right verdict:\n{wrong}")
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
    with tempfile.TemporaryDirectory() as folder, Kernel(folder) as kernel:
        first = first_verdict(kernel, cells[0])
        blanks = solve_all(kernel, cells)
        solved, mistaken = solve_again(kernel, cells)
        memory = memory_of_a_round(kernel, cells)
    rows = (
        *solved.rows("", MEDIAN_TARGET, P95_TARGET),
        *mistaken.rows("mistake_"),
        *blanks.rows("blank_"),
        Row("checks/ours/first_verdict", first, "s", None, (first,)),
        Row(
            "checks/ours/memory",
            max(memory),
            "MB",
            MEMORY_TARGET,
            tuple(memory),
        ),
    )
    return Report(rows, (solved.slowest(),))


def first_verdict(kernel: Kernel, cells: Cells) -> float:
    """Return the seconds of the set-up cell and a blank, nothing warm."""
    started = time.perf_counter()
    kernel.run(set_up_cell(ROOT))
    kernel.verdict(cells.blank, passes=False)
    return time.perf_counter() - started


def solve_all(kernel: Kernel, cells: list[Cells]) -> Taken:
    """Solve the exercises in order; return what their blanks took."""
    blanks = Taken()
    for each in cells:
        for _ in range(ROUNDS):
            taken = kernel.verdict(each.blank, passes=False)
            blanks.add(each.exercise, taken)
        kernel.verdict(each.solved, passes=True)
    return blanks


def solve_again(kernel: Kernel, cells: list[Cells]) -> tuple[Taken, Taken]:
    """Return what answers took, each after a mistake, and the mistakes."""
    solved, mistaken = Taken(), Taken()
    for number in range(ROUNDS):
        for each in cells:
            mistake = each.mistakes[number % len(each.mistakes)]
            taken = kernel.verdict(mistake, passes=False)
            mistaken.add(each.exercise, taken)
            taken = kernel.verdict(each.solved, passes=True)
            solved.add(each.exercise, taken)
    return solved, mistaken


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
    return [
        Cells(name, blanks[name], solved[name], mistakes(root, name, cell))
        for name, cell in solved.items()
    ]


def mistakes(root: Path, exercise: str, solved: str) -> tuple[str, ...]:
    """Return the cells of the typical mistakes: edits, or whole texts."""
    path = root / "course" / "answers" / f"{exercise}.yaml"
    cells = []
    for mistake in yaml.safe_load(path.read_text("utf-8"))["wrong"]:
        edits = mistake["solution"]
        cell = f"{solved}\n"
        if isinstance(edits, str):
            decorator = f'@exercise("{exercise}")\n'
            cell, edits = DEFINITION.sub(decorator, edits, count=1), {}
        for old, new in edits.items():
            cell = cell.replace(old, new)
        cells.append(cell)
    return tuple(cells)


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
