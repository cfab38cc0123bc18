"""The judge's side of processes: a fresh one for a learner's code, quickly.

On Linux a warm program forks them. Elsewhere forking is missing or unsafe,
and a pool keeps a process started before it is needed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from course.checking.channel import Channel
from course.checking.output import Output

# Seconds until a process that does not warm up is given up.
START_PATIENCE = 60.0

# Set to "no", it spares the warm program what takes seconds.
_WARM = "COURSE_CHECK_WARM"

# The warm program sees its folder as a package of its own; the folder that
# holds the course and the reference package is not on its path.
BOOTSTRAP = """
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
    """A process for a learner's code: its connection and its output.

    `waited` tells for how many seconds it had no processor to run on.
    """

    def __init__(
        self,
        channel: Channel,
        output: Output,
        end: Callable[[bool], int | None],
        waited: Callable[[], float] = float,
    ) -> None:
        self.channel = channel
        self.output = output
        self.waited = waited
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


class Room(Protocol):
    """Where the processes of one workspace run during one check.

    They see it as `folder`, and compiled code in `kept`; with `shared` they
    need not import what all packages have in common. What `listen`
    returns, they reach at its port. A server of theirs that listens at
    `port` is reached from here at the same one; 0 is any.
    """

    folder: str
    kept: str
    shared: bool

    def new_process(
        self, listener: socket.socket | None = None
    ) -> LearnerProcess: ...
    def begin_test(self) -> None: ...
    def listen(self, port: int = 0) -> socket.socket | None: ...
    def port(self) -> int: ...
    def close(self) -> None: ...


class Source(Protocol):
    """Where processes come from; `dear` ones take seconds each."""

    dear: bool

    def start(self) -> None: ...
    def wait(self) -> None: ...
    def room(self, workspace: Path) -> Room: ...
    def close(self) -> None: ...


class OpenRoom:
    """This machine itself: its folders, and its loopback for all."""

    shared = False

    def __init__(
        self,
        workspace: Path,
        kept: Path,
        new_process: Callable[[], LearnerProcess],
    ) -> None:
        self.folder = str(workspace)
        self.kept = str(kept)
        self._new_process = new_process

    def new_process(
        self, listener: socket.socket | None = None
    ) -> LearnerProcess:
        return self._new_process()

    def begin_test(self) -> None:
        pass

    def listen(self, port: int = 0) -> socket.socket | None:
        return None

    def port(self) -> int:
        return 0

    def close(self) -> None:
        pass


def process_source(temporary: Path) -> Source:
    """Return what suits this system; `temporary` is an empty folder."""
    from course.checking.containers import Containers
    from course.checking.forker import Forker
    from course.checking.pool import Pool

    wanted = os.environ.get("COURSE_CHECK_PROCESSES")
    if wanted is None:
        wanted = "fork" if sys.platform == "linux" else "pool"
    if wanted == "contain":
        return Containers(temporary)
    return Forker(temporary) if wanted == "fork" else Pool(temporary)


def start_program(
    temporary: Path, arguments: list[str], **options: object
) -> subprocess.Popen[bytes]:
    folder = str(Path(__file__).parent)
    command = [sys.executable, "-P", "-s", "-c", BOOTSTRAP, folder]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*command, *arguments],
        env=scrubbed_environment(temporary),
        cwd=temporary,
        start_new_session=True,
        **options,
    )


def end_program(
    program: subprocess.Popen[bytes] | None, control: socket.socket | None
) -> None:
    """Let a warm program end, which it does when nobody talks to it.

    `control` is closed; what does not end within two seconds is killed.
    """
    if control is not None:
        control.close()
    if program is not None:
        try:
            program.wait(2)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def scrubbed_environment(temporary: Path) -> dict[str, str]:
    """Return an environment without keys, proxies or the user's settings.

    A TLS context is built for each SDK client, also for plain HTTP; with one
    certificate to load instead of all that takes 1 ms, not 40. What numpy
    calls gets one thread: a fork takes along no others.
    """
    kept = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "TZ", _WARM)
    home = str(temporary)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **dict.fromkeys(("HOME", "USERPROFILE"), home),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), home),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "*"),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
        "SSL_CERT_FILE": str(small_certificate_file(temporary)),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }


def small_certificate_file(temporary: Path) -> Path:
    path = temporary / "one_certificate.pem"
    if not path.exists():
        import certifi

        text = Path(certifi.where()).read_text("utf-8")
        start = text.index("-----BEGIN CERTIFICATE-----")
        end = text.index("-----END CERTIFICATE-----", start)
        path.write_text(text[start:end] + "-----END CERTIFICATE-----\n")
    return path
