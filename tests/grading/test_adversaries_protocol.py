"""What a hostile process may say, and what the judge makes of it."""

import io
import json
import socket
import threading

import pytest

from course.checking.channel import Channel
from course.checking.connection import Connection, FaultError
from course.checking.exchange import Folder
from course.checking.remote import Remote


@pytest.fixture
def told():
    """Let a process reply in this way to whatever it is asked."""
    open_ends = []

    def told(**said):
        ours, theirs = socket.socketpair()
        open_ends.extend((ours, theirs))

        def serve():
            asked = Channel(theirs).receive()
            reply = {"id": asked["id"], "lane": asked["lane"], **said}
            body = json.dumps(reply).encode()
            theirs.sendall(len(body).to_bytes(4, "big") + body)

        threading.Thread(target=serve, daemon=True).start()
        fault = FaultError("ended", "It ended.")
        return Remote(
            lambda answer: Connection(
                Channel(ours), answer, lambda: fault, lambda: None
            ),
            [],
        )

    yield told
    for end in open_ends:
        end.close()


def error(kind, *bases):
    return {
        "$": "error", "h": 1, "type": kind, "args": [], "text": "",
        "error": [[kind, list(bases)]], "f": {}, "cause": None,
        "context": None, "quiet": False, "notes": [],
    }


@pytest.mark.parametrize(
    "kind", ["KeyboardInterrupt", "SystemExit", "GeneratorExit"]
)
def test_the_judge_does_not_end_because_it_is_told_to(told, kind):
    remote = told(raised=error(f"builtins:{kind}"))
    with pytest.raises(FaultError) as caught:
        remote.package.errors  # noqa: B018
    assert caught.value.status == "ended"


@pytest.mark.parametrize(
    "kind",
    ["unittest.case:SkipTest", "_pytest.outcomes:Skipped",
     "course.checking.connection:FaultError"],
)
def test_an_exception_of_the_judge_s_own_is_only_a_namesake(told, kind):
    remote = told(raised=error(kind, "builtins:Exception"))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        remote.package.errors  # noqa: B018
    module = type(caught.value).__mro__[1].__module__
    assert module.startswith("course.checking.remote_errors")
    assert not isinstance(caught.value, FaultError)


@pytest.mark.parametrize(
    "value",
    [
        {"$": "class", "type": "os:system"},
        {"$": "record", "type": "subprocess:Popen", "f": {"args": "id"}},
        {"$": "namedtuple", "t": "x=1)or exec('1')#", "f": [], "v": []},
        {"$": "namedtuple", "t": "A", "f": ["__class__"], "v": [1]},
        {"$": "callback", "n": 1, "name": "x"},
        {"$": "yours", "n": 99},
        {"$": "object", "h": 1},
        {"$": "whole", "v": "not a number"},
        {"$": "nothing that is known"},
    ],
)
def test_a_value_of_another_shape_is_a_fault_and_runs_nothing(told, value):
    with pytest.raises(FaultError) as caught:
        told(ok=value).package.errors  # noqa: B018
    assert caught.value.status == "ended"


def test_what_says_it_equals_all_is_compared_here(told):
    value = {
        "$": "object", "h": 1, "type": "m:A", "mro": ["m:A"], "eq": "own",
        "can": ["bool", "contains", "lt", "gt", "hash"],
    }
    found = told(ok=value).package.errors
    for expected in (1, "text", None, [1], {"a": 1}, True):
        assert not found == expected
        assert found != expected


def test_texts_of_a_process_are_cut(told):
    where = {"file": "f" * 9_999, "line": "no", "text": ["t"] * 9_999}
    remote = told(unreadable="x" * 9_999, where=where, blanks=["9" * 9_999])
    with pytest.raises(FaultError) as caught:
        remote.package.errors  # noqa: B018
    assert len(caught.value.message) < 300
    assert [len(blank) for blank in remote.blanks] == [20]


def test_a_frame_of_too_many_parts_is_not_even_read(told):
    remote = told(ok=[0] * 3_100_000)
    with pytest.raises(FaultError):
        remote.package.errors  # noqa: B018


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    settings = tmp_path / "repository" / ".git" / "config"
    settings.write_text("the test's")
    return Folder(tmp_path)


def sent(*rows, gone=()):
    file = io.BytesIO()
    for name, content in rows:
        row = {"name": name, "size": len(content), "run": False}
        file.write(json.dumps(row).encode() + b"\n" + content)
    file.write(json.dumps({"gone": list(gone)}).encode() + b"\n")
    file.seek(0)
    return file


@pytest.mark.parametrize(
    "name",
    [
        "../outside", "/etc/outside", "a/../../outside", "a\0b", "", "a//b",
        "repository/.git/config", "repository/.git/hooks/post-merge",
        "repository/.GIT/config", "repository/.git/info/attributes",
        "repository/.git/objects/info/alternates", "other/.git",
        "repository/.git/worktrees/a/config", "repository/.git/commondir",
    ],
)
def test_a_file_that_could_harm_does_not_come_back(folder, name):
    before = sorted(folder.root.parent.rglob("*"))
    folder.read_from(sent((name, b"evil")), trusted=False)
    assert sorted(folder.root.parent.rglob("*")) == before
    settings = folder.root / "repository" / ".git" / "config"
    assert settings.read_text() == "the test's"


def test_settings_cannot_be_removed_but_other_files_can(folder):
    (folder.root / "repository" / "notes").write_text("x")
    names = ["repository/.git/config", "repository/notes", "../any"]
    folder.read_from(sent(gone=names), trusted=False)
    assert (folder.root / "repository" / ".git" / "config").exists()
    assert not (folder.root / "repository" / "notes").exists()


def test_a_link_is_neither_sent_nor_followed(folder, tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    file = io.BytesIO()
    folder.write_to(file)
    assert b"link" not in file.getvalue()
    assert b"root:" not in file.getvalue()


def test_files_are_only_as_many_and_as_large_as_allowed(folder):
    row = json.dumps({"name": "big", "size": 10**12, "run": False})
    with pytest.raises(OSError, match="too large"):
        folder.read_from(io.BytesIO(row.encode() + b"\n"), trusted=False)


def test_what_was_changed_comes_back(folder):
    folder.read_from(sent(("repository/a/b.txt", b"new")), trusted=False)
    assert (folder.root / "repository/a/b.txt").read_bytes() == b"new"
