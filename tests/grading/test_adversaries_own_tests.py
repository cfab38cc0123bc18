"""Files of tests that cheat, contained: they are not told what they run on."""

import itertools
from pathlib import Path

import pytest

from course.building.lessons import load_exercises
from course.checking import bubblewrap
from course.checking.connection import FaultError
from course.checking.containers import Containers
from course.checking.own_tests import OwnTests
from course.checking.packages import load_mutants, remote_of

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "course" / "answers" / "1.8.yaml"
NUMBERS = itertools.count()

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.problem()), reason=bubblewrap.problem() or "none"
)

BY_NAME = """
import gc
def test_by_name(llm):
    for found in gc.get_objects():
        if type(found) is dict and "name" in found and "peer" in found:
            assert found["name"] == ""
"""
BY_RESULT = """
import gc, json, socket
NAMES = %s
def test_by_result(llm):
    row = {"collected": ["t"], "passed": [], "failed": ["t"], "empty": [],
           "unwritten": [], "output": ""}
    right = {**row, "passed": ["t"], "failed": []}
    rows = {"": right, **dict.fromkeys(NAMES, row)}
    for number in range(200):
        frame = {"id": number, "lane": 0, "blanks": [],
                 "ok": {"results": rows, "result": right, "problem": ""}}
        body = json.dumps(frame).encode()
        for found in gc.get_objects():
            if isinstance(found, socket.socket):
                try:
                    found.send(len(body).to_bytes(4, "big") + body)
                except OSError:
                    pass
"""
BY_SOURCE = """
def test_by_source(llm):
    module = llm.openai_agent
    reached = []
    for name in ("os", "sys", "__builtins__", "__spec__", "__loader__"):
        try:
            reached.append(getattr(module, name))
        except AttributeError:
            pass
    agent = module.OpenAIAgent
    for name in ("__globals__", "__subclasses__", "_call", "__code__"):
        try:
            reached.append(getattr(agent, name))
        except AttributeError:
            pass
    assert not reached, reached
"""
BY_FRAMES = """
def test_by_frames(llm):
    link = object.__getattribute__(llm, "_remote")
    def ask(**fields):
        return link.connection.request(fields)
    agent = "llm_providers.openai_agent"
    tries = [
        dict(op="get", module=agent, name="__builtins__"),
        dict(op="get", module=agent, name="__file__"),
        dict(op="get", module="os", name="system"),
        dict(op="get", module="llm_providers.retry", name="time"),
        dict(op="use", workspace="/", kept="/tmp"),
        dict(op="suite", order={}),
        dict(op="changed"), dict(op="serve", options=[[], {}]),
        dict(op="replace", module="agent", text="", workspace="/", kept="/"),
    ]
    kinds = ["os:system", "subprocess:Popen", "builtins:eval",
             "builtins:open", "llm_providers.settings:os"]
    errors = "llm_providers.errors"
    reply = ask(op="get", module=errors, name="error_class_for")
    assert "ok" in reply, reply
    made = reply["ok"]
    for kind in kinds:
        tries += [
            dict(op="call", h=made["h"], kwargs={},
                 args=[{"$": "class", "type": kind}]),
            dict(op="call", h=made["h"], kwargs={},
                 args=[{"$": "record", "type": kind, "f": {"args": "id"}}]),
            dict(op="call", h=made["h"], kwargs={},
                 args=[{"$": "error", "error": [[kind, []]],
                        "args": ["id"], "n": 1}]),
        ]
    told = [ask(**fields) for fields in tries]
    assert all("ok" not in reply for reply in told), told
"""
BY_CHANCE = """
import random
def test_by_chance(llm):
    assert random.random() < 0.5
"""
BY_TIME = """
import os, pathlib, time
def test_by_time(llm):
    left = pathlib.Path("/scratch/seen"), pathlib.Path("/dev/shm/seen")
    before = any(place.exists() for place in left)
    for place in left:
        place.touch()
    assert not before and os.getpid() < 10
"""
BY_EXIT = """
import os
def test_by_exit(llm):
    os._exit(0)
"""
BY_LOOP = """
def test_by_loop(llm):
    while True:
        pass
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    made = Containers(tmp_path_factory.mktemp("contained"))
    made.start()
    yield made
    made.close()


@pytest.fixture
def outcome(source, tmp_path):
    """Run a file of tests; give what it says of each package."""

    def run(text):
        file = tmp_path / "test_openai_agent.py"
        file.write_text(text)
        temporary = tmp_path / f"own{next(NUMBERS)}"
        tests = OwnTests(file, ANSWERS, ROOT, source, temporary, [])
        mutants = [mutant.name for mutant in load_mutants(ANSWERS)]
        right = tests.run()
        caught = [name for name in mutants if tests.run(name).failed]
        return right, caught, mutants

    return run


def has_full_marks(right, caught, mutants):
    return bool(right.passed) and not right.failed and caught == mutants


def test_the_solution_has_full_marks(outcome):
    assert has_full_marks(*outcome(load_exercises()["1.8"].solution))


@pytest.mark.parametrize("text", [BY_NAME, BY_SOURCE, BY_FRAMES, BY_TIME])
def test_who_looks_for_the_answer_finds_none(outcome, text):
    right, caught, _ = outcome(text)
    assert right.passed and not right.failed, right.output
    assert caught == []


def test_results_cannot_be_written(outcome):
    names = [mutant.name for mutant in load_mutants(ANSWERS)]
    try:
        assert not has_full_marks(*outcome(BY_RESULT % names))
    except FaultError as fault:
        assert fault.status == "ended"


def test_who_guesses_has_to_guess_too_much(outcome):
    luck = [has_full_marks(*outcome(BY_CHANCE)) for _ in range(3)]
    assert not all(luck)


@pytest.mark.parametrize("text", [BY_EXIT, BY_LOOP])
def test_tests_that_do_not_end_are_a_fault(outcome, text):
    with pytest.raises(FaultError):
        outcome(text)


def test_a_pipe_in_the_place_of_the_file_holds_nobody_up(source, tmp_path):
    import os

    file = tmp_path / "test_openai_agent.py"
    os.mkfifo(file)
    tests = OwnTests(file, ANSWERS, ROOT, source, tmp_path / "own", [])
    with pytest.raises(FaultError) as caught:
        tests.run()
    assert caught.value.status == "not_started"


def test_what_tests_expect_is_counted_and_told_in_rooms_too(outcome):
    right, *_ = outcome(
        "def test_something(llm):\n    assert llm.errors\n"
        "def test_nothing(llm):\n    llm.errors\n"
    )
    assert right.passed == ["test_something", "test_nothing"]
    assert right.empty == ["test_nothing"]
    right, *_ = outcome("def test_wrong():\n    assert len([1]) == 2\n")
    assert "assert 1 == 2" in right.output


@pytest.mark.parametrize("text", ["def test_(:\n", f"x = {'-' * 90_000}1\n"])
def test_a_file_that_nobody_can_read_is_a_fault(outcome, text):
    with pytest.raises(FaultError) as caught:
        outcome(text)
    assert caught.value.status == "import_error"


LEAVING = {
    "exit": "import pytest\ndef test_(llm):\n    pytest.exit('enough')\n",
    "skip": "import pytest\ndef test_(llm):\n    pytest.skip('no')\n",
    "system": "raise SystemExit\ndef test_(llm):\n    assert llm\n",
}


@pytest.mark.parametrize("how", LEAVING)
def test_who_leaves_before_the_end_has_passed_nothing(outcome, how):
    right, caught, _ = outcome(LEAVING[how])
    assert right.passed == caught == []


def test_nothing_of_pytest_is_left_where_answers_run(source, tmp_path):
    package = tmp_path / "llm_providers"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import os, sys\n\n\ndef left():\n"
        "    kinds = [type(finder).__name__ for finder in sys.meta_path]\n"
        "    names = [name for name in os.environ if 'PYTEST' in name]\n"
        "    return names + [kind for kind in kinds if 'Rewrit' in kind]\n"
    )
    room = source.room(tmp_path)
    process = room.new_process()
    remote = remote_of(process, "It ended.")
    remote.ask("use", workspace=room.folder, kept=room.kept)
    assert remote.root("llm_providers").left() == []
    process.end()
    room.close()
