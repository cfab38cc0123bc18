"""A wheel as it leaves the house: built here, and looked through."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import zlib
from collections.abc import Collection, Iterator
from email.parser import HeaderParser
from pathlib import Path
from zipfile import BadZipFile, ZipFile

__all__ = ["PACKAGE", "WheelError", "build", "flaws", "released"]

PACKAGE = "llm_providers"
# Seconds that building may take.
LONGEST = 120
# What does not belong into a wheel, wherever in it.
STRANGERS = re.compile(
    r"(^|/)(\.[^/]*|__pycache__|tests?|course|notebooks|test_[^/]*\.py)(/|$)"
    r"|\.(pyc|ipynb|sqlite3|log)$"
)
_RELEASE = re.compile(r"^## \[?v?(\d[^\s\]]*)", re.MULTILINE)
_BUILD = """
import os, sys
from hatchling import build
os.chdir(sys.argv[1])
print(build.build_sdist(sys.argv[2]))
print(build.build_wheel(sys.argv[2]))
"""


class WheelError(Exception):
    """A wheel could not be built."""


def flaws(
    wheel: Path, version: str, needed: Collection[str] = ("py.typed",)
) -> list[str]:
    """Return what is wrong with a wheel of the package, a line for each.

    `version` is the changelog's; `needed` are files within the package.
    Looked at are both versions (the metadata's, the package's own), what is
    missing (files, a licence), what does not belong there, and RECORD: each
    file stands there, with its right hash. Empty for a wheel without flaws.
    """
    try:
        archive = ZipFile(wheel)
    except (OSError, BadZipFile) as error:
        return [f"{wheel.name} cannot be read: {error}"]
    with archive:
        found = [
            f"{source} says version {told}, not {version}"
            for source, told in versions(archive).items()
            if told != version
        ]
        names = archive.namelist()
        wanted = [f"{PACKAGE}/{name}" for name in needed]
        found += [f"{name} is missing" for name in wanted if name not in names]
        if not any(is_licence(name) for name in names):
            found.append("there is no licence")
        found += [f"{n} does not belong here" for n in names if is_strange(n)]
        found += record_flaws(archive, names)
    return found


def versions(archive: ZipFile) -> dict[str, str]:
    """Return the version that each place tells; empty where none is told."""
    head = text_of(archive, r"[^/]+\.dist-info/METADATA")
    code = text_of(archive, rf"{PACKAGE}/__init__\.py")
    own = re.search(r'^__version__ = "([^"]*)"', code, re.MULTILINE)
    return {
        "METADATA": HeaderParser().parsestr(head).get("Version", ""),
        "__version__": own[1] if own else "",
    }


def is_licence(name: str) -> bool:
    """Return whether a file is a licence among the wheel's metadata."""
    return bool(re.match(r"[^/]+\.dist-info/(.*/)?LICEN[CS]E[^/]*$", name))


def is_strange(name: str) -> bool:
    """Return whether a file has no place in a wheel of the package."""
    top = name.partition("/")[0]
    ours = top == PACKAGE or top.endswith(".dist-info")
    return not ours or bool(STRANGERS.search(name))


def record_flaws(archive: ZipFile, names: Collection[str]) -> Iterator[str]:
    """Yield where RECORD and the files of a wheel differ.

    Folders among the names are passed over: RECORD lists files alone. A
    file that is damaged is one that cannot be read.
    """
    told = recorded(archive)
    for name in sorted(set(told) - set(names)):
        yield f"{name} is missing, which RECORD lists"
    for name in names:
        if name.endswith(("/", ".dist-info/RECORD")):
            continue
        content = content_of(archive, name)
        if content is None:
            yield f"{name} is damaged"
        elif name not in told:
            yield f"{name} is not in RECORD"
        elif told[name] != digest(content):
            yield f"{name} has another hash than RECORD says"


def recorded(archive: ZipFile) -> dict[str, str]:
    """Return the hash of each file that RECORD lists."""
    rows = csv.reader(
        io.StringIO(text_of(archive, r"[^/]+\.dist-info/RECORD"))
    )
    return {row[0]: row[1] for row in rows if len(row) > 1}


def digest(content: bytes) -> str:
    """Return a content's hash as RECORD writes it."""
    found = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={found.decode().rstrip('=')}"


def text_of(archive: ZipFile, pattern: str) -> str:
    """Return the text of the one file of this name.

    Empty if there is none, or if it is damaged.
    """
    for name in archive.namelist():
        if re.fullmatch(pattern, name):
            content = content_of(archive, name) or b""
            return content.decode("utf-8", "replace")
    return ""


def content_of(archive: ZipFile, name: str) -> bytes | None:
    """Return what a file of the archive holds; None if it is damaged."""
    try:
        return archive.read(name)
    except (BadZipFile, EOFError, OSError, RuntimeError, zlib.error):
        return None


def released(changelog: Path) -> str:
    """Return the newest version that a changelog names; empty if none."""
    found = _RELEASE.search(changelog.read_text("utf-8"))
    return found[1] if found else ""


def build(project: Path, out: Path) -> tuple[Path, Path]:
    """Build a project's source archive and its wheel; return both.

    Without a network: what builds, hatchling, is here already. Raises
    WheelError with what it said.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(project.resolve()), str(out)],
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        raise WheelError(f"{project} cannot be built: {said[-1]}")
    source, wheel = done.stdout.split()[-2:]
    return out / source, out / wheel
