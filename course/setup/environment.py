"""The environment in `.venv`: made, repaired and entered.

Runs on the standard library alone. `.venv` holds a note of its state: it is
"installing" from the first moment to the last, and only then "ready" for
one requirements.txt and one version of Python. So a start that was
interrupted is seen by the next one, and a good start reads one small file.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from course.problems import CommandError, ExitCode
from course.setup.installing import install_packages, make_environment
from course.setup.only_start import only_start
from course.setup.virtual_environment import (
    environment_python,
    packages_folder,
)

__all__ = ["ROOT", "is_current", "prepare", "run_inside"]

ROOT = Path(__file__).resolve().parents[2]
NOTE = "course-environment.txt"
LOCK = "course-environment.lock"
INSTALLING = "installing"


def is_current(root: Path = ROOT) -> bool:
    """Return whether this process already runs in the environment."""
    folder = root / ".venv"
    if folder.is_dir() and os.path.samefile(sys.prefix, folder):
        return True
    conda = Path(sys.prefix) / "conda-meta"
    return conda.is_dir() and has_all_packages(root / "requirements.txt")


def has_all_packages(requirements: Path) -> bool:
    """Return whether this Python has the locked packages.

    An environment that conda made from environment.yml has them. Lines for
    some platforms only are left out, since they need a marker's evaluation.
    """
    for line in requirements.read_text("utf-8").splitlines():
        name, pinned, version = line.partition("==")
        if not pinned or ";" in version:
            continue
        try:
            if metadata.version(name) != version.strip():
                return False
        except metadata.PackageNotFoundError:
            return False
    return True


def prepare(root: Path = ROOT) -> None:
    """Make sure that `.venv` stands, with the locked packages in it.

    Raises CommandError when that is not possible. Nothing is asked of the
    network when the environment already stands.
    """
    if is_ready(root):
        return
    # Resolved, since the module venv makes no environment behind a link.
    folder = (root / ".venv").resolve()
    folder.mkdir(exist_ok=True)
    with only_start(folder / LOCK) as lock:
        if is_ready(root):
            return
        repair(folder)
        fill(folder, root / "requirements.txt", lock)
        write_note(folder, ready_note(root))


def repair(folder: Path) -> None:
    """Empty an environment that cannot be completed as it stands."""
    if read_note(folder)[:1] == [INSTALLING]:
        print("The last installation was interrupted; starting afresh.")
    elif (folder / "pyvenv.cfg").exists() and not packages_folder(folder):
        print("The Python of .venv is gone or too old; making .venv afresh.")
    else:
        return
    write_note(folder, INSTALLING)
    for item in folder.iterdir():
        if item.name in (LOCK, NOTE):
            continue
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


def fill(folder: Path, requirements: Path, lock: int) -> None:
    """Make the environment where there is none, and install into it."""
    before = " ".join(read_note(folder))
    write_note(folder, INSTALLING)
    try:
        if packages_folder(folder) is None:
            make_environment(folder, lock)
        install_packages(folder, requirements, lock)
    except CommandError as error:
        # Installers fetch first: without a network nothing was changed.
        if error.exit_code == ExitCode.NO_NETWORK:
            write_note(folder, before)
        raise


def is_ready(root: Path) -> bool:
    """Return whether `.venv` is complete and its Python starts."""
    folder = root / ".venv"
    if read_note(folder) != ready_note(root).split():
        return False
    return packages_folder(folder) is not None


def ready_note(root: Path) -> str:
    """Return the note of an environment that fits requirements.txt."""
    digest = hashlib.sha256((root / "requirements.txt").read_bytes())
    return f"ready {digest.hexdigest()}"


def read_note(folder: Path) -> list[str]:
    """Return the words of the environment's note; none where none is."""
    try:
        return (folder / NOTE).read_text("utf-8").split()
    except (FileNotFoundError, NotADirectoryError):
        return []


def write_note(folder: Path, text: str) -> None:
    """Replace the environment's note, all of it or nothing."""
    fresh = folder / f"{NOTE}.new"
    fresh.write_text(text + "\n", "utf-8")
    os.replace(fresh, folder / NOTE)


def run_inside(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Go on as the environment's Python with these arguments.

    Where a process can be replaced this does not return; on Windows it
    waits for the new one and returns its exit code.
    """
    folder = root / ".venv"
    python = str(environment_python(folder))
    environ = entered(os.environ, folder)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(python, [python, *arguments], environ)
    # The child hears Ctrl-C too, and it alone decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call([python, *arguments], env=environ)


def entered(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the variables of a shell in which `.venv` is activated."""
    inside = {k: v for k, v in environ.items() if k != "PYTHONHOME"}
    programs = str(environment_python(folder).parent)
    inside["VIRTUAL_ENV"] = str(folder)
    inside["PATH"] = os.pathsep.join([programs, environ.get("PATH", "")])
    return inside
