"""A pytest plugin: each mark's tests lie where the mark's step looks.

Only those files are collected for a mark, so that a step does not import
thousands of tests that it leaves out; a marked test anywhere else would never
run. Where a file has the tests of one mark alone, the unit tests leave the
file out, and a test without the mark would never run there, either.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from course.setup.environment import ROOT

__all__ = ["ONLY", "PLACES", "misplaced", "pytest_collection_modifyitems"]

TESTS = ROOT / "tests"

# Where the tests of a mark are, below tests/.
PLACES = {
    "browser": ("browser",),
    "proof": (
        "grading/test_cluster_contained.py",
        "recommender/test_scorer.py",
        "test_contract_scorecard.py",
        "test_figures.py",
        "test_proofs.py",
    ),
}

# Of these places, those that have no other tests.
ONLY = {
    "browser": ("browser",),
    "proof": ("grading/test_cluster_contained.py", "test_proofs.py"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Let nothing run where a test is that no step would run."""
    wrong = [*filter(None, map(misplaced, items))]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def misplaced(item: pytest.Item) -> str:
    """Return why no step would run this test, or nothing if one does."""
    for mark, places in PLACES.items():
        marked = item.get_closest_marker(mark) is not None
        if marked and not is_in(item.path, places):
            return f"{item.nodeid}: not where tests marked {mark} are."
        if not marked and is_in(item.path, ONLY[mark]):
            return f"{item.nodeid}: only tests marked {mark} may be there."
    return ""


def is_in(path: Path, places: Sequence[str]) -> bool:
    return any(path.is_relative_to(TESTS / place) for place in places)
