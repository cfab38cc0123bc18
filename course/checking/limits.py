"""What a child may use, and how it ends with the process that judges it.

Protection from accidents: loops, fork bombs, floods, full disks. Where the
system lacks one of these means, the judge's deadlines still hold.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MEMORY = 1024**3
LONGEST_FILE = 16 * 1024**2
CPU_SECONDS = 60
MOST_FORKS = 64

# What everything in a room of contained grading may take together: bytes of
# memory, bytes of files (in each of two folders), processes; and what each
# process may have besides: tasks of its user, open files.
ROOM_MEMORY = 1024**3
ROOM_SCRATCH = 64 * 1024**2
MOST_PROCESSES = 100
MOST_TASKS = 256
MOST_FILES = 512

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of what this process's children leave behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def limit_resources() -> None:
    """Limit this process's memory, files and processor time."""
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: LONGEST_FILE,
        resource.RLIMIT_DATA: MEMORY,
    }
    for which, soft in limits.items():
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(which)[1]
            unlimited = hard == resource.RLIM_INFINITY
            value = soft if unlimited else min(soft, hard)
            resource.setrlimit(which, (value, hard))


def limit_for_good() -> None:
    """Set the limits of a process in a room, beyond its power to raise.

    The first process there may look at what it takes.
    """
    import resource

    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: LONGEST_FILE,
        resource.RLIMIT_DATA: MEMORY,
        resource.RLIMIT_NPROC: MOST_TASKS,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: MOST_TASKS,
    }
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))
    _prctl(_PR_SET_DUMPABLE, 1)


def limit_forks(in_child: Callable[[], object]) -> None:
    """End the whole group when it forks without end.

    A shared counter counts for all of them, since the system's own limit
    counts all processes of a user. `in_child` runs in each forked process.
    """
    if not hasattr(os, "register_at_fork"):
        return
    counter = mmap.mmap(-1, 8)

    def before() -> None:
        count = int.from_bytes(counter[:8], "little") + 1
        counter[:8] = count.to_bytes(8, "little")
        if count > MOST_FORKS:
            os.write(2, b"Your code started too many processes.\n")
            os.killpg(0, signal.SIGKILL)

    def after_in_child() -> None:
        die_with_parent()
        in_child()

    os.register_at_fork(before=before, after_in_child=after_in_child)


def orphans() -> list[int]:
    """Return the ids of this process's children, where Linux tells them."""
    try:
        path = Path(f"/proc/self/task/{os.getpid()}/children")
        return [int(number) for number in path.read_text().split()]
    except OSError:
        return []
