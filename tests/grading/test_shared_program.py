"""One warm program for several judges: what they share, and what not."""

import contextlib
import os

import pytest

from course.checking import bubblewrap
from course.checking.containers import Containers
from course.checking.packages import remote_of
from course.checking.warm_rooms import SHARED_PROGRAM, shared_program

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.problem()), reason=bubblewrap.problem() or "none"
)

MODULE = """
import os

WHOSE = "{whose}"


def sockets():
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += "socket:" in os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass
    return found


def places():
    return [name for name in ("/stage", "/kit") if os.listdir(name)]
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Start a program for several judges; give what ends it."""
    folder = tmp_path_factory.mktemp("shared") / "program"
    with contextlib.ExitStack() as stack:
        os.environ[SHARED_PROGRAM] = stack.enter_context(
            shared_program(folder)
        )
        yield stack.close
        del os.environ[SHARED_PROGRAM]


@pytest.fixture(scope="module")
def judges(program, tmp_path_factory):
    """Give two judges, by the names of their folders."""
    made = {}
    for name in ("one", "other"):
        folder = tmp_path_factory.mktemp(name)
        made[folder] = Containers(folder)
        made[folder].start()
    yield made
    for judge in made.values():
        judge.close()


def asked(room, what):
    """Return what the module of a room's package says."""
    process = room.new_process()
    try:
        remote = remote_of(process, "It ended.")
        remote.ask("use", workspace=room.folder, kept=room.kept)
        found = getattr(remote.root("llm_providers").mine, what)
        return found() if callable(found) else found
    finally:
        process.end()


@pytest.fixture(scope="module")
def rooms(judges, tmp_path_factory):
    opened = {}
    for number, judge in enumerate(judges.values()):
        package = tmp_path_factory.mktemp("of") / "llm_providers"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "mine.py").write_text(MODULE.format(whose=number))
        opened[number] = judge.room(package.parent)
    yield opened
    for room in opened.values():
        room.close()


def test_judges_start_no_program_of_their_own(judges, rooms):
    assert [(folder / "stage").exists() for folder in judges] == [False] * 2


def test_each_room_has_the_workspace_of_its_own_judge(rooms):
    assert {n: asked(room, "WHOSE") for n, room in rooms.items()} == {
        0: "0",
        1: "1",
    }


def test_in_a_room_there_is_no_connection_but_its_judges(rooms):
    assert [asked(room, "sockets") for room in rooms.values()] == [1, 1]


def test_in_a_room_nothing_is_seen_of_another_judges(rooms):
    assert [asked(room, "places") for room in rooms.values()] == [[], []]


def test_the_rooms_of_a_judge_end_when_it_leaves_and_no_other_does(
    judges, rooms
):
    first, _ = judges.values()
    first.close()
    assert not rooms[0].alive()
    assert rooms[1].alive()


def test_a_judge_that_loses_the_program_starts_its_own(program, judges, rooms):
    program()
    assert not rooms[1].alive()
    folder, judge = list(judges.items())[1]
    room = judge.empty_room()
    assert room.alive()
    assert (folder / "stage").exists()
    room.close()
