"""How far a run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

__all__ = ["ProgressLine", "duration"]

WIDTH = 24


class ProgressLine:
    """Tells what is done, and how long the rest will take."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._done = 0
        self._began = time.monotonic()
        self._on_terminal = self._stream.isatty()
        if self._on_terminal and total:
            self._draw("")

    def say(self, words: str) -> None:
        """Say something in a line of its own."""
        start = "\r\x1b[K" if self._on_terminal else ""
        print(f"{start}{words}", file=self._stream, flush=True)

    def step(self, words: str) -> None:
        """Count one more as done; `words` say what came of it."""
        self._done += 1
        if self._on_terminal:
            self._draw(words)
        else:
            count = f"{self._done}/{self._total}"
            print(f"{count:>9}  {words}", file=self._stream, flush=True)

    def end(self) -> None:
        """Leave the bar behind."""
        if self._on_terminal and self._total:
            print(file=self._stream, flush=True)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest will take, at the pace so far."""
        if not self._done:
            return None
        past = time.monotonic() - self._began
        return past / self._done * (self._total - self._done)

    def _draw(self, words: str) -> None:
        filled = WIDTH * self._done // max(self._total, 1)
        bar = "#" * filled + "." * (WIDTH - filled)
        left = self.seconds_left
        when = "" if left is None else f", {duration(left)} left"
        line = f"[{bar}] {self._done}/{self._total}{when}  {words}"
        columns = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:columns]}\x1b[K", end="", file=self._stream)
        self._stream.flush()


def duration(seconds: float) -> str:
    """Return a duration in the two largest units that say something."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
