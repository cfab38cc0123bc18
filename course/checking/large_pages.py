"""Memory in large pages, which a fork takes over 512 small ones at a time.

A fork copies the table of all pages that a process has written, and ending
the fork goes through it again: for a program of 70 MB most of what a fork
costs. What the fork itself writes is still copied 4 KB at a time.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["use_large_pages"]

_LARGE = 2 * 1024**2
# As linux/mman.h has it, since Linux 6.1; others refuse it, and nothing is
# different then.
_MADV_COLLAPSE = 25


def use_large_pages() -> None:
    """Put what this process has written so far into large pages."""
    if sys.platform != "linux":
        return
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    with suppress(OSError):
        for first, last in list(_written()):
            for place in range(-first % _LARGE + first, last, _LARGE):
                if place + _LARGE <= last:
                    advise(place, _LARGE, _MADV_COLLAPSE)


def _written() -> Iterator[tuple[int, int]]:
    """Yield the ranges of memory that are no file's and may be written."""
    for line in Path("/proc/self/maps").read_text("ascii").splitlines():
        fields = line.split()
        if fields[1] == "rw-p" and not fields[-1].startswith("/"):
            first, last = (int(each, 16) for each in fields[0].split("-"))
            yield first, last
