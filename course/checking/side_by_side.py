"""Runs of the same tests on several packages, each in a forked process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

# Seconds that the tests may take on one package.
RUN_SECONDS = 5

Package = dict[str, Any]
NextPackage = Callable[[list[str], list[str]], Package | None]

UNENDED = "a test that did not end"

# The right package let the tests come to an end: they noticed something.
_UNFINISHED = {
    **dict.fromkeys(("collected", "passed", "empty"), []),
    "failed": [UNENDED], "output": "", "any_order": False,
}


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    """Let the system end this process if it is still in here too late."""
    if not hasattr(signal, "alarm"):
        yield
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(RUN_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


@dataclass
class _Run:
    package: Package
    pid: int
    data: bytearray = field(default_factory=bytearray)


class Crew:
    """Runs tests on the right package, whose name is empty, and on others.

    `run` is given a package and the names of tests to leave out, `at_once`
    is the number of processes. On the others the first test that fails is
    the last; one that fails on the right package, too, counts for nothing.
    What a package has as `first` is run before the other tests, and counts
    where they may run in any order.
    """

    def __init__(
        self,
        run: Callable[[Package, Collection[str]], Any],
        next_package: NextPackage,
        at_once: int,
    ) -> None:
        self.results: dict[str, dict[str, Any]] = {}
        # How the run on the right package ended if it gave no result.
        self.fault = ""
        self._run = run
        self._next_package = next_package
        self._at_once = at_once
        self._running: dict[int, _Run] = {}
        self._again: deque[Package] = deque()
        self._waiting: list[Package] = []
        self._done: list[str] = []
        self._stuck: list[str] = []
        self._retried: set[str] = set()

    def work(self) -> None:
        """Run until there is a result for each package, or a fault."""
        self._start_runs()
        while self._running:
            for fd in select.select(list(self._running), [], [])[0]:
                self._read(fd)
            if self.fault or self._able() == set():
                # What was noticed so far was noticed by wrong tests.
                self.results = {"": self.results.get("", {})}
                self._stop()
                return
            self._start_runs()

    def _able(self) -> set[str] | None:
        """Return the tests that pass on the right package, once known."""
        right = self.results.get("")
        return None if right is None else set(right["passed"])

    def _start_runs(self) -> None:
        while len(self._running) < self._at_once:
            if self._again:
                package: Package | None = self._again.popleft()
            else:
                package = self._next_package(
                    list(self._done), list(self._stuck)
                )
                self._done.clear()
                self._stuck.clear()
            if package is None:
                return
            right = self.results.get("", {"failed": []})
            if not right.get("any_order", True):
                package.pop("first", None)
            run, fd = _forked(self._run, package, right["failed"])
            self._running[fd] = run

    def _read(self, fd: int) -> None:
        received = os.read(fd, 65536)
        if received:
            self._running[fd].data.extend(received)
            return
        run = self._running.pop(fd)
        os.close(fd)
        status = os.waitpid(run.pid, 0)[1]
        self._finished(run, os.waitstatus_to_exitcode(status))

    def _finished(self, run: _Run, status: int) -> None:
        name = run.package["name"]
        if run.data:
            self.results[name] = json.loads(run.data)
        elif name:
            self.results[name] = dict(_UNFINISHED)
            self._stuck.append(name)
        else:
            self.fault = "hung" if status == -signal.SIGALRM else "ended"
            return
        self._waiting.append(run.package)
        if self._able() is not None:
            for package in self._waiting:
                self._settle(package)
            self._waiting.clear()

    def _settle(self, package: Package) -> None:
        """Try a package again if what was noticed may be no bug of it."""
        if package["name"] and self._doubtful(package):
            package["used"] = True
            self._again.append(package)
        else:
            self._done.append(package["name"])

    def _doubtful(self, package: Package) -> bool:
        right = self.results[""]
        if package.pop("first", "") and not right["any_order"]:
            return True
        name = package["name"]
        failed = set(self.results[name]["failed"])
        if not failed or failed & (self._able() or set()):
            return False
        # Only a test noticed that is wrong itself.
        known = name in self._retried
        self._retried.add(name)
        return not known

    def _stop(self) -> None:
        for fd, run in self._running.items():
            os.kill(run.pid, signal.SIGKILL)
            os.close(fd)
            os.waitpid(run.pid, 0)


def _forked(
    run: Callable[[Package, Collection[str]], Any],
    package: Package,
    without: Collection[str],
) -> tuple[_Run, int]:
    """Start a run; return it, and where its result can be read."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read_end)
            if package["name"]:
                _print_nothing()
            with time_limit(), os.fdopen(write_end, "w") as file:
                json.dump(asdict(run(package, without)), file)
        finally:
            _leave()
    os.close(write_end)
    return _Run(package, pid), read_end


def _leave() -> NoReturn:
    os._exit(0)


def _print_nothing() -> None:
    """What tests print is told once, of the right package."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
