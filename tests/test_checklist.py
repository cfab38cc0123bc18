"""The release's checklist: each line says what holds and what to do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.upkeep import fresh_wheel, tree_checks
from course.upkeep.checked import Release, failed, good, unchecked
from course.upkeep.checklist import ITEMS, main, run, summary

ROOT = Path(__file__).resolve().parent.parent
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "llm-providers"
dynamic = ["version"]
[tool.hatch.version]
path = "llm_providers/__init__.py"
[tool.hatch.build.targets.wheel]
packages = ["llm_providers"]
"""


@pytest.fixture
def project(tmp_path):
    """Make a small project that could be released."""
    root = tmp_path / "project"
    package = root / "llm_providers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Text."""\n__version__ = "1.2"\n')
    (package / "py.typed").touch()
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2\n\n- New.\n")
    (root / "LICENSE").write_text("MIT\n")
    (root / "pyproject.toml").write_text(PROJECT)
    return Release(root, tmp_path)


def git(release, *words):
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    command = ["git", *who, *words]
    subprocess.run(command, cwd=release.root, check=True, capture_output=True)


@pytest.fixture
def repository(project):
    """The small project, committed."""
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "Begin")
    return project


def told_by(program, text="", code=0):
    """A release whose programs say this, whatever they are asked."""

    class Told(Release):
        def program(self, command, seconds=0):
            return subprocess.CompletedProcess(command, code, text)

    return Told(program.root, program.scratch, program.tests)


# -- the list ----------------------------------------------------------------


def test_every_item_is_shown_with_its_reason_and_what_to_do(project):
    shown = []
    items = {
        "one": lambda release: good("fine"),
        "two": lambda release: failed("broken", "mend it"),
        "three": lambda release: unchecked("nobody knows", "ask"),
    }
    found = list(run(project, items, shown.append))
    assert [one.status for one in found] == ["ok", "failed", "not checked"]
    text = "\n".join(shown)
    for words in ("fine", "broken", "→ mend it", "nobody knows", "→ ask"):
        assert words in text


def test_a_check_that_breaks_down_has_failed_and_others_go_on(project):
    def broken(release):
        raise KeyError("oops")

    items = {"one": broken, "two": lambda release: good("fine")}
    found = list(run(project, items, lambda line: None))
    assert [one.status for one in found] == ["failed", "ok"]
    assert "oops" in found[0].reason


def test_the_last_line_says_whether_it_can_be_released():
    assert summary([good("")]).endswith("Ready.")
    assert "not checked" in summary([good(""), unchecked("", "")])
    assert summary([good(""), failed("", "")]).endswith("Not ready.")


def test_each_check_says_what_holds():
    assert all(check.__doc__ for check in ITEMS.values())


def test_the_exit_code_tells_a_failure(monkeypatch, capsys):
    for check, code in ((failed("a", "b"), 1), (unchecked("a", "b"), 0)):
        monkeypatch.setattr(
            "course.upkeep.checklist.ITEMS",
            {"one": lambda release, check=check: check},
        )
        assert main([]) == code
    assert "Not ready." in capsys.readouterr().out


# -- what looks at the files -------------------------------------------------


def test_a_clean_tree_is_told_from_one_with_changes(repository):
    assert tree_checks.clean(repository).status == "ok"
    (repository.root / "new.txt").touch()
    found = tree_checks.clean(repository)
    assert (found.status, found.reason) == ("failed", "new.txt")


def test_without_a_repository_nobody_knows_whether_all_is_committed(project):
    found = tree_checks.clean(project)
    assert found.status == "not checked"
    assert found.to_do


def test_a_version_that_the_changelog_lacks_has_failed(project):
    assert tree_checks.version(project).status == "ok"
    (project.root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.1\n")
    found = tree_checks.version(project)
    assert found.status == "failed"
    assert "1.2" in found.reason
    assert "1.1" in found.reason


def test_a_version_that_is_out_already_has_failed(repository):
    git(repository, "tag", "v1.2")
    assert tree_checks.version(repository).status == "ok"
    git(repository, "commit", "-q", "--allow-empty", "-m", "Go on")
    assert tree_checks.version(repository).status == "failed"


def test_stale_files_are_named(project):
    text = "phase_1.ipynb is stale\nRun `python3 -m course build` ...\n"
    found = tree_checks.generated(told_by(project, text, 1))
    assert (found.status, found.reason) == ("failed", "phase_1.ipynb is stale")


def test_all_public_names_of_the_project_are_documented():
    found = tree_checks.documented(Release(ROOT, ROOT))
    assert (found.status, found.to_do) == ("ok", "")


def test_a_broken_link_is_named(project):
    (project.root / "README.md").write_text("[a](gone.md)\n")
    found = tree_checks.linked(project)
    assert found.status == "failed"
    assert "README.md:1: gone.md" in found.reason


def test_a_site_with_a_broken_link_has_failed(project):
    text = "index.md:3: WARNING: gone.md\nThe site is built, but ...\n"
    found = tree_checks.site(told_by(project, text, 1))
    assert found.status == "failed"
    assert "index.md:3" in found.reason
    assert tree_checks.site(told_by(project, "Open it.\n")).status == "ok"


def test_a_stale_row_of_the_catalogue_is_named(project):
    folder = project.root / "data"
    shutil.copytree(ROOT / "data", folder)
    rows = json.loads((folder / "models.json").read_bytes())
    name = rows["roles"]["openai"]["default"]
    model = next(one for one in rows["models"] if one["id"] == name)
    model["checked_on"] = "2020-01-01"
    (folder / "models.json").write_text(json.dumps(rows))
    found = tree_checks.catalogue(project)
    assert found.status == "failed"
    assert f"{model['id']} (stale)" in found.reason


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        ("no", 0, "not checked"),
        ("quick", 0, "not checked"),
        ("quick", 1, "failed"),
        ("all", 0, "ok"),
        ("all", 1, "failed"),
    ],
)
def test_only_all_tests_are_enough(project, asked, code, status):
    project.tests = asked
    release = told_by(project, "===== 5 passed in 1.00s =====\n", code)
    found = tree_checks.tests(release)
    assert found.status == status
    assert bool(found.to_do) == (status != "ok")


# -- the wheel ---------------------------------------------------------------


def test_a_project_is_built_and_its_wheel_looked_through(project):
    project.out = project.scratch / "kept"
    assert fresh_wheel.built(project).status == "ok"
    assert len(list(project.out.iterdir())) == 2
    assert fresh_wheel.flawless(project).status == "ok"


def test_data_that_the_code_asks_for_has_to_be_in_the_wheel(project):
    module = project.root / "llm_providers/prices.py"
    module.write_text('data_file(\n    "models.json"\n)\n')
    assert fresh_wheel.built(project).status == "ok"
    found = fresh_wheel.flawless(project)
    assert found.status == "failed"
    assert "llm_providers/data/models.json" in found.reason


def test_the_project_s_own_wheel_needs_the_catalogue():
    needed = fresh_wheel.needed_files(ROOT)
    assert {"data/models.json", "py.typed", "retry.py"} <= set(needed)
    assert [name for name in needed if "__pycache__" in name] == []


def test_a_project_that_cannot_be_built_has_failed(project):
    (project.root / "pyproject.toml").write_text("[project]\n")
    found = fresh_wheel.built(project)
    assert found.status == "failed"
    assert found.to_do


def test_without_a_wheel_nothing_that_needs_one_is_checked(project):
    for check in (
        fresh_wheel.flawless,
        fresh_wheel.installed,
        fresh_wheel.served,
    ):
        assert check(project).status == "not checked"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("NewConnectionError: failed to establish", "not checked"),
        ("ERROR: No matching distribution found for x", "failed"),
    ],
)
def test_a_missing_network_is_no_fault_of_the_wheel_s(project, said, status):
    release = told_by(project, f"{said}\n", 1)
    release.wheel = project.root / "some.whl"
    assert fresh_wheel.installed(release).status == status


def test_a_router_that_does_not_start_has_failed(project):
    project.python = Path(sys.executable)
    found = fresh_wheel.served(project)
    assert found.status == "failed"
    assert "llm_providers" in found.reason
