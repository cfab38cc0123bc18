"""Read and write the learner's files so that none is ever half written."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "BusyError",
    "TextFile",
    "locked",
    "read_text_file",
    "write_atomically",
]

BYTE_ORDER_MARK = "\ufeff"


class BusyError(OSError):
    """Another process holds the lock for too long."""


@dataclass(frozen=True)
class TextFile:
    """A file's text with plain line feeds, and how it is kept on disk."""

    text: str
    newline: str = "\n"
    mark: str = ""

    def with_text(self, text: str) -> bytes:
        """Return the bytes of another text, kept in the same way."""
        return (self.mark + text.replace("\n", self.newline)).encode()


def read_text_file(path: Path) -> TextFile:
    """Return a file's text whatever its line ends.

    Raises UnicodeDecodeError when the file is not UTF-8.
    """
    whole = path.read_bytes().decode("utf-8")
    text = whole.removeprefix(BYTE_ORDER_MARK)
    return TextFile(
        text=text.replace("\r\n", "\n").replace("\r", "\n"),
        newline="\r\n" if "\r\n" in text else "\n",
        mark=BYTE_ORDER_MARK if whole != text else "",
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a crash at any moment leaves the old or the new.

    Its time of change moves on by a second at least: Python tells a stale
    byte code file by the source's seconds and size, and two saves can fall
    into the same second.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
            earliest = int(path.stat().st_mtime) + 1
            if time.time() < earliest:
                os.utime(temporary, (earliest, earliest))
        _put_in_place(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _put_in_place(temporary: Path, path: Path) -> None:
    # On Windows a scanner or an editor may hold the file for a moment.
    for pause in (0.05, 0.1, 0.2, 0.4):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(pause)
    os.replace(temporary, path)


@contextmanager
def locked(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends.

    Raises BusyError when it is not free within `seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        deadline = time.monotonic() + seconds
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise BusyError(f"{path.name} is held by another process")
            time.sleep(0.02)
        try:
            yield
        finally:
            _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
