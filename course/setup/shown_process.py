"""Running a program behind one line that shows how far it is."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO

__all__ = ["run_shown"]

TICK = 0.25  # seconds between two looks at a terminal's line
PAUSE = 5.0  # seconds between two lines where there is no terminal


def run_shown(
    command: Sequence[str],
    progress: Callable[[Sequence[str]], str],
    keep_open: Sequence[int] = (),
) -> tuple[int, list[str]]:
    """Run a program and return its exit code and all lines it printed.

    `progress` makes the line to show from what the program has printed.
    `keep_open` are file descriptors that the program inherits.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=() if os.name == "nt" else tuple(keep_open),
    )
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(
        target=read_into, args=(process.stdout, lines), daemon=True
    )
    reader.start()
    line = ProgressLine(sys.stdout)
    try:
        while reader.is_alive():
            line.show(progress(lines))
            reader.join(TICK)
        return process.wait(), lines
    finally:
        line.end()
        stop(process)
        # What the program has left behind may still hold its output.
        reader.join(5)
        if not reader.is_alive():
            process.stdout.close()


def read_into(source: IO[str], lines: list[str]) -> None:
    for line in source:
        if line.strip():
            lines.append(line.strip())


def stop(process: subprocess.Popen[str]) -> None:
    """End a program that may have ended already."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class ProgressLine:
    """A line that replaces itself; where it cannot, one every few seconds."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.moves = stream.isatty()
        self.shown = ""
        self.next_at = 0.0

    def show(self, text: str) -> None:
        """Show `text` in place of what was shown before."""
        text = text[:78]
        if text == self.shown:
            return
        if self.moves:
            self.stream.write(f"\r{text:<{len(self.shown)}}")
        elif time.monotonic() >= self.next_at:
            self.stream.write(text + "\n")
            self.next_at = time.monotonic() + PAUSE
        else:
            return
        self.shown = text
        self.stream.flush()

    def end(self) -> None:
        """Leave the last text standing."""
        if self.moves and self.shown:
            self.stream.write("\n")
            self.stream.flush()
