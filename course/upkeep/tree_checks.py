"""Checks of the release's list that look at the project's files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import date

from course.upkeep.checked import Checked, Release, failed, good, unchecked
from course.upkeep.links import broken_links, documents
from release.wheels import PACKAGE, released

__all__ = [
    "catalogue",
    "clean",
    "documented",
    "generated",
    "linked",
    "site",
    "tests",
    "version",
]

OWN_VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)
# Of a long list so many are named.
NAMED = 3


def clean(release: Release) -> Checked:
    """Nothing is changed that is not committed, nothing new unknown."""
    if not shutil.which("git") or not (release.root / ".git").exists():
        return unchecked("no git, or no repository", "release from a clone")
    status = release.program(["git", "status", "--porcelain"])
    if status.returncode:
        return failed(last_line(status.stdout), "mend the repository")
    changed = [line[3:] for line in status.stdout.splitlines()]
    if changed:
        return failed(some(changed), "commit it, or take it away")
    return good("all is committed")


def version(release: Release) -> Checked:
    """The package's version is the changelog's newest, and is not out yet."""
    text = (release.root / PACKAGE / "__init__.py").read_text("utf-8")
    own = OWN_VERSION.search(text)
    if own is None:
        return failed(f"{PACKAGE} has no __version__", "give it one")
    newest = released(release.root / "CHANGELOG.md")
    if own[1] != newest:
        return failed(
            f"__version__ is {own[1]}, the changelog's newest is "
            f"{newest or 'missing'}",
            "write the changelog's section and the version together",
        )
    if is_tagged(release, own[1]):
        return failed(
            f"{own[1]} has its tag on another commit",
            "raise the version in the package and the changelog",
        )
    return good(own[1])


def is_tagged(release: Release, number: str) -> bool:
    """Return whether a version's tag is on another commit than this one."""
    if not shutil.which("git"):
        return False
    tag, here = (
        release.program(["git", "rev-parse", "-q", "--verify", name])
        for name in (f"v{number}^{{commit}}", "HEAD")
    )
    return tag.returncode == 0 and tag.stdout != here.stdout


def generated(release: Release) -> Checked:
    """The notebooks and pictures are what the lessons make."""
    done = release.course("build", "--check")
    if done.returncode:
        stale = done.stdout.splitlines()[:-1] or [last_line(done.stdout)]
        return failed(some(stale), "python3 -m course build, and commit")
    return good(last_line(done.stdout))


def documented(release: Release) -> Checked:
    """Every public name of both packages has a docstring."""
    # Imports all modules of both: only here.
    from course.upkeep.public_names import undocumented

    missing = [*undocumented(PACKAGE), *undocumented("release")]
    if missing:
        return failed(some(missing), "write the docstrings")
    return good("every public function, class and module")


def linked(release: Release) -> Checked:
    """No document links to what is not there."""
    broken = broken_links(release.root)
    if broken:
        return failed(some(broken), "mend the links")
    return good(f"{len(documents(release.root))} documents")


def catalogue(release: Release) -> Checked:
    """Nothing in the model catalogue is stale or contradicted."""
    from course.upkeep.catalogue_check import findings
    from llm_providers.catalogue import load_catalogue

    known = load_catalogue(release.root / "data" / "models.json")
    found = findings(known, date.today())
    wrong = [f"{one.id} ({one.kind})" for one in found if one.fails]
    if wrong:
        return failed(some(wrong), "python3 -m course catalogue check")
    return good(f"{len(known.rows)} rows, of {known.as_of}")


def site(release: Release) -> Checked:
    """The documentation's site can be built, without a warning."""
    out = release.scratch / "site"
    done = release.course("site", str(out))
    if done.returncode:
        told = done.stdout.splitlines()[:-1] or ["nothing was said"]
        return failed(some(told), "mend the documents")
    return good(f"{len(list(out.rglob('*.html')))} pages")


def tests(release: Release) -> Checked:
    """All tests pass, where they were asked for."""
    if release.tests == "no":
        return unchecked("not asked for", "python3 -m course test")
    options = ["--quick"] if release.tests == "quick" else []
    done = release.course("test", *options)
    told = last_line(done.stdout).strip("= ")
    if done.returncode:
        return failed(told, " ".join(["python3 -m course test", *options]))
    if options:
        return unchecked(f"only the short form: {told}", "--tests all")
    return good(told)


def some(found: Sequence[str]) -> str:
    """Return the first of a list, and how many more there are."""
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return "; ".join(found[:NAMED]) + more


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing was said"
