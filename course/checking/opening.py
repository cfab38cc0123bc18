"""The warm program's main loop: rooms are opened for judges, and closed.

A judge has a connection of its own. One judge starts the program for itself,
or it serves all judges of a grading run, which then share the memory of what
it has imported. No room gets any of the connections.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from .fresh_source import known_code
from .namespaces import clone_apart, map_ids
from .places import HOME, STAGE, code_of
from .priming import prime
from .rooms import be_room, show_processes
from .warm import settle
from .warming import warm_up

LONGEST_REQUEST = 4096


def serve_rooms(first: int, listener: int | None = None) -> None:
    """Open rooms until the `first` connection's other side is gone.

    By a `listener` more judges may come in. Both are numbers of open files.
    """
    connection = socket.socket(fileno=first)
    door = None if listener is None else socket.socket(fileno=listener)
    show_processes()
    warm_up()
    # What is imported in a room would not be found there any more.
    from . import one_run, public  # noqa: F401

    def serve() -> None:
        settle()
        Opener(connection, door).serve()

    one_run.in_session(serve)


class Opener:
    """Opens rooms for whoever is connected, and closes them in the end."""

    def __init__(
        self, first: socket.socket, door: socket.socket | None
    ) -> None:
        self._first = first
        self._door = door
        # The rooms that are open, by their first processes.
        self._rooms: dict[socket.socket, set[int]] = {}
        self._primed: dict[str, Any] = {}

    def serve(self) -> None:
        """Do what is asked until the first connection's other end is gone."""
        self._welcome(self._first)
        while self._first in self._rooms:
            for each in select.select(self._sockets(), [], [])[0]:
                if each is self._door:
                    self._welcome(each.accept()[0])
                elif not self._is_served(each):
                    self._forget(each)

    def _sockets(self) -> list[socket.socket]:
        return [*self._rooms, *([self._door] if self._door else [])]

    def _welcome(self, judge: socket.socket) -> None:
        self._rooms[judge] = set()
        with suppress(OSError):
            _send(judge, {"ready": True})

    def _forget(self, judge: socket.socket) -> None:
        """End what a judge has left open."""
        for pid in self._rooms.pop(judge):
            _close(pid)
        judge.close()

    def _is_served(self, judge: socket.socket) -> bool:
        """Answer what a judge asks; return whether it is still there."""
        fds: list[int] = []
        try:
            message, fds, _, _ = socket.recv_fds(judge, LONGEST_REQUEST, 1)
            if message:
                _send(judge, self._answer(judge, json.loads(message), fds))
        except OSError:
            return False
        finally:
            for fd in fds:
                os.close(fd)
        return bool(message)

    def _answer(
        self, judge: socket.socket, request: dict[str, Any], fds: list[int]
    ) -> dict[str, Any]:
        if request["op"] == "open":
            return self._open(judge, str(request["place"]), fds[0])
        if request["op"] == "prime":
            return self._prime(str(request["place"]))
        if request["pid"] in self._rooms[judge]:
            self._rooms[judge].remove(request["pid"])
            _close(request["pid"])
        return {"pid": request["pid"]}

    def _open(
        self, judge: socket.socket, place: str, fd: int
    ) -> dict[str, Any]:
        reading, writing = os.pipe()
        try:
            pid = clone_apart()
            if pid == 0:
                for each in self._sockets():
                    each.close()
                os.close(writing)
                be_room(reading, fd, place)
            self._rooms[judge].add(pid)
            map_ids(pid)
            os.write(writing, b"1")
        except OSError as error:
            return {"error": str(error)}
        finally:
            os.close(reading)
            os.close(writing)
        return {"pid": pid}

    def _prime(self, place: str) -> dict[str, Any]:
        """Import what all packages share, once; return of which texts.

        They are those of the judge that asked first. Another one can tell
        by their digests what of that is its own.
        """
        if not self._primed:
            code = Path(STAGE, code_of(place))
            shared = prime(Path(STAGE, place), Path(HOME), code)
            self._primed = {"shared": shared, "known": known_code()}
            settle()
        return self._primed


def _send(judge: socket.socket, answer: dict[str, Any]) -> None:
    judge.send(json.dumps(answer).encode())


def _close(pid: int) -> None:
    """End a room; when this returns, nothing of it runs any more."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
