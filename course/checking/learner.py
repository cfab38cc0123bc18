"""A learner's code during one check: its processes, router and own tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.checking.calls import Call
from course.checking.connection import Connection, FaultError
from course.checking.declared import Declared
from course.checking.own_tests import OwnTests
from course.checking.processes import LearnerProcess, Room, Source
from course.checking.remote import Remote, place_of
from course.checking.waiting import waited_here

if TYPE_CHECKING:
    from course.kit import Kit

# Seconds that all calls of one check may take together.
CHECK_SECONDS = 15.0

# So many exceptions of a router are looked at.
MOST_CRASHES = 20

# Seconds that importing large libraries may take on a busy machine.
LOAD_SECONDS = 30.0


@dataclass(frozen=True)
class Order:
    """What is to be checked, and where everything lies.

    `root` has the tests and the answers, `temporary` is the judge's own.
    """

    exercise: str
    workspace: Path
    root: Path
    temporary: Path

    @property
    def answers(self) -> Path:
        """The file of the exercise's typical answers."""
        return self.root / "course" / "answers" / f"{self.exercise}.yaml"


class Learner:
    """The learner's package in a process, another whenever one is needed.

    `log` gets every call; all of them together may take `seconds`. `printed`
    is what the processes that have ended wrote, `served` has the addresses
    of the running test's routers.
    """

    def __init__(
        self,
        order: Order,
        source: Source,
        log: list[Call],
        seconds: float = CHECK_SECONDS,
    ) -> None:
        self.printed = ""
        self.served: list[str] = []
        self.tests: OwnTests | None = None
        self._order = order
        self._source = source
        self._log = log
        # Set when the first process is there: starting it is not theirs.
        self._seconds = seconds
        self._deadline = float("inf")
        self._room: Room | None = None
        self._process: LearnerProcess | None = None
        self._remote: Remote | None = None
        self._restore: list[Callable[[], None]] = []
        # The sandbox that a call may wait for runs here.
        self._waited_before = waited_here()

    @property
    def remote(self) -> Remote:
        """The package in its process, a new one if need be."""
        if self._remote is None:
            room = self.room
            self._process = room.new_process()
            if self._deadline == float("inf"):
                self._deadline = time.monotonic() + self._seconds
            declared = Declared(self._order.root)
            self._remote = Remote(
                self._connect, self._log, declared, self._restore
            )
            self._remote.connection.deadline = self._deadline
            self._remote.ask(
                "use",
                workspace=room.folder,
                kept=room.kept,
                shared=room.shared,
            )
        return self._remote

    @property
    def room(self) -> Room:
        """Where the learner's processes run, made when first needed."""
        if self._room is None:
            self._room = self._source.room(self._order.workspace)
        return self._room

    @property
    def fault(self) -> FaultError | None:
        """Why the present process cannot be asked any more."""
        return self._remote.connection.fault if self._remote else None

    @property
    def is_late(self) -> bool:
        """Whether the calls have had all the time there is."""
        return time.monotonic() >= self._deadline

    @property
    def blanks(self) -> list[str]:
        """The exercises whose blanks ran in this test, in order."""
        return self._remote.blanks if self._remote else []

    @property
    def output(self) -> str:
        """What the present process has printed."""
        return self._process.output.text if self._process else ""

    def restore(self) -> None:
        """Make the arguments of calls what they were before the calls.

        They may be a test module's own data, which the next check, perhaps
        of another learner's code, is to find as it was written.
        """
        while self._restore:
            self._restore.pop()()

    def serve(self, *args: Any, **options: Any) -> str:
        """Return the base URL of the learner's router, served over HTTP."""
        data = self.remote.encode([list(args), options])
        port = self.room.port()
        url: str = self.remote.ask("serve", options=data, port=port)["ok"]
        if port:
            # What the process says leads nowhere else.
            url = f"http://127.0.0.1:{port}"
        self.served.append(url)
        return url

    def load(self, libraries: Iterable[str]) -> None:
        """Import libraries in the process before a call has to."""
        names = list(libraries)
        self.remote.ask("load", libraries=names, seconds=LOAD_SECONDS)

    def crashes(self) -> list[Any]:
        """Return what the router raised, each with its place."""
        if self._remote is None or self.fault or not self.served:
            return []
        decode = self._remote.decode
        try:
            rows = list(self._remote.ask("notes")["crashes"])[:MOST_CRASHES]
            return [
                (decode(row["raised"]), place_of(row.get("where")))
                for row in rows
                if "raised" in row
            ]
        except (FaultError, Exception):
            # It is the learner's process that tells, in whatever shape, and
            # it may be out of files or memory.
            return []

    @property
    def own_tests(self) -> OwnTests:
        """The learner's own tests, as they stand in the workspace."""
        if self.tests is None:
            from course.kit import Kit
            from course.workspace.released import is_learners_copy

            order, kit = self._order, Kit(self._order.root)
            # An exercise's tests are tried on the kit's package, right and
            # broken, where it has one; the file of an agent is run on the
            # learner's own.
            ours, files = _own_test_files(kit, _changed(kit.lessons))
            right = order.exercise in ours and not is_learners_copy(kit)
            root = order.root if right else order.workspace
            file = order.workspace / files[order.exercise]
            self.tests = OwnTests(
                file,
                order.answers,
                root,
                self._source,
                order.temporary / "own_tests",
                self._log,
                is_ours=right,
            )
        return self.tests

    def begin_test(self, fresh_process: bool) -> None:
        self.served.clear()
        if fresh_process:
            self.drop_process()
        if self._room is not None:
            self._room.begin_test()
        self.blanks.clear()

    def drop_process(self) -> None:
        """End the process; the next use of the package starts another."""
        process, remote = self._process, self._remote
        self._process = self._remote = None
        if process is None:
            return
        if remote is not None and remote.connection.fault is None:
            # Whatever it raises, the process is ended.
            with suppress(FaultError, Exception):
                remote.ask("hush", seconds=1.0)
        process.output.finish()
        self.printed += process.output.text
        # Nobody has to wait until the process is cleared away.
        threading.Thread(target=process.end).start()

    def close(self) -> None:
        self.drop_process()
        if self.tests is not None:
            self.printed += self.tests.printed
        if self._room is not None:
            self._room.close()

    def _waited(self) -> float:
        return max(0.0, waited_here() - self._waited_before)

    def _connect(self, answer: Callable[[Any], Any]) -> Connection:
        process = self._process
        assert process is not None
        process.output.on_flood = process.end
        return Connection(
            process.channel,
            answer,
            lambda: _how_it_ended(process),
            process.end,
            lambda: process.waited() + self._waited(),
        )


@lru_cache(maxsize=1)
def _own_test_files(
    kit: Kit, changed: object
) -> tuple[frozenset[str], dict[str, str]]:
    """Return the exercises, and the file of each that is one of tests.

    The files of agents are among them. Reading the lessons takes as long as
    many a check: `changed` says when to read them again.
    """
    from course.building.agent_tests import agent_tests
    from course.building.lessons import load_exercises

    ours = load_exercises(kit)
    every = {**agent_tests(kit), **ours}
    files = {name: exercise.file for name, exercise in every.items()}
    return frozenset(ours), files


def _changed(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return the files of a folder, each with the time of its change."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple((path.name, path.stat().st_mtime_ns) for path in found)


# By number, since not every system has names for them.
_SIGNALS: Mapping[int, str] = {
    6: "it was aborted",
    9: "it was killed, perhaps for its memory or its forks",
    11: "it crashed (segmentation fault)",
    24: "it used up its processor time",
}


def _how_it_ended(process: LearnerProcess) -> FaultError:
    """Return in words how a child ended that nobody ended."""
    status = process.end(died=True)
    if process.output.flooded:
        return FaultError("flooded", "Your code printed without end.")
    how = "it closed its connection"
    if status is not None and status >= 0:
        how = f"it left with exit code {status}, as os._exit does"
    elif status is not None:
        how = _SIGNALS.get(-status, f"signal {-status} ended it")
    return FaultError(
        "ended", f"Your code ended its process in the middle of a call: {how}."
    )
