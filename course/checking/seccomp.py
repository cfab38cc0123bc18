"""Refuse the system calls by which a process could leave its namespaces.

And those that take memory which no limit counts. A filter of the kernel's
own: it cannot be taken back, and all that is started later has it, too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator

__all__ = ["refuse_calls"]

# Numbers of x86-64, from the kernel's table.
_REFUSED = (
    *(101, 310, 311, 312, 438),  # ptrace, process_vm_*, kcmp, pidfd_getfd
    *(155, 165, 166, 272, 308),  # pivot_root, (u)mount, unshare, setns
    *(428, 429, 430, 431, 432, 433, 442),  # the newer calls for mounts
    *(319, 447, 425, 426, 427),  # memfd_*, io_uring_*
    *(29, 64, 68, 240),  # shmget, semget, msgget, mq_open
    *(248, 249, 250, 298, 321, 323),  # keys, perf, bpf, userfaultfd
    *(300, 303, 304, 161, 103),  # fanotify, file handles, chroot, syslog
    *(167, 168, 175, 313, 246, 320),  # swap, modules, kexec
)
_CLONE, _CLONE3, _PRLIMIT, _SOCKET = 56, 435, 302, 41
_NAMESPACES = 0x7E020080
_X32 = 0x40000000
_ARCHITECTURE = 0xC000003E
_FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _FIRST = 0, 4, 16

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

Line = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_void_p)]


def refuse_calls() -> bool:
    """Refuse them from now on; return whether this machine can.

    The process must have given up gaining privileges before.
    """
    if os.uname().machine != "x86_64":
        return False
    lines = list(_lines())
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(lines), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.c_void_p(ctypes.addressof(program))
    done = libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, address, 0, 0)
    return bool(done == 0)


def _lines() -> Iterator[Line]:
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    unknown = (_RETURN, 0, 0, _ERROR | errno.ENOSYS)
    allow = (_RETURN, 0, 0, _ALLOW)
    yield (_LOAD, 0, 0, _ARCH)
    yield (_EQUAL, 1, 0, _ARCHITECTURE)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER)
    yield (_AT_LEAST, 0, 1, _X32)
    yield refuse
    # The flags of this one lie in memory; the C library then takes `clone`.
    yield (_EQUAL, 0, 1, _CLONE3)
    yield unknown
    for number in _REFUSED:
        yield (_EQUAL, 0, 1, number)
        yield refuse
    yield (_EQUAL, 0, 4, _CLONE)
    yield (_LOAD, 0, 0, _FIRST)
    yield (_ANY_BIT, 0, 1, _NAMESPACES)
    yield refuse
    yield allow
    # Limits of oneself alone: another process has a number.
    yield (_EQUAL, 0, 4, _PRLIMIT)
    yield (_LOAD, 0, 0, _FIRST)
    yield (_EQUAL, 1, 0, 0)
    yield refuse
    yield allow
    yield (_EQUAL, 0, 3 + len(_FAMILIES), _SOCKET)
    yield (_LOAD, 0, 0, _FIRST)
    for place, family in enumerate(_FAMILIES):
        yield (_EQUAL, len(_FAMILIES) - place, 0, family)
    yield refuse
    yield allow
    yield allow
