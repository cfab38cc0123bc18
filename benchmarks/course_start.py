"""From `python3 -m course lab` to the notebook, when all is installed.

The clock starts with the process. It stops when the first cell of phase 1
stands rendered in a Chromium that is open already, as a learner's browser
is; without a Chromium, when the server has handed the notebook out.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.surroundings import ROOT, clean_environ

__all__ = ["run"]

STARTS = 3
TARGET = 6.0  # s
PATIENCE = 90.0  # s for one start
ADDRESS = re.compile(r"(http://[^/\s]+)/lab(?:/tree/(\S+))?\?(token=\S+)")
FIRST_CELL = ".jp-Notebook .jp-Cell .jp-RenderedMarkdown h1"

Opened = Callable[[re.Match[str]], None]


def run() -> Report:
    """Measure some starts, after one that does not count."""
    from course.upkeep.chromium import find_chromium

    chromium = find_chromium()
    if chromium:
        with browser(chromium) as opened:
            return report("second_start", starts(opened))
    taken = starts(fetch_notebook)
    note = "No Chromium: the start is measured until the notebook is served."
    return report("second_start_to_served_notebook", taken, note)


def starts(opened: Opened) -> list[tuple[float, float]]:
    """Return the samples, all of one port, as a browser's cache wants it."""
    port = free_port()
    return [one_start(opened, port) for _ in range(STARTS + 1)][1:]


def report(
    metric: str, taken: list[tuple[float, float]], *notes: str
) -> Report:
    """Return the rows of seconds to the address and to the notebook."""
    addresses, notebooks = zip(*taken, strict=True)
    return Report(
        (
            Row.median(f"lab/ours/{metric}", notebooks, "s", TARGET),
            Row.median("lab/ours/second_start_to_address", addresses, "s"),
        ),
        notes,
    )


def one_start(opened: Opened, port: int) -> tuple[float, float]:
    """Return the seconds to the printed address and to the notebook."""
    # The Python that a learner types, not that of the environment.
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, "-m", "course", "lab", "--no-browser"]
    started = time.perf_counter()
    lab = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT,
        env=clean_environ(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = threading.Timer(PATIENCE, lab.kill)
    deadline.start()
    try:
        address = read_address(lab)
        printed = time.perf_counter() - started
        opened(address)
        return printed, time.perf_counter() - started
    finally:
        end(lab)
        deadline.cancel()


def read_address(lab: subprocess.Popen[str]) -> re.Match[str]:
    """Return the address that the command prints.

    Raises BenchmarkError, with what it printed, where there is none.
    """
    assert lab.stdout is not None
    lines = []
    for line in lab.stdout:
        found = ADDRESS.search(line)
        if found and found[2]:
            return found
        if found:
            raise BenchmarkError("There is no notebook to open.")
        lines.append(line)
    raise BenchmarkError(f"The course did not open:\n{''.join(lines[-8:])}")


def end(lab: subprocess.Popen[str]) -> None:
    """End the command as Ctrl-C does, or at once if that takes long."""
    interrupt = getattr(signal, "SIGINT", signal.SIGTERM)
    if sys.platform == "win32":
        lab.terminate()
    else:
        lab.send_signal(interrupt)
    try:
        lab.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        lab.kill()
        lab.communicate()


def fetch_notebook(address: re.Match[str]) -> None:
    """Ask the server for the notebook's contents."""
    server, notebook, token = address.groups()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"{server}/api/contents/{notebook}?{token}"
    with direct.open(url, timeout=PATIENCE) as reply:
        reply.read()


@contextmanager
def browser(chromium: str) -> Iterator[Opened]:
    """Start a Chromium; the value waits for a notebook to be shown in it."""
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as profile,
        sync_playwright() as playwright,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, chromium_sandbox=False
        )

        def opened(address: re.Match[str]) -> None:
            page = context.new_page()
            page.goto(address[0], wait_until="commit")
            page.wait_for_selector(FIRST_CELL, timeout=PATIENCE * 1_000)
            page.close()

        try:
            yield opened
        finally:
            context.close()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
