"""What a learner's code prints: the beginning is kept, a flood is noticed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

# Bytes that are kept to be shown, and bytes that are a flood.
KEPT = 8 * 1024
FLOOD = 1024 * 1024

# Seconds that the end of the output is waited for when a process has ended.
LAST_WORDS = 0.3


class Output:
    """Reads a pipe to its end on a thread of its own."""

    def __init__(self, read_end: int) -> None:
        self.on_flood: Callable[[], object] | None = None
        self.flooded = False
        self._kept = bytearray()
        self._read_end = read_end
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """The first 8 KB of what was printed so far."""
        return self._kept.decode("utf-8", "replace")

    def finish(self) -> None:
        """Wait a moment for what was still on its way."""
        if threading.current_thread() is not self._thread:
            self._thread.join(LAST_WORDS)

    def _read(self) -> None:
        length = 0
        while True:
            try:
                received = os.read(self._read_end, 65536)
            except OSError:
                break
            if not received:
                break
            self._kept += received[: KEPT - len(self._kept)]
            length += len(received)
            if length > FLOOD and not self.flooded:
                self.flooded = True
                if self.on_flood is not None:
                    self.on_flood()
        os.close(self._read_end)
