"""Threads that are kept: one for each call under way, then for the next one.

There is no limit and no queue: a call that waited for another one's end could
wait for minutes. Starting a thread takes several times as long as waking one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

__all__ = ["run_in_thread"]

# Seconds that a thread without a job is kept.
IDLE = 10.0

Job = Callable[[], object]


class Worker:
    """A thread that does one job after the other, and ends when idle."""

    def __init__(self, crew: Crew, first: Job) -> None:
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self.jobs.put(first)
        self._crew = crew
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job()
            # A job holds what it was about, such as a connection.
            del job
            self._crew.is_free(self)

    def _next(self) -> Job | None:
        try:
            return self.jobs.get(timeout=IDLE)
        except Empty:
            # Who was chosen in this very moment has a job all the same.
            return None if self._crew.leave(self) else self.jobs.get()


class Crew:
    """The workers of this process; those that are free, the last one first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[Worker] = []

    def do(self, job: Job) -> None:
        """Have a job done at once."""
        with self._lock:
            worker = self._free.pop() if self._free else None
        if worker is None:
            Worker(self, job)
        else:
            worker.jobs.put(job)

    def is_free(self, worker: Worker) -> None:
        """Let a worker be chosen again."""
        with self._lock:
            self._free.append(worker)

    def leave(self, worker: Worker) -> bool:
        """Choose a worker no more; false where it has been chosen."""
        with self._lock:
            if worker not in self._free:
                return False
            self._free.remove(worker)
            return True


crew = Crew()


def run_in_thread(job: Job) -> None:
    """Run a job in a thread of its own, which begins at once.

    The job must not raise; nobody waits for it when the process ends.
    """
    crew.do(job)


def _start_anew() -> None:
    """Forget threads that a forked process has not got."""
    global crew
    crew = Crew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
