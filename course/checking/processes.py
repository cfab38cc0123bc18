"""The judge's side of processes: a fresh one for a learner's code, quickly.

On Linux a warm program forks them. Elsewhere forking is missing or unsafe,
and a pool keeps a process started before it is needed.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from course.checking.output import Output
from course.checking.channel import Channel

# Seconds until a process that does not warm up is given up.
START_PATIENCE = 60.0

# The warm program sees its folder as a package of its own; the folder that
# holds the course and the reference package is not on its path.
_BOOTSTRAP = """
import importlib.util as util, os, sys
folder = sys.argv.pop(1)
sys.path[:] = [p for p in sys.path if p != os.path.dirname(
    os.path.dirname(folder))]
spec = util.spec_from_file_location(
    "checking", os.path.join(folder, "__init__.py"),
    submodule_search_locations=[folder])
module = sys.modules["checking"] = util.module_from_spec(spec)
spec.loader.exec_module(module)
from checking.warm import main
main()
"""


class WarmProgramError(Exception):
    """The program that runs learners' code does not start."""


class LearnerProcess:
    """A process for a learner's code: its connection and its output."""

    def __init__(
        self,
        channel: Channel,
        output: Output,
        end: Callable[[bool], int | None],
    ) -> None:
        self.channel = channel
        self.output = output
        self._end = end
        self._ended = threading.Lock()

    def end(self, died: bool = False) -> int | None:
        """Kill the process and what it started; return how it had ended.

        That is its exit code, a signal's number below zero, or None if it
        was still alive. With `died` it is given a moment to end by itself.
        """
        if not self._ended.acquire(blocking=False):
            return None
        status = self._end(died)
        self.channel.shut()
        self.output.finish()
        return status


class Source(Protocol):
    """Where processes come from."""

    def start(self) -> None: ...
    def wait(self) -> None: ...
    def new_process(self) -> LearnerProcess: ...
    def close(self) -> None: ...


def process_source(temporary: Path) -> Source:
    """Return what suits this system; `temporary` is an empty folder."""
    wanted = os.environ.get("COURSE_CHECK_PROCESSES")
    if wanted is None:
        wanted = "fork" if sys.platform == "linux" else "pool"
    return Forker(temporary) if wanted == "fork" else Pool(temporary)


def _start(
    temporary: Path, arguments: list[str], **options: object
) -> subprocess.Popen[bytes]:
    folder = str(Path(__file__).parent)
    command = [sys.executable, "-P", "-s", "-c", _BOOTSTRAP, folder]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*command, *arguments],
        env=scrubbed_environment(temporary),
        cwd=temporary,
        start_new_session=True,
        **options,
    )


def scrubbed_environment(temporary: Path) -> dict[str, str]:
    """Return an environment without keys, proxies or the user's settings.

    A TLS context is built for each SDK client, also for plain HTTP; with one
    certificate to load instead of all that takes 1 ms, not 40.
    """
    kept = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "TZ")
    home = str(temporary)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **dict.fromkeys(("HOME", "USERPROFILE"), home),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), home),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "*"),
        "SSL_CERT_FILE": str(_small_certificate_file(temporary)),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }


def _small_certificate_file(temporary: Path) -> Path:
    path = temporary / "one_certificate.pem"
    if not path.exists():
        import certifi

        text = Path(certifi.where()).read_text("utf-8")
        start = text.index("-----BEGIN CERTIFICATE-----")
        end = text.index("-----END CERTIFICATE-----", start)
        path.write_text(text[start:end] + "-----END CERTIFICATE-----\n")
    return path


class Forker:
    """One warm program, which forks a child whenever one is needed."""

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
            self._program = _start(
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

        return LearnerProcess(Channel(ours), Output(read_end), end)

    def _ask(self, request: dict[str, object], fds: list[int]) -> dict[str, int]:
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
        if self._control is not None:
            self._control.close()
        if self._program is not None:
            try:
                self._program.wait(2)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
        self._control = None

    def close(self) -> None:
        self._stop()


class Pool:
    """Processes that were started and warmed up before they are needed."""

    SPARE = 1

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
            program = _start(
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
    if program.stdin is not None:
        program.stdin.close()
    return status


def _last_words(program: subprocess.Popen[bytes]) -> str:
    assert program.stdout is not None
    return program.stdout.read().decode("utf-8", "replace")[-2000:]
