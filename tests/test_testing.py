"""The test command: its steps, how they end, and what is said of them."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from course.problems import ExitCode
from course.upkeep import chromium, marked_tests, steps, testing
from course.upkeep.marked_tests import PLACES
from course.upkeep.steps import Outcome, Step, run_steps

TESTS = Path(__file__).parent


def program(text, name="a step", **options):
    return Step(name, [sys.executable, "-c", text], **options)


def run(*several, **options):
    return run_steps(several, os.environ, ".", **options)


def test_outcomes_come_in_the_order_of_the_steps():
    outcomes = run(
        program("import time; time.sleep(0.3); print('late')", "slow"),
        program("print('early'); raise SystemExit(3)", "quick"),
    )
    assert [
        (outcome.step.name, outcome.status, outcome.last_line)
        for outcome in outcomes
    ] == [("slow", "ok", "late"), ("quick", "failed", "early")]


def test_a_step_without_an_end_is_ended():
    (outcome,) = run(
        program("print('x', flush=True)\nwhile True: pass", seconds=1)
    )
    assert outcome.status == "failed"
    assert outcome.output.startswith("x")
    assert outcome.last_line == "Not done after 1 s: ended."


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_only_a_step_that_says_why_is_run_once_more(tmp_path):
    seen = tmp_path / "seen"
    text = (
        f"path = {str(seen)!r}; print('mute kernel')\n"
        "with open(path, 'a') as file: file.write('x')\n"
        "raise SystemExit(len(open(path).read()) < 2)"
    )
    (once,) = run(program(text))
    assert once.status == "failed"
    seen.unlink()
    (again,) = run(program(text, once_more="mute kernel"))
    assert again.status == "ok"
    assert seen.read_text("utf-8") == "xx"


def test_nothing_that_a_step_started_is_left(tmp_path):
    left = tmp_path / "left"
    child = f"import time; time.sleep(1); open({str(left)!r}, 'w')"
    run(
        program(
            "import subprocess, sys; "
            f"subprocess.Popen([sys.executable, '-c', {child!r}])"
        )
    )
    time.sleep(1.3)
    assert not left.exists()


def test_a_step_that_needs_more_is_skipped_or_failed_with_its_reason():
    outcomes = run(
        program("print('ran')", "one", skipped="no browser"),
        program("print('ran')", "two", failed="no browser, but CI"),
    )
    assert [(o.status, o.output) for o in outcomes] == [
        ("skipped", "no browser"),
        ("failed", "no browser, but CI"),
    ]


def test_an_interrupt_ends_all_steps():
    def interrupt(outcome):
        raise KeyboardInterrupt

    others = set(threading.enumerate())
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(
            program("pass", "first"),
            program("import time; time.sleep(60)", "second"),
            program("import time; time.sleep(60)", "third"),
            show=interrupt,
        )
    assert time.monotonic() - began < 30
    assert set(threading.enumerate()) <= others


def test_colours_do_not_hide_the_last_line():
    (outcome,) = run(program(r"print('\x1b[31m1 failed\x1b[0m\n\x1b[0m')"))
    assert outcome.last_line == "1 failed"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("1", True), ("", False), ("0", False), ("False", False)],
)
def test_ci_is_what_the_variable_says(value, expected):
    assert testing.is_ci({"CI": value}) is expected


def test_without_a_chromium_the_browser_tests_are_skipped(monkeypatch):
    monkeypatch.setattr(testing, "find_chromium", lambda: None)
    step = testing.browser_step(["pytest"], ci=False)
    assert "COURSE_CHROMIUM" in step.skipped
    assert not step.failed


def test_without_a_chromium_ci_fails(monkeypatch):
    monkeypatch.setattr(testing, "find_chromium", lambda: None)
    step = testing.browser_step(["pytest"], ci=True)
    assert "CI is set" in step.failed


def test_with_a_chromium_the_browser_tests_run(monkeypatch):
    monkeypatch.setattr(testing, "find_chromium", lambda: "chromium")
    step = testing.browser_step(["pytest"], ci=True)
    assert not step.skipped + step.failed


def test_a_variable_may_name_the_browser(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", sys.executable)
    assert chromium.find_chromium() == sys.executable
    monkeypatch.setenv("COURSE_CHROMIUM", "not-installed-here")
    assert chromium.find_chromium() is None


def test_a_quick_run_leaves_out_what_takes_long():
    everything = {step.name for step in testing.steps_to_run(False, ci=False)}
    quick = {step.name for step in testing.steps_to_run(True, ci=False)}
    assert everything - quick == {
        "proofs",
        "solutions (nbval)",
        "rehearsal",
        "browser",
    }
    assert all(next(TESTS.glob(each), None) for each in testing.NOT_QUICK)


def test_every_test_belongs_to_one_step():
    chosen = [
        step.command[step.command.index("-m", 3) + 1]
        for step in testing.steps_to_run(False, ci=False)
        if "-pcourse.upkeep.marked_tests" in step.command
    ]
    assert sorted(chosen) == ["browser", "not proof and not browser", "proof"]


def test_a_step_collects_the_files_of_its_mark_alone():
    steps = {s.name: s.command for s in testing.steps_to_run(False, ci=False)}
    for name, mark in (("proofs", "proof"), ("browser", "browser")):
        places = [part for part in steps[name] if part.startswith("tests/")]
        assert places == [f"tests/{place}" for place in PLACES[mark]]
        assert all((TESTS / place).exists() for place in PLACES[mark])
    left_out = [p for p in steps["unit tests"] if p.startswith("--ignore=")]
    assert left_out == [
        "--ignore=tests/browser",
        "--ignore=tests/grading/test_cluster_contained.py",
        "--ignore=tests/test_proofs.py",
    ]


@pytest.mark.parametrize(
    ("file", "mark", "reason"),
    [
        ("test_figures.py", "proof", ""),
        ("test_figures.py", None, ""),
        ("test_proofs.py", "proof", ""),
        ("test_proofs.py", None, "only tests marked proof may be there"),
        ("test_links.py", None, ""),
        ("test_links.py", "proof", "not where tests marked proof are"),
        ("browser/test_lab_screen.py", "browser", ""),
        ("browser/test_new.py", None, "only tests marked browser may be"),
        ("test_links.py", "browser", "not where tests marked browser are"),
    ],
)
def test_a_test_that_no_step_would_run_is_an_error(file, mark, reason):
    class Item:
        path = TESTS / file
        nodeid = f"tests/{file}::test"

        def get_closest_marker(self, name):
            return "marked" if name == mark else None

    said = marked_tests.misplaced(Item())
    assert bool(said) is bool(reason)
    assert reason in said
    if reason:
        with pytest.raises(pytest.UsageError, match=reason):
            marked_tests.pytest_collection_modifyitems([Item()])
    else:
        marked_tests.pytest_collection_modifyitems([Item()])


def test_the_last_line_adds_up_pytests_own():
    outputs = [
        "1 passed in 9.99s of a lie\n=== 2 failed, 30 passed in 3.00s ===",
        "==== 4 passed, 1 skipped, 7 deselected in 61.00s (0:01:01) ====",
        "======= 1 error in 0.10s =======",
        "All checks passed!",
    ]
    assert testing.closing_line(outputs, 64.5) == (
        "===== 2 failed, 34 passed, 1 skipped, 1 error in 64.50s ====="
    )


def test_one_failed_step_fails_the_command(monkeypatch, capsys):
    good, bad = program("print('fine')", "good"), program("1 / 0", "bad")
    monkeypatch.setattr(
        testing, "steps_to_run", lambda quick, ci: [good, bad]
    )
    assert testing.main([]) == ExitCode.FAILED
    said = capsys.readouterr().out
    assert "ZeroDivisionError" in said
    assert "2 steps: 1 ok, 1 failed" in said
    monkeypatch.setattr(testing, "steps_to_run", lambda quick, ci: [good])
    assert testing.main([]) == ExitCode.DONE


def test_a_long_last_line_is_kept_whole():
    outcome = Outcome(program(""), "ok", 1.0, f"{'=' * 30} 3 passed in 1s ==")
    assert testing.line(outcome).endswith("  3 passed in 1s")


def test_steps_see_no_settings_of_the_users(tmp_path):
    environ = {**os.environ, **testing.settings(tmp_path)}
    show = "import os; print(os.environ['COURSE_WORKSPACE'])"
    (outcome,) = steps.run_steps([program(show)], environ, ".")
    assert outcome.last_line == str(tmp_path / "workspace")
