"""What live calls have cost today, and whether there is room for more."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from course.workspace.files import locked, write_atomically

__all__ = ["Spending"]


class Spending:
    """A sum of USD for each day, kept in a file that notebooks share.

    What calls under way may cost is set aside. A day is this machine's.
    """

    def __init__(
        self,
        path: Path,
        budget: float,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.budget = budget
        self._path = path
        self._today = today
        self._aside = 0.0
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """USD that were spent today."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["day"] == self._today().isoformat():
                return float(kept["usd"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return 0.0

    def set_aside(self, usd: float) -> bool:
        """Set aside what a call may cost; return whether there is room."""
        with self._lock:
            if self.spent + self._aside + usd > self.budget:
                return False
            self._aside += usd
            return True

    def settle(self, aside: float, spent: float) -> None:
        """Note what a call has cost in place of what was set aside."""
        with self._lock:
            self._aside = max(self._aside - aside, 0.0)
            if spent <= 0:
                return
            with locked(self._path.with_suffix(".lock")):
                kept = {
                    "day": self._today().isoformat(),
                    "usd": round(self.spent + spent, 9),
                }
                write_atomically(self._path, json.dumps(kept).encode())
