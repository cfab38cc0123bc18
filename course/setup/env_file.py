"""The learner's `.env`: written once, and never touched again."""

import os
from pathlib import Path

__all__ = ["write_env_file"]


def write_env_file(root: Path) -> Path:
    """Write `.env` from `.env.example` unless there is one; return its path.

    It will hold keys, so that nobody but its owner may read it.
    """
    target = root / ".env"
    if not target.exists():
        fresh = root / f".env.{os.getpid()}.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_bytes((root / ".env.example").read_bytes())
        os.replace(fresh, target)
    return target
