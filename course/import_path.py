"""Let a notebook import the learner's package, whatever its path says."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

__all__ = ["forget_package", "use_workspace"]

PACKAGE = "llm_providers"


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
    forget_package()


def forget_package() -> None:
    """Have the package read again when it is imported next."""
    for name in list(sys.modules):
        if name == PACKAGE or name.startswith(f"{PACKAGE}."):
            del sys.modules[name]
    importlib.invalidate_caches()
