"""From `python3 -m course VERB` to the verb, and what may stand in the way."""

import ast
import errno
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course import __main__ as first_file
from course import command_line
from course.problems import CommandError, ExitCode, problem_of

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def inside(monkeypatch):
    monkeypatch.setattr(command_line.environment, "is_current", lambda: True)


def stand_in(monkeypatch, function):
    monkeypatch.setattr(command_line, "load", lambda name, verb: function)


def test_without_a_verb_all_verbs_are_listed(capsys):
    assert command_line.main([]) == ExitCode.DONE
    listed = capsys.readouterr().out
    for name, verb in command_line.VERBS.items():
        assert re.search(rf"^  {name} +{verb.summary}$", listed, re.MULTILINE)


def test_a_verb_gets_its_arguments_and_gives_the_exit_code(monkeypatch):
    stand_in(monkeypatch, lambda arguments: len(arguments))
    assert command_line.main(["check", "2.1", "--json"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
@pytest.mark.parametrize("verb", ["help", "search"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(verb):
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended = subprocess.run(
        [sys.executable, "-m", "course", verb, *["key"][: verb == "search"]],
        cwd=ROOT,
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert (ended.returncode, ended.stderr) == (ExitCode.READER_GONE, b"")


def test_another_pipe_that_breaks_is_told(monkeypatch):
    def broken(arguments):
        raise BrokenPipeError

    stand_in(monkeypatch, broken)
    with pytest.raises(BrokenPipeError):
        command_line.main(["check"])


def test_an_unknown_verb_is_answered_with_the_closest(capsys):
    assert command_line.main(["chekc"]) == ExitCode.WRONG_USE
    assert "Did you mean `check`?" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(command_line.VERBS))
def test_every_verb_leads_to_a_function(name):
    assert callable(command_line.load(name, command_line.VERBS[name]))


def test_a_missing_part_is_told_apart_from_a_missing_package(tmp_path):
    gone = command_line.Verb("course.not_there:main", "")
    with pytest.raises(CommandError, match="not part of this copy"):
        command_line.load("gone", gone)


def test_a_missing_package_is_no_missing_part(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import not_installed_here")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_installed_here"):
        command_line.load("x", command_line.Verb("needs_more:main", ""))


def test_outside_the_environment_it_is_made_and_entered(monkeypatch):
    done = []
    outside = command_line.environment
    monkeypatch.setattr(outside, "is_current", lambda: False)
    monkeypatch.setattr(outside, "prepare", lambda: done.append("prepare"))
    monkeypatch.setattr(
        outside, "run_inside", lambda arguments: done.append(arguments) or 5
    )
    assert command_line.main(["lab", "--port", "1"]) == 5
    assert done == ["prepare", ["-m", "course", "lab", "--port", "1"]]


@pytest.mark.parametrize("is_at_hand", [True, False])
def test_help_waits_for_no_environment_if_it_needs_none(
    monkeypatch, is_at_hand
):
    done = []

    def verb(arguments):
        if not is_at_hand:
            raise ModuleNotFoundError("No dotenv", name="dotenv")
        done.append(arguments)
        return ExitCode.DONE

    outside = command_line.environment
    monkeypatch.setattr(outside, "is_current", lambda: False)
    monkeypatch.setattr(outside, "prepare", lambda: done.append("prepare"))
    monkeypatch.setattr(outside, "run_inside", lambda _: ExitCode.DONE)
    stand_in(monkeypatch, verb)
    assert command_line.main(["lab", "--help"]) == ExitCode.DONE
    assert done == [["--help"] if is_at_hand else "prepare"]


@pytest.mark.parametrize("name", ["lab", "check", "grade", "test"])
def test_a_bare_python_tells_what_a_verb_takes(name):
    told = subprocess.run(
        [sys.executable, "-S", "-m", "course", name, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith(f"usage: python3 -m course {name}")
    assert told.stderr == ""


def test_a_problem_is_a_sentence_and_an_exit_code(monkeypatch, capsys):
    def fail(arguments):
        raise CommandError(ExitCode.PORT_TAKEN, "Port 1 is taken.")

    stand_in(monkeypatch, fail)
    assert command_line.main(["lab"]) == ExitCode.PORT_TAKEN
    assert capsys.readouterr().err == "Port 1 is taken.\n"


def test_an_interrupt_is_no_traceback(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    stand_in(monkeypatch, interrupted)
    assert command_line.main(["lab"]) == ExitCode.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        (errno.ENOSPC, ExitCode.DISK_FULL),
        (errno.EDQUOT, ExitCode.DISK_FULL),
        (errno.EROFS, ExitCode.CANNOT_WRITE),
        (errno.EACCES, ExitCode.CANNOT_WRITE),
    ],
)
def test_the_disks_errors_are_sentences(
    monkeypatch, capsys, number, exit_code
):
    def fail(arguments):
        raise OSError(number, os.strerror(number), "/ein Ort/.venv")

    stand_in(monkeypatch, fail)
    assert command_line.main(["lab"]) == exit_code
    assert "/ein Ort/.venv" in capsys.readouterr().err


def test_another_error_of_the_system_is_not_dressed_up(monkeypatch):
    assert problem_of(OSError(errno.EIO, "broken")) is None
    assert problem_of(PermissionError(errno.EACCES, "a port")) is None

    def fail(arguments):
        raise OSError(errno.EIO, "broken")

    stand_in(monkeypatch, fail)
    with pytest.raises(OSError, match="broken"):
        command_line.main(["lab"])


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_an_old_python_can_read_what_it_is_shown_first(name):
    text = (ROOT / "course" / name).read_text("utf-8")
    ast.parse(text, feature_version=(3, 7))
    text.encode("ascii")
    assert not re.search(r"\bf[\"']", text)


def test_an_old_python_is_told_what_is_needed(monkeypatch):
    monkeypatch.setattr(first_file, "newer_python", lambda: "")
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    told = first_file.refusal()
    assert "needs Python 3.11 or newer; this is Python 3.8.18" in told
    assert "https://www.python.org/downloads/" in told


def test_an_old_python_is_told_of_a_newer_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["course", "lab", "--no-browser"])
    monkeypatch.setenv("PATH", str(tmp_path))
    starts(tmp_path / "python3.12", "exit 0")
    starts(tmp_path / "python3.13", "exit 127")
    assert first_file.newer_python() == (
        "python3.12 -m course lab --no-browser"
    )


def starts(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_first_file_agrees_with_the_exit_codes():
    assert first_file.TOO_OLD == ExitCode.PYTHON_TOO_OLD
    assert first_file.NEEDED == importlib.import_module(
        "course.setup.virtual_environment"
    ).NEEDED


def test_the_way_to_the_environment_needs_no_package():
    """-S leaves out site-packages, -I the folder: both as on a new machine."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "import course.command_line"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)


def test_a_narrow_terminal_ends_no_command(tmp_path):
    program = (
        "import sys; from course.command_line import *; "
        "from course import command_line; command_line.speak_any_alphabet(); "
        "print('\\u5b66', file=sys.stderr); print('\\u5b66')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert done.stdout == b"\\u5b66" + os.linesep.encode()
    assert done.returncode == 0
