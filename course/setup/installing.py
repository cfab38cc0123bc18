"""Making an environment and installing into it, by uv or by pip.

Runs on the standard library alone.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from course.problems import CommandError, ExitCode
from course.setup.shown_process import run_shown
from course.setup.virtual_environment import (
    environment_python,
    packages_folder,
)

__all__ = ["install_packages", "make_environment", "problem_behind"]

# What uv, pip and the system say: the installers give no other sign.
DISK_IS_FULL = (
    "No space left on device",
    "os error 28",
    "not enough space on the disk",
    "os error 112",
    "Disk quota exceeded",
)
SHOWN, WIDTH = 5, 200  # of an installer's last lines
FETCHING = ("Collecting ", "Requirement already ", "Downloading ")
NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Connection aborted",
    "Temporary failure in name resolution",
    "Name or service not known",
    "getaddrinfo failed",
    "error sending request",
    "dns error",
)


def make_environment(folder: Path, lock: int) -> None:
    """Make an environment without packages in `folder`, which may exist.

    `lock` is a file descriptor that the installer inherits.
    """
    print("Making the environment .venv ...", flush=True)
    uv = shutil.which("uv")
    if uv:
        tool = [uv, "venv", "--quiet", "--seed", "--allow-existing"]
        run([*tool, "--python", sys.executable, str(folder)], lock)
    else:
        require_ensurepip()
        run([sys.executable, "-m", "venv", str(folder)], lock)


def require_ensurepip() -> None:
    """Raise CommandError where Python came without what venv needs."""
    if all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        return
    major, minor = sys.version_info[:2]
    raise CommandError(
        ExitCode.CANNOT_MAKE_ENVIRONMENTS,
        f"This Python ({sys.executable}) came without its modules venv and "
        "ensurepip.\nOn Debian and Ubuntu: "
        f"sudo apt install python{major}.{minor}-venv\n"
        "Elsewhere, install uv (https://docs.astral.sh/uv/). "
        "Then run the same command again.",
    )


def install_packages(folder: Path, requirements: Path, lock: int) -> None:
    """Install the locked packages into an environment, showing how far.

    Raises CommandError with the reason when they cannot be installed.
    """
    command = install_command(environment_python(folder), lock)
    packages = packages_folder(folder) or folder
    before = count_installed(packages)
    total = count_packages(requirements)

    def progress(lines: Sequence[str]) -> str:
        found = sum(line.startswith(FETCHING) for line in lines)
        done = count_installed(packages) - before
        if lines and "Retrying" in lines[-1]:
            return "  The package index does not answer; trying again."
        if done <= 0:
            return f"  {found} of about {max(found, total)} packages found"
        return f"  {done} of about {max(done, total)} packages installed"

    print("Installing the packages of requirements.txt ...", flush=True)
    run([*command, "-r", str(requirements)], lock, progress)
    print("The environment is ready.", flush=True)


def count_installed(packages: Path) -> int:
    """Return how many packages stand in an environment's folder."""
    return len(list(packages.glob("*.dist-info")))


def install_command(python: Path, lock: int) -> list[str]:
    """Return the installer's command; pip is put in where it is missing.

    A lock is complete, so that nothing has to be looked up (--no-deps).
    """
    uv = shutil.which("uv")
    if uv:
        tool = [uv, "pip", "install", "--no-deps", "--compile-bytecode"]
        return [*tool, "--python", str(python)]
    pip = [str(python), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        run([str(python), "-m", "ensurepip"], lock)
    quiet = ["--no-input", "--disable-pip-version-check"]
    return [*pip, "install", "--no-deps", *quiet, "--progress-bar=off"]


def count_packages(requirements: Path) -> int:
    """Return how many packages are locked for every platform."""
    lines = requirements.read_text("utf-8").splitlines()
    return sum("==" in line and ";" not in line for line in lines)


def run(
    command: Sequence[str],
    lock: int,
    progress: Callable[[Sequence[str]], str] = lambda lines: "",
) -> None:
    """Run an installer; raise CommandError where it fails."""
    exit_code, lines = run_shown(command, progress, keep_open=[lock])
    if exit_code:
        raise problem_behind(lines)


def problem_behind(lines: Sequence[str]) -> CommandError:
    """Return the problem that an installer's output tells of."""
    text = "\n".join(lines)
    said = "\n".join(f"    {line[:WIDTH]}" for line in lines[-SHOWN:])
    if any(sign in text for sign in DISK_IS_FULL):
        return CommandError(
            ExitCode.DISK_FULL,
            f"The disk became full while installing:\n{said}\n"
            "Free about 1 GB (this folder's disk and that of "
            f"{tempfile.gettempdir()} both count) and run the same command "
            "again.",
        )
    if any(sign in text for sign in NO_NETWORK):
        return CommandError(
            ExitCode.NO_NETWORK,
            f"The package index could not be reached:\n{said}\n"
            "Installing needs the network once. Look at the connection (and "
            "the proxy, if there is one) and run the same command again; "
            "what was fetched is kept.",
        )
    return CommandError(
        ExitCode.INSTALL_FAILED,
        f"The packages could not be installed:\n{said}\n"
        "Run the same command again; if it fails in the same way, delete "
        "the folder .venv first.",
    )
