"""A course of one module and its checks, for the tests of checking."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from course.checking.client import Checker

CHECKS = '''\
import pytest


@pytest.mark.exercise("0.1")
def test_two_numbers_are_added(llm):
    assert llm.sums.add(2, 3) == 5


@pytest.mark.exercise("0.1")
def test_nothing_adds_up_to_zero(llm):
    assert llm.sums.add() == 0


@pytest.mark.exercise("0.2")
def test_a_mean_is_in_the_middle(llm):
    assert llm.means.mean([2, 4]) == 3
'''
RIGHT = """
def add(*numbers):
    return sum(numbers)
"""
MEANS = """
from llm_providers.sums import add

def mean(numbers):
    return add(*numbers) / len(numbers)
"""


class SmallCourse:
    """A folder with checks and a workspace, and one judge for both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = root / "workspace"
        self.package = self.workspace / "llm_providers"
        self.package.mkdir(parents=True)
        (root / "tests").mkdir()
        shutil.copy(Path(__file__).with_name("conftest.py"), root / "tests")
        self.write_checks(CHECKS)
        self.write("__init__", "")
        self.checker = Checker(self.workspace, root=root)

    def write_checks(self, text: str) -> None:
        (self.root / "tests" / "test_sums.py").write_text(text)

    def write_answers(self, exercise: str, text: str) -> None:
        folder = self.root / "course" / "answers"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{exercise}.yaml").write_text(text)

    def write(self, module: str, text: str) -> None:
        (self.package / f"{module}.py").write_text(text)

    def check(self, sums: str = RIGHT, exercise: str = "0.1"):
        """Return the verdict on this text of the module `sums`."""
        self.write("sums", sums)
        self.write("means", MEANS)
        return self.checker.check(exercise)

    def close(self) -> None:
        self.checker.close()


@contextmanager
def small_course(root: Path, **environ: str) -> Iterator[SmallCourse]:
    """Make such a course, whose judge starts with variables of its own.

    Its code needs no SDK: no process takes the seconds to load them. What
    has no end is stopped sooner than a learner's code.
    """
    own = {"COURSE_CHECK_WARM": "no", "COURSE_CALL_SECONDS": "1", **environ}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        made = SmallCourse(root)
        yield made
        made.close()
