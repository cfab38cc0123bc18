"""The right package and broken ones, each served by a process of its own."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.checking.connection import Connection, FaultError
from course.checking.hints import AnswersError, load_answers
from course.checking.processes import LearnerProcess, Source
from course.checking.remote import Remote
from course.sandbox import Sandbox

# The signal by which the system ends tests that take too long.
ALARM = 14

# Packages that are made ready while the tests run on another one.
AHEAD = 2


@dataclass(frozen=True)
class Mutant:
    """A broken package: the module that differs, and what breaks it."""

    name: str
    module: str
    swap: Mapping[str, str]

    def text(self, reference: str) -> str:
        """Return the module's text. Raises AnswersError."""
        for old, new in self.swap.items():
            if reference.count(old) != 1:
                raise AnswersError(
                    f"{self.name}: {self.module}.py has {old!r}"
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


@dataclass
class Served:
    """A package in its process, with a sandbox to talk to."""

    name: str
    process: LearnerProcess
    remote: Remote
    sandbox: Sandbox
    peer: Mapping[str, Any]


class Packages:
    """Serves the reference package of `root`, and then its mutants.

    `folder` is for the modules that differ, `kept` for compiled code. Where
    processes are dear, one serves all packages in turn; elsewhere the next
    ones are made ready while the tests run.
    """

    def __init__(
        self,
        root: Path,
        mutants: list[Mutant],
        source: Source,
        folder: Path,
        kept: Path,
    ) -> None:
        self._root = root
        self._source = source
        self._folder = folder
        self._kept = kept
        self._todo: deque[Mutant | None] = deque([None, *mutants])
        self._coming: deque[Future[Served]] = deque()
        self._served: dict[str, Served] = {}
        self._idle: list[tuple[LearnerProcess, Remote]] = []
        self._numbers = itertools.count(1)
        self._pool = ThreadPoolExecutor(1)
        self._order(1)

    def next(self, done: list[str]) -> dict[str, Any] | None:
        """Return where the next package is; None if there is no more.

        `done` names those that are needed no longer.
        """
        for name in done:
            self._put_away(self._served.pop(name))
        self._order(1)
        if not self._coming:
            return None
        served = self._coming.popleft().result()
        self._served[served.name] = served
        self._order(0 if self._source.dear else AHEAD)
        return {
            "name": served.name,
            "peer": served.peer,
            "sandbox": served.sandbox.url,
            "openai": served.sandbox.base_url("openai"),
        }

    def close(self) -> None:
        self._todo.clear()
        self._pool.shutdown()
        for future in self._coming:
            if future.exception() is None:
                self._put_away(future.result())
        for served in self._served.values():
            self._put_away(served)
        for process, _ in self._idle:
            end_soon(process)

    def _order(self, ahead: int) -> None:
        while self._todo and len(self._coming) < ahead:
            mutant = self._todo.popleft()
            self._coming.append(self._pool.submit(self._serve, mutant))

    def _put_away(self, served: Served) -> None:
        served.sandbox.stop()
        if self._source.dear:
            self._idle.append((served.process, served.remote))
        else:
            end_soon(served.process)

    def _serve(self, mutant: Mutant | None) -> Served:
        if self._idle:
            process, remote = self._idle.pop()
        else:
            process = self._source.new_process()
            remote = remote_of(process, "The package's process ended.")
        remote.ask(
            "use",
            workspace=str(self._root),
            kept=str(self._kept),
            overlay=self._overlay(mutant),
        )
        name = mutant.name if mutant else ""
        peer = remote.ask("listen")["ok"]
        return Served(name, process, remote, Sandbox().start(), peer)

    def _overlay(self, mutant: Mutant | None) -> dict[str, str]:
        if mutant is None:
            return {}
        module = f"{mutant.module}.py"
        reference = self._root / "llm_providers" / module
        # A file of its own: the process before may not have read its yet.
        broken = self._folder / f"{next(self._numbers)}_{module}"
        broken.write_text(mutant.text(reference.read_text("utf-8")), "utf-8")
        return {mutant.module: str(broken)}


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
        lambda answer: Connection(process.channel, answer, ended, process.end),
        [],
    )


def end_soon(process: LearnerProcess) -> None:
    """End a process; nobody has to wait until it is cleared away."""
    threading.Thread(target=process.end).start()
