"""Rows as files: one JSON object a line, packed where the name ends in .gz."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["as_lines", "read_lines", "write_lines"]


def as_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as JSON lines."""
    return "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in rows
    )


def write_lines(path: Path, lines: str) -> None:
    """Write the lines, the same bytes for the same lines."""
    content = lines.encode("utf-8")
    if path.suffix == ".gz":
        content = packed(content)
    path.write_bytes(content)


def read_lines(path: Path) -> str:
    """Return the lines of a file, unpacked."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return content.decode("utf-8")


def packed(content: bytes) -> bytes:
    """Return it in gzip's format, without a name or a time.

    Another build of zlib may pack the same content into other bytes; so what
    is compared is always what was packed.
    """
    memory = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, memory, mtime=0) as file:
        file.write(content)
    return memory.getvalue()
