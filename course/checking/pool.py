"""Processes for learners' code, each started before it is needed."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from course.checking.channel import Channel
from course.checking.output import Output
from course.checking.processes import (
    LearnerProcess,
    OpenRoom,
    WarmProgramError,
    start_program,
)


class Pool:
    """Processes that were started and warmed up before they are needed."""

    SPARE = 1
    dear = True

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.5)
        self._lock = threading.Lock()
        self._spare: list[tuple[subprocess.Popen[bytes], str]] = []
        self._connected: dict[str, Channel] = {}

    def start(self) -> None:
        while len(self._spare) < self.SPARE:
            word = secrets.token_hex(16)
            port = self._listener.getsockname()[1]
            program = start_program(
                self._temporary,
                ["pool", str(port), word],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self._spare.append((program, word))

    def wait(self) -> None:
        """Return when a process is warm. Raises WarmProgramError."""
        with self._lock:
            program, word = self._spare[0]
            self._connected[word] = self._accept(program, word)

    def room(self, workspace: Path) -> OpenRoom:
        return OpenRoom(workspace, self._temporary / "code", self.new_process)

    def new_process(self) -> LearnerProcess:
        with self._lock:
            self.start()
            program, word = self._spare.pop(0)
            channel = self._accept(program, word)
            self.start()
        assert program.stdout is not None

        def end(died: bool) -> int | None:
            return _end_program(program, died)

        output = Output(os.dup(program.stdout.fileno()))
        program.stdout.close()
        return LearnerProcess(channel, output, end)

    def _accept(self, program: subprocess.Popen[bytes], word: str) -> Channel:
        while word not in self._connected:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                if program.poll() is None:
                    continue
                raise WarmProgramError(_last_words(program)) from None
            channel = Channel(connection)
            said = channel.receive() or {}
            self._connected[str(said.get("word"))] = channel
        return self._connected.pop(word)

    def close(self) -> None:
        for program, _ in self._spare:
            _end_program(program, died=False)
        self._spare.clear()
        self._listener.close()


def _end_program(
    program: subprocess.Popen[bytes], died: bool
) -> int | None:
    status = None
    if died:
        with suppress(subprocess.TimeoutExpired):
            status = program.wait(0.3)
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
    program.kill()
    program.wait()
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            pipe.close()
    return status


def _last_words(program: subprocess.Popen[bytes]) -> str:
    assert program.stdout is not None
    return program.stdout.read().decode("utf-8", "replace")[-2000:]
