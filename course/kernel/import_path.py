"""Let a notebook import the learner's packages, whatever its path says."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from course.checking.roots import ROOTS, root_of
from course.workspace.files import read_text_file
from course.workspace.module_imports import ImportedName, imported_names

__all__ = ["PackagesInUse", "use_workspace"]


class WorkspaceFinder:
    """Finds the packages in one workspace, before any path is searched.

    The set-up cell puts the course's folder, which has the references, first
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
        """Return where a package is; None for everything else."""
        if name not in ROOTS:
            return None
        return PathFinder.find_spec(name, self._places)


def use_workspace(workspace: Path, root: Path) -> None:
    """Import the packages from the workspace from now on."""
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


class PackagesInUse:
    """The packages as this process has imported them from a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace
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
        # A whole package is used by each of its modules.
        changed |= {name for name in _loaded() if root_of(name) in changed}
        self._seen = versions
        if changed:
            _forget(self._with_users(changed))
        importlib.invalidate_caches()

    def _versions(self) -> dict[str, tuple[int, int]]:
        """Return the time of change and the size of each module's file."""
        files = {
            self._name_of(path): path.stat()
            for root in ROOTS
            for path in (self._folder / root).rglob("*.py")
        }
        return {n: (f.st_mtime_ns, f.st_size) for n, f in files.items()}

    def _name_of(self, path: Path) -> str:
        names = path.relative_to(self._folder).with_suffix("").parts
        return ".".join(names[:-1] if names[-1] == "__init__" else names)

    def _with_users(self, changed: set[str]) -> set[str]:
        users = {
            name: self._used_by(name)
            for name in _loaded()
            if name not in ROOTS
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
        """Return the modules of the packages that a module imports."""
        place = self._folder.joinpath(*name.split("."))
        is_package = place.is_dir()
        file = place / "__init__.py" if is_package else f"{place}.py"
        home = name if is_package else name.rpartition(".")[0]
        try:
            imports = _imports_in(read_text_file(Path(file)).text, home)
        except (OSError, SyntaxError, ValueError):
            return set(self._seen)
        # What is loaded from a folder has had the folder itself loaded.
        used = {name.rpartition(".")[0]}
        for each in imports:
            whole = each.source or each.name
            if root_of(whole):
                used |= self._behind(whole, each)
        return used - set(ROOTS)

    def _behind(self, source: str, imported: ImportedName) -> set[str]:
        """Return the modules that one imported name may come from."""
        inner = f"{source}.{imported.name}"
        if imported.source and inner in self._seen:
            return {source, inner}
        if imported.source or source in ROOTS:
            # A public name of a package may come from any of its modules.
            return {source, *(n for n in self._seen if _is_in(n, source))}
        return {source}


# Most modules are as they were when the last answer was saved.
@lru_cache(maxsize=128)
def _imports_in(text: str, package: str) -> list[ImportedName]:
    """Return what a module imports; SyntaxError where it is not Python."""
    return imported_names(ast.walk(ast.parse(text)), package)


def _forget(gone: set[str]) -> None:
    for name in gone:
        sys.modules.pop(name, None)
    for loaded in _loaded():
        if hasattr(sys.modules[loaded], "__path__"):
            _forget_names(sys.modules[loaded], gone)


def _forget_names(package: ModuleType, gone: set[str]) -> None:
    """Take out the public names that a package has looked up already."""
    for name, value in list(vars(package).items()):
        home = getattr(value, "__module__", None)
        if isinstance(value, ModuleType):
            home = value.__name__
        if home in gone:
            delattr(package, name)


def _is_in(name: str, package: str) -> bool:
    """Return whether a name is a package's own or that of its module."""
    return name == package or name.startswith(f"{package}.")


def _loaded() -> list[str]:
    return [name for name in sys.modules if root_of(name)]
