"""The history: every text of a learner's that something else replaced."""

from __future__ import annotations

from pathlib import Path

from course.workspace.files import write_atomically

__all__ = ["KeptTexts"]


class KeptTexts:
    """Numbered copies in ``history/NAME/001.py`` and so on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, text: bytes, ending: str = ".py") -> Path:
        """Write a copy, unless it is the latest one, and return its path."""
        folder = self._folder / name
        copies = self.of(name)
        if copies and copies[-1].read_bytes() == text:
            return copies[-1]
        number = int(copies[-1].stem) + 1 if copies else 1
        path = folder / f"{number:03d}{ending}"
        write_atomically(path, text)
        return path

    def of(self, name: str) -> list[Path]:
        """Return the copies under a name, the oldest first."""
        copies = (self._folder / name).glob("*")
        return sorted(
            (path for path in copies if path.stem.isdigit()),
            key=lambda path: int(path.stem),
        )
