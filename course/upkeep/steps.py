"""Steps of a test run: programs run side by side, each with its outcome."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

__all__ = ["Outcome", "Step", "run_steps"]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Step:
    """A program to run, for `seconds` at most.

    With a reason in `skipped` or `failed` it is not run, and counts so. One
    that fails and says what the expression `once_more` matches is run a
    second time.
    """

    name: str
    command: Sequence[str]
    seconds: int = 1800
    skipped: str = ""
    failed: str = ""
    once_more: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a step ended; `seconds` is how long it took."""

    step: Step
    status: str
    seconds: float
    output: str

    @property
    def last_line(self) -> str:
        """What the program said last, or why it did not run."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


class StepRunner:
    """Runs steps and can end all of those that run."""

    def __init__(self, environ: Mapping[str, str], folder: str) -> None:
        self.environ = dict(environ)
        self.folder = folder
        self.running: set[subprocess.Popen[bytes]] = set()
        self.ended = False

    def run(self, step: Step) -> Outcome:
        """Run a step to its end, or to the end of its time."""
        if step.failed:
            return Outcome(step, "failed", 0.0, step.failed)
        if step.skipped:
            return Outcome(step, "skipped", 0.0, step.skipped)
        began = time.monotonic()
        for _ in range(2):
            with TemporaryFile() as sink:
                said, ok = self._run(step, sink)
            again = step.once_more and re.search(step.once_more, said)
            if ok or not again:
                break
        status = "ok" if ok else "failed"
        return Outcome(step, status, time.monotonic() - began, said)

    def _run(self, step: Step, sink: IO[bytes]) -> tuple[str, bool]:
        process = subprocess.Popen(
            step.command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.running.add(process)
        late = ""
        try:
            if self.ended:
                end(process)
            process.wait(step.seconds)
        except subprocess.TimeoutExpired:
            late = f"\nNot done after {step.seconds} s: ended.\n"
        finally:
            end(process)
            self.running.discard(process)
        sink.seek(0)
        said = COLOUR.sub("", sink.read().decode("utf-8", "replace"))
        return said + late, process.returncode == 0 and not late

    def end_all(self) -> None:
        """End the steps that run, and let no other one begin."""
        self.ended = True
        for process in list(self.running):
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program, and on POSIX whatever it has left behind."""
    if os.name == "nt":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    process.wait()


def run_steps(
    steps: Sequence[Step],
    environ: Mapping[str, str],
    folder: str,
    side_by_side: int = 2,
    show: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run all steps and return their outcomes in the order of the steps.

    `show` gets each outcome as soon as it is known.
    """
    runner = StepRunner(environ, folder)
    with ThreadPoolExecutor(side_by_side) as pool:
        waiting = {pool.submit(runner.run, step): step for step in steps}
        try:
            for done in as_completed(waiting):
                show(done.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            runner.end_all()
            raise
        outcomes = {step.name: done.result() for done, step in waiting.items()}
    return [outcomes[step.name] for step in steps]
