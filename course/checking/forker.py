"""Processes for learners' code, forked from one warm program."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from course.checking.channel import Channel
from course.checking.output import Output
from course.checking.processes import (
    START_PATIENCE,
    LearnerProcess,
    OpenRoom,
    WarmProgramError,
    end_program,
    start_program,
)
from course.checking.waiting import waited


class Forker:
    """One warm program, which forks a child whenever one is needed."""

    dear = False

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._log = temporary / "warm.log"
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = False
        self._unread = b""

    def start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, self._log.open("wb") as log:
            fd = theirs.fileno()
            self._program = start_program(
                self._temporary,
                ["fork", str(fd)],
                pass_fds=[fd],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._control, self._ready, self._unread = ours, False, b""
        ours.settimeout(START_PATIENCE)

    def wait(self) -> None:
        """Return when the program is warm. Raises WarmProgramError."""
        with self._lock:
            self._wait()

    def _wait(self) -> None:
        if self._ready:
            return
        try:
            self._answer()
        except OSError:
            log = self._log.read_text("utf-8", "replace")
            raise WarmProgramError(log[-2000:]) from None
        self._ready = True

    def room(self, workspace: Path) -> OpenRoom:
        return OpenRoom(workspace, self._temporary / "code", self.new_process)

    def new_process(self) -> LearnerProcess:
        with self._lock:
            try:
                return self._fork()
            except OSError:
                # The learner's code may have killed the warm program.
                self._stop()
                self.start()
                return self._fork()

    def _fork(self) -> LearnerProcess:
        self._wait()
        ours, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        try:
            with theirs:
                fds = [theirs.fileno(), write_end]
                pid = self._ask({"op": "fork"}, fds)["pid"]
        except OSError:
            ours.close()
            os.close(read_end)
            raise
        finally:
            os.close(write_end)

        def end(died: bool) -> int | None:
            request = {"op": "end", "pid": pid, "died": died}
            with self._lock, suppress(OSError):
                status: int | None = self._ask(request, [])["status"]
                return status
            return None

        channel, output = Channel(ours), Output(read_end)
        return LearnerProcess(channel, output, end, lambda: waited(pid))

    def _ask(
        self, request: dict[str, object], fds: list[int]
    ) -> dict[str, int]:
        assert self._control is not None
        message = json.dumps(request).encode()
        socket.send_fds(self._control, [message], fds)
        return self._answer()

    def _answer(self) -> dict[str, int]:
        assert self._control is not None
        while b"\n" not in self._unread:
            received = self._control.recv(4096)
            if not received:
                raise ConnectionError("the warm program ended")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, int] = json.loads(line)
        return answer

    def _stop(self) -> None:
        end_program(self._program, self._control)
        self._control = None

    def close(self) -> None:
        self._stop()
