"""`python3 -m course checklist`: what has to hold before a release."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from course.problems import ExitCode
from course.setup.environment import ROOT
from course.upkeep import fresh_wheel, tree_checks
from course.upkeep.checked import Checked, Release, failed

__all__ = ["ITEMS", "main", "run"]

Check = Callable[[Release], Checked]

# In the order in which a mistake is cheapest to mend.
ITEMS: Mapping[str, Check] = {
    "nothing left to commit": tree_checks.clean,
    "version and changelog agree": tree_checks.version,
    "generated files are fresh": tree_checks.generated,
    "public names are documented": tree_checks.documented,
    "links between documents": tree_checks.linked,
    "model catalogue": tree_checks.catalogue,
    "documentation's site": tree_checks.site,
    "wheel and source archive": fresh_wheel.built,
    "wheel without flaws": fresh_wheel.flawless,
    "installed afresh": fresh_wheel.installed,
    "served and asked": fresh_wheel.served,
    "tests": tree_checks.tests,
}


def main(argv: list[str]) -> int:
    """Go through the list; 0 where nothing failed, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course checklist",
        description="Everything that has to hold before a release: a line "
        "for each, ok, failed or not checked, with what to do.",
    )
    parser.add_argument(
        "--tests",
        choices=["no", "quick", "all"],
        default="no",
        help="run the tests, too: their short form, or all (%(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="keep the wheel and the source archive there",
    )
    wanted = parser.parse_args(argv)
    with TemporaryDirectory(prefix="checklist-") as scratch:
        release = Release(ROOT, Path(scratch), wanted.tests, wanted.out)
        found = list(run(release, ITEMS, print))
    print(summary(found))
    bad = any(one.status == "failed" for one in found)
    return ExitCode.FAILED if bad else ExitCode.DONE


def run(
    release: Release, items: Mapping[str, Check], show: Callable[[str], object]
) -> Iterator[Checked]:
    """Check each item and yield what was found; `show` gets its lines.

    A check that breaks down has failed, and the others go on.
    """
    width = max(map(len, items))
    for name, check in items.items():
        began = time.monotonic()
        try:
            found = check(release)
        except Exception as error:
            told = f"the check itself broke down: {type(error).__name__}"
            found = failed(f"{told}: {error}", "mend it, or look by hand")
        seconds = time.monotonic() - began
        for line in told_lines(name.ljust(width), found, seconds):
            show(line)
        yield found


def told_lines(name: str, found: Checked, seconds: float) -> Iterator[str]:
    """Yield what is printed of one item: itself, and what to do."""
    yield f"{found.status:<12} {name}  {seconds:5.1f} s  {found.reason}"
    if found.to_do:
        yield f"{'':<12} → {found.to_do}"


def summary(found: Sequence[Checked]) -> str:
    """Return how many items came out how, and what that means."""
    counts = Counter(one.status for one in found)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    if counts["failed"]:
        return f"{told}. Not ready."
    if counts["not checked"]:
        return f"{told}. Ready, but for what was not checked."
    return f"{told}. Ready."
