"""The right package and broken ones, each served by a process of its own."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course.checking.connection import Connection, FaultError
from course.checking.hints import AnswersError, load_answers
from course.checking.processes import LearnerProcess, Room, Source
from course.checking.remote import Remote
from course.checking.roots import file_of
from course.sandbox import Sandbox

# Seconds that importing large libraries may take on a busy machine.
LOAD_SECONDS = 10.0

# Files of modules that take the place of the package's, by their names.
Overlay = dict[str, str]

# Where the tests find a package and its sandbox.
Where = dict[str, Any]

# The signal by which the system ends tests that take too long.
ALARM = 14


@dataclass(frozen=True)
class Mutant:
    """A broken package: the module that differs, and what breaks it."""

    name: str
    module: str
    swap: Mapping[str, str]

    @property
    def file(self) -> str:
        """The module's file, below the folder of its package."""
        return file_of(self.module)

    def text(self, reference: str) -> str:
        """Return the module's text. Raises AnswersError."""
        for old, new in self.swap.items():
            if reference.count(old) != 1:
                raise AnswersError(
                    f"{self.name}: {self.file} has {old!r}"
                    f" {reference.count(old)} times, not once"
                )
            reference = reference.replace(old, new)
        return reference


def load_mutants(answers: Path) -> list[Mutant]:
    """Return the broken packages of an answers file."""
    return [
        Mutant(row["name"], row["module"], row["swap"])
        for row in load_answers(answers).get("mutants") or ()
    ]


@dataclass(frozen=True)
class Served:
    """A package in its process, with a sandbox to talk to."""

    name: str
    process: LearnerProcess
    remote: Remote
    sandbox: Sandbox
    peer: Mapping[str, Any]


class Packages:
    """Serves the reference package of `root`, and then its mutants.

    `folder` is for the modules that differ. A process that is done with one
    package serves another. Where processes are dear, there is but one;
    elsewhere one package is made ready while the tests run on others,
    `at_once` in number. `first` has for some mutants the name of the test to
    begin with. `libraries` are imported before a call may have to.
    """

    def __init__(
        self,
        root: Path,
        mutants: list[Mutant],
        source: Source,
        folder: Path,
        at_once: int,
        first: Mapping[str, str],
        libraries: tuple[str, ...] = (),
    ) -> None:
        self._root = root
        self._source = source
        self._folder = folder
        self._first = first
        self._libraries = list(libraries)
        self._coming: deque[Future[Served]] = deque()
        self._served: dict[str, Served] = {}
        self._idle: deque[Served] = deque()
        self._numbers = itertools.count(1)
        self._todo = deque([("", Overlay()), *map(self._broken, mutants)])
        self._most = 1 if source.dear else at_once + 1
        self._pool = ThreadPoolExecutor(1)
        self._room: Room | None = None
        self._order(self._most)

    def next(self, done: list[str], stuck: list[str]) -> Where | None:
        """Return where the next package is; None if there is no more.

        `done` names those that are needed no longer, `stuck` those of them
        in which a call may still go on.
        """
        for name in done:
            served = self._served.pop(name)
            if name in stuck:
                _end(served)
            else:
                self._idle.append(served)
        self._order(1)
        if not self._coming:
            return None
        served = self._coming.popleft().result()
        self._served[served.name] = served
        if self._idle or len(self._served) < self._most:
            self._order(1)
        return {
            "name": served.name,
            "peer": served.peer,
            "sandbox": served.sandbox.url,
            "urls": {
                name: served.sandbox.base_url(name)
                for name in served.sandbox.providers
            },
            "first": self._first.get(served.name, ""),
        }

    def close(self) -> None:
        self._todo.clear()
        self._pool.shutdown()
        for future in self._coming:
            if future.exception() is None:
                _end(future.result())
        for served in (*self._served.values(), *self._idle):
            _end(served)

    def _order(self, ahead: int) -> None:
        while self._todo and len(self._coming) < ahead:
            name, overlay = self._todo.popleft()
            future = self._pool.submit(self._serve, name, overlay)
            self._coming.append(future)

    def _serve(self, name: str, overlay: Overlay) -> Served:
        served = self._idle_one() or self._new_one()
        served.sandbox.clear()
        room = self._room_of_root()
        served.remote.ask(
            "use",
            workspace=room.folder,
            kept=room.kept,
            overlay=overlay,
            reuse=True,
        )
        peer = served.remote.ask("listen")["ok"]
        return replace(served, name=name, peer=peer)

    def _room_of_root(self) -> Room:
        if self._room is None:
            self._room = self._source.room(self._root)
        return self._room

    def _idle_one(self) -> Served | None:
        """Return what may serve again; None if tests changed all of it."""
        while self._idle:
            served = self._idle.popleft()
            if self._source.dear or not served.remote.ask("changed")["ok"]:
                return served
            _end(served)
        return None

    def _new_one(self) -> Served:
        process = self._room_of_root().new_process()
        remote = remote_of(process, "The package's process ended.")
        if self._libraries:
            seconds = LOAD_SECONDS
            remote.ask("load", libraries=self._libraries, seconds=seconds)
        return Served("", process, remote, Sandbox().start(), {})

    def _broken(self, mutant: Mutant) -> tuple[str, Overlay]:
        """Write a mutant's module. Raises AnswersError."""
        reference = self._root / mutant.file
        # A file of its own: another process may still read another mutant's.
        broken = self._folder / f"{next(self._numbers)}_{reference.name}"
        broken.write_text(mutant.text(reference.read_text("utf-8")), "utf-8")
        return mutant.name, {mutant.module: str(broken)}


def _end(served: Served) -> None:
    served.sandbox.stop()
    end_soon(served.process)


def remote_of(process: LearnerProcess, farewell: str) -> Remote:
    """Return what a process serves; `farewell` is said if it ends."""
    process.output.on_flood = process.end

    def ended() -> FaultError:
        status = process.end(died=True)
        if status == -ALARM:
            return FaultError("hung", "Your tests did not come to an end.")
        if process.output.flooded:
            return FaultError("flooded", "Your tests print without end.")
        return FaultError("ended", farewell)

    return Remote(
        lambda answer: Connection(
            process.channel, answer, ended, process.end, process.waited
        ),
        [],
    )


def end_soon(process: LearnerProcess) -> None:
    """End a process; nobody has to wait until it is cleared away."""
    threading.Thread(target=process.end).start()
