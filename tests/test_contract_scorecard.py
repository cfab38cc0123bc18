"""From a judged contract to the grid that is shown."""

import json
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from contract_cases import AGENTS, CASES, Absent, cells, table
from small_check import small_course

from course.checking.client import Checker
from course.checking.verdict import Expectation, Failure, Verdict, broken_kit
from course.contract import command
from course.contract.scorecard import Scorecard, judged, scorecard
from course.kernel.session import NotebookSession
from course.kit import Kit
from course.problems import ExitCode
from course.views.contract import contract_page

KIT = Kit()
TEST = "test_the_contract_holds[{}]"


def verdict(**other):
    """Return a verdict: every cell passed but for the named ones."""
    others = {name.replace("_", " "): how for name, how in other.items()}
    rows = []
    for cell in cells():
        outcome = others.get(cell.case.name, "passed")
        rows.append(Expectation(TEST.format(cell.name), "", outcome))
    failures = tuple(
        Failure(
            row.test,
            "",
            called="Agent.process_prompt('<b>')",
            returned="answer (stop) with no text; 1 request (answer)",
            expected="not retryable refusal; no wait",
            requests=("POST /v1/chat/completions -> 200",),
        )
        for row in rows
        if row.outcome == "failed"
    )
    return Verdict("contract", "failed", tuple(rows), failures=failures)


def page(**other):
    return contract_page(scorecard(verdict(**other), KIT), "the reference")


# The table


def test_every_cell_has_a_name_of_its_own() -> None:
    names = [cell.name for cell in cells()]
    assert len(names) == len(set(names))


def test_every_agent_meets_every_case_or_has_a_reason_not_to() -> None:
    rows = list(table())
    assert len(rows) == len(AGENTS) * len(CASES)
    absent = [cell for *_, cell in rows if isinstance(cell, Absent)]
    assert all(len(cell.because) > 20 for cell in absent)
    assert len(rows) == len(cells()) + len(absent)


def test_what_is_unlike_the_others_names_an_agent_and_a_reason() -> None:
    names = {agent.name for agent in AGENTS}
    for case in CASES:
        assert case.unlike.keys() <= names
        for unlike in case.unlike.values():
            assert len(unlike.because) > 20


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_a_cell_says_in_one_line_what_is_expected(cell) -> None:
    words = cell.expected.in_words()
    assert "\n" not in words
    assert len(words) < 200
    assert cell.expected.end in words


# The scorecard


def test_a_scorecard_counts_for_each_agent_what_holds() -> None:
    card = scorecard(verdict(empty_answer="failed"), KIT)
    assert card.agents == tuple(agent.name for agent in AGENTS)
    for agent in card.agents:
        passed, exist = card.count(agent)
        assert passed == exist - 1
    assert not card.holds


def test_it_holds_when_all_that_exists_has_passed() -> None:
    card = scorecard(verdict(), KIT)
    assert card.holds
    assert {cell.state for cell in card.cells} == {"passed", "absent"}


@pytest.mark.parametrize("how", ["failed", "not_started", "not_run"])
def test_one_cell_that_does_not_hold_is_enough(how) -> None:
    assert not scorecard(verdict(success=how), KIT).holds


def test_the_first_failure_of_each_agent_comes_first() -> None:
    card = scorecard(verdict(success="failed", stream="failed"), KIT)
    failed = [(cell.case, cell.agent) for cell in card.failed()]
    assert failed == [
        (case, agent)
        for case in ("success", "stream")
        for agent in card.agents
    ]


def test_a_contract_that_could_not_be_judged_does_not_hold() -> None:
    card = scorecard(broken_kit("contract", "No test checks it."), KIT)
    assert not card.holds
    shown = contract_page(card, "your package").text()
    assert shown == (
        "The contract, your package: not judged\n\nNo test checks it."
    )


def test_as_data_it_has_every_cell_with_state_and_expectation() -> None:
    data = scorecard(verdict(refusal="failed"), KIT).to_dict()
    again = json.loads(json.dumps(data))
    assert again["holds"] is False
    assert len(again["cells"]) == len(AGENTS) * len(CASES)
    failed = [cell for cell in again["cells"] if cell["state"] == "failed"]
    assert all(cell["failure"]["returned"] for cell in failed)
    assert all(cell["expected"] for cell in failed)


# The grid


def test_the_grid_has_a_row_for_each_case_and_a_count_for_each_agent() -> None:
    lines = page(refusal="failed").text().splitlines()
    for case in CASES:
        assert any(line.startswith(f"{case.name} ") for line in lines)
    card = scorecard(verdict(refusal="failed"), KIT)
    counts = "  ".join("{}/{}".format(*card.count(a)) for a in card.agents)
    squeezed = [re.sub(r" {2,}", "  ", line.strip()) for line in lines]
    assert counts in squeezed


def test_the_grid_fits_a_terminal() -> None:
    lines = page(refusal="failed").text().splitlines()
    assert max(map(len, lines)) < 80


def test_a_failure_is_told_in_words() -> None:
    shown = page(refusal="failed").text()
    for line in (
        "Called:    Agent.process_prompt('<b>')",
        "Came back: answer (stop) with no text\n           1 request (answer)",
        "Expected:  not retryable refusal\n           no wait",
        "Arrived:   POST /v1/chat/completions -> 200",
    ):
        assert line in shown


def test_a_cell_that_does_not_exist_is_no_success_and_says_why() -> None:
    shown = page().text()
    row = next(x for x in shown.splitlines() if x.startswith("429, RetryInfo"))
    assert row.split()[2] == "–"
    told = " ".join(shown.split())
    assert "since RetryInfo is a part of Google's error format" in told


def test_a_cell_that_is_unlike_the_others_has_a_mark_and_a_reason() -> None:
    shown = page().text()
    row = next(x for x in shown.splitlines() if x.startswith("forbidden "))
    assert row.split()[1:] == ["ok", "ok", "ok", "ok*", "ok"]
    assert "*: by a rule of its own wire" in shown
    cells = scorecard(verdict(), KIT).to_dict()["cells"]
    reasons = [x["because"] for x in cells if x["case"] == "forbidden"]
    assert [bool(reason) for reason in reasons] == [0, 0, 0, 1, 0]


def test_what_is_not_started_is_not_called_wrong() -> None:
    shown = page(success="not_started").text()
    assert "WRONG" not in shown
    assert "○ open: not started" in shown


def test_as_html_the_grid_is_balanced_coloured_and_escaped() -> None:
    text = page(refusal="failed", success="not_started").html()
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Balance().feed(text)
    assert not opened
    assert "<b>" not in text
    for sign in ("✓", "✗", "○", "–"):
        assert f">{sign}</td>" in text
    for colour in re.findall(r"#[0-9a-f]{3,6}\b", text):
        assert f",{colour})" in text


# The verb and the notebook's function


class FixedChecks:
    """Stands for a checker; notes what it was asked."""

    def __init__(self, found) -> None:
        self.found = found
        self.asked = []

    def check(self, exercise, patience=None):
        self.asked.append((exercise, patience))
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found

    def close(self) -> None:
        pass


def test_the_verb_fails_unless_every_cell_holds(monkeypatch, capsys) -> None:
    folders = []
    for found, code in ((verdict(), 0), (verdict(stream="failed"), 1)):
        checks = FixedChecks(found)
        monkeypatch.setattr(
            command,
            "Checker",
            lambda folder, checks=checks: folders.append(folder) or checks,
        )
        assert command.main([]) == code
        assert checks.asked == [("contract", 120.0)]
    assert folders == [KIT.root, KIT.root]
    assert "The contract, the reference:" in capsys.readouterr().out


def test_the_verb_judges_the_learner_s_package(
    monkeypatch, capsys, tmp_path
) -> None:
    folders = []
    checks = FixedChecks(verdict(success="not_started"))
    monkeypatch.setattr(
        command, "Checker", lambda folder: folders.append(folder) or checks
    )
    own = SimpleNamespace(folder=tmp_path / "own")
    monkeypatch.setattr(command, "learners_workspace", lambda: own)
    assert command.main(["--workspace"]) == ExitCode.FAILED
    assert command.main(["--workspace", str(tmp_path), "--json"]) == 1
    assert folders == [tmp_path / "own", tmp_path]
    shown = capsys.readouterr().out
    assert shown.startswith("The contract, your package:")
    assert json.loads(shown[shown.index("\n{") :])["holds"] is False


def session(found):
    pages = []
    workspace = SimpleNamespace(kit=KIT)
    made = NotebookSession(workspace, FixedChecks(found), pages.append)
    return made, pages


def test_in_a_notebook_the_scorecard_is_shown() -> None:
    made, pages = session(verdict())
    assert made.contract() is None
    bundle = pages[0]._repr_mimebundle_()
    assert bundle["text/html"].count("<table") == 1
    assert "The contract, your package:" in bundle["text/plain"]


def test_a_contract_that_is_interrupted_says_so() -> None:
    made, pages = session(KeyboardInterrupt())
    made.contract()
    assert pages[0].text() == "The contract: stopped"


# The check


CHECKS = """
import pytest

CELLS = ["A | one", "A | two", "A | three", "B | one", "B | two", "C | one"]


class Came:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def in_words(self):
        return f"value {self.value}"


@pytest.fixture
def ready(llm, cell):
    if cell.startswith("A"):
        llm.agents.get_ready()
    yield


@pytest.mark.exercise("contract")
@pytest.mark.parametrize("cell", CELLS)
def test_the_contract_holds(llm, sandbox, ready, cell):
    agent, _, case = cell.partition(" | ")
    came = Came(getattr(llm.agents, agent)(case))
    assert came == Came(1)
"""
AGENT = """
def get_ready():
    {ready}

def A(case):
    {a}

def B(case):
    {b}

def C(case):
    return 1
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with small_course(tmp_path_factory.mktemp("contract")) as made:
        (made.root / "tests" / "test_contract.py").write_text(CHECKS)
        yield made


def write(course, a: str, b: str = "return 1", ready: str = "pass") -> None:
    course.write("agents", AGENT.format(a=a, b=b, ready=ready))


@pytest.mark.parametrize("ready", ["while True: pass", "print('x' * 10**7)"])
def test_a_fault_while_a_cell_is_prepared_does_not_end_the_run(
    course, ready
) -> None:
    write(course, "return 1", ready=ready)
    found = course.checker.check("contract")
    outcomes = [row.outcome for row in found.expectations]
    assert outcomes == ["failed", *["not_run"] * 2, *["passed"] * 3]


@pytest.mark.parametrize(
    ("a", "b", "outcomes"),
    [
        ("return 1", "return 1", "pass pass pass pass pass pass"),
        ("return case == 'two'", "return 1", "fail pass fail pass pass pass"),
        ("1 / 0", "return 1", "fail fail fail pass pass pass"),
        (
            "raise NotImplementedError('exercise 3.1')",
            "return 2",
            "blank blank blank fail fail pass",
        ),
        (
            "import os; os._exit(3)",
            "return 1",
            "fail fail fail pass pass pass",
        ),
        ("while True: pass", "return 1", "fail none none pass pass pass"),
    ],
)
def test_a_fault_ends_a_cell_or_a_column_but_not_the_run(
    course, a, b, outcomes
) -> None:
    write(course, a, b)
    found = course.checker.check("contract")
    words = {
        "passed": "pass",
        "failed": "fail",
        "not_started": "blank",
        "not_run": "none",
    }
    rows = [words[row.outcome] for row in found.expectations]
    assert " ".join(rows) == outcomes
    assert found.passed is (set(rows) == {"pass"})
    assert len(found.failures) == rows.count("fail") + rows.count("blank")


def test_a_failure_says_what_came_and_what_was_expected(course) -> None:
    write(course, "return 3")
    found = course.checker.check("contract")
    assert found.status == "failed"
    told = [(row.returned, row.expected) for row in found.failures]
    assert told == [("value 3", "value 1")] * 3


def test_what_is_not_started_names_its_exercise(course) -> None:
    blank = "raise NotImplementedError('exercise 3.1')"
    write(course, blank)
    found = course.checker.check("contract")
    assert found.status == "not_started"
    assert found.failure.message == "Exercise 3.1 is still blank."


def test_a_verdict_travels_with_all_its_failures() -> None:
    made = verdict(refusal="failed")
    assert Verdict.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert isinstance(judged(FixedChecks(made), KIT), Scorecard)


# That the contract bites


# Mistakes, each in a module of one agent or another, and what they break.
MISTAKES = (
    (
        # The new exception is raised while the old one is handled, and
        # before the catalogue is asked.
        "agent.py",
        "failure = self.translate_error(exception)\n",
        "raise self.translate_error(exception)\n",
        {
            "OpenAI": {"wrong key", "echoed key", "retired model"},
            "Gemini": {"retired model"},
            "Gemini old SDK": {"retired model"},
            "Requestry": {"retired model"},
        },
    ),
    (
        # A day's quota passes for a minute's.
        "gemini_errors.py",
        'any("PerDay" in name',
        'any("PerYear" in name',
        {
            "Gemini": {"quota exhausted"},
            "Gemini old SDK": {"quota exhausted"},
        },
    ),
    (
        "requestry_agent.py",
        "    403: AuthenticationError,\n",
        "",
        {"Requestry": {"wrong key", "forbidden", "echoed key"}},
    ),
    (
        "openrouter_agent.py",
        "status == 403 and _SIGNS",
        "status == 400 and _SIGNS",
        {"OpenRouter": {"input blocked"}},
    ),
)


@pytest.mark.proof
def test_a_package_with_mistakes_fails_where_they_are(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.delenv("COURSE_CHECK_WARM", raising=False)
    package = tmp_path / "llm_providers"
    shutil.copytree(KIT.package, package)
    shutil.copytree(KIT.data, tmp_path / "data")
    expected: set[tuple[str, str]] = set()
    for module, right, wrong, broken in MISTAKES:
        text = (package / module).read_text("utf-8")
        assert text.count(right) == 1, module
        (package / module).write_text(text.replace(right, wrong), "utf-8")
        for agent, cases in broken.items():
            expected |= {(agent, case) for case in cases}
    checker = Checker(tmp_path)
    try:
        card = judged(checker, KIT)
    finally:
        checker.close()
    assert {(cell.agent, cell.case) for cell in card.failed()} == expected
    assert {cell.state for cell in card.cells} == {
        *("passed", "failed", "absent")
    }
