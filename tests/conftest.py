"""Fixtures: the package under test and a sandbox to point it at.

Tests reach the package through ``llm`` alone. In the project's own test run
it is the package itself; when a learner's exercise is checked it stands for
a process of its own in which the learner's code runs.
"""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest

from course.sandbox import Sandbox


class LocalPackage:
    """The package's modules as attributes, imported when first asked for."""

    def __getattr__(self, module: str) -> ModuleType:
        try:
            return importlib.import_module(f"llm_providers.{module}")
        except ModuleNotFoundError as error:
            raise AttributeError(module) from error


@pytest.fixture
def llm(request: pytest.FixtureRequest) -> object:
    return getattr(request.config, "remote_package", None) or LocalPackage()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the package asked to sleep; nothing sleeps."""
    return []
