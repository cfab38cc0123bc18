"""The files of one submission, read into memory and never unpacked.

A folder or a zip is untrusted: links are not followed, names that lead
elsewhere are refused, and sizes are counted while reading, since what a zip
says of itself may be a lie.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

__all__ = ["Collected", "collect"]

LARGEST_FILE = 10 * 1024**2
LARGEST_SUBMISSION = 40 * 1024**2
LARGEST_ZIP = 100 * 1024**2
LARGEST_DIRECTORY = 4 * 1024**2
MOST_FILES = 2_000
MOST_ENTRIES = 20_000
DEEPEST = 12
# A text shrinks to a tenth, seldom to a hundredth.
STEEPEST_RATIO = 200

WANTED = (".ipynb", ".py")
OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".tar.xz")
SKIPPED_FOLDERS = {"__pycache__", "__MACOSX", "history", "site-packages"}

_MB = 1024**2


class RefusedError(Exception):
    """Why a file or an archive is not read, in words."""


@dataclass
class Collected:
    """What was found: texts by their place, and what was refused and why."""

    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    size: int = 0

    def digest(self) -> str:
        """Return a name of the whole content."""
        found = hashlib.sha256()
        for place, data in sorted(self.files.items()):
            name = str(place).encode("utf-8", "surrogatepass")
            found.update(b"%d %d " % (len(name), len(data)) + name + data)
        found.update("\n".join(self.problems).encode("utf-8", "replace"))
        return found.hexdigest()

    def add(self, place: PurePosixPath, data: bytes) -> None:
        self.size += len(data)
        if self.size > LARGEST_SUBMISSION:
            raise RefusedError(
                f"it holds more than {LARGEST_SUBMISSION // _MB} MB"
            )
        if len(self.files) >= MOST_FILES:
            raise RefusedError(f"it holds more than {MOST_FILES:,} files")
        self.files.setdefault(place, data)

    def refuse(self, name: str, reason: str) -> None:
        self.problems.append(f"{shown(name)} was not read: {reason}.")


def collect(path: Path) -> Collected:
    """Return the notebooks and Python files of a folder, zip or notebook.

    Raises nothing for what is in it; the problems say what was left out.
    """
    found = Collected()
    try:
        if path.is_symlink():
            raise RefusedError("it is a link")
        if path.is_dir():
            _collect_folder(path, found)
        elif path.suffix.lower() == ".zip":
            _collect_zip(path.name, _opened(path), found, PurePosixPath())
        else:
            found.add(PurePosixPath(path.name), _read_file(path))
    except RefusedError as error:
        found.refuse(path.name, str(error))
    except OSError as error:
        found.refuse(path.name, error.strerror or "it cannot be read")
    return found


def shown(name: str) -> str:
    """Return a name for people: short, and without control characters."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    return clean if len(clean) <= 80 else f"{clean[:60]}…{clean[-15:]}"


def _collect_folder(folder: Path, found: Collected) -> None:
    for path in _files_below(folder, found):
        place = PurePosixPath(path.relative_to(folder).as_posix())
        suffix = path.suffix.lower()
        try:
            if suffix == ".zip":
                _collect_zip(str(place), _opened(path), found, place.parent)
            elif suffix in WANTED:
                found.add(place, _read_file(path))
            elif _is_archive(path.name):
                raise RefusedError("only zip archives are opened")
        except RefusedError as error:
            found.refuse(str(place), str(error))
        except OSError as error:
            found.refuse(str(place), error.strerror or "it cannot be read")


def _files_below(folder: Path, found: Collected) -> Iterator[Path]:
    """Yield a folder's own files in order; links are refused."""
    seen = 0
    waiting = [folder]
    while waiting:
        here = waiting.pop(0)
        depth = len(here.relative_to(folder).parts)
        for entry in _entries(here, found):
            seen += 1
            if seen > MOST_ENTRIES:
                raise RefusedError(f"it has more than {MOST_ENTRIES:,} files")
            place = Path(entry.path)
            if entry.is_symlink():
                name = place.relative_to(folder).as_posix()
                found.refuse(name, "it is a link")
            elif entry.is_dir(follow_symlinks=False):
                if _is_skipped(entry.name):
                    continue
                if depth >= DEEPEST:
                    found.refuse(entry.name, f"deeper than {DEEPEST} folders")
                    continue
                waiting.append(place)
            elif entry.is_file(follow_symlinks=False):
                if not entry.name.startswith("."):
                    yield place
            elif place.suffix.lower() in (*WANTED, ".zip"):
                found.refuse(entry.name, "it is no ordinary file")


def _entries(folder: Path, found: Collected) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing else is lost if it is locked."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        found.refuse(folder.name, error.strerror or "it cannot be read")
        return []


def _is_archive(name: str) -> bool:
    return name.lower().endswith(OTHER_ARCHIVES)


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in SKIPPED_FOLDERS


def _read_file(path: Path) -> bytes:
    with _opened(path) as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise RefusedError(f"it is larger than {LARGEST_FILE // _MB} MB")
    return data


def _opened(path: Path) -> io.BufferedReader:
    """Open an ordinary file that is no link, also not since it was seen."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_ZIP:
        file.close()
        raise RefusedError(
            f"it is larger than {LARGEST_ZIP // _MB} MB"
            if stat.S_ISREG(status.st_mode)
            else "it is no ordinary file"
        )
    return file


def _collect_zip(
    name: str,
    file: io.BufferedReader,
    found: Collected,
    below: PurePosixPath,
) -> None:
    with file:
        _require_small_directory(file)
        try:
            with zipfile.ZipFile(file) as archive:
                _read_archive(name, archive, found, below)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise RefusedError(f"it is no zip ({shown(str(error))})") from None


def _require_small_directory(file: io.BufferedReader) -> None:
    """Refuse a table of contents that would not fit into memory."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 65_536 - 64)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        raise RefusedError("it is a zip of a size that no submission has")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 0 and length > LARGEST_DIRECTORY:
        raise RefusedError(f"it has more than {MOST_ENTRIES:,} entries")
    file.seek(0)


def _read_archive(
    name: str,
    archive: zipfile.ZipFile,
    found: Collected,
    below: PurePosixPath,
) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise RefusedError(f"it has more than {MOST_ENTRIES:,} entries")
    # Of entries with one name the last counts, as wherever one unpacks.
    for entry in {each.filename: each for each in entries}.values():
        if entry.is_dir():
            continue
        try:
            place = _place_of(entry)
            if any(_is_skipped(part) for part in place.parts[:-1]):
                continue
            suffix = place.suffix.lower()
            if suffix == ".zip" or _is_archive(place.name):
                raise RefusedError("an archive within an archive")
            if suffix in WANTED and not place.name.startswith("."):
                found.add(below / place, _unpacked(archive, entry, found))
        except RefusedError as error:
            found.refuse(f"{name}: {entry.filename}", str(error))
            if found.size > LARGEST_SUBMISSION:
                return


def _place_of(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Return where an entry belongs. Raises RefusedError."""
    text = entry.filename.replace("\\", "/")
    place = PurePosixPath(text)
    if place.is_absolute() or text[1:2] == ":" or ".." in place.parts:
        raise RefusedError("its name leads out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RefusedError("it is a link")
    if entry.flag_bits & 0x1:
        raise RefusedError("it is locked with a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError("it is packed in a way that is not opened here")
    if len(place.parts) > DEEPEST or len(text) > 1_000:
        raise RefusedError(f"deeper than {DEEPEST} folders")
    return place


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: Collected
) -> bytes:
    room = min(LARGEST_FILE, LARGEST_SUBMISSION - found.size)
    longest = max(room, 0)
    if entry.compress_size * STEEPEST_RATIO < entry.file_size > _MB:
        raise RefusedError("it unpacks to far more than it holds")
    try:
        with archive.open(entry) as file:
            data = file.read(longest + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise RefusedError(f"it is damaged ({shown(str(error))})") from None
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise RefusedError(f"unknown packing ({shown(str(error))})") from None
    if len(data) > longest:
        raise RefusedError(f"it is larger than {longest // _MB} MB unpacked")
    return data
