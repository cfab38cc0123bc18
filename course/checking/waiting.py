"""How long processes had to wait for a processor: on a busy machine, long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["waited", "waited_here"]


def waited(pid: int) -> float:
    """Return the seconds that a process was ready and no processor free.

    Of its threads and of the processes below it, the longest such time. It
    is 0 for a process that is no more, and where the system does not tell.
    """
    longest, open_yet = 0, [str(pid)]
    while open_yet:
        for task, nanoseconds in _threads(open_yet.pop()):
            longest = max(longest, nanoseconds)
            with suppress(OSError):
                open_yet += (task / "children").read_text().split()
    return longest / 1e9


def waited_here() -> float:
    """Return the same for this process: of all its threads, together."""
    return sum(nanoseconds for _, nanoseconds in _threads("self")) / 1e9


def _threads(process: str) -> Iterator[tuple[Path, int]]:
    with suppress(OSError, ValueError, IndexError):
        for task in Path(f"/proc/{process}/task").iterdir():
            text = (task / "schedstat").read_text()
            yield task, int(text.split()[1])
