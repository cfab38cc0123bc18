"""How the warm program is started in a view of the system without the kit.

By bubblewrap: system and Python can be read, nothing can be written, there
is no network, and no other process to be seen. In this view each learner's
code gets a room of its own.
"""

from __future__ import annotations

import functools
import glob
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from course.checking.places import CODE, HOME, KIT, SCRATCH, STAGE
from course.checking.processes import BOOTSTRAP, scrubbed_environment
from course.checking.roots import ROOTS
from course.setup.lab_settings import LAB_FOLDER

__all__ = ["command", "environment", "prepare", "problem"]

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
_ETC = ("ld.so.cache", "localtime", "mime.types", "alternatives")

# What root keeps in there, to give each room an unprivileged user of its own.
_OF_ROOT = ("SYS_ADMIN", "SETUID", "SETGID", "DAC_OVERRIDE", "KILL")

_FILES = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "passwd": "learner:x:1000:1000::/scratch:/bin/sh\n",
    "group": "learner:x:1000:\n",
}


def prepare(temporary: Path) -> None:
    """Make the folders and files that the view shows of the judge's own."""
    stage = temporary / "stage"
    stage.mkdir(exist_ok=True)
    stage.chmod(0o755)
    # What is not there yet could not be hidden when it comes.
    with suppress(OSError):
        Path(sys.prefix, LAB_FOLDER).mkdir(exist_ok=True)
    etc = temporary / "etc"
    etc.mkdir(exist_ok=True)
    for name, text in _FILES.items():
        (etc / name).write_text(text)


def command(temporary: Path, arguments: list[str]) -> list[str]:
    """Return the command that starts the warm program in its view."""
    here = Path(__file__).parent
    python = [sys.executable, "-P", "-s", "-c", BOOTSTRAP, f"{KIT}/checking"]
    return [
        *_namespaces(),
        *_parents("/etc/any"),
        *_parents(f"{KIT}/any"),
        *_system(),
        *_read_only(str(here), f"{KIT}/checking"),
        *_read_only(str(here.parent / "sandbox"), f"{KIT}/sandbox"),
        *_read_only(str(temporary / "stage"), STAGE),
        *(part for name in _FILES for part in _file_of(temporary, name)),
        *_read_only(str(_certificate(temporary)), "/etc/one_certificate.pem"),
        *("--dir", HOME, "--dir", CODE, "--tmpfs", SCRATCH),
        *("--proc", "/proc", "--dev", "/dev", *_temporary()),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", SCRATCH),
        "--",
        *python,
        *arguments,
    ]


def environment(temporary: Path) -> dict[str, str]:
    """Return the whole environment in the view: nothing of the user's."""
    found = scrubbed_environment(temporary)
    scratch = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")
    return {
        **{name: found[name] for name in found if name not in ("TZ", "PATH")},
        **dict.fromkeys(scratch, SCRATCH),
        "PATH": "/usr/bin:/bin",
        "MALLOC_ARENA_MAX": "1",
        "SSL_CERT_FILE": "/etc/one_certificate.pem",
    }


@functools.cache
def problem() -> str:
    """Return why this machine cannot contain; empty if it can.

    A room is opened and left to find out, once.
    """
    if sys.platform != "linux":
        return "bubblewrap is for Linux."
    if shutil.which("bwrap") is None:
        return "bubblewrap (the program bwrap) is not installed."
    with tempfile.TemporaryDirectory(prefix="course-try-") as folder:
        prepare(Path(folder))
        tried = subprocess.run(
            command(Path(folder), ["try"]),
            env=environment(Path(folder)),
            capture_output=True,
            text=True,
            timeout=60,
        )
    if tried.returncode == 0:
        return ""
    last = (tried.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return f"bubblewrap does not work on this machine: {last}"


def _namespaces() -> list[str]:
    options = ["bwrap", "--die-with-parent", "--new-session"]
    apart = ("ipc", "pid", "net", "uts")
    options += [f"--unshare-{name}" for name in apart]
    if os.geteuid() == 0:
        for name in _OF_ROOT:
            options += ["--cap-add", f"CAP_{name}"]
    else:
        options += ["--unshare-user"]
    return options


def _system() -> list[str]:
    options: list[str] = []
    for folder in _SYSTEM:
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            options += _read_only(folder, folder)
    for name in _ETC:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not prefix.startswith("/usr/") and prefix != "/usr":
            options += [*_parents(prefix), *_read_only(prefix, prefix)]
    return options + _without_answers()


def _temporary() -> list[str]:
    """Let `/tmp` be the scratch folder, unless Python lies in there."""
    prefixes = (f"{sys.base_prefix}/", f"{sys.prefix}/")
    if any(prefix.startswith("/tmp/") for prefix in prefixes):  # noqa: S108
        return []
    return ["--symlink", SCRATCH, "/tmp"]  # noqa: S108


def _parents(folder: str) -> list[str]:
    """Let everybody pass through the empty folders above one."""
    options: list[str] = []
    for parent in reversed(Path(folder).parents[:-1]):
        options += ["--perms", "0755", "--dir", str(parent)]
    return options


def _without_answers() -> list[str]:
    """Hide what lies beside Python and its libraries and holds answers.

    These are copies of the reference package that someone installed, for
    any Python there is, conda's other environments, and what JupyterLab
    remembers of the one who grades: the cells that were run, with the
    solutions among them.
    """
    prefixes = {sys.prefix, sys.base_prefix, "/usr", "/usr/local"}
    folders = {name for name in sys.path if name.endswith("-packages")}
    for prefix in prefixes:
        folders.update(glob.glob(f"{prefix}/lib*/python3*/*-packages"))
    hidden = [f"{prefix}/{LAB_FOLDER}" for prefix in prefixes]
    others = f"{sys.base_prefix}/envs"
    hidden += [] if sys.prefix.startswith(f"{others}/") else [others]
    hidden += [
        f"{folder}/{name}" for folder in folders for name in (*ROOTS, "course")
    ]
    found = sorted(filter(os.path.isdir, hidden))
    return [part for place in found for part in ("--tmpfs", place)]


def _read_only(source: str, target: str) -> list[str]:
    return ["--ro-bind", source, target]


def _file_of(temporary: Path, name: str) -> list[str]:
    return _read_only(str(temporary / "etc" / name), f"/etc/{name}")


def _certificate(temporary: Path) -> Path:
    return Path(scrubbed_environment(temporary)["SSL_CERT_FILE"])
