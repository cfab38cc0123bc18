"""The course holds together: blanks fail, answers pass, hints fit."""

import ast
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from course.building.build import stale_files
from course.building.lessons import Exercise, load_exercises, load_lessons
from course.building.notebook_files import decorated, learner_notebook
from course.checking.client import Checker
from course.checking.verdict import Verdict
from course.kit import Kit
from course.upkeep.typical_answers import edited
from course.workspace.workspace import Workspace

pytestmark = pytest.mark.proof

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KIT = Kit()
LESSONS = load_lessons(KIT)
EXERCISES = load_exercises(KIT)
DEFINITIONS = [n for n, e in EXERCISES.items() if e.kind == "definition"]
LEARNERS = sorted(KIT.notebooks.glob("*.ipynb"))
SOLVED = sorted(KIT.solutions.glob("*.ipynb"))


@cache
def answers(number: str) -> Mapping[str, Any]:
    path = KIT.root / "course" / "answers" / f"{number}.yaml"
    if not path.exists():
        return {}
    content = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    assert isinstance(content, dict), path
    return content


def each(part: str) -> list[Any]:
    """Return a test case for each answer of this part of the files."""
    return [
        pytest.param(number, index, id=f"{number}-{index + 1}")
        for number in EXERCISES
        for index in range(len(answers(number).get(part, ())))
    ]


class Bench:
    """Checks cells in workspaces where all the rest is solved.

    Two checks run at a time, each thread in workspaces of its own. What the
    tests are going to ask for is begun before they ask.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "solved"
        solved = Workspace(self._template, KIT)
        solved.ensure()
        assert solved.catch_up(99).problems == ()
        self._pool = ThreadPoolExecutor(2)
        self._threads = threading.local()
        self._checkers: list[Checker] = []
        self._begun: dict[tuple[str, str | None], Future[Verdict]] = {}

    def begin(self, number: str, code: str | None) -> Future[Verdict]:
        key = (number, code)
        if key not in self._begun:
            self._begun[key] = self._pool.submit(self._verdict, *key)
        return self._begun[key]

    def check(self, number: str, code: str | None) -> Verdict:
        """Return the verdict on a cell, or on the blank."""
        return self.begin(number, code).result(120)

    def _verdict(self, number: str, code: str | None) -> Verdict:
        checker = self._checker()
        folder = self._folder / threading.current_thread().name / number
        if not folder.exists():
            shutil.copytree(self._template, folder)
        workspace = Workspace(folder, KIT)
        if code is None:
            workspace.reset(number)
        else:
            cell = decorated(EXERCISES[number], code)
            saved = workspace.save(number, cell)
            assert saved.problem == ""
        checker.workspace = folder
        return checker.check(number)

    def _checker(self) -> Checker:
        if not hasattr(self._threads, "checker"):
            self._threads.checker = Checker(self._template)
            self._checkers.append(self._threads.checker)
        return self._threads.checker

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for checker in self._checkers:
            checker.close()


def solution(number: str, index: int = 0) -> str:
    return EXERCISES[number].solution


def right(number: str, index: int) -> str:
    return str(answers(number)["right"][index])


def wrong(number: str, index: int) -> str:
    mistake = answers(number)["wrong"][index]
    return edited(EXERCISES[number].solution, mistake["solution"])


def twin(number: str, index: int) -> str:
    mistake = answers(number)["wrong"][index]
    return edited(answers(number)["right"][0], mistake["twin"])


@pytest.fixture(scope="module")
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("proofs"))
    for item in request.session.items:
        code_of = CODE_OF.get(getattr(item, "originalname", ""))
        if code_of:
            # What is wrong with an answers file is told by its own test.
            with suppress(ValueError, KeyError):
                parameters = item.callspec.params  # type: ignore[attr-defined]
                made.begin(parameters["number"], code_of(**parameters))
    yield made
    made.close()


def explained(verdict: Verdict) -> str:
    return json.dumps(verdict.to_dict(), indent=1)


# Every exercise


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_says_what_a_learner_needs(number: str) -> None:
    exercise = EXERCISES[number]
    assert len(exercise.hints) >= 2
    assert 1 <= exercise.minutes <= 30
    assert exercise.points >= 1
    assert exercise.steps
    assert exercise.title[:1].isupper() or "_" in exercise.title


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_phase_has_its_share_of_exercises_and_minutes(lesson: Any) -> None:
    assert 6 <= len(lesson.exercises) <= 10
    minutes = sum(exercise.minutes for exercise in lesson.exercises)
    assert 75 <= minutes <= 120


@pytest.mark.parametrize("number", EXERCISES)
def test_a_blank_is_said_to_be_not_started(bench: Bench, number: str) -> None:
    verdict = bench.check(number, None)
    assert verdict.status == "not_started", explained(verdict)


@pytest.mark.parametrize("number", EXERCISES)
def test_a_solution_passes(bench: Bench, number: str) -> None:
    verdict = bench.check(number, solution(number))
    assert verdict.status == "passed", explained(verdict)
    outcomes = {each.outcome for each in verdict.expectations}
    assert outcomes == {"passed"}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Workspace, Checker]]:
    """Return a workspace as a learner gets it, and checks of it."""
    workspace = Workspace(tmp_path / "fresh", KIT)
    workspace.ensure()
    checker = Checker(workspace.folder)
    yield workspace, checker
    checker.close()


def test_a_fresh_workspace_passes_nothing_and_says_what_it_waits_for(
    fresh: tuple[Workspace, Checker],
) -> None:
    _, checker = fresh
    for number in EXERCISES:
        verdict = checker.check(number)
        assert verdict.status in ("not_started", "waiting"), number


def test_no_exercise_needs_a_later_one(
    fresh: tuple[Workspace, Checker],
) -> None:
    workspace, checker = fresh
    for number, exercise in EXERCISES.items():
        workspace.save(number, decorated(exercise, exercise.solution))
        verdict = checker.check(number)
        assert verdict.status == "passed", explained(verdict)


def test_all_solutions_rebuild_the_packages_to_the_byte(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "replayed", KIT)
    workspace.ensure()
    for number, exercise in EXERCISES.items():
        cell = decorated(exercise, exercise.solution)
        assert workspace.save(number, cell).status == "saved", number
    for package in KIT.packages:
        for path in package.rglob("*.py"):
            name = path.relative_to(KIT.root)
            rebuilt = (workspace.folder / name).read_bytes()
            assert rebuilt == path.read_bytes(), name


@pytest.mark.parametrize("number", DEFINITIONS)
def test_a_definition_is_checked_by_tests_of_its_own(number: str) -> None:
    exercise = EXERCISES[number]
    text = exercise.tests.read_text(encoding="utf-8")
    assert f'exercise("{number}")' in text


# Typical answers


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_has_two_right_and_five_wrong_answers(number: str) -> None:
    content = answers(number)
    assert len(content.get("right", ())) >= 2
    mistakes = content.get("wrong", [])
    if EXERCISES[number].kind == "tests":
        mistakes = mistakes + content["mutants"]
        assert len(content["mutants"]) >= 5
    else:
        assert 5 <= len(mistakes) <= 18
    hints = [one_line(mistake["hint"]) for mistake in mistakes]
    assert len(set(hints)) == len(hints), "each mistake has its own hint"
    names = [mistake["name"] for mistake in mistakes]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("number", "index"), each("right"))
def test_another_right_answer_passes(
    bench: Bench, number: str, index: int
) -> None:
    verdict = bench.check(number, right(number, index))
    assert verdict.status == "passed", explained(verdict)


@pytest.mark.parametrize("number", DEFINITIONS)
def test_right_answers_are_written_differently(number: str) -> None:
    exercise = EXERCISES[number]
    texts = [exercise.solution, *answers(number).get("right", ())]
    shapes = {ast.dump(ast.parse(text)) for text in texts}
    assert len(shapes) == len(texts)


@pytest.mark.parametrize(("number", "index"), each("wrong"))
def test_a_typical_mistake_gets_its_own_hint(
    bench: Bench, number: str, index: int
) -> None:
    mistake = answers(number)["wrong"][index]
    require_hint(bench.check(number, wrong(number, index)), mistake)


@pytest.mark.parametrize(("number", "index"), each("wrong"))
def test_the_same_mistake_written_differently_gets_the_same_hint(
    bench: Bench, number: str, index: int
) -> None:
    mistake = answers(number)["wrong"][index]
    if EXERCISES[number].kind == "tests" and "twin" not in mistake:
        pytest.skip("a test file is judged by what it lets pass")
    code = twin(number, index)
    own = ast.dump(ast.parse(wrong(number, index)))
    assert ast.dump(ast.parse(code)) != own
    require_hint(bench.check(number, code), mistake)


def require_hint(verdict: Verdict, mistake: Mapping[str, Any]) -> None:
    assert verdict.status != "passed", "the mistake is not noticed"
    assert verdict.hint == one_line(mistake["hint"]), explained(verdict)
    if "fails" in mistake and verdict.failure is not None:
        assert (
            verdict.failure.test.partition("[")[0]
            == (mistake["fails"].partition("[")[0])
        )


def one_line(text: str) -> str:
    return " ".join(text.split())


CODE_OF: Mapping[str, Callable[..., str | None]] = {
    test_a_blank_is_said_to_be_not_started.__name__: lambda number: None,
    test_a_solution_passes.__name__: solution,
    test_another_right_answer_passes.__name__: right,
    test_a_typical_mistake_gets_its_own_hint.__name__: wrong,
    test_the_same_mistake_written_differently_gets_the_same_hint.__name__: (
        twin
    ),
}


# The notebooks


def test_both_folders_and_the_pictures_are_up_to_date() -> None:
    assert stale_files(KIT) == []


def code_cells(path: Path) -> Iterator[Mapping[str, Any]]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield cell


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_a_learners_notebook_has_no_outputs(path: Path) -> None:
    for cell in code_cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_a_learners_notebook_gives_no_answer_away(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = json.loads(text)
    sources = "\n".join("".join(cell["source"]) for cell in shown["cells"])
    for exercise in EXERCISES.values():
        for statement in telling_lines(exercise):
            assert statement not in sources, exercise.id
    assert "For the instructor" not in sources


def telling_lines(exercise: Exercise) -> list[str]:
    """Return the runs of three lines that only an answer has."""
    if exercise.kind == "tests":
        body = exercise.solution
    else:
        blank = set(exercise.blank.splitlines())
        lines = exercise.solution.splitlines()
        body = "\n".join(line for line in lines if line not in blank)
    lines = [line for line in body.splitlines() if line.strip()]
    return ["\n".join(lines[n : n + 3]) for n in range(len(lines) - 2)]


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_code_in_a_solution_needs_no_scrolling(path: Path) -> None:
    for cell in code_cells(path):
        for line in "".join(cell["source"]).splitlines():
            assert len(line) <= 79, line


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solution_holds_no_command_that_nbval_overlooks(path: Path) -> None:
    for cell in code_cells(path):
        source = "".join(cell["source"])
        assert not re.search(r"^\s*[%!]", source, re.MULTILINE), source
        assert not source.rstrip().endswith(";"), source


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solution_shows_no_error_and_nothing_of_this_machine(
    path: Path,
) -> None:
    text = json.loads(path.read_text(encoding="utf-8"))
    for cell in text["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output
            # Any letters may stand in a picture, which is told in words.
            data = {**output.get("data", {}), "image/png": ""}
            shown = json.dumps({**output, "data": data})
            shown = re.sub(r"base64,[\w+/]+", "", shown)
            for trace in (str(KIT.root), str(Path.home()), "/tmp/", "0x"):
                assert trace not in shown
            assert not re.search(r"127\.0\.0\.1:\d", shown)
            assert not re.search(r"20\d\d-\d\d-\d\dT", shown)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_notebook_has_the_length_of_a_chapter(lesson: Any) -> None:
    cells = learner_notebook(lesson)["cells"]
    assert 40 <= len(cells) <= 90
    demonstrations = sorted(
        cell.text.count("\n") + 1
        for cell in lesson.cells
        if cell.kind == "code"
    )
    assert demonstrations[len(demonstrations) // 2] <= 8
