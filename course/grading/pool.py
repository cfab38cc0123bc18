"""Submissions graded side by side, each worker a process of its own.

A worker that dies or does not come to an end costs its submission one more
try, and then that submission alone its marks.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from course.checking.limits import die_with_parent
from course.checking.warm_rooms import SHARED_PROGRAM, shared_program
from course.grading.contained import (
    close_all,
    contained_checker,
    protection,
)
from course.grading.fresh import BLANK
from course.grading.one import (
    AnyChecker,
    CheckerFactory,
    close_graders,
    grade_one,
    not_judged,
)
from course.grading.results import Result
from course.grading.submissions import Submission

__all__ = ["Order", "graded"]

# Seconds after which a submission is given up: every exercise may take its
# whole time, and the machine may be busy.
LONGEST = 1_800.0
TRIES = 2
# Seconds for one call of an answer's, those without a processor not counted:
# more than in a learner's own check, since a mark is at stake.
CALL_SECONDS = "3"

# Forked workers share the memory of what they all import.
_START = "fork" if sys.platform == "linux" else "spawn"
_PROCESSES: Any = multiprocessing.get_context(_START)

# This process's ends of its workers' connections: a forked worker gets a copy
# of each, and nobody's end would be seen as long as it had them.
_ours: set[Connection] = set()


@dataclass(frozen=True)
class Order:
    """How submissions are graded; `level` is that of the containment."""

    scratch: Path
    seed: int
    level: str = "best"
    factory: Callable[[str, int], CheckerFactory] | None = None
    # The warm program that judges share, if they do.
    program: str = ""


def graded(
    submissions: Sequence[Submission], order: Order, jobs: int
) -> Iterator[tuple[Submission, Result]]:
    """Yield each submission with its result, as they are done."""
    count = min(jobs, len(submissions))
    with _shared_program(order, count) as program:
        order = replace(order, program=program)
        yield from _graded_by(submissions, order, count)


def _shared_program(order: Order, count: int) -> AbstractContextManager[str]:
    """Let several judges have a part of their memory in common."""
    if count < 2 or order.factory or protection(order.level).reason:
        return nullcontext("")
    return shared_program(order.scratch / "program")


def _graded_by(
    submissions: Sequence[Submission], order: Order, count: int
) -> Iterator[tuple[Submission, Result]]:
    waiting = deque((each, TRIES) for each in submissions)
    workers = [_Worker(order, number) for number in range(count)]
    try:
        while waiting or any(worker.busy for worker in workers):
            for worker in workers:
                if waiting and not worker.busy:
                    worker.begin(*waiting.popleft())
            wait([worker.connection for worker in workers], timeout=1.0)
            for worker in workers:
                yield from worker.finished(waiting)
    finally:
        for worker in workers:
            worker.end()


@dataclass
class _Worker:
    """One process, started anew when it is lost."""

    order: Order
    number: int
    busy: tuple[Submission, int] | None = None
    connection: Connection = field(init=False)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.connection, theirs = _PROCESSES.Pipe()
        _ours.add(self.connection)
        self._process = _PROCESSES.Process(
            target=_work, args=(theirs, self.order, self.number)
        )
        self._process.start()
        theirs.close()

    def begin(self, submission: Submission, tries: int) -> None:
        self.busy = submission, tries
        self._began = time.monotonic()
        try:
            self.connection.send(submission)
        except OSError:
            pass  # it is found dead below

    def finished(
        self, waiting: deque[tuple[Submission, int]]
    ) -> Iterator[tuple[Submission, Result]]:
        """Yield what is done; give up what does not come to an end."""
        if self.busy is None:
            return
        submission, tries = self.busy
        reason = ""
        try:
            if self.connection.poll():
                self.busy = None
                yield submission, self.connection.recv()
                return
        except (EOFError, OSError):
            reason = "the process that graded it came to an end"
        if time.monotonic() - self._began > LONGEST:
            tries = 1
            reason = f"grading it took more than {LONGEST / 60:.0f} minutes"
        if not reason:
            return
        self.busy = None
        self._kill()
        self._start()
        if tries > 1:
            waiting.append((submission, tries - 1))
        else:
            yield submission, not_judged(submission, self.order.seed, reason)

    def _kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._hang_up()

    def _hang_up(self) -> None:
        _ours.discard(self.connection)
        self.connection.close()

    def end(self) -> None:
        """Let the process end, at once if it is at work."""
        if self.busy is None:
            self._hang_up()
            self._process.join(10)
        if self._process.is_alive():
            self._kill()


def _work(connection: Connection, order: Order, number: int) -> None:
    """Grade what is sent, until the other side is gone."""
    die_with_parent()
    for inherited in _ours:
        inherited.close()
    # What this process was forked with stays: nothing to look for there.
    gc.freeze()
    # Ctrl-C is for the process that hands out the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("COURSE_CALL_SECONDS", CALL_SECONDS)
    os.environ[SHARED_PROGRAM] = order.program
    scratch = order.scratch / str(number)
    factory = (order.factory or checker_factory)(order.level, order.seed)
    try:
        while True:
            submission = connection.recv()
            connection.send(_graded(submission, scratch, order.seed, factory))
    except (EOFError, OSError):
        pass
    finally:
        close_graders()
        close_all()


def _graded(
    submission: Submission, scratch: Path, seed: int, factory: CheckerFactory
) -> dict[str, Any]:
    try:
        return grade_one(submission, scratch, seed, factory)
    except OSError:
        raise
    except Exception as error:
        # Ours, not the learner's: the run goes on, and the page says so.
        reason = f"grading it failed ({type(error).__name__}: {error})"
        return not_judged(submission, seed, reason)


def checker_factory(level: str, seed: int) -> CheckerFactory:
    """Return what makes the checker of a workspace."""
    # A judge draws its values when it starts, by what stands here then.
    if os.environ.get("COURSE_CHECK_SEED", "0") != str(seed):
        close_graders()
        close_all()
    os.environ["COURSE_CHECK_SEED"] = str(seed)

    def make(workspace: Path) -> AnyChecker:
        return contained_checker(
            workspace, level, blank=workspace.parent / BLANK
        )

    return make
