"""A learner's own tests in contained grading: run without being told on what.

Each run is in a room of its own, which knows nothing of the others: the
tests reach one package, and it is not said whether that is the right one.
What the tests report about a run is theirs to say; only tests that tell the
packages apart by what they do can say the right thing each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from course.building.agent_tests import AgentTests
from course.checking.connection import FaultError
from course.checking.containers import ContainedRoom, Containers
from course.checking.packages import Mutant, remote_of
from course.checking.roots import whole_name
from course.checking.side_by_side import RUN_SECONDS, UNENDED
from course.sandbox import Sandbox

__all__ = ["BlindRuns"]

# Runs on the right package beside the first: who guesses has to guess more.
MORE_RIGHT_RUNS = 2
LONGEST_NAME = 300
MOST_TESTS = 500
_LISTS = ("collected", "passed", "failed", "empty", "unwritten")

Row = dict[str, Any]


class BlindRuns:
    """The tests of one file, on the kit's package and on broken ones.

    `libraries` are what the agent stands on, for the room of the packages.
    """

    def __init__(
        self,
        text: str,
        about: AgentTests,
        root: Path,
        mutants: list[Mutant],
        source: Containers,
        libraries: tuple[str, ...],
    ) -> None:
        self._text = text
        self._about = about
        self._root = root
        self._mutants = mutants
        self._source = source
        module = about.agent.rpartition(".")[0]
        package = whole_name(module)
        self._packages = source.reference_room(root, (*libraries, package))
        self._code = self._rewritten()

    def _rewritten(self) -> str:
        """Have pytest read the tests once, where no code of theirs runs.

        Where that does not work, each run does it for itself.
        """
        process = self._packages.new_process()
        remote = remote_of(process, "The tests cannot be read.")
        try:
            found = remote.ask("rewrite", text=self._text, seconds=RUN_SECONDS)
            return str(found["ok"])
        except FaultError:
            return ""
        finally:
            process.end()

    def results(self) -> dict[str, Row]:
        """Return how the tests end on each package, the right one as "".

        Raises FaultError where they do not end on the right one.
        """
        right = self._run(None)
        if right["problem"] or right["failed"] or not right["passed"]:
            # What wrong tests notice is no bug of the package's.
            return {"": right}
        runs: list[Mutant | None] = [*self._mutants]
        runs += [None] * MORE_RIGHT_RUNS
        random.SystemRandom().shuffle(runs)
        # One after another: grading has submissions to keep processors busy,
        # and rooms take memory.
        found = list(map(self._ended, runs))
        for mutant, row in zip(runs, found, strict=True):
            if mutant is None:
                _join(right, row)
        rows = {m.name: r for m, r in zip(runs, found, strict=True) if m}
        return {"": right, **_noticed(rows, right["passed"])}

    def _ended(self, mutant: Mutant | None) -> Row:
        try:
            return self._run(mutant)
        except FaultError:
            return {**dict.fromkeys(_LISTS, []), "failed": [UNENDED],
                    "output": "", "problem": ""}

    def _run(self, mutant: Mutant | None) -> Row:
        room = self._source.empty_room()
        try:
            return self._run_in(room, mutant)
        except OSError:
            raise FaultError("ended", "The tests ended their room.") from None
        finally:
            room.close()

    def _run_in(self, room: ContainedRoom, mutant: Mutant | None) -> Row:
        door = room.listen()
        process = self._packages.new_process(door)
        door.close()
        here = self._packages.listen()
        there = room.listen(here.getsockname()[1])
        sandbox = Sandbox(listening=[here, there]).start()
        try:
            remote = remote_of(process, "The package's process ended.")
            self._become(remote, mutant)
            peer = remote.ask("listen", public=True)["ok"]
            return self._tested(room, self._where(peer, sandbox))
        finally:
            process.end()
            sandbox.stop()

    def _become(self, remote: Any, mutant: Mutant | None) -> None:
        room = self._packages
        folders = {"workspace": room.folder, "kept": room.kept}
        if mutant is None:
            remote.ask("use", **folders, overlay={}, reuse=True)
            return
        file = self._root / mutant.file
        text = mutant.text(file.read_text("utf-8"))
        remote.ask("replace", **folders, module=mutant.module, text=text)

    def _where(self, peer: Mapping[str, Any], sandbox: Sandbox) -> Row:
        names = sandbox.providers
        urls = {name: sandbox.base_url(name) for name in names}
        return {"name": "", "peer": peer, "sandbox": sandbox.url, "urls": urls}

    def _tested(self, room: ContainedRoom, package: Row) -> Row:
        process = room.new_process()
        remote = remote_of(process, "Your tests ended their process.")
        order = {
            "text": self._text,
            "package": package,
            "agent": self._about.agent,
            "provider": self._about.provider,
            "code": self._code,
        }
        reply = remote.ask("run_once", order=order, seconds=RUN_SECONDS + 2)
        return _checked(reply["ok"], remote.connection.garbled)


def _checked(found: Any, garbled: Callable[[], FaultError]) -> Row:
    """Return what the tests' process said, if it has the right shape."""
    try:
        row = {**(found["result"] or dict.fromkeys(_LISTS, []))}
        kept: Row = {
            name: [str(test)[:LONGEST_NAME] for test in row[name]][:MOST_TESTS]
            for name in _LISTS
        }
        kept["output"] = str(row.get("output", ""))[:20_000]
        kept["problem"] = str(found["problem"])[:LONGEST_NAME]
    except (TypeError, KeyError, AttributeError):
        raise garbled() from None
    return kept


def _join(right: Row, again: Row) -> None:
    """Take from the first run on the right package what did not hold."""
    for name in again["failed"]:
        if name not in right["failed"]:
            right["failed"].append(name)
            right["output"] += again["output"]
    right["passed"] = [
        name
        for name in right["passed"]
        if name in again["passed"] and name not in right["failed"]
    ]


def _noticed(rows: dict[str, Row], able: list[str]) -> dict[str, Row]:
    """Count only what was noticed by tests that pass on the right package."""
    return {
        name: {
            **row,
            "failed": [
                test
                for test in row["failed"]
                if test in able or test == UNENDED
            ],
        }
        for name, row in rows.items()
    }
