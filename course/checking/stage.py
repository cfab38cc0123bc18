"""Copies of workspaces for contained processes: only what they may read.

What is copied is the package, the data beside it and nothing else: no tests,
no marks, no solutions. Links and other odd files are left out. A second copy
of the same workspace takes only what has changed. Beside a copy lies the
code of its own modules and of nobody else's: the kit's answers are compiled,
too, and code can be read and run.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course.checking.fresh_source import digest_of
from course.checking.places import code_of
from course.checking.roots import ROOTS

__all__ = ["Place", "Stage"]

FOLDERS = (*sorted(ROOTS), "data")
LARGEST_FILE = 16 * 1024**2
MOST_FILES = 2_000
MOST_COMPILED = 1_000

State = tuple[int, int, int]


@dataclass
class Place:
    """The copy of one workspace: its folder's name, and its sources.

    `digests` are of the modules' texts, by their path within it; `coded` are
    those of which the code lies beside the copy.
    """

    name: str
    states: dict[str, State] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    coded: set[str] = field(default_factory=set)

    @property
    def code(self) -> str:
        """The name of the folder with the code of its modules."""
        return code_of(self.name)


class Stage:
    """The copies, in one folder; `home` is where a process will see one.

    `kept` is a folder that no process sees, for all code that was ever
    compiled, by what Python compiled and where it lay: every process sees
    its modules at the same place.
    """

    def __init__(self, folder: Path, kept: Path, home: str) -> None:
        self.folder = folder
        self._kept = kept
        self._home = home
        self._places: dict[Path, Place] = {}
        self._compiled: set[str] = set()
        self._known: set[str] = set()

    def place(self, workspace: Path) -> Place:
        """Return the copy of a workspace as it stands now.

        Raises OSError, also where it holds too much.
        """
        number = len(self._places) + 1
        place = self._places.setdefault(workspace, Place(f"place{number}"))
        found = dict(_files(workspace))
        target = self.folder / place.name
        (self.folder / place.code).mkdir(mode=0o755, exist_ok=True)
        for name in place.states.keys() - found.keys():
            (target / name).unlink(missing_ok=True)
            place.digests.pop(name, None)
        for name, state in found.items():
            if place.states.get(name) != state:
                self._copy(workspace, place, name)
        place.states = found
        return place

    def known(self, digests: Iterable[str]) -> None:
        """Let these modules need no compiling: their code is known."""
        self._known.update(digests)

    def keep_code(
        self, place: Place, compiled: Callable[[str], bytes | None]
    ) -> None:
        """Put the code of its modules beside a copy, and take other away.

        Modules that never were compiled are.
        """
        folder = self.folder / place.code
        names = {digest: name for name, digest in place.digests.items()}
        for digest in place.coded - names.keys():
            (folder / digest).unlink(missing_ok=True)
        place.coded &= names.keys()
        for digest in names.keys() - place.coded - self._known:
            code = self._code(digest, names[digest], compiled)
            if code is not None:
                (folder / digest).write_bytes(code)
                place.coded.add(digest)
        self._forget_some()

    def _code(
        self,
        digest: str,
        name: str,
        compiled: Callable[[str], bytes | None],
    ) -> bytes | None:
        """Return the code of a module; None if it has none."""
        if digest in self._compiled:
            return (self._kept / digest).read_bytes()
        code = compiled(name)
        if code is not None:
            (self._kept / digest).write_bytes(code)
            self._compiled.add(digest)
        return code

    def _forget_some(self) -> None:
        """Keep no code without end that no copy has any more."""
        if len(self._compiled) > MOST_COMPILED:
            used = {d for each in self._places.values() for d in each.coded}
            for digest in self._compiled - used:
                (self._kept / digest).unlink(missing_ok=True)
            self._compiled &= used

    def _copy(self, workspace: Path, place: Place, name: str) -> None:
        target = self.folder / place.name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = os.open(workspace / name, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(source, "rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise OSError(f"{name} is too large")
        unfinished = target.with_name(f".{target.name}.new")
        unfinished.write_bytes(content)
        unfinished.chmod(0o644)
        unfinished.replace(target)
        if name.endswith(".py"):
            path = f"{self._home}/{name}"
            place.digests[name] = digest_of(path, content)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _files(workspace: Path) -> Iterator[tuple[str, State]]:
    """Yield the regular files of a workspace that a process may read."""
    found, start = 0, len(f"{workspace}{os.sep}")
    for top in FOLDERS:
        folder = workspace / top
        if folder.is_symlink() or not folder.is_dir():
            continue
        for path, about in _walk(str(folder)):
            found += 1
            if found > MOST_FILES:
                raise OSError("it holds too many files")
            state = about.st_mtime_ns, about.st_size, about.st_ino
            yield path[start:], state


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            about = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode) and entry.name != "__pycache__":
                yield from _walk(entry.path)
            elif stat.S_ISREG(about.st_mode):
                yield entry.path, about
