"""The judge's life: it comes back when it dies, and ends with its asker."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_check import RIGHT, SmallCourse, small_course

from course.checking.client import Checker

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with small_course(tmp_path_factory.mktemp("course")) as made:
        yield made


def judge_of(course):
    return course.checker._judge._process


def test_starting_takes_no_time_and_warming_up_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_CHECK_WARM", raising=False)
    (tmp_path / "tests").mkdir()
    checker = Checker(tmp_path, root=tmp_path)
    try:
        assert not checker.ready()
        assert checker.wait()
        assert checker.ready()
    finally:
        checker.close()


def test_importing_the_client_is_light():
    code = (
        "import sys, json; import course.checking.client; "
        "print(json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    loaded = json.loads(run.stdout)
    assert not {"pytest", "openai", "pydantic", "yaml"} & set(loaded)


@posix
def test_a_judge_that_was_killed_is_started_again(course):
    assert course.check().status == "passed"
    judge_of(course).kill()
    judge_of(course).wait()
    assert course.check().status == "passed"


@posix
def test_a_judge_that_hangs_is_started_again(course, monkeypatch):
    assert course.check().status == "passed"
    os.kill(judge_of(course).pid, signal.SIGSTOP)
    monkeypatch.setattr("course.checking.client.CHECK_PATIENCE", 0.2)
    assert course.check().status == "hung"
    monkeypatch.undo()
    assert course.check().status == "passed"


@posix
def test_an_interrupted_check_leaves_no_answer_behind(course):
    assert course.check().status == "passed"
    slow = "import time\ndef add(*n):\n    time.sleep(2)\n    return 0\n"
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            course.check(slow)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert course.check().status == "passed"


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_judge_that_cannot_start_is_the_kit_s_fault(tmp_path, monkeypatch):
    broken = "import sys; sys.exit('no such part')"
    monkeypatch.setattr("course.checking.client._COMMAND", broken)
    checker = Checker(tmp_path, root=tmp_path)
    try:
        verdict = checker.check("0.1")
    finally:
        checker.close()
    assert verdict.status == "kit_error"
    assert "no such part" in verdict.failure.message


ASKER = """
import sys, time
from pathlib import Path
from course.checking.client import Checker

checker = Checker(Path(sys.argv[1]), root=Path(sys.argv[2]))
assert checker.wait()
print("warm", flush=True)
checker.check("0.1")
time.sleep(60)
"""


@posix
@pytest.mark.parametrize("when", ["idle", "in an endless loop"])
def test_nothing_outlives_an_asker_that_was_killed(course, when):
    loop = "while True: pass" if when != "idle" else "return sum(n)"
    course.write("sums", f"def add(*n):\n    {loop}\n")
    asker = subprocess.Popen(
        [
            *(sys.executable, "-c", textwrap.dedent(ASKER)),
            *(str(course.workspace), str(course.root)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    asker.stdout.readline()
    time.sleep(0.4)
    family = descendants(asker.pid)
    assert len(family) >= 2
    asker.kill()
    asker.wait()
    asker.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(map(runs, family)):
        time.sleep(0.05)
    assert [pid for pid in family if runs(pid)] == []


def descendants(pid):
    """Return the processes that a process started, and theirs."""
    found, todo = [], [pid]
    while todo:
        path = Path(f"/proc/{todo[0]}/task/{todo.pop(0)}/children")
        children = [int(each) for each in path.read_text().split()]
        found += children
        todo += children
    return found


def runs(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


def test_closing_ends_the_judge(tmp_path):
    course = SmallCourse(tmp_path)
    assert course.check(RIGHT).status == "passed"
    process = judge_of(course)
    course.close()
    assert process.poll() is not None
