"""Questions to an environment: where its Python is, whether it works."""

import ast
import os
import subprocess
from pathlib import Path

__all__ = ["NEEDED", "environment_python", "packages_folder"]

NEEDED = (3, 11)

# ascii() because a pipe's encoding is not the same on every platform.
QUESTION = f"""
import sys, sysconfig
print(ascii(sysconfig.get_path("purelib")))
sys.exit(sys.version_info < {NEEDED})
"""


def environment_python(folder: Path) -> Path:
    """Return the path of an environment's Python on this platform."""
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def packages_folder(folder: Path) -> Path | None:
    """Return where an environment's Python looks for packages.

    Returns None where that Python does not start, is too old, or looks in
    a folder that is not there: an upgrade of the system's Python may leave
    a link to another version than the packages were installed for.
    """
    try:
        done = subprocess.run(
            [environment_python(folder), "-I", "-c", QUESTION],
            capture_output=True,
            encoding="ascii",
            errors="replace",
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    packages = Path(ast.literal_eval(done.stdout))
    return packages if packages.is_dir() else None
