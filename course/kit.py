"""Where the parts of the course lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course.checking.roots import FIRST, ROOTS

__all__ = ["Kit"]


@dataclass(frozen=True)
class Kit:
    """The folders of one copy of the course; by default the one in use."""

    root: Path = Path(__file__).resolve().parents[1]

    @property
    def package(self) -> Path:
        """The reference package, where every learner ends up."""
        return self.root / FIRST

    @property
    def packages(self) -> tuple[Path, ...]:
        """All packages that learners write in, the reference one first."""
        return tuple(self.root / name for name in ROOTS)

    @property
    def lessons(self) -> Path:
        """The Markdown that both folders of notebooks are built from."""
        return self.root / "course" / "lessons"

    @property
    def data(self) -> Path:
        """The model catalogue and other data that the package reads."""
        return self.root / "data"

    @property
    def lesson_calls(self) -> Path:
        """How often each phase's notebook asks which model."""
        return self.data / "lesson_calls.json"

    @property
    def tests(self) -> Path:
        """The tests of the package, which also check the exercises."""
        return self.root / "tests"

    @property
    def pictures(self) -> Path:
        """The pictures of notebooks and documents."""
        return self.root / "docs" / "pictures"

    @property
    def notebooks(self) -> Path:
        """The learner's notebooks, without answers."""
        return self.root / "notebooks"

    @property
    def solutions(self) -> Path:
        """The same notebooks solved, with their outputs."""
        return self.root / "solutions"
