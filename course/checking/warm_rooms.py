"""The judge's side of the contained warm program: its own, or a shared one.

Several judges of a grading run share one program where they are told of one.
It lies in a folder, with a door by which judges come in and a stage on which
each has a place of its own. If it is lost, a judge starts one for itself.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course.checking import bubblewrap
from course.checking.processes import (
    START_PATIENCE,
    WarmProgramError,
    end_program,
)

__all__ = ["SHARED_PROGRAM", "WarmRooms", "shared_program"]

# The variable that names the folder of a program that judges share.
SHARED_PROGRAM = "COURSE_CHECK_PROGRAM"

_DOOR = "door"
_LONGEST_MESSAGE = 1 << 18


class WarmRooms:
    """A warm program that opens rooms, by one connection.

    `stage` is the folder for what is to be seen in there, and `within` what
    the program has to be told before the name of a place on it; `starts`
    counts how many programs there have been.
    """

    def __init__(self, temporary: Path) -> None:
        self.stage = temporary / "stage"
        self.within = ""
        self.starts = 0
        self._temporary = temporary
        self._log = temporary / "warm.log"
        self._shared = os.environ.get(SHARED_PROGRAM, "")
        self._program: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = False

    def start(self) -> None:
        """Start a program, or come in where there is one."""
        self._ready = False
        self.starts += 1
        if not self._shared or not self._join(Path(self._shared)):
            self._start_own()
        assert self._control is not None
        self._control.settimeout(START_PATIENCE)

    def _join(self, folder: Path) -> bool:
        """Come in where judges share a program; return whether there is."""
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            control.connect(str(folder / _DOOR))
            stage = Path(tempfile.mkdtemp(dir=folder / "stage"))
            stage.chmod(0o755)
        except OSError:
            control.close()
            self._shared = ""
            return False
        self._control, self.stage = control, stage
        self.within = f"{stage.name}/"
        return True

    def _start_own(self) -> None:
        self.stage, self.within = self._temporary / "stage", ""
        self._program, self._control = _started(self._temporary, self._log)

    def wait(self) -> bool:
        """Return when the program is warm; say whether that is news.

        Raises WarmProgramError.
        """
        if self._ready:
            return False
        if not self._is_welcome():
            if not self._shared:
                log = self._log.read_text("utf-8", "replace")
                raise WarmProgramError(log[-2000:])
            self.stop()
            self.start()
            return self.wait()
        self._ready = True
        return True

    def _is_welcome(self) -> bool:
        assert self._control is not None
        try:
            return bool(self._control.recv(_LONGEST_MESSAGE))
        except OSError:
            return False

    def ask(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        """Return the program's answer. Raises OSError."""
        if self._control is None:
            raise ConnectionError("the warm program was left")
        message = json.dumps(request).encode()
        socket.send_fds(self._control, [message], fds)
        answer: dict[str, Any] = json.loads(
            self._control.recv(_LONGEST_MESSAGE) or "{}"
        )
        return answer

    def stop(self) -> None:
        """Leave the program; one's own ends with that."""
        end_program(self._program, self._control)
        self._program = self._control = None
        # What was lost once is not looked for again.
        self._shared = ""


@contextmanager
def shared_program(folder: Path) -> Iterator[str]:
    """Start a program for several judges; give what they have to be told.

    That is the value of SHARED_PROGRAM, empty where none can be shared.
    `folder` is new, and its path not long. The program ends with this.
    """
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        try:
            door.bind(str(folder / _DOOR))
        except OSError:
            # The system takes a hundred letters for the name of a socket.
            yield ""
            return
        door.listen()
        program, control = _started(folder, folder / "warm.log", door)
    # Where the door was still open here, judges would wait at it for a
    # program that has ended.
    try:
        yield str(folder)
    finally:
        end_program(program, control)


def _started(
    folder: Path, log: Path, door: socket.socket | None = None
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a program in a view of the system; return it and a connection."""
    bubblewrap.prepare(folder)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, log.open("wb") as file:
        fds = [each.fileno() for each in (theirs, door) if each]
        program = subprocess.Popen(
            bubblewrap.command(folder, ["rooms", *map(str, fds)]),
            env=bubblewrap.environment(folder),
            cwd=folder,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    return program, ours
