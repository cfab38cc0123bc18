"""A room: what runs one learner's code for one check, and sees nothing else.

The warm program makes a room whenever it is asked for one: a process in
namespaces of its own, the first one there, which forks the children. When it
ends, the system ends everything in there, and its files are gone.
"""

from __future__ import annotations

import gc
import importlib
import json
import marshal
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from . import child, operations
from .exchange import Folder
from .fresh_source import compiled
from .limits import (
    MOST_PROCESSES,
    ROOM_MEMORY,
    ROOM_SCRATCH,
    die_with_parent,
    limit_for_good,
)
from .namespaces import (
    SAFE,
    bind,
    clone_apart,
    cover,
    give_up_privileges,
    map_ids,
    mount,
    raise_loopback,
    stay_private,
)
from .places import CODE, HOME, KIT, SCRATCH, SHARED, STAGE, code_of
from .seccomp import refuse_calls
from .waiting import waited
from .warm import be_forked_child, end, end_strays

# Seconds between two looks at what the processes take.
LOOK_EVERY = 0.05

_LONGEST_MESSAGE = 1 << 17


def try_rooms() -> None:
    """Open a room and leave it, to see whether that works here.

    Raises OSError.
    """
    show_processes()
    reading, writing = os.pipe()
    pid = clone_apart()
    if pid == 0:
        try:
            os.read(reading, 1)
            _move_in("")
        except OSError as error:
            os.write(2, str(error).encode())
            os._exit(1)
        os._exit(0)
    map_ids(pid)
    os.write(writing, b"1")
    if os.waitpid(pid, 0)[1]:
        raise OSError("a process could not be set apart")


def show_processes() -> None:
    """Let rooms have a `/proc` of theirs, where bubblewrap hid parts of it.

    It does if root grades; the system then allows nobody an unhidden one.
    """
    if os.geteuid() == 0:
        mount("none", "/proc", "proc", SAFE)


def be_room(ready: int, control_fd: int, place: str) -> NoReturn:
    """Be the first process of a room, as soon as `ready` says so."""
    try:
        die_with_parent()
        # As the first process it gets no signal that it does not handle.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if os.read(ready, 1):
            os.close(ready)
            _move_in(place)
            Room(socket.socket(fileno=control_fd)).run()
    except BaseException as error:
        os.write(2, f"room: {type(error).__name__}: {error}\n".encode())
    os._exit(0)


def _move_in(place: str) -> None:
    """Leave everything behind but one place of the stage."""
    stay_private()
    if place:
        bind(f"{STAGE}/{place}", HOME)
        bind(f"{STAGE}/{code_of(place)}", CODE)
    for hidden in (STAGE, KIT, "/dev/pts"):
        cover(hidden)
    size = f"size={ROOM_SCRATCH},nr_inodes=4096,mode=1777"
    for scratch in (SCRATCH, "/dev/shm"):  # noqa: S108
        mount("none", scratch, "tmpfs", SAFE, size)
    mount("none", "/proc", "proc", SAFE)
    raise_loopback()
    socket.sethostname("grading")
    # Whoever makes a namespace is privileged in it: nobody may.
    with suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    give_up_privileges()
    refuse_calls()
    os.chdir(SCRATCH)


class Room:
    """The first process of a room: it obeys the judge, and watches."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}
        self._killed = ""
        self._prepared = False
        self._shared = Folder(Path(SHARED))

    def run(self) -> None:
        """Do what the judge asks until it leaves."""
        while True:
            self._control.settimeout(LOOK_EVERY if self._children else None)
            try:
                message, fds, _, _ = socket.recv_fds(self._control, 4096, 3)
            except TimeoutError:
                self._look()
                continue
            if not message:
                return
            try:
                self._answer(json.loads(message), fds)
            finally:
                for fd in fds:
                    with suppress(OSError):
                        os.close(fd)

    def _answer(self, request: dict[str, Any], fds: list[int]) -> None:
        method = getattr(self, f"_do_{request['op']}")
        try:
            answer, found = method(request, fds)
        except Exception as error:
            answer, found = {"error": f"{type(error).__name__}: {error}"}, None
        if isinstance(answer, bytes):
            self._control.send(answer)
            return
        message = json.dumps(answer).encode()
        if found is None:
            self._control.send(message)
        else:
            socket.send_fds(self._control, [message], [found.fileno()])
            found.close()

    def _do_fork(self, request: Any, fds: list[int]) -> Any:
        number = request["number"]
        pid = os.fork()
        if pid == 0:
            self._control.close()
            _be_child(fds)
        self._children[number] = pid
        return {"number": number}, None

    def _do_end(self, request: Any, fds: list[int]) -> Any:
        pid = self._children.pop(request["number"], None)
        status = None if pid is None else end(pid, request["died"])
        end_strays(set(self._children.values()))
        return {"status": status, "killed": self._killed}, None

    def _do_waited(self, request: Any, fds: list[int]) -> Any:
        """Tell for how long a process had no processor to run on."""
        pid = self._children.get(request["number"])
        return {"ok": 0.0 if pid is None else waited(pid)}, None

    def _do_listen(self, request: Any, fds: list[int]) -> Any:
        address = ("127.0.0.1", request["port"])
        made = socket.create_server(address, backlog=1024)
        return {"port": made.getsockname()[1]}, made

    def _do_connect(self, request: Any, fds: list[int]) -> Any:
        address = ("127.0.0.1", request["port"])
        return {}, socket.create_connection(address, timeout=1)

    def _do_preload(self, request: Any, fds: list[int]) -> Any:
        """Import modules of the kit's own package, for all processes."""
        if not self._prepared:
            place = Path(HOME), Path(CODE)
            operations.Operations().prepare(*place, request["shared"])
            self._prepared = True
        for name in request["modules"]:
            with suppress(ImportError):
                importlib.import_module(name)
        gc.collect()
        gc.freeze()
        return {}, None

    def _do_put(self, request: Any, fds: list[int]) -> Any:
        """Take files that a test hands over."""
        self._shared.root.mkdir(exist_ok=True)
        self._shared.rest(request["rest"])
        self._shared.share(request["share"])
        with os.fdopen(os.dup(fds[0]), "rb") as file:
            self._shared.read_from(file, trusted=True)
        return {}, None

    def _do_take(self, request: Any, fds: list[int]) -> Any:
        """Give back what became of them."""
        with os.fdopen(os.dup(fds[0]), "wb") as file:
            self._shared.write_to(file)
        return {}, None

    def _do_compile(self, request: Any, fds: list[int]) -> Any:
        """Return the code of one file; nothing of it runs."""
        path = f"{HOME}/{request['file']}"
        code = marshal.dumps(compiled(Path(path).read_bytes(), path))
        if len(code) > _LONGEST_MESSAGE:
            raise ValueError("too long to send")
        return code, None

    def _look(self) -> None:
        """End everything in here if together it takes too much."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        if len(pids) > MOST_PROCESSES + 2:
            self._kill("processes")
        pages = sum(map(_resident_pages, pids[1:])) * os.sysconf("SC_PAGESIZE")
        scratch = sum(map(_used, (SCRATCH, "/dev/shm")))  # noqa: S108
        # Most pages of a forked process are shared: looked at if in doubt.
        if pages + scratch > ROOM_MEMORY:
            taken = sum(map(_own_bytes, pids[1:])) + scratch
            if taken > ROOM_MEMORY:
                self._kill("memory")

    def _kill(self, what: str) -> None:
        self._killed = self._killed or what
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        # Each is a child of this one by now; the judge asks for its own.
        time.sleep(0.01)


def _be_child(fds: list[int]) -> NoReturn:
    try:
        limit_for_good()
        if len(fds) > 2:
            child.listener = socket.socket(fileno=fds[2])
        be_forked_child(fds[0], fds[1])
    except BaseException as error:
        os.write(fds[1], f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(1)


def _resident_pages(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


def _own_bytes(pid: int) -> int:
    """Return the memory that a process has to itself, its part of shared."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        rows = [line.split() for line in lines if line.startswith("Pss:")]
        return int(rows[0][1]) * 1024
    return _resident_pages(pid) * os.sysconf("SC_PAGESIZE")


def _used(folder: str) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize
