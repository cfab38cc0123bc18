"""A lock that lets one start at a time install, and ends with its holder."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["only_start"]

if sys.platform == "win32":
    import msvcrt

    def take(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


BUSY = PermissionError if sys.platform == "win32" else BlockingIOError


@contextmanager
def only_start(path: Path, pause: float = 0.5) -> Iterator[int]:
    """Hold the lock at `path`, waiting for whoever holds it now.

    Yields the lock's file descriptor. An installer that inherits it keeps
    the lock, so that a start which was killed does not let the next one in
    before its installer has ended as well. `pause` is in seconds.
    """
    with path.open("w") as file:
        told = False
        while not taken(file):
            if not told:
                print("Another start is installing; waiting for it.")
            told = True
            time.sleep(pause)
        yield file.fileno()


def taken(file: IO[str]) -> bool:
    """Take the lock if it is free; a disk without locks has it free."""
    try:
        take(file)
    except BUSY:
        return False
    except OSError:
        pass
    return True
