"""A module in a folder of the package is taught like any other."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
import small_kit

from course.building.exercises import Exercise
from course.building.lessons import LessonError, load_exercises, load_lessons
from course.building.notebook_files import (
    decorated,
    learner_notebook,
    serialized,
    solution_notebook,
)
from course.building.package_map import package_map_svg
from course.checking.client import Checker
from course.checking.own_tests import OwnTests
from course.checking.packages import load_mutants
from course.checking.processes import process_source
from course.kernel.import_path import PackagesInUse, use_workspace
from course.kit import Kit
from course.workspace.workspace import Workspace

FOLDER = '"""Where things stand."""\n'
PARETO = '''\
"""Points that no other point beats."""

from dataclasses import dataclass

from llm_providers.places import bounds

__all__ = ["Curve", "Point", "PointError", "front"]


class PointError(ValueError):
    """A point without a place."""


@dataclass(frozen=True)
class Point:
    """A place in two dimensions."""

    x: float
    y: float = 0.0


def front(points: list[Point]) -> list[Point]:
    """Return the points with the greatest y."""
    if not points:
        raise PointError("no points")
    top = bounds.highest([point.y for point in points])
    return [point for point in points if point.y == top]


class Curve:
    """A line through points."""

    def __init__(self, points: list[Point]) -> None:
        """Keep the points."""
        self.points = points

    def hull(self) -> list[Point]:
        """Return the points on top."""
        return front(self.points)
'''
BOUNDS = '''\
"""What is highest."""

__all__ = ["highest"]


def highest(numbers: list[float]) -> float:
    """Return the greatest number."""
    return max(numbers)
'''
CHECKS = """\
import pytest
from corners import CORNER


@pytest.mark.exercise("3.1")
def test_only_the_highest_stay(llm):
    point = llm.places.pareto.Point
    low, high = point(1.0), point(1.0, CORNER)
    assert llm.places.pareto.front([low, high]) == [high]


@pytest.mark.exercise("3.1")
def test_no_points_are_an_error(llm):
    with pytest.raises(llm.places.pareto.PointError, match="no points"):
        llm.places.pareto.front([])


@pytest.mark.exercise("3.2")
def test_the_hull_is_the_front(llm):
    only = llm.places.pareto.Point(1.0, 2.0)
    assert llm.places.pareto.Curve([only]).hull() == [only]
"""
LESSON = """\
# Places

![The package](../docs/pictures/package_phase_3.svg)

```{exercise} 3.1
title: The front
definition: places.pareto.front
minutes: 5
difficulty: 1
points: 5
steps:
  - Find the greatest y.
hints:
  - First hint.
  - Second hint.
```

```{exercise} 3.2
title: The hull
definition: places.pareto.Curve.hull
minutes: 5
difficulty: 1
points: 5
steps:
  - Return the front.
hints:
  - First hint.
  - Second hint.
```
"""
ANSWERS = """\
wrong:
  - name: the first of them
    fails: test_only_the_highest_stay
    when: called == "places.pareto.front" and returned == args[0][:1]
    hint: The greatest y, not the first.
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    kit = small_kit.make_kit(tmp_path_factory.mktemp("kit"))
    files = {
        "llm_providers/places/__init__.py": FOLDER,
        "llm_providers/places/pareto.py": PARETO,
        "llm_providers/places/bounds.py": BOUNDS,
        "course/lessons/phase_3_places.md": LESSON,
        "course/answers/3.1.yaml": ANSWERS,
        "tests/places/test_pareto.py": CHECKS,
        "tests/places/corners.py": "CORNER = 2.0\n",
        # A file of the same name elsewhere gets into nobody's way.
        "tests/test_pareto.py": "from corners import CORNER\n",
    }
    for name, text in files.items():
        path = kit.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(Path(__file__).with_name("conftest.py"), kit.tests)
    return kit


@pytest.fixture
def exercises(kit: Kit) -> dict[str, Exercise]:
    return load_exercises(kit)


@pytest.fixture
def workspace(kit: Kit, tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "workspace", kit)
    made.ensure()
    return made


@pytest.fixture(scope="module")
def checker(kit: Kit) -> Iterator[Checker]:
    with pytest.MonkeyPatch.context() as patch:
        # None of its code needs an SDK.
        patch.setenv("COURSE_CHECK_WARM", "no")
        made = Checker(kit.root, root=kit.root)
        yield made
        made.close()


def cell(exercise: Exercise, old: str = "", new: str = "") -> str:
    assert old in exercise.solution
    return decorated(exercise, exercise.solution.replace(old, new))


# What an exercise is


def test_an_exercise_finds_its_module(exercises, kit):
    front, hull = exercises["3.1"], exercises["3.2"]
    assert (front.module, front.path) == ("places.pareto", "front")
    assert (hull.module, hull.path) == ("places.pareto", "Curve.hull")
    assert front.saved_in == "llm_providers/places/pareto.py"
    assert front.reference == kit.package / "places" / "pareto.py"
    assert hull.blank.endswith('NotImplementedError("exercise 3.2")\n')


def test_a_module_of_its_own_wins_over_a_class_of_another(exercises, kit):
    (kit.package / "places.py").write_text("class pareto: ...\n")
    try:
        assert load_exercises(kit)["3.2"].module == "places.pareto"
    finally:
        (kit.package / "places.py").unlink()


def test_its_tests_stand_in_the_same_folder(exercises, kit):
    assert exercises["3.1"].tests == kit.tests / "places" / "test_pareto.py"


@pytest.mark.parametrize(
    ("moved_to", "found"),
    [
        ("places/test_places_pareto.py", "places/test_places_pareto.py"),
        ("test_places_pareto.py", "test_places_pareto.py"),
        ("places/elsewhere.py", "test_pareto.py"),
    ],
)
def test_its_tests_may_stand_elsewhere(kit, moved_to, found):
    beside = kit.tests / "places" / "test_pareto.py"
    beside.rename(kit.tests / moved_to)
    try:
        assert load_exercises(kit)["3.1"].tests == kit.tests / found
    finally:
        (kit.tests / moved_to).rename(beside)


def test_two_files_of_tests_that_could_be_meant_are_refused(kit):
    beside = kit.tests / "places" / "test_pareto.py"
    other = kit.tests / "more" / "test_pareto.py"
    other.parent.mkdir()
    beside.rename(other)
    try:
        with pytest.raises(LessonError, match="several files are called"):
            _ = load_exercises(kit)["3.1"].tests
    finally:
        other.rename(beside)


def test_a_module_that_is_not_there_is_told(kit):
    lesson = kit.lessons / "phase_9_none.md"
    text = LESSON.partition("```{exercise} 3.2")[0].replace("3.1", "9.1")
    lesson.write_text(text.replace("pareto.front", "nothing.front"))
    try:
        with pytest.raises(LessonError, match=r"places\.nothing\.front"):
            _ = load_exercises(kit)["9.1"].solution
    finally:
        lesson.unlink()


# Building


def test_both_notebooks_hold_it(kit):
    lesson = load_lessons(kit)[2]
    learner = serialized(learner_notebook(lesson))
    solved = serialized(solution_notebook(lesson))
    assert 'NotImplementedError(\\"exercise 3.1\\")' in learner
    assert "bounds.highest(" in solved
    assert "bounds.highest(" not in learner


def test_the_map_names_the_folder_and_follows_imports_within_it(kit):
    svg = package_map_svg(kit.package, {"places.pareto"})
    tree = ElementTree.fromstring(svg)
    names = [
        "".join(each.itertext())
        for each in tree.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert names.index("places.pareto") < names.index("places.bounds")
    assert "Highlighted: places.pareto." in svg


# Saving


def test_a_save_goes_into_the_folder(workspace, exercises):
    path = workspace.folder / "llm_providers" / "places" / "pareto.py"
    assert path.read_text().count("NotImplementedError") == 2
    saved = workspace.save("3.1", cell(exercises["3.1"]))
    assert saved.file == "workspace/llm_providers/places/pareto.py"
    assert path.read_text().count("NotImplementedError") == 1
    workspace.save("3.2", cell(exercises["3.2"]))
    assert path.read_text() == PARETO


def test_catching_up_and_starting_afresh(workspace):
    path = workspace.folder / "llm_providers" / "places" / "pareto.py"
    assert workspace.catch_up(3).problems == ()
    assert path.read_text() == PARETO
    path.write_text(PARETO + "\nMINE = 1\n")
    for what in ("places.pareto", "places"):
        assert workspace.reset(what) == ["llm_providers/places/pareto.py"]
        assert path.read_text().count("NotImplementedError") == 2
    history = workspace.folder / "history" / "places.pareto"
    assert "MINE" in (history / "001.py").read_text()


def test_relative_imports_of_a_cell_are_meant_from_its_folder(
    workspace, exercises
):
    added = "from .bounds import highest\nfrom ..words import WORD\n"
    workspace.save("3.1", added + cell(exercises["3.1"]))
    path = workspace.folder / "llm_providers" / "places" / "pareto.py"
    text = path.read_text()
    assert "from llm_providers.places.bounds import highest\n" in text
    assert "from llm_providers.words import WORD\n" in text
    workspace.save("3.1", cell(exercises["3.1"]))
    assert "import highest" not in path.read_text()


def test_the_kits_changes_come_into_a_file_of_one_s_own(kit, tmp_path):
    root = tmp_path / "kit"
    shutil.copytree(kit.root, root)
    workspace = Workspace(tmp_path / "workspace", Kit(root))
    workspace.ensure()
    mine = workspace.folder / "llm_providers" / "places" / "pareto.py"
    mine.write_text(mine.read_text() + "\n\ndef mine():\n    return 1\n")
    theirs = root / "llm_providers" / "places" / "pareto.py"
    theirs.write_text(PARETO.replace("A line through", "A curve through"))
    (note,) = Workspace(workspace.folder, Kit(root)).ensure()
    assert "llm_providers/places/pareto.py were brought into" in note
    assert "A curve through" in mine.read_text()
    assert "def mine()" in mine.read_text()
    kept = workspace.folder / "history" / "places.pareto" / "001.py"
    assert "A line through" in kept.read_text()


# Checking


def test_a_blank_is_not_started_and_a_solution_passes(
    workspace, exercises, checker
):
    checker.workspace = workspace.folder
    assert checker.check("3.1").status == "not_started"
    assert checker.check("3.2").status == "not_started"
    for number in ("3.1", "3.2"):
        workspace.save(number, cell(exercises[number]))
        verdict = checker.check(number)
        assert verdict.status == "passed", verdict.to_dict()


def test_what_a_blank_stands_on_is_waited_for(workspace, exercises, checker):
    checker.workspace = workspace.folder
    workspace.save("3.2", cell(exercises["3.2"]))
    verdict = checker.check("3.2")
    assert (verdict.status, verdict.waits_for) == ("waiting", "3.1")


def test_a_mistake_gets_its_hint_and_its_place(workspace, exercises, checker):
    checker.workspace = workspace.folder
    wrong = cell(exercises["3.1"], "[point for", "points[:1] or [point for")
    workspace.save("3.1", wrong)
    verdict = checker.check("3.1")
    assert verdict.hint == "The greatest y, not the first."
    assert verdict.failure.returned == "[Point(x=1.0)]"
    assert verdict.failure.expected == "[Point(x=1.0, y=2.0)]"
    workspace.save("3.1", cell(exercises["3.1"], "bounds.highest", "nothing"))
    failure = checker.check("3.1").failure
    assert "llm_providers/places/pareto.py, line 2" in failure.raised


def test_a_name_that_a_folder_lacks_is_an_attribute_error(
    kit, workspace, checker
):
    checker.workspace = workspace.folder
    checks = kit.tests / "test_names.py"
    checks.write_text(
        "import pytest\n\n\n"
        "@pytest.mark.exercise('9.9')\n"
        "def test_names(llm):\n"
        "    with pytest.raises(AttributeError):\n"
        "        llm.places.nothing\n"
        "    with pytest.raises(AttributeError):\n"
        "        llm.places.pareto.nothing\n"
        "    assert llm.places.bounds.highest([1.0, 2.0]) == 2.0\n"
    )
    verdict = checker.check("9.9")
    assert verdict.status == "passed", verdict.to_dict()


def test_two_tests_of_one_name_are_refused(kit, workspace, checker):
    text = "import pytest\n\n\n@pytest.mark.exercise('9.8')\ndef test_a(): 0\n"
    for folder in (kit.tests, kit.tests / "places"):
        (folder / "test_same.py").write_text(text)
    verdict = checker.check("9.8")
    assert verdict.status == "kit_error"
    assert "Several tests are called test_a." in verdict.failure.message


# Broken packages for tests of one's own

MUTANTS = """\
mutants:
  - name: the lowest
    module: places.bounds
    swap: {max: min}
    hint: Two points.
  - name: none at all
    module: places.pareto
    swap:
      "[point for point in points if point.y == top]": "[]"
    hint: One point.
"""
OWN = """\
def test_the_highest(llm):
    low, high = llm.places.pareto.Point(1, 1), llm.places.pareto.Point(1, 2)
    assert llm.places.pareto.front([low, high]) == [high]
"""


def test_broken_modules_in_folders_are_noticed(kit, tmp_path):
    answers, file = tmp_path / "answers.yaml", tmp_path / "test_own.py"
    answers.write_text(MUTANTS)
    file.write_text(OWN)
    source = process_source(tmp_path)
    source.start()
    try:
        tests = OwnTests(file, answers, kit.root, source, tmp_path / "t", [])
        assert tests.run().failed == [], tests.run().output
        for mutant in load_mutants(answers):
            assert tests.run(mutant.name).failed == ["test_the_highest"]
    finally:
        source.close()


# A notebook's imports


@pytest.fixture
def clean_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Compiled code is told from older by the second and the size alone.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path, finders = list(sys.path), list(sys.meta_path)
    modules = dict(sys.modules)
    for name in [n for n in sys.modules if n.startswith("llm_providers")]:
        del sys.modules[name]
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    for name in [n for n in sys.modules if n.startswith("llm_providers")]:
        del sys.modules[name]
    sys.modules.update(modules)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"llm_providers.{name}")


@pytest.mark.usefixtures("clean_imports")
def test_a_save_is_seen_by_the_next_import_and_the_rest_stays(
    workspace, kit
):
    use_workspace(workspace.folder, kit.root)
    in_use = PackagesInUse(workspace.folder)
    before = {
        name: module(name)
        for name in ("words", "places", "places.bounds", "places.pareto")
    }
    path = workspace.folder / "llm_providers" / "places" / "bounds.py"
    path.write_text(BOUNDS.replace("max(", "min("))
    in_use.forget_changed()
    assert not hasattr(before["places"], "bounds")
    assert module("places.bounds").highest([1.0, 2.0]) == 1.0
    for name, old in before.items():
        stays = name in ("words", "places")
        assert (module(name) is old) is stays, name
    assert before["places"].bounds is module("places.bounds")


@pytest.mark.usefixtures("clean_imports")
def test_a_changed_folder_has_all_of_it_read_again(workspace, kit):
    use_workspace(workspace.folder, kit.root)
    in_use = PackagesInUse(workspace.folder)
    before = {name: module(name) for name in ("words", "places.bounds")}
    path = workspace.folder / "llm_providers" / "places" / "__init__.py"
    path.write_text(FOLDER + "VALUE = 1\n")
    in_use.forget_changed()
    assert module("places").VALUE == 1
    assert module("places.bounds") is not before["places.bounds"]
    assert module("words") is before["words"]
