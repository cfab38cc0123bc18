"""Runs of the same tests on several packages, each in a forked process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NoReturn

# Seconds that the tests may take on one package.
RUN_SECONDS = 5

NextPackage = Callable[[list[str]], dict[str, Any] | None]


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


def side_by_side(
    run: Callable[[dict[str, Any]], Any],
    next_package: NextPackage,
    at_once: int,
    results: dict[str, dict[str, Any]],
) -> None:
    """Put into `results` what `run` gives for each package, by its name."""
    running: dict[int, tuple[int, str, bytearray]] = {}
    done: list[str] = []
    package = next_package(done)
    while package is not None or running:
        while package is not None and len(running) < at_once:
            pid, fd = _forked(run, package)
            running[fd] = (pid, package["name"], bytearray())
            package = next_package(done)
            done.clear()
        for fd in select.select(list(running), [], [])[0]:
            received = os.read(fd, 65536)
            running[fd][2].extend(received)
            if not received:
                pid, name, data = running.pop(fd)
                os.close(fd)
                os.waitpid(pid, 0)
                results[name] = json.loads(data or _unfinished())
                done.append(name)


def _forked(
    run: Callable[[dict[str, Any]], Any], package: dict[str, Any]
) -> tuple[int, int]:
    """Start a run; return its process and where its result can be read."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _run_and_leave(run, package, write_end)
    os.close(write_end)
    return pid, read_end


def _run_and_leave(
    run: Callable[[dict[str, Any]], Any], package: dict[str, Any], fd: int
) -> NoReturn:
    try:
        # What the tests print is told once, of the right package.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with time_limit(), os.fdopen(fd, "w") as file:
            json.dump(asdict(run(package)), file)
    finally:
        os._exit(0)


def _unfinished() -> str:
    """Return the result of a run that did not come to its end.

    The right package let the tests end, so that they noticed something.
    """
    row = {"collected": [], "passed": [], "empty": [], "output": ""}
    return json.dumps({**row, "failed": ["a test that did not end"]})
