"""The same help in a terminal as in a notebook."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_kit import make_kit

from course.kit import Kit
from course.problems import CommandError
from course.workspace import commands
from course.workspace.workspace import Workspace

CELL = '@exercise("1.1")\ndef count_words(text):\n    return {}\n'

Run = Callable[..., str]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    kit = make_kit(tmp_path)
    monkeypatch.setattr(commands, "Kit", lambda: Kit(tmp_path))
    monkeypatch.delenv("COURSE_WORKSPACE", raising=False)
    made = Workspace(tmp_path / "workspace", kit)
    made.ensure()
    return made


@pytest.fixture
def run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_verb(verb: str, *argv: str, expect: int = 0) -> str:
        assert getattr(commands, verb)(list(argv)) == expect
        return capsys.readouterr().out

    return run_verb


def words(workspace: Workspace) -> str:
    return (workspace.folder / "llm_providers" / "words.py").read_text()


def test_progress_says_what_is_next(run: Run) -> None:
    shown = run("progress")
    assert "Next: 1.1 · Count words" in shown
    assert "2.1 · A loud text" not in shown
    assert "2.1 · A loud text" in run("progress", "--all")


def test_hints_come_one_after_the_other(run: Run) -> None:
    assert "hint 1 of 2" in run("hint", "1.1")
    assert "hint 2 of 2" in run("hint", "1.1")
    assert "no more hints" in run("hint", "1.1")


def test_a_solution_is_printed_and_changes_nothing(
    run: Run, workspace: Workspace
) -> None:
    before = words(workspace)
    assert "return dict(Counter(" in run("solution", "1.1")
    assert words(workspace) == before


def test_catching_up_says_what_it_filled_in_and_what_it_left(
    run: Run, workspace: Workspace
) -> None:
    workspace.save("1.1", CELL)
    workspace.record("1.1", "passed")
    workspace.save("1.1", CELL.replace("{}", "{1: 1}"))
    shown = run("catch_up", "1")
    assert "Filled in: 1.2, 1.3." in shown
    assert "changed since they passed: 1.1." in shown
    assert "nothing to fill in" in run("catch_up", "1")


def test_one_exercise_is_filled_in_and_another_s_answer_stays(
    run: Run, workspace: Workspace
) -> None:
    workspace.save("1.1", CELL)
    before = workspace.digest("1.1")
    assert "Filled in: 1.2.\n" in run("catch_up", "1.2")
    assert workspace.digest("1.1") == before
    assert "nothing to fill in" in run("catch_up", "1.2")


def test_a_reset_takes_an_exercise_a_module_or_all(
    run: Run, workspace: Workspace
) -> None:
    blank = words(workspace)
    for wanted in ("1.1", "words", "--all"):
        workspace.save("1.1", CELL)
        assert "workspace/llm_providers/words.py" in run("reset", wanted)
        assert words(workspace) == blank


@pytest.mark.parametrize("argv", [[], ["1.1", "--all"]])
def test_a_reset_of_nothing_in_particular_is_refused(
    workspace: Workspace, argv: list[str]
) -> None:
    with pytest.raises(SystemExit):
        commands.reset(argv)


@pytest.mark.parametrize("verb", ["hint", "solution", "reset", "catch_up"])
def test_an_unknown_exercise_is_answered_with_those_there_are(
    workspace: Workspace, verb: str
) -> None:
    with pytest.raises(CommandError, match=r"1\.1, 1\.2, 1\.3, 2\.1"):
        getattr(commands, verb)(["9.9"])


def test_a_module_that_is_no_python_is_told_when_catching_up(
    run: Run, workspace: Workspace
) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(words(workspace).replace("class Tally:", "class Tally"))
    shown = run("catch_up", "1", expect=1)
    assert "1.1, 1.2: workspace/llm_providers/words.py is not Python" in shown
    assert "reset words" in shown
