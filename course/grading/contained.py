"""Checkers for grading strangers' code, and what they protect from.

Where bubblewrap works, a learner's code runs in a room of its own for each
exercise: its own processes, network and view of the files. Elsewhere the
limits of ordinary checks have to do, and `protection` says what that means.
"""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass
from pathlib import Path

from course.checking import bubblewrap
from course.checking.client import ROOT, Checker
from course.checking.verdict import Verdict

__all__ = [
    "LEVELS",
    "ContainedChecker",
    "ContainmentError",
    "Protection",
    "close_all",
    "contained_checker",
    "protection",
]

LEVELS = ("best", "bubblewrap", "limits")

_PROTECTS = (
    "Solutions, tests, marks, other submissions and the home folder cannot be"
    " read or changed: they are not there.",
    "There is no network but the sandbox, and none of this machine's servers.",
    "No process but the exercise's own can be seen, and none outlives it.",
    "Time, memory (1 GB for all processes together), processes, file size,"
    " open files, scratch space and output have limits that cannot be raised.",
    "A verdict cannot be written, forged or replayed: values are judged"
    " outside, and a learner's tests are not told which package they run on.",
)
_DOES_NOT = (
    "A fault of the kernel or of bubblewrap: strangers' code runs on this"
    " kernel, so grade on a machine that has nothing else to lose.",
    "What the functions of an answer return is all that is judged: an answer"
    " that does the right thing by a strange way passes.",
    "Processor time: a submission can keep the machine busy until its time"
    " is up.",
)
_LIMITS_PROTECT = (
    "Endless loops, exits, floods of output, fork bombs, memory of a single"
    " process, large files: the check ends, the other exercises are graded.",
    "Mistakes: the judge runs in a process of its own, and connections that"
    " Python code opens to other machines are refused.",
)
_LIMITS_DO_NOT = (
    "Intent: the code runs as this user and can read and change whatever"
    " this user can, also solutions, tests, marks and other submissions.",
    "It can reach the network by other means than Python's sockets, look"
    " into other processes of this user, and leave programs behind.",
    "Exercises that are files of tests can be passed by cheating.",
)


class ContainmentError(Exception):
    """The containment that was asked for does not work here."""


@dataclass(frozen=True)
class Protection:
    """What a level of containment protects from, in plain sentences.

    `reason` says why it is not bubblewrap, if it is not.
    """

    name: str
    protects: tuple[str, ...]
    does_not: tuple[str, ...]
    reason: str = ""

    def __str__(self) -> str:
        first = f"Containment: {self.name}."
        if self.reason:
            first += f" {self.reason}"
        rows = [f"  protects: {text}" for text in self.protects]
        rows += [f"  does not protect: {text}" for text in self.does_not]
        return "\n".join([first, *rows])


def protection(level: str = "best") -> Protection:
    """Return what a level protects from on this machine.

    Raises ContainmentError where "bubblewrap" does not work, and ValueError
    for another word.
    """
    if level not in LEVELS:
        raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
    if level == "limits":
        reason = "Asked for."
        return Protection("limits", _LIMITS_PROTECT, _LIMITS_DO_NOT, reason)
    problem = bubblewrap.problem()
    if not problem:
        return Protection("bubblewrap", _PROTECTS, _DOES_NOT)
    if level == "bubblewrap":
        raise ContainmentError(
            f"{problem} Install it (Debian: apt-get install bubblewrap), allow"
            " user namespaces, or grade with --containment limits."
        )
    return Protection("limits", _LIMITS_PROTECT, _LIMITS_DO_NOT, problem)


class ContainedChecker:
    """Checks the exercises of one workspace; shares its judge with others."""

    def __init__(self, workspace: Path, judge: Checker) -> None:
        self.workspace = workspace
        self._judge = judge

    def check(self, exercise: str, patience: float | None = None) -> Verdict:
        """Return the verdict on one exercise as it stands on disk.

        Raises nothing for what the learner's code does.
        """
        with _asking:
            self._judge.workspace = self.workspace
            return self._judge.check(exercise, patience)

    def check_briefly(
        self, exercise: str, patience: float | None = None
    ) -> Verdict:
        """Return the same, but run no test after one that fails."""
        with _asking:
            self._judge.workspace = self.workspace
            return self._judge.check(exercise, patience, briefly=True)

    def close(self) -> None:
        """Give the workspace up; the judge stays warm for others."""


_asking = threading.Lock()
_judges: dict[tuple[str, Path], Checker] = {}


def contained_checker(
    workspace: Path,
    level: str = "best",
    *,
    root: Path = ROOT,
    blank: Path | None = None,
) -> ContainedChecker:
    """Return a checker of one workspace, contained as well as can be.

    All checkers of a process share a judge, which runs the tests of `root`.
    It is quicker if it is given a `blank` workspace, without any answer.
    Raises ContainmentError.
    """
    name = protection(level).name
    judge = _judges.get((name, root))
    if judge is None:
        contained = name == "bubblewrap"
        judge = Checker(
            workspace, root=root, contained=contained, blank=blank
        )
        _judges[name, root] = judge
    return ContainedChecker(workspace, judge)


def close_all() -> None:
    """End the judges of this process."""
    while _judges:
        _judges.popitem()[1].close()


atexit.register(close_all)
