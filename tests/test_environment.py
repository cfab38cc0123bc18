"""The environment: made, found, repaired, entered."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from course.problems import CommandError, ExitCode
from course.setup import environment
from course.setup.only_start import only_start
from course.setup.virtual_environment import (
    environment_python,
    packages_folder,
)

ROOT = Path(__file__).resolve().parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


@pytest.fixture
def installed():
    """The folders that packages were installed into; nothing is."""
    return []


@pytest.fixture
def clone(tmp_path, monkeypatch, installed):
    """A clone whose environments are real but hold no packages."""
    root = tmp_path / "Übung 1, näher"
    root.mkdir()
    (root / "requirements.txt").write_text("one==1\n")
    monkeypatch.setattr(environment, "make_environment", bare_environment)
    monkeypatch.setattr(
        environment,
        "install_packages",
        lambda folder, requirements, lock: installed.append(folder),
    )
    return root


def bare_environment(folder, lock=0):
    make = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(make, check=True)


def test_an_environment_is_made_once(clone, installed):
    environment.prepare(clone)
    environment.prepare(clone)
    assert installed == [clone / ".venv"]
    assert packages_folder(clone / ".venv").is_dir()


def test_changed_requirements_are_installed_into_what_is_there(
    clone, installed
):
    environment.prepare(clone)
    own = packages_folder(clone / ".venv") / "own.py"
    own.touch()
    (clone / "requirements.txt").write_text("one==2\n")
    environment.prepare(clone)
    assert len(installed) == 2
    assert own.exists()


def test_an_environment_of_the_users_own_is_completed(clone, installed):
    bare_environment(clone / ".venv")
    own = packages_folder(clone / ".venv") / "own.py"
    own.touch()
    environment.prepare(clone)
    assert installed == [clone / ".venv"]
    assert own.exists()


def test_a_failed_installation_is_made_afresh(clone, installed, monkeypatch):
    half = clone / ".venv" / "half"

    def fail(folder, requirements, lock):
        half.touch()
        raise CommandError(ExitCode.DISK_FULL, "full")

    with monkeypatch.context() as patch:
        patch.setattr(environment, "install_packages", fail)
        with pytest.raises(CommandError):
            environment.prepare(clone)
    assert half.exists()
    environment.prepare(clone)
    assert not half.exists()
    assert environment.is_ready(clone)


def test_without_a_network_an_environment_stays_what_it_was(
    clone, installed, monkeypatch
):
    environment.prepare(clone)
    old = (clone / "requirements.txt").read_text()
    (clone / "requirements.txt").write_text("one==2\n")

    def fail(folder, requirements, lock):
        raise CommandError(ExitCode.NO_NETWORK, "no network")

    monkeypatch.setattr(environment, "install_packages", fail)
    with pytest.raises(CommandError):
        environment.prepare(clone)
    (clone / "requirements.txt").write_text(old)
    assert environment.is_ready(clone)


KILLED = """
import sys, time
from pathlib import Path
from course.setup import environment

def install(folder, requirements, lock):
    (folder / "half").touch()
    print("installing", flush=True)
    time.sleep(60)

environment.install_packages = install
environment.prepare(Path(sys.argv[1]))
"""


@POSIX
def test_a_start_killed_while_installing_is_repaired(clone, installed):
    bare_environment(clone / ".venv")
    start = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(clone)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    with start:
        assert start.stdout.readline() == b"installing\n"
        assert not environment.is_ready(clone)
        start.send_signal(signal.SIGKILL)
    environment.prepare(clone)
    assert not (clone / ".venv" / "half").exists()
    assert environment.is_ready(clone)


@POSIX
def test_a_start_killed_while_emptying_is_repaired(clone, monkeypatch):
    environment.prepare(clone)
    (clone / ".venv" / "bin" / "python").unlink()

    def killed(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            environment.prepare(clone)
    (clone / ".venv" / "pyvenv.cfg").unlink(missing_ok=True)
    leftover = clone / ".venv" / "lib" / "leftover"
    leftover.touch()
    environment.prepare(clone)
    assert environment.is_ready(clone)
    assert not leftover.exists()


@POSIX
def test_a_python_that_went_away_is_replaced(clone, installed, capsys):
    environment.prepare(clone)
    python = environment_python(clone / ".venv")
    python.unlink()
    python.symlink_to("/nowhere/python3")
    environment.prepare(clone)
    assert environment.is_ready(clone)
    assert "making .venv afresh" in capsys.readouterr().out


@POSIX
def test_a_python_of_another_version_is_seen(clone):
    environment.prepare(clone)
    library = clone / ".venv" / "lib"
    (only,) = library.iterdir()
    only.rename(library / "python3.10")
    assert not environment.is_ready(clone)


@POSIX
def test_a_linked_environment_is_emptied_and_not_replaced(clone, tmp_path):
    elsewhere = tmp_path / "big disk"
    elsewhere.mkdir()
    (clone / ".venv").symlink_to(elsewhere)
    environment.prepare(clone)
    environment_python(elsewhere).unlink()
    environment.prepare(clone)
    assert (clone / ".venv").is_symlink()
    assert environment.is_ready(clone)


def test_a_moved_clone_keeps_its_environment(clone, installed, tmp_path):
    environment.prepare(clone)
    moved = clone.rename(tmp_path / "moved")
    environment.prepare(moved)
    assert len(installed) == 1


def test_a_second_start_waits_for_the_first(tmp_path, capsys):
    order = []

    def second():
        with only_start(tmp_path / "lock", pause=0.01):
            order.append("second")

    with only_start(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert capsys.readouterr().out.count("waiting for it") == 1


@POSIX
def test_an_installer_outlives_its_killed_start_with_the_lock(tmp_path):
    program = textwrap.dedent(
        """
        import os, subprocess, sys
        from pathlib import Path
        from course.setup.only_start import only_start
        with only_start(Path(sys.argv[1])) as lock:
            sleeper = subprocess.Popen(["sleep", "0.5"], pass_fds=[lock])
            print(sleeper.pid, flush=True)
            os._exit(1)
        """
    )
    lock = tmp_path / "lock"
    subprocess.run([sys.executable, "-c", program, str(lock)], cwd=ROOT)
    began = time.monotonic()
    with only_start(lock, pause=0.01):
        assert time.monotonic() - began > 0.1


def test_a_conda_environment_counts_if_it_has_all_packages(
    tmp_path, monkeypatch
):
    lock = tmp_path / "requirements.txt"
    shutil.copy(ROOT / "requirements.txt", lock)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(environment.metadata, "version", locked(lock).get)
    assert not environment.is_current(tmp_path)
    (tmp_path / "conda-meta").mkdir()
    assert environment.is_current(tmp_path)
    lock.write_text(lock.read_text() + "one==0\n")
    assert not environment.is_current(tmp_path)


def locked(path):
    lines = path.read_text().splitlines()
    return dict(line.split("==") for line in lines if line.count("==") == 1)


@POSIX
def test_inside_means_its_python_its_path_and_the_same_folder(clone):
    environment.prepare(clone)
    program = (
        "import os, sys; from course.setup.environment import run_inside\n"
        "from pathlib import Path\n"
        "run_inside(['-c', 'import os, sys; print(sys.prefix, os.getcwd(), "
        "os.environ[\"PATH\"], sep=\"|\"); sys.exit(7)'], "
        "Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(clone)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    prefix, folder, path = done.stdout.strip().split("|")
    assert done.returncode == 7, done.stderr
    assert Path(prefix) == clone / ".venv"
    assert Path(folder) == ROOT
    assert path.startswith(str(clone / ".venv" / "bin"))
