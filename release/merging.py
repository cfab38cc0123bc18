"""Merging a branch, where both sides have written into the changelog."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["CHANGELOG", "MergeError", "both_sides", "merge"]

CHANGELOG = "CHANGELOG.md"
# Seconds for one command: nothing here asks a network.
LONGEST = 60
# Who commits where nobody has told git who they are.
NOBODY = ("user.name=release", "user.email=release@localhost")
SETTINGS = (
    "merge.conflictStyle=merge",
    "commit.gpgSign=false",
    "maintenance.auto=false",
)
# Set where git itself runs a program, and then about another repository.
ELSEWHERE = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")
# A conflict as git writes it into a file: ours above the line, theirs below.
_CONFLICT = re.compile(
    r"^<{7} [^\n]*\n(.*?)^={7}\r?\n(.*?)^>{7} [^\n]*\n",
    re.DOTALL | re.MULTILINE,
)
# Where an entry of a changelog begins: with a bullet, a heading, a gap.
_ENTRY = re.compile(r"^(?=[-*+#]|\s*$)", re.MULTILINE)


class MergeError(Exception):
    """A branch was not merged; `files` are those that conflict.

    The repository is as it was before.
    """

    def __init__(self, reason: str, files: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.files = tuple(files)


def merge(repository: Path, branch: str) -> str:
    """Merge `branch` into main, which is checked out; return the commit's id.

    There is always a commit of the merge's own; only for a branch that is
    merged already there is none, and main's last one is given. Where both
    sides changed the same place of CHANGELOG.md, both sides' entries are
    kept, ours first, and one that both have stands there once.
    Raises MergeError for any other conflict, naming its files, and wherever
    git refuses. Whatever is raised, the repository is as before.
    """
    require_main(repository)
    words = ["merge", "--no-ff", "--no-edit", "--", branch]
    try:
        done = git(repository, *words, check=False)
        files = conflicts(repository)
        if files == [CHANGELOG]:
            keep_both_sides(repository / CHANGELOG)
            git(repository, "add", "--", CHANGELOG)
            git(repository, "commit", "--no-edit", "--cleanup=strip")
        elif done.returncode:
            raise MergeError(f"{branch} does not merge: {said(done)}", files)
    except BaseException:
        git(repository, "merge", "--abort", check=False)
        raise
    return git(repository, "rev-parse", "HEAD").stdout.strip()


def both_sides(text: str) -> str:
    """Return a file's text with both sides of each conflict, ours first.

    An entry that both sides have stands there once. Text without a conflict
    stays as it is.
    """
    return _CONFLICT.sub(lambda found: _joined(*found.groups()), text)


def _joined(ours: str, theirs: str) -> str:
    """Return our entries, and those of theirs that we lack."""
    entries = _ENTRY.split(ours)
    known = {entry.strip() for entry in entries}
    entries += [e for e in _ENTRY.split(theirs) if e.strip() not in known]
    return "".join(entries)


def keep_both_sides(changelog: Path) -> None:
    """Rewrite a changelog in conflict as `both_sides` says.

    Raises MergeError for one that is not UTF-8.
    """
    try:
        text = changelog.read_bytes().decode()
    except UnicodeDecodeError:
        name = changelog.name
        raise MergeError(f"{name} is not UTF-8.", [name]) from None
    changelog.write_bytes(both_sides(text).encode())


def require_main(repository: Path, main: str = "main") -> None:
    """Raise MergeError unless main is checked out, with nothing to commit."""
    status = ["status", "--porcelain", "--branch", "--untracked-files=no"]
    branch, *changed = git(repository, *status).stdout.splitlines()
    if not re.match(rf"## {re.escape(main)}(\.\.\.|$)", branch):
        raise MergeError(f"{branch[3:]} is checked out, not {main}.")
    if changed:
        raise MergeError(f"Not committed yet: {changed[0][3:]}.")


def conflicts(repository: Path) -> list[str]:
    """Return the files in conflict, in order; those that one side deleted
    count with a mark of their own, so that nobody takes them for mergeable.
    """
    listed = git(repository, "ls-files", "--unmerged", "-z").stdout
    sides: dict[str, str] = {}
    for row in filter(None, listed.split("\0")):
        about, _, name = row.partition("\t")
        sides[name] = sides.get(name, "") + about.split()[-1]
    return sorted(_marked(name, found) for name, found in sides.items())


def _marked(name: str, sides: str) -> str:
    """Return a file's name; with a note where only one side has the file."""
    return name if "2" in sides and "3" in sides else f"{name} (deleted)"


def git(
    repository: Path, *words: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a git command; `check` raises MergeError where it fails.

    Whoever git knows commits, otherwise nobody in particular. No program
    asks anything, and no setting of this machine changes how conflicts are
    written.
    """
    settings = list(SETTINGS)
    if words[0] in ("merge", "commit") and not knows_us(repository):
        settings += NOBODY
    options = [word for line in settings for word in ("-c", line)]
    done = subprocess.run(
        ["git", *options, *words],
        cwd=repository,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST,
        stdin=subprocess.DEVNULL,
    )
    if check and done.returncode:
        raise MergeError(f"git {words[0]} failed: {said(done)}")
    return done


@functools.lru_cache(maxsize=1)
def knows_us(repository: Path) -> bool:
    """Return whether git knows who commits here."""
    words = ["var", "GIT_COMMITTER_IDENT"]
    return git(repository, *words, check=False).returncode == 0


def environment() -> dict[str, str]:
    """Return this process's variables, git speaking English, no editor."""
    kept = {k: v for k, v in os.environ.items() if k not in ELSEWHERE}
    return {**kept, "LC_ALL": "C", "GIT_EDITOR": "true"}


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what git printed, in one line."""
    return " ".join((done.stderr + done.stdout).split())
