"""A whole workspace as one file, to go on with elsewhere.

A packed workspace is a zip file. What is taken out of one is text and data
alone, by names that stay within the workspace; nothing of it is run.
"""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from course.workspace.files import locked, write_atomically
from course.workspace.kept_texts import KeptTexts

__all__ = ["PackedError", "files_of", "pack", "read_packed", "unpack"]

# Far more than a course makes, and little enough for any machine.
MOST_FILES = 20_000
MOST_BYTES = 200_000_000
# Zip keeps a moment with each file: always this one, so that the same
# workspace makes the same file.
MOMENT = (1980, 1, 1, 0, 0, 0)
HISTORY = "history"
KEPT_AS = "workspace"


class PackedError(Exception):
    """A file that is no packed workspace; the text says why."""


def pack(workspace: Path) -> bytes:
    """Return a workspace, its history and progress, as one zip file.

    Raises OSError.
    """
    with locked(workspace / ".lock"):
        return _zipped(files_of(workspace))


def files_of(workspace: Path) -> dict[str, bytes]:
    """Return what belongs to a workspace, by its name in there."""
    return {
        path.relative_to(workspace).as_posix(): path.read_bytes()
        for path in sorted(workspace.rglob("*"))
        if path.is_file() and not path.is_symlink() and _belongs(path.name)
        if "__pycache__" not in path.parts
    }


def read_packed(data: bytes) -> dict[str, bytes]:
    """Return the files of a packed workspace, all of them looked at.

    Raises PackedError for what is no zip file, leads out of the workspace,
    is too much, or holds no progress and no package.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            files = dict(_members(packed))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise PackedError(f"This is no packed workspace: {error}") from None
    if not any(name.startswith("llm_providers/") for name in files):
        raise PackedError(
            "This is no packed workspace: there is no llm_providers in it."
        )
    try:
        json.loads(files.get("progress.json", b"{}"))
    except ValueError:
        raise PackedError("Its progress.json is damaged.") from None
    return files


def unpack(workspace: Path, data: bytes) -> Path | None:
    """Put a packed workspace in the place of this one.

    What was here is packed into the history first, whose path is returned
    (None where nothing was); the histories of both are kept. Raises
    PackedError, with nothing changed, and OSError.
    """
    files = read_packed(data)
    with locked(workspace / ".lock"):
        before = files_of(workspace)
        kept = KeptTexts(workspace / HISTORY)
        mine = {n: b for n, b in before.items() if not _is_history(n)}
        place = kept.keep(KEPT_AS, _zipped(mine), ".zip") if mine else None
        for name, content in files.items():
            if _is_history(name):
                _add_to(kept, name, content)
            elif mine.get(name) != content:
                write_atomically(workspace / name, content)
        for name in mine.keys() - files.keys():
            (workspace / name).unlink()
    return place


def _add_to(kept: KeptTexts, name: str, content: bytes) -> None:
    """Bring a copy of another history into this one, unless it is there."""
    path = PurePosixPath(name)
    folder = "/".join(path.parts[1:-1])
    known = (copy.read_bytes() for copy in kept.of(folder))
    if folder and content not in known:
        kept.keep(folder, content, path.suffix)


def _belongs(name: str) -> bool:
    return not name.endswith((".lock", ".tmp", ".pyc"))


def _is_history(name: str) -> bool:
    return name.startswith(f"{HISTORY}/")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(_info(name), content)
    return sink.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _members(packed: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    rows = [each for each in packed.infolist() if not each.is_dir()]
    if len(rows) > MOST_FILES:
        raise PackedError(f"It holds more than {MOST_FILES} files.")
    room = MOST_BYTES
    for row in rows:
        _require_harmless(row)
        with packed.open(row) as file:
            content = file.read(room + 1)  # whatever the zip says of its size
        room -= len(content)
        if room < 0:
            raise PackedError(f"It holds more than {MOST_BYTES} bytes.")
        if _belongs(PurePosixPath(row.filename).name):
            yield row.filename, content


def _require_harmless(row: zipfile.ZipInfo) -> None:
    name, kind = row.filename, stat.S_IFMT(row.external_attr >> 16)
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts
    if outside or any(sign in name for sign in ("\\", ":", "\0")):
        raise PackedError(f"{name!r} leads out of the workspace.")
    if kind not in (0, stat.S_IFREG):
        raise PackedError(f"{name!r} is no plain file.")
