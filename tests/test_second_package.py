"""A second package, `release`, is taught like the first."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import small_kit

from course.building.exercises import Exercise
from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.building.package_map import package_map_svg
from course.checking.client import Checker
from course.checking.own_tests import OwnTests
from course.checking.processes import process_source
from course.checking.roots import (
    ROOTS,
    file_of,
    root_of,
    short_name,
    whole_name,
)
from course.kernel.import_path import PackagesInUse, use_workspace
from course.kit import Kit
from course.workspace.workspace import Workspace

LETTERS = '''\
"""Letters, and how they are sent."""

import subprocess
import sys
from pathlib import Path

from release.stamps import stamp

__all__ = ["LetterError", "sealed", "send"]


class LetterError(Exception):
    """A letter without a text."""


def send(folder: Path, text: str) -> str:
    """Write a letter into a folder and return what it says there."""
    if not text:
        raise LetterError("nothing to say")
    letter = folder / "letter.txt"
    letter.write_text(stamp(text))
    command = [sys.executable, "-c", f"print(open({str(letter)!r}).read())"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip()


def sealed(text: str) -> str:
    """Return a text with a seal."""
    return f"[{text}]"
'''
STAMPS = '''\
"""Stamps."""

__all__ = ["stamp"]


def stamp(text: str) -> str:
    """Return a text with a stamp."""
    return f"* {text}"
'''
LESSON = """\
# Letters

```{exercise} 3.1
title: A letter
definition: release.letters.send
minutes: 5
difficulty: 1
points: 5
steps:
  - Write it, and read it.
hints:
  - First hint.
  - Second hint.
```

```{exercise} 3.2
title: A seal
definition: release.letters.sealed
minutes: 5
difficulty: 1
points: 5
steps:
  - Put it between brackets.
hints:
  - First hint.
  - Second hint.
```
"""
CHECKS = """\
import pytest


@pytest.mark.exercise("3.1")
def test_a_letter_is_written_where_it_should(release, tmp_path):
    assert release.letters.send(tmp_path, "hello") == "* hello"
    assert (tmp_path / "letter.txt").read_text() == "* hello"


@pytest.mark.exercise("3.1")
def test_no_text_is_an_error(release, tmp_path):
    with pytest.raises(release.letters.LetterError, match="nothing to say"):
        release.letters.send(tmp_path, "")


@pytest.mark.exercise("3.2")
def test_a_seal_is_put_on_the_longest_word(llm, release):
    word = llm.words.longest("a bcd")
    assert release.letters.sealed(word) == "[bcd]"
"""
ANSWERS = """\
wrong:
  - name: no stamp
    fails: test_a_letter_is_written_where_it_should
    when: called == "release.letters.send" and returned == args[1]
    hint: Put a stamp on it.
"""
FILES = {
    "release/__init__.py": '"""Letters."""\n',
    "release/letters.py": LETTERS,
    "release/stamps.py": STAMPS,
    "course/lessons/phase_3_letters.md": LESSON,
    "course/answers/3.1.yaml": ANSWERS,
    "tests/release/test_letters.py": CHECKS,
}


def write(kit: Kit) -> None:
    for name, text in FILES.items():
        path = kit.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    kit = small_kit.make_kit(tmp_path_factory.mktemp("kit"))
    write(kit)
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


# Names


@pytest.mark.parametrize(
    ("short", "whole", "file"),
    [
        ("retry", "llm_providers.retry", "llm_providers/retry.py"),
        (
            "recommender.pareto",
            "llm_providers.recommender.pareto",
            "llm_providers/recommender/pareto.py",
        ),
        ("release.merging", "release.merging", "release/merging.py"),
        ("releases", "llm_providers.releases", "llm_providers/releases.py"),
        ("", "llm_providers", "llm_providers.py"),
    ],
)
def test_a_module_has_a_short_and_a_whole_name(short, whole, file):
    assert whole_name(short) == whole
    assert short_name(whole) == short
    assert file_of(short) == file
    assert whole_name(whole) == whole


def test_what_is_no_learners_has_no_root():
    assert root_of("release.merging") == "release"
    assert root_of("releases.merging") == ""
    assert short_name("openai.types") == "openai.types"


def test_no_module_of_the_first_package_hides_another_package():
    inside = {path.stem for path in Kit().package.iterdir()}
    assert not inside.intersection(ROOTS)


# What an exercise is, and what is built of it


def test_an_exercise_finds_its_module_and_its_tests(exercises, kit):
    send = exercises["3.1"]
    assert (send.module, send.path) == ("release.letters", "send")
    assert send.saved_in == "release/letters.py"
    assert send.reference == kit.root / "release" / "letters.py"
    assert send.tests == kit.tests / "release" / "test_letters.py"
    assert send.blank.endswith('NotImplementedError("exercise 3.1")\n')


def test_the_picture_shows_the_first_package_alone(kit):
    taught = {"words", "release.letters"}
    svg = package_map_svg(kit.package, {"release.letters"}, shown=taught)
    assert "words" in svg
    assert "letters" not in svg


# Saving


def test_a_save_goes_into_its_own_package(workspace, exercises):
    path = workspace.folder / "release" / "letters.py"
    assert path.read_text().count("NotImplementedError") == 2
    for number in ("3.1", "3.2"):
        saved = workspace.save(number, cell(exercises[number]))
        assert saved.file == "workspace/release/letters.py"
    assert path.read_text() == LETTERS


def test_relative_imports_of_a_cell_are_meant_from_its_package(
    workspace, exercises
):
    added = "from .stamps import stamp as put\n"
    workspace.save("3.2", added + cell(exercises["3.2"], "{text}", "{put}"))
    text = (workspace.folder / "release" / "letters.py").read_text()
    assert "from release.stamps import stamp as put\n" in text


def test_its_own_names_need_no_import(workspace, exercises):
    added = "from release.letters import LetterError\n"
    workspace.save("3.2", added + cell(exercises["3.2"]))
    text = (workspace.folder / "release" / "letters.py").read_text()
    assert "import LetterError" not in text


def test_starting_afresh_keeps_what_was_there(workspace):
    path = workspace.folder / "release" / "letters.py"
    assert workspace.catch_up(3).problems == ()
    for what in ("release.letters", "release"):
        path.write_text(LETTERS + f"\nMINE = {what!r}\n")
        assert workspace.reset(what) == ["release/letters.py"]
        assert path.read_text().count("NotImplementedError") == 2
    history = sorted((workspace.folder / "history/release.letters").iterdir())
    assert ["MINE" in each.read_text() for each in history] == [True, True]


def test_a_workspace_from_before_gets_it_blanked(tmp_path):
    kit = small_kit.make_kit(tmp_path / "kit")
    before = Workspace(tmp_path / "workspace", kit)
    before.ensure()
    before.save("1.1", cell(before.exercises["1.1"]))
    before.record("1.1", "passed")
    assert not (before.folder / "release").exists()
    words = (before.folder / "llm_providers" / "words.py").read_bytes()

    write(kit)
    after = Workspace(tmp_path / "workspace", kit)
    assert after.ensure() == []
    text = (after.folder / "release" / "letters.py").read_text()
    assert text.count("NotImplementedError") == 2
    assert (after.folder / "release" / "stamps.py").read_text() == STAMPS
    assert (after.folder / "llm_providers/words.py").read_bytes() == words
    states = {each.exercise.id: each.state for each in after.standings()}
    assert (states["1.1"], states["3.1"]) == ("passed", "not_started")
    assert after.ensure() == []


def test_the_kits_changes_come_into_a_file_of_ones_own(kit, tmp_path):
    root = tmp_path / "kit"
    shutil.copytree(kit.root, root)
    workspace = Workspace(tmp_path / "workspace", Kit(root))
    workspace.ensure()
    mine = workspace.folder / "release" / "letters.py"
    mine.write_text(mine.read_text() + "\n\ndef mine():\n    return 1\n")
    theirs = root / "release" / "letters.py"
    theirs.write_text(LETTERS.replace("without a text", "without a word"))
    (note,) = Workspace(workspace.folder, Kit(root)).ensure()
    assert "release/letters.py were brought into yours" in note
    assert "without a word" in mine.read_text()
    assert "def mine()" in mine.read_text()
    kept = workspace.folder / "history" / "release.letters" / "001.py"
    assert "without a text" in kept.read_text()


# Checking


def test_a_blank_is_not_started_and_a_solution_passes(
    workspace, exercises, checker
):
    checker.workspace = workspace.folder
    workspace.catch_up(2)
    for number in ("3.1", "3.2"):
        assert checker.check(number).status == "not_started"
        workspace.save(number, cell(exercises[number]))
        verdict = checker.check(number)
        assert verdict.status == "passed", verdict.to_dict()


def test_one_package_waits_for_the_other(workspace, exercises, checker):
    checker.workspace = workspace.folder
    workspace.save("3.2", cell(exercises["3.2"]))
    verdict = checker.check("3.2")
    assert (verdict.status, verdict.waits_for) == ("waiting", "2.2")


def test_a_mistake_gets_its_hint_and_its_place(workspace, exercises, checker):
    checker.workspace = workspace.folder
    workspace.save("3.1", cell(exercises["3.1"], "stamp(text)", "text"))
    verdict = checker.check("3.1")
    assert verdict.hint == "Put a stamp on it."
    assert verdict.failure.called.startswith("send(")
    assert str(checker.workspace.parent) not in verdict.failure.called
    workspace.save("3.1", cell(exercises["3.1"], "stamp(text)", "1 + text"))
    assert "(release/letters.py, line " in checker.check("3.1").failure.raised


@pytest.mark.parametrize("name", ["release.stamps", "llm_providers.shout"])
def test_what_a_learner_lacks_is_not_taken_from_the_reference(
    workspace, exercises, checker, name
):
    checker.workspace = workspace.folder
    (workspace.folder / f"{name.replace('.', '/')}.py").unlink()
    text = cell(exercises["3.1"]).replace(
        "    letter =", f"    import {name}\n    letter ="
    )
    saved = workspace.save("3.1", text)
    assert saved.problem == ""
    told = str(checker.check("3.1").to_dict())
    assert f"No module named '{name}'" in told


def test_a_test_cannot_reach_the_reference(kit, workspace, checker):
    checker.workspace = workspace.folder
    (kit.tests / "test_reaching.py").write_text(
        "import pytest\nimport release\n\n\n"
        "@pytest.mark.exercise('9.9')\n"
        "def test_a(): assert release\n"
    )
    verdict = checker.check("9.9")
    assert verdict.status == "kit_error"
    assert "release" in verdict.failure.message


MUTANTS = """\
mutants:
  - name: another stamp
    module: release.stamps
    swap: {"* {text}": "+ {text}"}
    hint: What does a stamp look like?
"""
OWN = """\
def test_the_word_is_long(llm):
    assert llm.words.longest("a bc") == "bc"
"""


def test_tests_of_ones_own_run_where_another_package_is_broken(kit, tmp_path):
    answers, file = tmp_path / "answers.yaml", tmp_path / "test_own.py"
    answers.write_text(MUTANTS)
    file.write_text(OWN)
    source = process_source(tmp_path)
    source.start()
    try:
        tests = OwnTests(file, answers, kit.root, source, tmp_path / "t", [])
        assert tests.run().failed == [], tests.run().output
        assert tests.run("another stamp").passed == ["test_the_word_is_long"]
    finally:
        source.close()


# A notebook's imports


@pytest.fixture
def clean_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Compiled code is told from older by the second and the size alone.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path, finders = list(sys.path), list(sys.meta_path)
    modules = dict(sys.modules)
    for name in [name for name in sys.modules if root_of(name)]:
        del sys.modules[name]
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    for name in [name for name in sys.modules if root_of(name)]:
        del sys.modules[name]
    sys.modules.update(modules)


def module(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.mark.usefixtures("clean_imports")
def test_a_notebook_imports_both_packages_from_the_workspace(workspace, kit):
    use_workspace(workspace.folder, kit.root)
    for name in ("release.letters", "llm_providers.words"):
        assert Path(module(name).__file__).is_relative_to(workspace.folder)


@pytest.mark.usefixtures("clean_imports")
def test_a_save_is_seen_by_the_next_import_and_the_rest_stays(workspace, kit):
    use_workspace(workspace.folder, kit.root)
    in_use = PackagesInUse(workspace.folder)
    names = ("llm_providers.words", "release.stamps", "release.letters")
    before = {name: module(name) for name in names}
    path = workspace.folder / "release" / "stamps.py"
    path.write_text(STAMPS.replace("* ", "+ "))
    in_use.forget_changed()
    assert module("release.stamps").stamp("a") == "+ a"
    same = {name: module(name) is old for name, old in before.items()}
    assert list(same.values()) == [True, False, False]


@pytest.mark.usefixtures("clean_imports")
def test_what_uses_the_other_package_is_read_again_with_it(workspace, kit):
    path = workspace.folder / "release" / "stamps.py"
    path.write_text(f"from llm_providers.words import WORD\n{STAMPS}")
    use_workspace(workspace.folder, kit.root)
    in_use = PackagesInUse(workspace.folder)
    names = ("llm_providers.shout", "release.stamps", "release.letters")
    before = {name: module(name) for name in names}
    words = workspace.folder / "llm_providers" / "words.py"
    words.write_text(words.read_text() + "\n\nMORE = 1\n")
    in_use.forget_changed()
    for name, old in before.items():
        assert module(name) is not old, name


@pytest.mark.usefixtures("clean_imports")
def test_a_package_that_changed_is_read_again_alone(workspace, kit):
    use_workspace(workspace.folder, kit.root)
    in_use = PackagesInUse(workspace.folder)
    before = {n: module(n) for n in ("llm_providers.words", "release.stamps")}
    path = workspace.folder / "release" / "__init__.py"
    path.write_text('"""Letters, and stamps."""\n')
    in_use.forget_changed()
    same = {name: module(name) is old for name, old in before.items()}
    assert list(same.values()) == [True, False]
