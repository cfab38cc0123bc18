"""Linux namespaces: a process that sees no other one, and few files.

Python 3.11 has no call for them; these are the system's own, by ctypes. The
program that starts such processes has one thread, which makes cloning safe.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
from pathlib import Path

__all__ = [
    "bind",
    "clone_apart",
    "cover",
    "give_up_privileges",
    "map_ids",
    "mount",
    "raise_loopback",
]

# As linux/sched.h has them: mount, cgroup, uts, ipc, user, pid, net.
_CLONE_FLAGS = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000,
    0x10000000, 0x20000000, 0x40000000,
)
_ALL = sum(_CLONE_FLAGS)

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 32, 4096, 16384, 1 << 18
SAFE = _MS_NOSUID | _MS_NODEV
READ_ONLY = _MS_RDONLY | SAFE

_SYS_CLONE = {"x86_64": 56, "aarch64": 220}
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = 63

# The learner's own id in there, and what it is outside if root grades: an id
# of nobody's, to which no file belongs.
LEARNER = 1000
NOBODY = 65_533

_libc = ctypes.PyDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def clone_apart() -> int:
    """Fork into namespaces of its own; return 0 there, here its id.

    The new process is the first of its process namespace: with it, all that
    it started ends. Raises OSError where the system forbids it.
    """
    api = ctypes.pythonapi
    number = _SYS_CLONE.get(os.uname().machine)
    if number is None:
        raise OSError(f"namespaces are not known on {os.uname().machine}")
    api.PyOS_BeforeFork()
    pid = int(_libc.syscall(number, _ALL | signal.SIGCHLD, 0, 0, 0, 0))
    failed = ctypes.get_errno()
    if pid == 0:
        api.PyOS_AfterFork_Child()
        return 0
    api.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(failed, f"clone: {os.strerror(failed)}")
    return pid


def map_ids(pid: int) -> None:
    """Give a process its user: LEARNER inside, an unprivileged one outside.

    If root grades that is nobody's; without privileges there is only the
    user's own. Raises OSError.
    """
    folder = Path(f"/proc/{pid}")
    try:
        for name in ("uid_map", "gid_map"):
            (folder / name).write_text(f"{LEARNER} {NOBODY} 1\n")
    except PermissionError:
        (folder / "setgroups").write_text("deny")
        (folder / "uid_map").write_text(f"{LEARNER} {os.getuid()} 1\n")
        (folder / "gid_map").write_text(f"{LEARNER} {os.getgid()} 1\n")


def mount(
    source: str, target: str, kind: str, flags: int, data: str = ""
) -> None:
    """Mount as the system's own call does. Raises OSError."""
    texts = [text.encode() or None for text in (source, target, kind)]
    # A PyDLL's functions take no long for a flag by themselves.
    result = _libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None)
    _checked(result, f"mount {target}")


def stay_private() -> None:
    """Keep the mounts of this namespace from any other."""
    mount("", "/", "", _MS_REC | _MS_PRIVATE)


def bind(source: str, target: str) -> None:
    """Let a folder or file be read at another place, and not written."""
    mount(source, target, "", _MS_BIND | _MS_REC)
    mount("", target, "", _MS_REMOUNT | _MS_BIND | READ_ONLY)


def cover(target: str) -> None:
    """Put an empty folder over one, and let nobody write there."""
    mount("none", target, "tmpfs", READ_ONLY, "size=4k,nr_inodes=16")


def raise_loopback() -> None:
    """Let the loopback of this network namespace carry packets."""
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        found = fcntl.ioctl(any_socket, siocgifflags, request)
        flags = struct.unpack("16sH14x", found)[1]
        up = struct.pack("16sH14x", b"lo", flags | iff_up)
        fcntl.ioctl(any_socket, siocsifflags, up)


def give_up_privileges() -> None:
    """Become the learner's user for good, without any capability.

    Other processes of that user cannot look into this one or trace it.
    """
    try:
        os.setgroups([])
    except PermissionError:
        # Without privileges outside there are no other groups to leave.
        pass
    os.setresgid(LEARNER, LEARNER, LEARNER)
    os.setresuid(LEARNER, LEARNER, LEARNER)
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    head = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc.capset(head, bytes(24)), "capset")
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
