"""Installers: which one, what is shown of it, what its failures mean."""

import io
import sys

import pytest

from course.problems import CommandError, ExitCode
from course.setup import installing
from course.setup.shown_process import ProgressLine, run_shown


@pytest.mark.parametrize(
    ("said", "exit_code"),
    [
        ("OSError: [Errno 28] No space left on device", "DISK_FULL"),
        ("Failed to copy: No space left (os error 28)", "DISK_FULL"),
        ("[WinError 112] not enough space on the disk", "DISK_FULL"),
        ("NewConnectionError('... Connection refused')", "NO_NETWORK"),
        ("cause: error sending request for url (...)", "NO_NETWORK"),
        ("Temporary failure in name resolution", "NO_NETWORK"),
        ("error: command 'gcc' failed", "INSTALL_FAILED"),
    ],
)
def test_an_installers_words_tell_the_problem(said, exit_code):
    problem = installing.problem_behind(["Collecting one", said, "the end"])
    assert problem.exit_code == ExitCode[exit_code]
    assert said in str(problem)
    assert "run the same command again" in str(problem).lower()


def test_a_long_output_is_told_by_its_last_lines():
    lines = [f"line {number} {'x' * 900}" for number in range(100)]
    told = str(installing.problem_behind(lines))
    assert "line 99" in told
    assert "line 50" not in told
    assert max(map(len, told.splitlines())) < 250


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_that_cannot_make_environments_is_named(monkeypatch, module):
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        installing.importlib.util,
        "find_spec",
        lambda name: None if name == module else object(),
    )
    with pytest.raises(CommandError, match=r"apt install python3\.\d+-venv"):
        installing.require_ensurepip()


@pytest.mark.parametrize("tool", ["uv", None])
def test_uv_installs_where_it_is_and_pip_elsewhere(monkeypatch, tool):
    monkeypatch.setattr(installing.shutil, "which", lambda name: tool)
    monkeypatch.setattr(
        installing.subprocess, "run", lambda *_, **__: Done(returncode=0)
    )
    command = installing.install_command("python", lock=0)
    assert command[0] == (tool or "python")
    assert "--no-deps" in command
    assert not [word for word in command if "index" in word or "://" in word]


class Done:
    def __init__(self, returncode):
        self.returncode = returncode


def test_pip_is_put_in_where_it_is_missing(monkeypatch):
    ran = []
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        installing.subprocess, "run", lambda *_, **__: Done(returncode=1)
    )
    monkeypatch.setattr(
        installing, "run", lambda command, lock: ran.append(command)
    )
    installing.install_command("python", lock=0)
    assert ran == [["python", "-m", "ensurepip"]]


def test_a_failing_installer_is_a_problem():
    say = "print('No space left on device'); raise SystemExit(1)"
    with pytest.raises(CommandError, match="No space left") as caught:
        installing.run([sys.executable, "-c", say], lock=2)
    assert caught.value.exit_code == ExitCode.DISK_FULL


def test_what_a_program_says_is_kept_and_counted(capsys):
    say = "print('one'); print(); print('two ü')"
    exit_code, lines = run_shown(
        [sys.executable, "-X", "utf8", "-c", say], lambda lines: "working"
    )
    assert (exit_code, lines) == (0, ["one", "two ü"])
    assert capsys.readouterr().out == "working\n"


def test_an_interrupt_ends_the_program(monkeypatch):
    begun = []

    def interrupt(lines):
        if lines:
            begun.append(lines[0])
            raise KeyboardInterrupt
        return ""

    say = "import time; print('begun', flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        run_shown([sys.executable, "-c", say], interrupt)
    assert begun == ["begun"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_one_line_that_moves_on():
    stream = Terminal()
    line = ProgressLine(stream)
    line.show("1 of 10 packages")
    line.show("2 of 10")
    line.show("2 of 10")
    line.end()
    assert stream.getvalue() == "\r1 of 10 packages\r2 of 10         \n"


def test_a_log_gets_a_line_every_few_seconds():
    stream = io.StringIO()
    line = ProgressLine(stream)
    line.show("1 of 10")
    line.show("2 of 10")
    line.end()
    assert stream.getvalue() == "1 of 10\n"
