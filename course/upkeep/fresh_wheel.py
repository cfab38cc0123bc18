"""Checks of the release's list that build, install and serve the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from course.problems import ExitCode
from course.sandbox import Sandbox
from course.setup.installing import problem_behind
from course.setup.virtual_environment import environment_python
from course.upkeep.checked import Checked, Release, failed, good, unchecked
from course.upkeep.tree_checks import last_line, some
from release.smoke import SmokeError, serving, smoke_test
from release.wheels import (
    PACKAGE,
    STRANGERS,
    WheelError,
    build,
    flaws,
    released,
)

__all__ = ["built", "flawless", "installed", "needed_files", "served"]

# How a module asks for a file of data.
ASKED = re.compile(r"\bdata_file\(\s*\"([^\"]+)\"")
PROVIDERS = ("openai", "gemini")
NO_WHEEL = unchecked("there is no wheel", "build one first")
# What another folder's Python must not lend to the fresh one.
LENT = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def built(release: Release) -> Checked:
    """Wheel and source archive can be built, without a network."""
    out = release.out or release.scratch / "dist"
    try:
        source, release.wheel = build(release.root, out)
    except WheelError as error:
        return failed(str(error), "python3 -m hatchling build says more")
    sizes = (
        f"{path.name}, {path.stat().st_size // 1024} kB"
        for path in (release.wheel, source)
    )
    return good("; ".join(sizes))


def flawless(release: Release) -> Checked:
    """The wheel holds what it should, and nothing else."""
    if release.wheel is None:
        return NO_WHEEL
    version = released(release.root / "CHANGELOG.md")
    needed = needed_files(release.root)
    found = flaws(release.wheel, version, needed)
    if found:
        return failed(some(found), "mend tool.hatch.build in pyproject.toml")
    data = ", ".join(name for name in needed if name.startswith("data/"))
    return good(f"version {version}, {len(needed)} files, with {data}")


def needed_files(root: Path) -> list[str]:
    """Return the files that have to be in the wheel's package.

    All that lie in the package's folder, the data that its modules ask for,
    and what the project puts in beside that.
    """
    package = root / PACKAGE
    files = [path for path in package.rglob("*") if path.is_file()]
    own = {path.relative_to(package).as_posix() for path in files}
    asked = {
        f"data/{name}"
        for path in package.rglob("*.py")
        for name in ASKED.findall(path.read_text("utf-8"))
    }
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    put = wheel.get("force-include", {}).values()
    added = {name.removeprefix(f"{PACKAGE}/") for name in put}
    return sorted(n for n in own | asked | added if not STRANGERS.search(n))


def installed(release: Release) -> Checked:
    """The wheel can be installed where nothing else is, as locked."""
    if release.wheel is None:
        return NO_WHEEL
    folder = release.scratch / "fresh"
    release.program([sys.executable, "-m", "venv", str(folder)])
    python = environment_python(folder)
    command = [str(python), "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off"]
    lock = ["--constraint", str(release.root / "requirements.txt")]
    done = release.program([*command, *lock, str(release.wheel)])
    if done.returncode:
        problem = problem_behind(done.stdout.splitlines())
        if problem.exit_code == ExitCode.NO_NETWORK:
            return unchecked("no package index can be reached", "go online")
        return failed(last_line(done.stdout), "see what the wheel requires")
    release.python = python
    return good(version_there(python, release.scratch))


def version_there(python: Path, elsewhere: Path) -> str:
    """Return what the fresh Python says of the package it has."""
    code = f"import {PACKAGE} as p; print(p.__version__, p.__file__)"
    done = subprocess.run(
        [str(python), "-c", code],
        cwd=elsewhere,
        env=lent({}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    version, place = done.stdout.split(maxsplit=1)
    inside = Path(place.strip()).is_relative_to(python.parents[1])
    return f"{version}, from {'itself' if inside else place.strip()}"


def served(release: Release) -> Checked:
    """The fresh router answers the Agents SDK, though a provider fails."""
    if release.python is None:
        return unchecked("nothing is installed afresh", "see the line above")
    with Sandbox() as sandbox:
        sandbox.fail_next(PROVIDERS[0], "overloaded", times=9)
        settings = {"LLM_ROUTER_LEDGER": "off"}
        for name in PROVIDERS:
            variable = name.upper()
            settings[f"{variable}_API_KEY"] = "sk-test-0123456789"
            settings[f"{variable}_BASE_URL"] = sandbox.base_url(name)
        python = str(release.python)
        try:
            with serving(python, lent(settings), release.scratch) as url:
                found = smoke_test(url, PROVIDERS)
        except SmokeError as error:
            return failed(str(error), "serve it by hand and ask it")
    return good(f"{', '.join(found.failed)} failed, {found.by} answered")


def lent(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a Python that is to know only its own."""
    kept = {k: v for k, v in os.environ.items() if k not in LENT}
    return {**kept, **settings}
