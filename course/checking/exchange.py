"""Files that a test and a learner's code share, without a shared folder.

A test may hand over a folder: what is in there is copied into the room
before a call, and what the call changed is copied back. Links never come
back, nor what could make a program out here run something: the settings of
a repository stay as the test wrote them.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

State = tuple[int, int]

# What may be shared, in bytes and in files, either way.
MOST_BYTES = 32 * 1024**2
MOST_FILES = 5_000

_SETTINGS = frozenset(
    {"config", "config.worktree", "hooks", "info", "modules", "worktrees",
     "commondir", "gitdir", "alternates"}
)


class TooMuchError(OSError):
    """More than may be shared."""


@dataclass
class Folder:
    """One side of what is shared: its root, and how it was left.

    Of the root's own files and folders only those in `tops` are shared; all
    are if it is None.
    """

    root: Path
    tops: set[str] | None = None
    states: dict[str, State] = field(default_factory=dict)
    # Folders at which nobody looks for the time being, and how they were.
    _resting: dict[str, dict[str, State]] = field(default_factory=dict)

    def share(self, tops: Iterable[str]) -> list[str]:
        """Look at these, too; return those that had been left to rest."""
        names = set(tops)
        if self.tops is not None:
            self.tops |= names
        woken = sorted(names & self._resting.keys())
        for top in woken:
            self.states.update(self._resting.pop(top))
        return woken

    def rest(self, tops: Iterable[str]) -> None:
        """Look at these no more until they are shared again.

        To look at all files of all tests takes longer than most calls.
        """
        names = set(tops)
        self._resting.update({top: {} for top in names - self._resting.keys()})
        if self.tops is not None:
            self.tops -= names
        for name in list(self.states):
            top = name.partition("/")[0]
            if top in names:
                self._resting[top][name] = self.states.pop(name)

    def _now(self) -> dict[str, State]:
        if self.tops is None:
            return dict(_walk(str(self.root), "", self._resting))
        found: dict[str, State] = {}
        for top in self.tops:
            if (self.root / top).is_dir():
                found[top] = (0, 0)
                found.update(_walk(str(self.root / top), f"{top}/"))
        return found

    def changes(self) -> tuple[list[str], list[str]]:
        """Return what is new or different now, and what is gone."""
        now = self._now()
        changed = [n for n, s in now.items() if self.states.get(n) != s]
        gone = [name for name in self.states if name not in now]
        self.states = now
        return sorted(changed), sorted(gone, reverse=True)

    def write_to(self, file: BinaryIO) -> None:
        """Send what has changed since the last time."""
        changed, gone = self.changes()
        total = 0
        for name in changed:
            path = self.root / name
            row: dict[str, object] = {"name": name}
            content = b""
            if stat.S_ISDIR(path.lstat().st_mode):
                row["folder"] = True
            else:
                content = _content(path)
                row["run"] = bool(path.lstat().st_mode & 0o100)
            total += len(content)
            if total > MOST_BYTES:
                raise TooMuchError("the files are too large")
            row["size"] = len(content)
            file.write(json.dumps(row).encode() + b"\n" + content)
        file.write(json.dumps({"gone": gone}).encode() + b"\n")
        file.flush()

    def read_from(self, file: BinaryIO, trusted: bool) -> None:
        """Take over what the other side sent; raises OSError, ValueError.

        If it is not `trusted`, what is dangerous is left as it was.
        """
        total = count = 0
        while True:
            row = json.loads(file.readline(100_000))
            if "gone" in row:
                self._remove(row["gone"], trusted)
                break
            size, count = int(row["size"]), count + 1
            total += size
            if size < 0 or total > MOST_BYTES or count > MOST_FILES:
                raise TooMuchError("too many files, or too large")
            content = file.read(size)
            if len(content) != size:
                raise OSError("cut off")
            if _allowed(row["name"], bool(row.get("folder")), trusted):
                self._write(row, content)
                self._note(row["name"])

    def _write(self, row: dict[str, object], content: bytes) -> None:
        path = self.root / str(row["name"])
        if row.get("folder"):
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.new"[:255])
        unfinished.write_bytes(content)
        unfinished.chmod(0o755 if row["run"] else 0o644)
        unfinished.replace(path)

    def _note(self, name: str) -> None:
        """Remember how the other side has left one file or folder here.

        To look at all of them again would take as long as most calls.
        """
        top = name.partition("/")[0]
        if self.tops is not None and top not in self.tops:
            return
        try:
            about = os.lstat(self.root / name)
        except OSError:
            self.states.pop(name, None)
            return
        if stat.S_ISDIR(about.st_mode):
            self.states[name] = (0, 0)
        else:
            self.states[name] = about.st_mtime_ns, about.st_size

    def _remove(self, names: Iterable[object], trusted: bool) -> None:
        for given in names:
            if not _allowed(given, True, trusted):
                continue
            name = str(given)
            path = self.root / name
            with suppress(OSError):
                if stat.S_ISDIR(path.lstat().st_mode):
                    path.rmdir()
                else:
                    path.unlink()
            self._note(name)


def _walk(
    folder: str, prefix: str, without: Container[str] = ()
) -> Iterator[tuple[str, State]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in without:
                continue
            about = entry.stat(follow_symlinks=False)
            name = f"{prefix}{entry.name}"
            if stat.S_ISDIR(about.st_mode):
                yield name, (0, 0)
                yield from _walk(entry.path, f"{name}/")
            elif stat.S_ISREG(about.st_mode):
                yield name, (about.st_mtime_ns, about.st_size)


def _content(path: Path) -> bytes:
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(opened, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooMuchError(f"{path.name} is too large")
    return content


def _allowed(name: object, is_folder: bool, trusted: bool) -> bool:
    """Return whether a name may be written or removed on this side."""
    if type(name) is not str or not name or "\0" in name or "\\" in name:
        return False
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return False
    if trusted:
        return True
    lower = [part.lower() for part in parts]
    if ".git" not in lower:
        return True
    if lower[-1] == ".git":
        # As a file it could name another repository, with its settings.
        return is_folder
    inside = lower[lower.index(".git") + 1 :]
    return _SETTINGS.isdisjoint(inside)
