"""Strangers' answers, contained: no undeserved mark, none lost, an end."""

import os
import shutil
import socket
import sys
from pathlib import Path

import hostile
import pytest

from course.building.lessons import load_exercises
from course.checking import bubblewrap
from course.grading.contained import (
    ContainedChecker,
    close_all,
    contained_checker,
)
from course.setup.lab_settings import LAB_FOLDER

ROOT = Path(__file__).parents[2]
NEEDED = pytest.mark.skipif(
    bool(bubblewrap.problem()), reason=bubblewrap.problem() or "none"
)
pytestmark = NEEDED


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded") / "own"
    for name in ("llm_providers", "data"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def checker(workspace):
    """Give a checker whose patience with each call is short."""
    before = os.environ.get("COURSE_CALL_SECONDS")
    os.environ["COURSE_CALL_SECONDS"] = "1"
    close_all()
    made = contained_checker(workspace, "bubblewrap")
    yield made
    close_all()
    os.environ.pop("COURSE_CALL_SECONDS")
    if before is not None:
        os.environ["COURSE_CALL_SECONDS"] = before


@pytest.fixture
def answer(workspace, checker):
    """Let code follow the right answer of 1.2, and give the verdict."""
    module = workspace / "llm_providers" / "redaction.py"
    right = module.read_text("utf-8")

    def answer(code):
        module.write_text(f"{right}\n\nright = redact\n{code}", "utf-8")
        return checker.check("1.2")

    yield answer
    module.write_text(right, "utf-8")


def assert_nothing_else_is_lost(checker: ContainedChecker):
    verdict = checker.check("4.4")
    assert verdict.passed, verdict.failure


@pytest.mark.parametrize("name", hostile.BREAKERS)
def test_no_undeserved_mark_for(answer, checker, name):
    verdict = answer(hostile.BREAKERS[name])
    assert not verdict.passed
    assert verdict.status != "kit_error", verdict.failure
    assert len(str(verdict.to_dict())) < 100_000
    assert_nothing_else_is_lost(checker)


@pytest.mark.parametrize("name", hostile.PROBES)
def test_nothing_is_found_by_who_looks_for(answer, name):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        verdict = answer(hostile.PROBES[name].replace("PORT", port))
    assert "FOUND" not in verdict.printed
    assert "LOOKED" in verdict.printed
    assert verdict.passed, verdict.failure


@pytest.mark.parametrize("name", hostile.UNLUCKY)
def test_no_deserved_mark_is_lost_by(answer, checker, name):
    verdict = answer(hostile.UNLUCKY[name])
    assert verdict.passed, verdict.failure
    assert_nothing_else_is_lost(checker)


def test_an_exercise_leaves_nothing_for_the_next(answer):
    leave = """
import os, socket
for place in ("/scratch/left", "/dev/shm/left"):
    print("FOUND" if os.path.exists(place) else "CLEAN")
    open(place, "w").close()
if os.fork() == 0:
    os.setsid()
    made = socket.socket(socket.AF_UNIX)
    made.bind("\\0left")
    import time
    time.sleep(60)
found = os.getpid()
print("PID", found)
"""
    first, second = answer(leave), answer(leave)
    assert first.passed and second.passed
    assert "FOUND" not in first.printed + second.printed
    assert first.printed == second.printed


def test_what_an_answer_left_running_is_gone_with_its_check(answer):
    name = "course-adversary"
    stay = f"""
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, b"{name[:15]}", 0, 0, 0)
        time.sleep(600)
    os._exit(0)
"""
    assert answer(stay).passed
    names = [
        (folder / "comm").read_text().strip()
        for folder in Path("/proc").glob("[0-9]*")
        if (folder / "comm").is_file()
    ]
    assert name[:15] not in names


def test_the_compiled_answers_of_the_kit_are_not_in_the_room(
    answer, checker, workspace
):
    file = workspace / load_exercises()["1.8"].file
    file.parent.mkdir()
    file.write_text("def test_nothing(llm):\n    assert llm.redaction\n")
    assert checker.check("1.8").status == "failed"
    verdict = answer("""
import marshal, os
found = []
for name in os.listdir("/code"):
    with open("/code/" + name, "rb") as file:
        found.append(marshal.load(file).co_filename)
print(sorted(name for name in found if "redaction" in name))
""")
    assert verdict.printed == "['/submission/llm_providers/redaction.py']\n"


def test_links_in_a_workspace_lead_nowhere(answer, workspace):
    links = {
        "linked.py": ROOT / "llm_providers" / "redaction.py",
        "root": Path("/"),
        "passwd.json": Path("/etc/passwd"),
    }
    for name, target in links.items():
        (workspace / "llm_providers" / name).symlink_to(target)
    os.mkfifo(workspace / "data" / "pipe.json")
    code = """
import os
print(sorted(set(os.listdir("/submission/llm_providers"))
    & {"linked.py", "root", "passwd.json"}))
print("pipe.json" in os.listdir("/submission/data"))
"""
    try:
        verdict = answer(code)
    finally:
        for name in links:
            (workspace / "llm_providers" / name).unlink()
        (workspace / "data" / "pipe.json").unlink()
    assert verdict.passed
    assert verdict.printed.startswith("[]\nFalse\n")


def test_a_learner_cannot_see_what_arrived_at_the_sandbox(
    workspace, checker
):
    module = workspace / "llm_providers" / "chat_completions.py"
    right = module.read_text("utf-8")
    spying = """
_was = build_request
def build_request(*args, **kwargs):
    return _was(*args, **kwargs)
import os, urllib.request
for port in range(32768, 61000):
    import socket
    made = socket.socket()
    if made.connect_ex(("127.0.0.1", port)) == 0:
        made.close()
        url = f"http://127.0.0.1:{port}/_sandbox/requests"
        try:
            print("FOUND", urllib.request.urlopen(url).read())
        except Exception as error:
            print("REFUSED", error)
    made.close()
print("LOOKED")
"""
    module.write_text(right + spying, "utf-8")
    try:
        verdict = checker.check("2.6")
    finally:
        module.write_text(right, "utf-8")
    assert "FOUND" not in verdict.printed


def test_what_the_lab_remembers_of_the_one_who_grades_is_not_in_the_room(
    answer, checker
):
    folder = Path(sys.prefix, LAB_FOLDER, "ipython", "profile_default")
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "remembered_by_test"
    made.write_text("a solution", "utf-8")
    try:
        verdict = answer(f"""
import os
print("SEEN", os.path.exists({str(made.parent)!r}), os.listdir({sys.prefix!r}))
def redact(text, secrets=None):
    return right(text, secrets)
""")
    finally:
        made.unlink()
    assert verdict.passed
    assert verdict.printed.startswith("SEEN False [")


def test_a_copy_of_the_package_in_any_environment_is_hidden(
    monkeypatch, tmp_path
):
    places = [
        tmp_path / "env" / "lib" / "python3.99" / "site-packages" / "release",
        tmp_path / "base" / "lib64" / "python3" / "dist-packages" / "course",
        tmp_path / "base" / "envs",
    ]
    for place in places:
        place.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "base"))
    given = bubblewrap.command(tmp_path, ["try"])
    after = zip(given, given[1:], strict=False)
    hidden = {place for option, place in after if option == "--tmpfs"}
    assert {str(place) for place in places} <= hidden


# What a class of the learner's may pretend of the values that a test builds
# in it. The total, at which a test looks closer, is right; the rest is not.
TOTAL_ONLY = """
def _sum(self, other):
    if "_totals" in globals():
        return sum(_totals[-2:])
    return (self.total_tokens or 0) + (other.total_tokens or 0)
Usage.__add__ = lambda self, other: Usage(total_tokens=_sum(self, other))
"""
NEVER_COMPARED = """
import dataclasses
_fields = [
    (each.name, int, dataclasses.field(default=None, compare=False))
    for each in dataclasses.fields(Usage)
]
Usage = dataclasses.make_dataclass("Usage", _fields, frozen=True)
"""
LYING_CLASSES = {
    "equal to everything": """
Usage.__eq__ = lambda self, other: True
""",
    "fields left out of comparisons": f"""
{NEVER_COMPARED}
Usage.__module__ = __name__
""",
    "the same, under another name": f"""
{NEVER_COMPARED}
Usage.__qualname__ = "Other"
""",
    "a class without fields": """
Usage.__dataclass_fields__ = {}
""",
    "no record at all": """
class Usage:
    prompt_tokens = completion_tokens = cached_tokens = reasoning_tokens = None
    def __init__(self, a=None, b=None, total_tokens=None, *rest):
        self.total_tokens = total_tokens
    def __eq__(self, other):
        return True
""",
    "one object for all": """
_only, _totals = object.__new__(Usage), []
def _new(kind, a=None, b=None, total_tokens=None, *rest):
    _totals.append(total_tokens or 0)
    return _only
Usage.__new__ = _new
""",
    "fields that read alike": """
Usage.__getattribute__ = lambda self, name: (
    None
    if name in ("prompt_tokens", "completion_tokens", "cached_tokens")
    or name == "reasoning_tokens"
    else object.__getattribute__(self, name)
)
""",
}


@pytest.mark.parametrize("lie", LYING_CLASSES.values(), ids=LYING_CLASSES)
def test_a_class_that_lies_about_its_objects_is_not_believed(
    workspace, checker, lie
):
    module = workspace / "llm_providers" / "responses.py"
    right = module.read_text("utf-8")
    module.write_text(right + lie + TOTAL_ONLY, "utf-8")
    try:
        verdict = checker.check("1.5")
    finally:
        module.write_text(right, "utf-8")
    assert verdict.status == "failed"
    assert_nothing_else_is_lost(checker)
