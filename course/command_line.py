"""The table of verbs, and the way from the command line to a verb."""

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from course.problems import CommandError, ExitCode, problem_of
from course.setup import environment

__all__ = ["VERBS", "Verb", "main"]


class Verb(NamedTuple):
    """One line of the command's help and where its function is."""

    function: str
    summary: str


VERBS = {
    "lab": Verb("course.setup.lab:main", "open the course in JupyterLab"),
    "check": Verb(
        "course.checking.command:main", "check an exercise: check 2.1"
    ),
    "contract": Verb(
        "course.contract.command:main", "judge all agents in every case"
    ),
    "hint": Verb("course.workspace.commands:hint", "show the next hint"),
    "solution": Verb(
        "course.workspace.commands:solution", "show an exercise's answer"
    ),
    "progress": Verb(
        "course.workspace.commands:progress", "show what is done so far"
    ),
    "catch-up": Verb(
        "course.workspace.commands:catch_up", "fill in a phase or an exercise"
    ),
    "reset": Verb(
        "course.workspace.commands:reset", "blank an exercise again"
    ),
    "pack": Verb(
        "course.workspace.packing:pack", "put your workspace into one file"
    ),
    "unpack": Verb(
        "course.workspace.packing:unpack", "go on with a packed workspace"
    ),
    "search": Verb("course.teaching.search:main", "search the lessons"),
    "present": Verb(
        "course.teaching.presenting:main", "teach a phase; slides; time plans"
    ),
    "class": Verb(
        "course.teaching.class_view:main", "show where each learner is"
    ),
    "sandbox": Verb(
        "course.sandbox.command:main", "run the simulated providers"
    ),
    "providers": Verb(
        "course.setup.providers:main", "tell which providers can be reached"
    ),
    "test": Verb(
        "course.upkeep.testing:main", "run every test of the project"
    ),
    "rehearse": Verb(
        "course.upkeep.rehearsal:main", "work through the whole course"
    ),
    "build": Verb("course.building.build:main", "generate the notebooks"),
    "release": Verb(
        "course.releasing.command:main", "write a copy without answers"
    ),
    "export": Verb(
        "course.exporting.command:main", "write the course for other graders"
    ),
    "grade": Verb(
        "course.grading.command:main", "grade a folder of submissions"
    ),
    "bench": Verb("course.upkeep.bench:main", "run a benchmark"),
    "simulate": Verb(
        "course.simulation.command:main", "make the simulated outcomes again"
    ),
    "soak": Verb(
        "course.upkeep.soak:main", "let providers fail before the router"
    ),
    "clients": Verb(
        "course.upkeep.clients:main", "try other libraries on the sandbox"
    ),
    "catalogue": Verb(
        "course.upkeep.catalogue_check:main", "check the model catalogue"
    ),
    "checklist": Verb(
        "course.upkeep.checklist:main", "tell whether this can be released"
    ),
    "site": Verb("course.upkeep.site:main", "build the documentation's site"),
}


def main(argv: Sequence[str]) -> int:
    """Run the verb that `argv` begins with and return its exit code."""
    speak_any_alphabet()
    try:
        code = told(argv)
        # Here and not when Python ends, where nobody could catch it.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        if is_read():
            raise
        return ExitCode.READER_GONE


def told(argv: Sequence[str]) -> int:
    """Run the verb, say what stands in its way, and return the exit code."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(help_text())
        return ExitCode.DONE
    try:
        return run(argv[0], list(argv[1:]))
    except CommandError as problem:
        return tell(problem)
    except OSError as error:
        known = problem_of(error)
        if known is None:
            raise
        return tell(known)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return ExitCode.INTERRUPTED


def run(name: str, arguments: list[str]) -> int:
    """Run a verb inside the environment, which is made if need be."""
    verb = VERBS.get(name)
    if verb is None:
        raise CommandError(ExitCode.WRONG_USE, unknown(name))
    if not environment.is_current():
        if {"-h", "--help"} & {*arguments}:
            # Most verbs can tell what they take without any library.
            with suppress(ImportError):
                return load(name, verb)(arguments)
        environment.prepare()
        return environment.run_inside(["-m", "course", name, *arguments])
    return load(name, verb)(arguments)


def load(name: str, verb: Verb) -> Callable[[list[str]], int]:
    """Return a verb's function, imported now."""
    module, _, function = verb.function.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise CommandError(
            ExitCode.PART_MISSING,
            f"`{name}` is not part of this copy: {module} is missing.",
        ) from error
    found: Callable[[list[str]], int] = getattr(loaded, function)
    return found


def is_here(verb: Verb) -> bool:
    """Return whether this copy of the course has a verb's module."""
    module = verb.function.partition(":")[0]
    place = Path(__file__).parents[1].joinpath(*module.split("."))
    return place.with_suffix(".py").is_file()


def help_text() -> str:
    """Return one line on each verb."""
    here = {name: row for name, row in VERBS.items() if is_here(row)}
    width = max(map(len, here))
    rows = [f"  {name:<{width}}  {row.summary}" for name, row in here.items()]
    return "\n".join(
        [
            "Usage: python3 -m course VERB",
            "",
            *rows,
            "",
            "`python3 -m course VERB --help` says more.",
        ]
    )


def unknown(name: str) -> str:
    """Return what to say of a verb that is not there."""
    close = difflib.get_close_matches(name, VERBS, n=1)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    return f"There is no verb `{name}`.{meant}\n\n{help_text()}"


def tell(problem: CommandError) -> int:
    """Print a problem and return its exit code."""
    print(problem, file=sys.stderr)
    return problem.exit_code


def is_read() -> bool:
    """Return whether what is printed arrives somewhere.

    An empty line tells. Where it does not, the rest goes nowhere: Python
    would tell of it when it ends.
    """
    try:
        print(flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return False
    return True


def speak_any_alphabet() -> None:
    """Let no letter of a path end the command on a narrow terminal."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
