"""The parts of containment that need no bubblewrap: copies, doors, levels."""

import io
import os
import shutil
import socket
import threading

import pytest

from course.checking import bubblewrap
from course.checking.exchange import Folder
from course.checking.relay import Door
from course.checking.stage import Stage
from course.grading.contained import (
    LEVELS,
    ContainmentError,
    contained_checker,
    protection,
)


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    for name in ("llm_providers", "data", "tests", "solutions"):
        (folder / name).mkdir(parents=True)
        (folder / name / "module.py").write_text("x = 1\n")
    (folder / "progress.json").write_text("{}")
    return folder


@pytest.fixture
def stage(tmp_path):
    for name in ("stage", "kept"):
        (tmp_path / name).mkdir()
    return Stage(tmp_path / "stage", tmp_path / "kept", "/home")


def copied(stage, place, tmp_path):
    root = tmp_path / "stage" / place.name
    files = (path for path in root.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(root)) for path in files)


def test_only_the_package_and_its_data_are_copied(stage, workspace, tmp_path):
    place = stage.place(workspace)
    assert copied(stage, place, tmp_path) == [
        "data/module.py",
        "llm_providers/module.py",
    ]


def test_links_and_pipes_are_not_copied(stage, workspace, tmp_path):
    (workspace / "llm_providers" / "passwd").symlink_to("/etc/passwd")
    (workspace / "data" / "root").symlink_to("/")
    os.mkfifo(workspace / "data" / "pipe")
    assert len(copied(stage, stage.place(workspace), tmp_path)) == 2


def test_a_package_that_is_a_link_is_not_copied(stage, workspace, tmp_path):
    (workspace / "release").symlink_to("/etc")
    assert len(copied(stage, stage.place(workspace), tmp_path)) == 2


def test_a_second_copy_takes_what_changed_and_drops_what_is_gone(
    stage, workspace, tmp_path
):
    before = dict(stage.place(workspace).digests)
    module = workspace / "llm_providers" / "module.py"
    module.write_text("changed = True\n")
    (workspace / "data" / "module.py").unlink()
    place = stage.place(workspace)
    assert copied(stage, place, tmp_path) == ["llm_providers/module.py"]
    copy = tmp_path / "stage" / place.name / "llm_providers" / "module.py"
    assert copy.read_text() == "changed = True\n"
    name = "llm_providers/module.py"
    assert place.digests[name] != before[name]


def test_a_file_is_compiled_once_for_all_workspaces(
    stage, workspace, tmp_path
):
    asked, other = [], tmp_path / "other"

    def compiled(name):
        asked.append(name)
        return b"code"

    for folder in (workspace, workspace, shutil.copytree(workspace, other)):
        stage.keep_code(stage.place(folder), compiled)
    assert sorted(asked) == ["data/module.py", "llm_providers/module.py"]


def test_a_copy_has_the_code_of_its_own_modules_alone(
    stage, workspace, tmp_path
):
    def code_beside(place):
        folder = tmp_path / "stage" / place.code
        return {path.name for path in folder.iterdir()}

    other = shutil.copytree(workspace, tmp_path / "other")
    module = other / "llm_providers" / "module.py"
    for answer in ("first = 1\n", "second = 2\n"):
        module.write_text(answer)
        places = stage.place(workspace), stage.place(other)
        for place in places:
            stage.keep_code(place, str.encode)
            assert code_beside(place) == set(place.digests.values())
    assert code_beside(places[0]) != code_beside(places[1])


def test_a_workspace_of_too_many_files_is_refused(
    stage, workspace, monkeypatch
):
    monkeypatch.setattr("course.checking.stage.MOST_FILES", 1)
    with pytest.raises(OSError, match="too many files"):
        stage.place(workspace)


@pytest.fixture
def sides(tmp_path):
    """Give both sides of what is shared, and what takes changes over."""
    here = Folder(tmp_path / "here", set())
    there = Folder(tmp_path / "there")
    for top in ("test_a0", "test_b0"):
        (here.root / top).mkdir(parents=True)
    there.root.mkdir()

    def passed_on(giver, taker):
        file = io.BytesIO()
        giver.write_to(file)
        file.seek(0)
        taker.read_from(file, trusted=True)
        return file.getvalue()

    return here, there, passed_on


def test_a_folder_at_rest_is_not_looked_at_but_stays(sides):
    here, there, passed_on = sides
    here.share(["test_a0"])
    (here.root / "test_a0" / "text").write_text("first")
    passed_on(here, there)
    here.rest(["test_a0"])
    there.rest(["test_a0"])
    here.share(["test_b0"])
    (there.root / "test_a0" / "late").write_text("late")
    assert b"text" not in passed_on(here, there)
    assert b"late" not in passed_on(there, here)
    assert (there.root / "test_a0" / "text").read_text() == "first"


def test_a_folder_that_is_shared_again_takes_all_changes_along(sides):
    here, there, passed_on = sides
    here.share(["test_a0"])
    for name in ("changed", "gone", "same"):
        (here.root / "test_a0" / name).write_text(name)
    passed_on(here, there)
    here.rest(["test_a0"])
    there.rest(["test_a0"])
    (here.root / "test_a0" / "changed").write_text("since then")
    (here.root / "test_a0" / "gone").unlink()
    (there.root / "test_a0" / "made").write_text("there")
    assert here.share(["test_a0", "test_b0"]) == ["test_a0"]
    assert there.share(["test_a0"]) == ["test_a0"]
    assert b"same" not in passed_on(here, there)
    passed_on(there, here)
    found = {p.name: p.read_text() for p in (there.root / "test_a0").iterdir()}
    assert found == {
        "changed": "since then",
        "made": "there",
        "same": "same",
    }
    assert (here.root / "test_a0" / "made").read_text() == "there"


def test_a_door_passes_on_both_ways_and_ends_with_the_server():
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with server.accept()[0] as connection:
            connection.sendall(connection.recv(100).upper())

    threading.Thread(target=serve, daemon=True).start()
    address = server.getsockname()
    door = Door(lambda port: socket.create_connection(address))
    with socket.create_connection(("127.0.0.1", door.port)) as client:
        client.settimeout(5)
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
        assert client.recv(100) == b""
    door.close()
    server.close()


def test_a_door_to_nothing_closes_at_once():
    def nothing(port):
        raise OSError("nobody is there")

    door = Door(nothing)
    with socket.create_connection(("127.0.0.1", door.port)) as client:
        client.settimeout(5)
        assert client.recv(1) == b""
    door.close()


def test_each_level_says_what_it_does_not_protect_from(monkeypatch):
    monkeypatch.setattr(bubblewrap, "problem", lambda: "")
    names = {level: protection(level).name for level in LEVELS}
    assert names == {
        "best": "bubblewrap",
        "bubblewrap": "bubblewrap",
        "limits": "limits",
    }
    assert all(protection(level).does_not for level in LEVELS)


def test_without_bubblewrap_the_best_is_limits_and_says_why(monkeypatch):
    monkeypatch.setattr(bubblewrap, "problem", lambda: "It is not there.")
    found = protection()
    assert found.name == "limits"
    assert "It is not there." in str(found)
    assert "solutions" in " ".join(found.does_not)


def test_what_was_asked_for_and_is_not_there_is_an_error(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(bubblewrap, "problem", lambda: "It is not there.")
    with pytest.raises(ContainmentError, match="--containment limits"):
        contained_checker(tmp_path, "bubblewrap")
    with pytest.raises(ValueError, match="best"):
        protection("walls")
