"""Peers: other libraries, each in an environment of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.rows import BenchmarkError
from benchmarks.surroundings import ROOT

__all__ = ["peer_python"]

FOLDER = ROOT / ".bench"
REQUIREMENTS = Path(__file__).parent
NOTE = "bench-environment.txt"


def peer_python(
    peer: str, wanted: Path | None = None, folder: Path | None = None
) -> Path:
    """Return the Python of a peer's environment, made where it is missing.

    What is in it stands in `wanted`, ``benchmarks/<peer>.txt`` unless given.
    Installing it is the only thing here that needs a network. Raises
    BenchmarkError.
    """
    wanted = wanted or REQUIREMENTS / f"{peer}.txt"
    folder = folder or FOLDER / peer
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    note = folder / NOTE
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    # The note is written last, so that an interrupted start counts as none.
    if not note.is_file() or note.read_text("utf-8") != digest:
        place = folder.relative_to(ROOT).as_posix()
        say(f"Installing {peer} into {place} (needs the network) ...")
        shutil.rmtree(folder, ignore_errors=True)
        for command in commands(folder, folder / inside, wanted):
            install(peer, command)
        note.write_text(digest, "utf-8")
    return folder / inside


def commands(folder: Path, python: Path, wanted: Path) -> list[list[str]]:
    """Return what makes and fills an environment, by uv or by pip."""
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv") or shutil.which("uv", path=beside)
    if uv:
        fill = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [*fill, "--python", str(python), "-r", str(wanted)],
        ]
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input"]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "-r", str(wanted)],
    ]


def install(peer: str, command: list[str]) -> None:
    """Run one of the installer's commands; raise what it says."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise BenchmarkError(f"{peer} could not be installed:\n{said}")


def say(text: str) -> None:
    """Tell how far it is; standard output is for the figures alone."""
    print(text, file=sys.stderr, flush=True)
