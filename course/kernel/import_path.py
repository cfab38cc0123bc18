"""Let a notebook import the learner's package, whatever its path says."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from course.building.definitions import parsed
from course.workspace.files import read_text_file
from course.workspace.module_imports import PACKAGE, imported_names

__all__ = ["PackageInUse", "use_workspace"]


class WorkspaceFinder:
    """Finds the package in one workspace, before any path is searched.

    The set-up cell puts the course's folder, which has the reference, first
    on the path, each time that it runs; a path alone would not do.
    """

    def __init__(self, workspace: Path) -> None:
        self._places = [str(workspace)]

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where the package is; None for everything else."""
        if name != PACKAGE:
            return None
        return PathFinder.find_spec(name, self._places)


def use_workspace(workspace: Path, root: Path) -> None:
    """Import the package from the workspace from now on."""
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if type(finder).__name__ != WorkspaceFinder.__name__
    ]
    sys.meta_path.insert(0, WorkspaceFinder(workspace))
    own = (root.resolve(), workspace.resolve())
    others = [path for path in sys.path if Path(path).resolve() not in own]
    sys.path[:] = [str(workspace), *others, str(root)]
    for name in _loaded():
        del sys.modules[name]


class PackageInUse:
    """The package as this process has imported it from a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / PACKAGE
        self._seen = self._versions()

    def forget_changed(self) -> None:
        """Have what has changed on disk read again at its next import.

        That is a module whose file has changed, and every module that uses
        it. The others stay: an exception class that a notebook has imported
        is still the one that is raised.
        """
        versions = self._versions()
        changed = {
            name
            for name in versions.keys() | self._seen.keys()
            if versions.get(name) != self._seen.get(name)
        }
        self._seen = versions
        self._forget(self._with_users(changed))
        importlib.invalidate_caches()

    def _versions(self) -> dict[str, tuple[int, int]]:
        """Return the time of change and the size of each module's file."""
        files = {path.stem: path.stat() for path in self._folder.glob("*.py")}
        return {n: (f.st_mtime_ns, f.st_size) for n, f in files.items()}

    def _with_users(self, changed: set[str]) -> set[str]:
        users = {
            name.rpartition(".")[2]: self._used_by(name)
            for name in _loaded()
            if name != PACKAGE
        }
        while True:
            more = {
                name
                for name, used in users.items()
                if name not in changed and used & changed
            }
            if not more:
                return changed
            changed = changed | more

    def _used_by(self, name: str) -> set[str]:
        """Return the modules of the package that a module imports."""
        path = self._folder / f"{name.rpartition('.')[2]}.py"
        try:
            tree = parsed(read_text_file(path).text)
        except (OSError, SyntaxError, ValueError):
            return set(self._seen)
        used: set[str] = set()
        for each in imported_names(ast.walk(tree)):
            whole = each.source or each.name
            if whole == PACKAGE:
                # A public name of the package may come from any module.
                own = each.name in self._seen
                used |= {each.name} if own else set(self._seen)
            elif whole.startswith(f"{PACKAGE}."):
                used.add(whole.split(".")[1])
        return used

    def _forget(self, names: set[str]) -> None:
        gone = {f"{PACKAGE}.{name}" for name in names}
        if "__init__" in names:
            gone = set(_loaded())
        for name in gone:
            sys.modules.pop(name, None)
        package = sys.modules.get(PACKAGE)
        if package is None:
            return
        # Public names that the package has looked up already.
        for name, value in list(vars(package).items()):
            home = getattr(value, "__module__", None)
            if isinstance(value, ModuleType):
                home = value.__name__
            if home in gone:
                delattr(package, name)


def _loaded() -> list[str]:
    return [
        name
        for name in sys.modules
        if name == PACKAGE or name.startswith(f"{PACKAGE}.")
    ]
