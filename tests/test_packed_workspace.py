"""A workspace goes into one file and comes out of it, and nothing is lost."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from small_kit import make_kit

from course.kit import Kit
from course.problems import CommandError
from course.workspace import commands, packing
from course.workspace.packed import (
    PackedError,
    files_of,
    pack,
    read_packed,
    unpack,
)
from course.workspace.workspace import Workspace

CELL = '@exercise("1.1")\ndef count_words(text):\n    return {}\n'


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return make_kit(tmp_path / "kit")


@pytest.fixture
def workspace(kit: Kit) -> Workspace:
    made = Workspace(kit.root / "workspace", kit)
    made.ensure()
    return made


@pytest.fixture
def elsewhere(kit: Kit, tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "another machine" / "workspace", kit)


def words(workspace: Workspace) -> str:
    return (workspace.folder / "llm_providers" / "words.py").read_text()


def zipped(**files: str) -> bytes:
    """Return a zip file; `__` in a name stands for a slash."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/"), text)
    return sink.getvalue()


def renamed(name: str, kind: int = stat.S_IFREG) -> bytes:
    """Return a packed workspace with one more member of this name."""
    sink = io.BytesIO(zipped(llm_providers__words="x"))
    with zipfile.ZipFile(sink, "a") as packed:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        info.external_attr = (kind | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    return sink.getvalue()


def test_what_was_packed_goes_on_elsewhere(
    workspace: Workspace, elsewhere: Workspace
) -> None:
    workspace.save("1.1", CELL)
    workspace.record("1.1", "passed")
    workspace.save("1.1", CELL.replace("{}", "{1: 1}"))
    assert unpack(elsewhere.folder, pack(workspace.folder)) is None
    assert files_of(elsewhere.folder) == files_of(workspace.folder)
    assert elsewhere.ensure() == []
    assert elsewhere.standings()[0].state == "changed"


def test_the_same_workspace_makes_the_same_file(workspace: Workspace) -> None:
    assert pack(workspace.folder) == pack(workspace.folder)


def test_what_was_here_is_kept_with_both_histories(
    workspace: Workspace, elsewhere: Workspace
) -> None:
    elsewhere.ensure()
    for text in ("{3: 3}", "{4: 4}"):
        elsewhere.save("1.1", CELL.replace("{}", text))
    mine = words(elsewhere)
    for text in ("{1: 1}", "{2: 2}"):
        workspace.save("1.1", CELL.replace("{}", text))
    (elsewhere.folder / "notes.md").write_text("my notes")
    for _ in range(2):
        kept = unpack(elsewhere.folder, pack(workspace.folder))
    assert words(elsewhere) == words(workspace)
    assert not (elsewhere.folder / "notes.md").exists()
    copies = sorted((elsewhere.folder / "history" / "1.1").iterdir())
    assert len(copies) == 2
    assert "{3: 3}" in copies[0].read_text()
    assert "{1: 1}" in copies[1].read_text()
    assert kept and kept.name == "002.zip"
    before = read_packed(kept.with_name("001.zip").read_bytes())
    assert before["notes.md"] == b"my notes"
    assert before["llm_providers/words.py"].decode() == mine


@pytest.mark.parametrize(
    "name",
    ["../out.py", "/out.py", "a/../../out.py", "C:/out.py", "a\\..\\out.py"],
)
def test_a_name_that_leads_out_is_refused(
    workspace: Workspace, name: str
) -> None:
    before = files_of(workspace.folder)
    with pytest.raises(PackedError, match="leads out of the workspace"):
        unpack(workspace.folder, renamed(name))
    assert files_of(workspace.folder) == before


def test_a_symbolic_link_is_refused(workspace: Workspace) -> None:
    with pytest.raises(PackedError, match="no plain file"):
        unpack(workspace.folder, renamed("tests/link", stat.S_IFLNK))


def test_too_much_is_refused_whatever_the_file_says_of_itself(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course.workspace.packed.MOST_BYTES", 1_000)
    with pytest.raises(PackedError, match="more than 1000 bytes"):
        unpack(workspace.folder, zipped(llm_providers__a="x" * 2_000))
    monkeypatch.setattr("course.workspace.packed.MOST_FILES", 1)
    with pytest.raises(PackedError, match="more than 1 files"):
        unpack(workspace.folder, zipped(a="", b=""))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no zip file", "no packed workspace"),
        (zipped(notes="x"), "no llm_providers in it"),
        (
            zipped(llm_providers__a="", **{"progress.json": "{"}),
            "progress.json is damaged",
        ),
    ],
)
def test_what_is_no_workspace_is_refused(
    workspace: Workspace, data: bytes, reason: str
) -> None:
    with pytest.raises(PackedError, match=reason):
        unpack(workspace.folder, data)


def test_the_commands_write_a_file_once_and_take_it_up_again(
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(commands, "Kit", lambda: workspace.kit)
    monkeypatch.delenv("COURSE_WORKSPACE", raising=False)
    workspace.save("1.1", CELL)
    file = tmp_path / "my-course.zip"
    assert packing.pack([str(file)]) == 0
    with pytest.raises(CommandError, match="is there already"):
        packing.pack([str(file)])
    workspace.reset()
    assert packing.unpack([str(file)]) == 0
    said = capsys.readouterr().out
    assert "unpack my-course.zip" in said
    assert "kept in workspace/history/workspace/001.zip" in said
    assert "saved, not checked" in said
    with pytest.raises(CommandError, match="There is no file"):
        packing.unpack([str(tmp_path / "nothing.zip")])
    file.write_bytes(b"")
    with pytest.raises(CommandError, match="Your workspace is as it was"):
        packing.unpack([str(file)])
