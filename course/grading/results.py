"""One learner's result as plain data, and its file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from course.kit import Kit
from course.workspace.files import write_atomically

__all__ = ["FORMAT", "digest_of", "file_name", "read_result", "write_result"]

FORMAT = 1

# What decides on a mark; the rest of the kit may change without a new run.
_DECIDING = (
    "course/answers",
    "course/building",
    "course/checking",
    "course/grading",
    "course/lessons",
    "course/sandbox",
    "course/workspace",
    "data",
    "llm_providers",
    "release",
    "tests",
)
_SUFFIXES = {".py", ".md", ".yaml", ".json", ".jsonl", ".csv", ".txt"}

Result = dict[str, Any]


@lru_cache(maxsize=4)
def kit_digest(kit: Kit) -> str:
    """Return a name of all that decides on marks beside a submission."""
    found = hashlib.sha256()
    for path in _deciding_files(kit.root):
        name = path.relative_to(kit.root).as_posix().encode()
        data = path.read_bytes()
        found.update(b"%d %d " % (len(name), len(data)) + name + data)
    return found.hexdigest()


def _deciding_files(root: Path) -> Iterable[Path]:
    for folder in _DECIDING:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                yield path


def digest_of(content: str, seed: int, kit: Kit) -> str:
    """Return a name of what a result came from: if it is the same, so is it.

    `content` is the digest of what was handed in.
    """
    text = f"{FORMAT} {seed} {kit_digest(kit)} {content}"
    return hashlib.sha256(text.encode()).hexdigest()


def file_name(learner: str) -> str:
    """Return a file name without ending: readable, and no other learner's.

    The same on every system, also where case makes no difference.
    """
    clean = re.sub(r"[^A-Za-z0-9._-]+", "_", learner).strip("._")[:60]
    taken = clean.partition(".")[0] in ("", "aux", "con", "nul", "prn")
    if clean == learner and clean == clean.lower() and not taken:
        return clean
    mark = hashlib.sha256(learner.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{clean or 'learner'}-{mark}"


def write_result(folder: Path, result: Result) -> None:
    """Write a result so that a crash leaves the old one or the new one."""
    path = folder / f"{file_name(result['learner'])}.json"
    write_atomically(path, json.dumps(result, indent=1).encode())


def read_result(folder: Path, learner: str) -> Result | None:
    """Return a learner's result; None where there is none to be read."""
    path = folder / f"{file_name(learner)}.json"
    try:
        result = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    same = isinstance(result, dict) and result.get("learner") == learner
    return result if same and result.get("format") == FORMAT else None
