"""Contained processes for learners' code: each check in a room of its own.

The warm program runs in a view of the system without the kit, and no
learner's code ever runs in it: that runs in rooms that it opens, each with
its own processes, network and files. What goes out of a room are sockets,
handed to the judge; nothing is handed in that could lead out.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from course.checking.channel import Channel
from course.checking.exchange import Folder
from course.checking.output import Output
from course.checking.places import CODE, HOME, SHARED
from course.checking.processes import LearnerProcess
from course.checking.relay import Door
from course.checking.stage import Place, Stage
from course.checking.warm_rooms import WarmRooms
from course.checking.wire import GarbledError

__all__ = ["Containers"]

# Seconds that a room may take to answer.
ANSWER_PATIENCE = 10.0

_LONGEST_MESSAGE = 1 << 18


class Containers:
    """A contained warm program, and the rooms that it opened for one judge."""

    dear = False

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._lock = threading.Lock()
        self._program = WarmRooms(temporary)
        self._stage: Stage | None = None
        self._references: dict[Path, ContainedRoom] = {}
        # The package as every learner gets it, and what packages share of
        # it: files with the digests that they must have.
        self._blank = os.environ.get("COURSE_CHECK_BLANK", "")
        self._shared: dict[str, str] = {}

    def start(self) -> None:
        self._program.start()
        self._set_stage()
        _limit_judge()

    def _set_stage(self) -> Stage:
        """Return the stage of the program, a new one if that is another."""
        if self._stage is None or self._stage.folder != self._program.stage:
            kept = self._temporary / "compiled"
            kept.mkdir(exist_ok=True)
            self._stage = Stage(self._program.stage, kept, HOME)
        return self._stage

    def wait(self) -> None:
        """Return when the program is warm. Raises WarmProgramError."""
        with self._lock:
            self._wait()

    def _wait(self) -> Stage:
        """Return the stage when the program is warm, and has looked at it."""
        is_new = self._program.wait()
        stage = self._set_stage()
        if is_new and self._blank and Path(self._blank).is_dir():
            # Without it, checks only take longer.
            with suppress(OSError):
                self._prime(stage)
        return stage

    def _prime(self, stage: Stage) -> None:
        self._shared = {}
        place = stage.place(Path(self._blank))
        request = {"op": "prime", "place": self._program.within + place.name}
        found = self._program.ask(request, [])
        self._shared = found["shared"]
        stage.known(found["known"])

    def room(self, workspace: Path) -> ContainedRoom:
        """Return a room with a copy of this workspace in it.

        It is that of a new check: rooms for the kit's own package, which
        few checks need, end here. Raises OSError where the workspace cannot
        be copied.
        """
        self._leave_references()
        return self._room(workspace)

    def _room(self, workspace: Path) -> ContainedRoom:
        with self._lock:
            room, place = self._new_room(workspace)
        assert self._stage is not None and place is not None
        room.shared = self._shared.items() <= place.digests.items()
        self._stage.keep_code(place, room.compiled)
        return room

    def empty_room(self) -> ContainedRoom:
        """Return a room without any workspace."""
        with self._lock:
            return self._new_room(None)[0]

    def reference_room(
        self, root: Path, modules: Sequence[str]
    ) -> ContainedRoom:
        """Return a room for the kit's own package, with these modules loaded.

        It stays while a check goes on: nobody else's code runs in it.
        """
        room = self._references.get(root)
        if room is None or not room.alive():
            room = self._references[root] = self._room(root)
        room.preload(modules)
        return room

    def _new_room(
        self, workspace: Path | None
    ) -> tuple[ContainedRoom, Place | None]:
        place = self._copied(workspace)
        try:
            return self._open(place), place
        except OSError:
            self._program.stop()
            self.start()
            place = self._copied(workspace)
            return self._open(place), place

    def _copied(self, workspace: Path | None) -> Place | None:
        """Return a workspace's place on the stage. Raises OSError."""
        stage = self._wait()
        return None if workspace is None else stage.place(workspace)

    def _open(self, place: Place | None) -> ContainedRoom:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        name = self._program.within + place.name if place else ""
        request = {"op": "open", "place": name}
        try:
            with theirs:
                answer = self._program.ask(request, [theirs.fileno()])
            if "pid" not in answer:
                reason = answer.get("error", "the warm program ended")
                raise OSError(reason)
        except OSError:
            ours.close()
            raise
        ours.settimeout(ANSWER_PATIENCE)
        # What a test writes lies here, as the judge's options have it.
        shared = self._temporary / "tests"
        closing = {"op": "close", "pid": answer["pid"]}
        start = self._program.starts

        def close() -> None:
            # Another program's rooms have the same numbers.
            with self._lock, suppress(OSError):
                if self._program.starts == start:
                    self._program.ask(closing, [])

        return ContainedRoom(ours, close, shared)

    def _leave_references(self) -> None:
        while self._references:
            self._references.popitem()[1].close()

    def close(self) -> None:
        self._leave_references()
        self._program.stop()
        if self._stage is not None:
            self._stage.close()


def _limit_judge() -> None:
    """Let a value too large for this process be an error of the test's."""
    memory = int(os.environ.get("COURSE_JUDGE_MEMORY", "0"))
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


class SharingChannel(Channel):
    """Takes the files along that a test and the process share.

    Each side has them at a place of its own; a path is told as the other
    side has it.
    """

    def __init__(
        self, connection: socket.socket, room: ContainedRoom, shared: str
    ) -> None:
        super().__init__(connection)
        self._room = room
        self._here, self._there = shared.encode(), SHARED.encode()
        self._tops = re.compile(re.escape(self._here) + rb"/([\w.-]+)")
        self._sharing = False

    def outgoing(self, body: bytes) -> bytes:
        tops = self._tops.findall(body)
        if tops:
            self._sharing = True
            self._room.share(top.decode() for top in tops)
            body = body.replace(self._here, self._there)
        if self._sharing and self._room.shares:
            self._room.put_files()
        return body

    def incoming(self, body: bytes) -> bytes:
        body = super().incoming(body)
        if not self._sharing or not self._room.shares:
            return body
        try:
            self._room.take_files()
        except ValueError:
            raise GarbledError("files of another shape") from None
        return body.replace(self._there, self._here)


class ContainedRoom:
    """The judge's side of one room: its processes, ports and doors."""

    folder = HOME
    kept = CODE
    # Whether its package has the modules that the warm program imported.
    shared = False

    def __init__(
        self,
        control: socket.socket,
        on_close: Callable[[], None],
        shared: Path,
    ) -> None:
        self._control = control
        self._on_close = on_close
        self._shared = Folder(shared, set())
        self._rest: set[str] = set()
        self._woken: set[str] = set()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._doors: list[Door] = []
        self._channels: set[Channel] = set()
        self._preloaded: set[str] = set()
        # What everything in there took too much of: memory or processes.
        self.killed_for = ""

    def new_process(
        self, listener: socket.socket | None = None
    ) -> LearnerProcess:
        """Return a process; it may accept connections of a listener."""
        ours, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        number = next(self._numbers)
        fds = [theirs.fileno(), write_end]
        if listener is not None:
            fds.append(listener.fileno())
        try:
            with theirs:
                self._ask({"op": "fork", "number": number}, fds)
        except OSError:
            ours.close()
            os.close(read_end)
            raise
        finally:
            os.close(write_end)

        channel = SharingChannel(ours, self, str(self._shared.root))
        self._channels.add(channel)

        def end(died: bool) -> int | None:
            self._channels.discard(channel)
            request = {"op": "end", "number": number, "died": died}
            with suppress(OSError):
                answer = self._ask(request)
                self.killed_for = answer["killed"] or self.killed_for
                status: int | None = answer["status"]
                return status
            return None

        return LearnerProcess(
            channel, Output(read_end), end, lambda: self._waited(number)
        )

    def _waited(self, number: int) -> float:
        with suppress(OSError, KeyError, TypeError, ValueError):
            return float(self._ask({"op": "waited", "number": number})["ok"])
        return 0.0

    def share(self, tops: Iterable[str]) -> None:
        """Let files in these folders of the tests' be shared from now on."""
        woken = set(self._shared.share(tops))
        self._woken |= woken - self._rest
        self._rest -= woken

    @property
    def shares(self) -> bool:
        """Whether there is any such folder now."""
        return bool(self._shared.tops)

    def begin_test(self) -> None:
        """Look no more at the folders of a test that is over."""
        # By this pytest names one; others may be of several tests.
        tops = self._shared.tops or ()
        over = {top for top in tops if top.startswith("test_")}
        self._shared.rest(over)
        self._rest |= over
        self._woken -= over

    def put_files(self) -> None:
        """Hand over what the test has written since. Raises OSError."""
        ours, theirs = os.pipe()
        with self._lock, os.fdopen(theirs, "wb") as file:
            try:
                request = {"op": "put", "rest": sorted(self._rest)}
                request["share"] = sorted(self._woken)
                self._rest, self._woken = set(), set()
                message = json.dumps(request).encode()
                socket.send_fds(self._control, [message], [ours])
            finally:
                os.close(ours)
            self._shared.write_to(file)
            file.close()
            self._reply()

    def take_files(self) -> None:
        """Take over what became of the files. Raises OSError."""
        ours, theirs = os.pipe()
        with self._lock, os.fdopen(ours, "rb") as file:
            try:
                message = json.dumps({"op": "take"}).encode()
                socket.send_fds(self._control, [message], [theirs])
            finally:
                os.close(theirs)
            self._shared.read_from(file, trusted=False)
            self._reply()

    def preload(self, modules: Sequence[str]) -> None:
        """Import modules of the kit's own package, for all processes."""
        missing = [name for name in modules if name not in self._preloaded]
        if missing:
            self._preloaded.update(missing)
            with suppress(OSError):
                request = {"op": "preload", "modules": missing}
                self._ask({**request, "shared": self.shared})

    def alive(self) -> bool:
        """Return whether the room still answers."""
        with suppress(OSError):
            self._ask({"op": "end", "number": 0, "died": False})
            return True
        return False

    def listen(self, port: int = 0) -> socket.socket:
        """Return a listening socket of the room's own loopback."""
        return self._socket({"op": "listen", "port": port})

    def port(self) -> int:
        """Return a port that is the same server's out here and in there."""
        door = Door(lambda port: self._socket({"op": "connect", "port": port}))
        self._doors.append(door)
        return door.port

    def compiled(self, file: str) -> bytes | None:
        """Return the code of a module; None if it has none."""
        with self._lock, suppress(OSError):
            request = {"op": "compile", "file": file}
            self._control.send(json.dumps(request).encode())
            found = self._control.recv(_LONGEST_MESSAGE)
            return None if found.startswith(b"{") else found
        return None

    def _socket(self, request: dict[str, Any]) -> socket.socket:
        with self._lock:
            self._control.send(json.dumps(request).encode())
            message, fds, _, _ = socket.recv_fds(
                self._control, _LONGEST_MESSAGE, 1
            )
        answer = json.loads(message or "{}")
        if not fds:
            raise OSError(answer.get("error", "the room is gone"))
        return socket.socket(fileno=fds[0])

    def _ask(
        self, request: dict[str, Any], fds: list[int] | None = None
    ) -> dict[str, Any]:
        message = json.dumps(request).encode()
        with self._lock:
            socket.send_fds(self._control, [message], fds or [])
            return self._reply()

    def _reply(self) -> dict[str, Any]:
        received = self._control.recv(_LONGEST_MESSAGE)
        if not received:
            raise OSError("the room is gone")
        answer: dict[str, Any] = json.loads(received)
        if "error" in answer:
            raise OSError(answer.get("error", "the room is gone"))
        return answer

    def close(self) -> None:
        """Leave the room; everything in there ends."""
        for door in self._doors:
            door.close()
        self._on_close()
        for channel in list(self._channels):
            channel.shut()
        with self._lock:
            self._control.close()
