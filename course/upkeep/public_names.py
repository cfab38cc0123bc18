"""The modules of a package, and their public names without a docstring."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from release.reference import own_docstring, public_names

__all__ = ["modules", "undocumented"]


def modules(package: str) -> Iterator[ModuleType]:
    """Yield a package and all modules in it, in order.

    `__main__` is left out: it is a command.
    """
    root = importlib.import_module(package)
    yield root
    for found in sorted(
        pkgutil.walk_packages(root.__path__, f"{package}."),
        key=lambda module: module.name,
    ):
        if not found.name.endswith(".__main__"):
            yield importlib.import_module(found.name)


def undocumented(package: str) -> list[str]:
    """Return a package's modules, public functions and classes that have no
    docstring, by their dotted names.
    """
    missing = []
    for module in modules(package):
        if not own_docstring(module):
            missing.append(module.__name__)
        for name in public_names(module):
            thing = getattr(module, name)
            documented = inspect.isclass(thing) or inspect.isroutine(thing)
            if documented and not own_docstring(thing):
                missing.append(f"{module.__name__}.{name}")
    return missing
