"""How long processes had to wait for a processor: on a busy machine, long."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

__all__ = ["waited"]


def waited(pid: int) -> float:
    """Return the seconds that a process was ready and no processor free.

    Of its threads and of the processes below it, the longest such time. It
    is 0 for a process that is no more, and where the system does not tell.
    """
    longest, open_yet = 0, [pid]
    while open_yet:
        with suppress(OSError, ValueError, IndexError):
            for task in Path(f"/proc/{open_yet.pop()}/task").iterdir():
                text = (task / "schedstat").read_text()
                longest = max(longest, int(text.split()[1]))
                open_yet += map(int, (task / "children").read_text().split())
    return longest / 1e9
