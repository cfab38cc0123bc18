"""What every learner's package has in common, imported before any check.

The warm program imports the package as learners get it, with every exercise
blank. Modules that have to do with no exercise stay for its forks; of the
others there stays what importing them again can do without: compiled code,
what dataclasses are made of, patterns, libraries.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path

from .fresh_source import (
    BLANK,
    FreshLoader,
    WorkspaceFinder,
    digest_of,
    imported,
    keep_shared,
    use_workspace,
)
from .roots import ROOTS

__all__ = ["prime"]

# Libraries that take much memory are left to the code that asks for them.
_LARGE = re.compile(rb"^(?:import|from) (?:google|grpc)\b", re.M)


def prime(folder: Path, home: Path, kept: Path) -> dict[str, str]:
    """Import the packages of `folder` as they will be seen at `home`.

    Returns the files that a workspace must have as they are for its modules
    to be these: by their places in it, with digests of what they hold.
    """
    files = {
        _name_of(path.relative_to(folder)): path
        for root in ROOTS
        for path in sorted((folder / root).rglob("*.py"))
        if path.stem != "__main__"
    }
    sources = {name: path.read_bytes() for name, path in files.items()}
    use_workspace(home, kept, _nothing)
    finder = _Elsewhere(folder, home, kept)
    sys.meta_path.insert(0, finder)
    try:
        for name, source in sources.items():
            if not _LARGE.search(source):
                with suppress(Exception):
                    importlib.import_module(name)
        shared = [n for n in _without_exercises(sources) if n in sys.modules]
        keep_shared(shared)
    finally:
        sys.path.remove(str(home))
        finder.leave()
    found = {}
    for name in shared:
        place = files[name].relative_to(folder).as_posix()
        found[place] = digest_of(f"{home}/{place}", sources[name])
    return found


def _nothing(number: str) -> None:
    """No blank of an exercise is called here for anybody."""


def _name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _without_exercises(sources: Mapping[str, bytes]) -> list[str]:
    """Return the modules that hold no blank and import none that does."""
    uses = {
        name: {*imported(source), name.rpartition(".")[0]}
        for name, source in sources.items()
    }
    others = {n for n, source in sources.items() if BLANK.encode() in source}
    grown = True
    while grown:
        more = {n for n in uses if not others.isdisjoint(uses[n])} - others
        others |= more
        grown = bool(more)
    return [name for name in sources if name not in others]


class _Elsewhere(WorkspaceFinder):
    """Finds modules at `home` that are read from another folder as yet."""

    def __init__(self, folder: Path, home: Path, kept: Path) -> None:
        super().__init__(folder, kept, {})
        self._folder, self._home = folder, home
        self._readers: list[_Reader] = []

    def leave(self) -> None:
        """From now on modules are read where they are seen."""
        for reader in self._readers:
            reader.elsewhere = "", ""

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        found = super().find_spec(fullname)
        if found is None or found.origin is None:
            return None
        here, home = str(self._folder), str(self._home)
        origin = found.origin.replace(here, home, 1)
        loader = _Reader(fullname, origin, self._kept)
        loader.elsewhere = here, home
        self._readers.append(loader)
        found.loader, found.origin = loader, origin
        places = found.submodule_search_locations
        if places is not None:
            places[:] = [place.replace(here, home, 1) for place in places]
        return found


class _Reader(FreshLoader):
    elsewhere = ("", "")

    def get_data(self, path: str) -> bytes:
        here, home = self.elsewhere
        return super().get_data(path.replace(home, here, 1))
