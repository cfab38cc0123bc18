"""A copy of the course as a learner who clones it gets it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["fresh_copy", "learners_environ"]

# What a clone has not, for where no git tells.
LEFT_OUT = (
    ".*_cache",
    ".bench",
    ".git",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".venv",
    ".workspace-*",
    "__pycache__",
    "workspace",
)


def fresh_copy(root: Path, target: Path) -> Path:
    """Copy what git would, as it stands in the folder, and return `target`.

    `.env` stays behind: no rehearsal sees a key.
    """
    target.mkdir(parents=True)
    names = list(_known_to_git(root))
    if not names:
        ignored = shutil.ignore_patterns(*LEFT_OUT, ".env")
        shutil.copytree(root, target, ignore=ignored, dirs_exist_ok=True)
        return target
    for name in names:
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target


def learners_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of somebody who has nothing set for it."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("COURSE_", "PYTEST_", "LLM_"))
        and not name.endswith(("_API_KEY", "_BASE_URL"))
    }


def _known_to_git(root: Path) -> Iterator[str]:
    command = ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    try:
        found = subprocess.run(
            command, cwd=root, capture_output=True, check=False
        )
    except FileNotFoundError:
        return
    if found.returncode == 0 and (root / ".git").exists():
        yield from filter(None, found.stdout.decode().split("\0"))
