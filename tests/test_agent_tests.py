"""A test file for each agent: begun early, run on one's own package."""

import shutil
from pathlib import Path

import pytest

from course.building.agent_tests import AGENT_TESTS, agent_of
from course.checking.client import Checker
from course.checking.command import main
from course.kit import Kit
from course.views.verdicts import verdict_page
from course.workspace.kit_update import SKELETONS
from course.workspace.workspace import Workspace

CELL = '''\
@exercise("test_gemini_agent")
def test_a_prompt_gets_an_answer(agent):
    assert agent.process_prompt("Hello").status == "success"
'''
NEW_AGENT = '''\
from types import SimpleNamespace

__all__ = ["RecommenderAgent"]


class RecommenderAgent:
    def __init__(self, providers):
        self.providers = providers

    def recommend_model(self, task):
        provider, *_ = self.providers
        return SimpleNamespace(model="some-model", provider=provider)
'''


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("workspace"), Kit())
    made.ensure()
    return made


@pytest.fixture(scope="module")
def checked(workspace):
    """Give the verdict on what a cell saves, and its page as text."""
    checker = Checker(workspace.folder)

    def check(cell):
        name = cell.split('"')[1]
        saved = workspace.save(name, cell)
        assert saved.problem == ""
        verdict = checker.check(name)
        page = verdict_page(verdict, workspace.exercise(name), saved)
        return verdict, page.text()

    yield check
    checker.close()


def test_each_has_a_file_in_the_workspace():
    assert {one.file for one in AGENT_TESTS} == set(SKELETONS)


def test_the_fixture_s_agent_is_the_one_that_the_file_is_about():
    found = [agent_of(one.file) for one in AGENT_TESTS]
    assert found == list(AGENT_TESTS)
    assert agent_of("tests/test_openai_faults.py").provider == "openai"


def test_tests_of_an_agent_to_come_are_saved_and_not_run(workspace, checked):
    verdict, page = checked(CELL)
    file = workspace.folder / "tests" / "test_gemini_agent.py"
    assert file.read_text() == CELL.partition("\n")[2]
    assert verdict.status == "waiting"
    assert "saved, not run yet" in page
    assert "comes in phase 3" in page


def test_saving_twice_gives_the_same(workspace, checked):
    first, second = checked(CELL), checked(CELL)
    assert first == second
    assert workspace.save("test_gemini_agent", CELL).status == "unchanged"


def test_what_a_cell_replaces_is_kept(workspace, checked):
    checked(CELL)
    other = CELL.replace("Hello", "Good day")
    workspace.save("test_gemini_agent", other)
    kept = workspace.folder / "history" / "test_gemini_agent"
    assert CELL.partition("\n")[2] in [
        path.read_text() for path in kept.iterdir()
    ]


def test_a_cell_that_is_not_python_changes_nothing(workspace, checked):
    checked(CELL)
    saved = workspace.save("test_gemini_agent", CELL.replace("):", ""))
    assert "line" in saved.problem
    file = workspace.folder / "tests" / "test_gemini_agent.py"
    assert file.read_text() == CELL.partition("\n")[2]


@pytest.mark.parametrize(
    ("test", "status"),
    [
        ("def test_a():\n    import os\n    os._exit(0)\n", "ended"),
        ("def test_a():\n    while True: pass\n", "hung"),
        ("def test_a(agent=nonsense):\n    pass\n", "import_error"),
        ("def test_a():\n    assert nonsense\n", "failed"),
        ("def test_a():\n    pass\n", "failed"),
    ],
)
def test_what_goes_wrong_in_a_test_does_so_in_a_child(checked, test, status):
    verdict, page = checked(f'@exercise("test_recommender_agent")\n{test}')
    assert verdict.status == status
    assert "not run yet" not in page


@pytest.mark.parametrize(
    ("expected", "status"), [("some-model", "passed"), ("no-model", "failed")]
)
def test_once_the_agent_is_there_its_tests_run(
    workspace, checked, expected, status
):
    module = workspace.folder / "llm_providers" / "recommender_agent.py"
    module.write_text(NEW_AGENT)
    verdict, page = checked(
        '@exercise("test_recommender_agent")\n'
        "def test_a_model_is_named(agent):\n"
        "    found = agent.recommend_model('code')\n"
        f"    assert found.model == {expected!r}\n"
        "    assert set(agent.providers) == {\n"
        "        'openai', 'gemini', 'requestry', 'openrouter'\n"
        "    }\n"
    )
    module.unlink()
    assert verdict.status == status
    if status == "failed":
        assert "test_a_model_is_named (line 3)" in page
        assert "your tests, on your package" in page


def test_a_terminal_takes_the_file_s_name(
    workspace, checked, capsys, monkeypatch
):
    monkeypatch.setenv("COURSE_CHECK_WARM", "no")
    checked(CELL)
    arguments = ["--workspace", str(workspace.folder)]
    assert main(["tests/test_gemini_agent.py", *arguments]) != 0
    assert "saved, not run yet" in capsys.readouterr().out


def test_a_whole_package_passes(tmp_path, capsys):
    root = Path(__file__).parents[1]
    for name in ("llm_providers", "data"):
        shutil.copytree(root / name, tmp_path / name)
    made = Workspace(tmp_path, Kit())
    text = CELL.replace("gemini", "openai")
    assert made.save("test_openai_agent", text).problem == ""
    arguments = ["--workspace", str(tmp_path)]
    assert main(["tests/test_openai_agent.py", *arguments]) == 0
    assert "passed" in capsys.readouterr().out
