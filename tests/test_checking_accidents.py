"""Whatever a learner's code does: a verdict in seconds, and life goes on."""

import os
import sys
import time

import pytest
from small_check import CHECKS, RIGHT, small_course

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the accidents are those of POSIX"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with small_course(tmp_path_factory.mktemp("course")) as made:
        assert made.checker.wait()
        yield made


def judged(course, body, head=""):
    """Return the verdict on a body of `add`; then all is as before."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    started = time.monotonic()
    verdict = course.check(f"{head}\ndef add(*n):\n{lines}")
    assert time.monotonic() - started < 20
    assert course.check().status == "passed"
    return verdict


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import sys\nsys.exit(3)", "SystemExit(3)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os\nos._exit(3)", "exit code 3"),
        ("import os\nos.abort()", "aborted"),
        ("import ctypes\nctypes.string_at(0)", "segmentation fault"),
        ("import os\nos.kill(os.getpid(), 9)", "killed"),
        ("import os\nos.closerange(3, 99)\nreturn sum(n)", ""),
        ("while True:\n    import os\n    os.fork()", "killed"),
    ],
)
def test_code_that_ends_its_process_is_told_so(course, body, told):
    verdict = judged(course, body)
    assert verdict.status == "ended"
    assert told in verdict.failure.message


IN_A_FIXTURE = """

@pytest.fixture
def total(llm):
    return llm.sums.add(1, 2)


@pytest.mark.exercise("0.3")
def test_a_total_is_made(total):
    assert total == 3
"""


def test_an_end_within_a_fixture_hurts_only_this_check(course):
    course.write_checks(CHECKS + IN_A_FIXTURE)
    try:
        for _ in range(2):
            bad = "def add(*n):\n    import os\n    os._exit(3)\n"
            assert course.check(bad, "0.3").status == "ended"
            assert course.check(RIGHT, "0.3").status == "passed"
    finally:
        course.write_checks(CHECKS)


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time\nwhile True:\n"
        "    try:\n        while True: time.sleep(9)\n"
        "    except BaseException: pass",
        "import os\nif os.fork(): return sum(n)\nwhile True: pass",
        "import os, time\nos.setsid() if not os.fork() else 0\n"
        "while True: time.sleep(1)",
        "import signal, os\nos.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_code_without_an_end_is_stopped(course, body):
    verdict = judged(course, body)
    if "if os.fork(): return" in body:
        # The parent answers; what it left behind is cleared away.
        assert verdict.status == "passed"
        return
    assert verdict.status == "hung"
    outcomes = [row.outcome for row in verdict.expectations]
    assert outcomes == ["failed", "not_run"]


def test_an_endless_import_is_stopped(course):
    verdict = course.check("while True: pass\n")
    assert verdict.status == "hung"
    assert course.check().status == "passed"


def test_a_forked_process_does_not_answer(course):
    verdict = judged(course, "import os\nos.fork()\nreturn sum(n)")
    assert verdict.status == "passed"


def test_nothing_is_left_running(course):
    forks = "import os, time\nif not os.fork():\n    os.setsid()\n"
    body = forks + "    time.sleep(77)\nreturn os.getpid()"
    verdict = judged(course, body)
    pid = int(verdict.failure.returned)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and sleepers(pid):
        time.sleep(0.05)
    assert not sleepers(pid)


def sleepers(pid):
    """Return the processes of the session that a child had."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(name), int(fields[1])):
            found.append(name)
    return found


@pytest.mark.parametrize(
    "body",
    [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(2, b'x' * 1000)",
        "import subprocess\nsubprocess.run(['yes'])",
    ],
)
def test_a_flood_of_output_is_stopped(course, body):
    verdict = judged(course, body)
    assert verdict.status == "flooded"
    assert 0 < len(verdict.printed) <= 8 * 1024


def test_output_below_a_flood_is_cut_and_harmless(course):
    verdict = judged(course, "print('y' * 100_000)\nreturn sum(n)")
    assert verdict.status == "passed"
    assert len(verdict.printed) == 8 * 1024


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 'x' * 30_000_000", "larger than 20 MB"),
        ("return [0] * 9_000_000", "more than 500,000 parts"),
        ("me = []\nme.append(me)\nreturn me", "contains itself"),
        ("me = {}\nme['me'] = [me]\nreturn me", "contains itself"),
        ("deep = []\nfor _ in range(999): deep = [deep]\nreturn deep", "deep"),
    ],
)
def test_what_cannot_be_read_is_told(course, body, told):
    verdict = judged(course, body)
    assert verdict.status == "failed"
    assert told in verdict.failure.message


EQUAL = """
class Equal{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 5
    def __bool__(self): return True
    {more}
"""


@pytest.mark.parametrize(
    ("base", "more", "made"),
    [
        ("", "", "Equal()"),
        ("", "__class__ = int", "Equal()"),
        ("", "def __int__(self): return 5", "Equal()"),
        ("(int)", "", "Equal(7)"),
        ("(str)", "", "Equal('5')"),
        ("(list)", "", "Equal()"),
        ("(dict)", "", "Equal()"),
        ("(tuple)", "", "Equal()"),
        ("", "def __repr__(self): return '5'", "Equal()"),
        ("", "def __getattribute__(self, name): return 5", "Equal()"),
    ],
)
def test_an_object_does_not_judge_itself(course, base, more, made):
    head = EQUAL.format(base=base, more=more)
    verdict = judged(course, f"return {made}", head)
    assert verdict.status == "failed"
    assert verdict.failure.expected == "5"


@pytest.mark.parametrize("error", ["ValueError", "SystemExit", "MemoryError"])
def test_an_object_that_cannot_be_shown_is_shown_by_its_class(course, error):
    head = f"class Shy:\n    def __repr__(self): raise {error}\n"
    verdict = judged(course, "return Shy()", head)
    assert verdict.status == "failed"
    assert verdict.failure.returned == "<Shy>"


def test_an_exception_that_cannot_be_shown_is_told(course):
    head = (
        "class Odd(Exception):\n"
        "    def __str__(self): raise ValueError\n"
        "    __repr__ = __str__\n"
    )
    verdict = judged(course, "raise Odd()", head)
    assert verdict.status == "failed"
    assert verdict.failure.raised.startswith("Odd")


def test_endless_recursion_is_an_exception(course):
    verdict = judged(course, "return add(*n)")
    assert verdict.status == "failed"
    assert verdict.failure.raised.startswith("RecursionError")


def test_too_much_memory_is_an_exception(course):
    verdict = judged(course, "hog = []\nwhile True: hog.append(bytes(10**8))")
    assert verdict.status == "failed"
    assert verdict.failure.raised.startswith("MemoryError")


def test_a_file_that_fills_the_disk_is_stopped(course):
    body = (
        "with open('/tmp/full-' + str(id(n)), 'wb') as file:\n"
        "    __import__('os').unlink(file.name)\n"
        "    while True: file.write(b'x' * 2**20)\n"
    )
    verdict = judged(course, body)
    assert verdict.failure.raised.startswith("OSError")


def test_killing_the_parent_hurts_only_this_check(course):
    verdict = judged(course, "import os\nos.kill(os.getppid(), 9)\nwhile 1: 0")
    assert verdict.status == "ended"


@pytest.mark.parametrize(
    "noise",
    [
        "b'garbage in the channel' * 99",
        "b'\\0\\0\\0\\2{}'",
        "b'\\0\\0\\0\\1x'",
        "b'\\0\\0\\0\\2[]'",
        "b'\\0\\0\\0\\x1a{\"id\":2,\"lane\":0,\"ok\":5.0}'",
        "b'\\0\\0\\0\\x14{\"id\":77,\"lane\":99}'",
        "b'\\0\\0\\0' + b'\\x1e' + b'[' * 30",
    ],
)
def test_noise_in_the_connection_gives_no_pass(course, noise):
    body = (
        "import os, stat\n"
        "for fd in range(3, 50):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(fd).st_mode):\n"
        f"            os.write(fd, {noise})\n"
        "    except OSError: pass\n"
        "return 0\n"
    )
    assert judged(course, body).status in ("ended", "failed", "hung")


def test_a_test_that_gets_over_the_fault_does_not_pass(course):
    checks = (
        "import pytest\n"
        "@pytest.mark.exercise('0.3')\n"
        "def test_anything_goes(llm):\n"
        "    try:\n"
        "        llm.sums.add()\n"
        "    except BaseException:\n"
        "        pass\n"
    )
    file = course.root / "tests" / "test_careless.py"
    file.write_text(checks)
    source = "import os\ndef add():\n    os._exit(0)\n"
    assert course.check(source, "0.3").status == "ended"
    assert course.check(RIGHT, "0.3").status == "passed"


def test_a_background_thread_holds_nothing_up(course):
    head = (
        "import threading, time\n"
        "def noise():\n"
        "    while True:\n"
        "        print('.', end='')\n"
        "        time.sleep(0.001)\n"
        "threading.Thread(target=noise).start()\n"
    )
    assert judged(course, "return sum(n)", head).status == "passed"


def test_reading_input_gives_the_end_of_the_file(course):
    verdict = judged(course, "return input()")
    assert verdict.failure.raised.startswith("EOFError")
