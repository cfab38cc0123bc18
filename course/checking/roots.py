"""The packages that learners write in, and how their modules are named.

A module of the first one goes by its name within it, such as
``recommender.pareto``; one of another by its whole name, such as
``release.merging``.
"""

from __future__ import annotations

FIRST = "llm_providers"
ROOTS = (FIRST, "release")


def root_of(name: str) -> str:
    """Return the package of a whole name; empty for one of no learner's."""
    root = name.partition(".")[0]
    return root if root in ROOTS else ""


def whole_name(name: str) -> str:
    """Return the name by which Python imports a module."""
    return name if root_of(name) else f"{FIRST}.{name}".rstrip(".")


def short_name(name: str) -> str:
    """Return how a module goes here, of its whole name: the inverse."""
    if root_of(name) == FIRST:
        return name.removeprefix(FIRST).removeprefix(".")
    return name


def file_of(name: str) -> str:
    """Return the file of a module, from the folder of the packages on."""
    return f"{whole_name(name).replace('.', '/')}.py"
