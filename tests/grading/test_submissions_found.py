"""Who handed something in, and what of it is read."""

import os
import stat
import zipfile
from pathlib import PurePosixPath

import pytest

from course.grading.collected import (
    LARGEST_FILE,
    LARGEST_SUBMISSION,
    MOST_FILES,
    collect,
)
from course.grading.submissions import NoSubmissionsError, find


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def places(collected):
    return [str(place) for place in collected.files]


def test_a_learner_is_called_as_the_folder_zip_or_notebook(tmp_path):
    (tmp_path / "ada").mkdir()
    zipped(tmp_path / "bela.zip", [])
    (tmp_path / "chen.ipynb").write_text("{}")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "marks.csv").write_text("")
    assert [each.learner for each in find(tmp_path)] == ["ada", "bela", "chen"]


def test_two_of_one_name_are_told_apart(tmp_path):
    (tmp_path / "ada").mkdir()
    zipped(tmp_path / "ada.zip", [])
    assert [s.learner for s in find(tmp_path)] == ["ada", "ada.zip"]


def test_a_learner_s_own_folder_is_no_class(tmp_path):
    (tmp_path / "phase_1_environment_and_setup.ipynb").write_text("{}")
    with pytest.raises(NoSubmissionsError, match="one learner's own folder"):
        find(tmp_path)


def test_a_folder_without_submissions_is_said_to_be_one(tmp_path):
    with pytest.raises(NoSubmissionsError, match="Nobody"):
        find(tmp_path)


def test_notebooks_and_modules_are_read_wherever_they_lie(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.ipynb").write_text("{}")
    (tmp_path / "deep" / "b.py").write_text("")
    (tmp_path / "deep" / "c.png").write_text("")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a.ipynb").write_text("{}")
    zipped(tmp_path / "more.zip", [("workspace/d.py", "")])
    found = collect(tmp_path)
    assert sorted(places(found)) == [
        "deep/b.py",
        "deep/er/a.ipynb",
        "workspace/d.py",
    ]
    assert found.problems == []


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("key")
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "a.py").symlink_to(secret)
    (folder / "all").symlink_to(tmp_path)
    found = collect(folder)
    assert found.files == {}
    assert sorted(found.problems) == [
        "a.py was not read: it is a link.",
        "all was not read: it is a link.",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX files")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.ipynb")
    found = collect(tmp_path)
    assert "no ordinary file" in found.problems[0]


@pytest.mark.parametrize(
    "name",
    ["../evil.py", "/etc/evil.py", "a/../../evil.py", "C:\\evil.py"],
)
def test_names_that_lead_out_of_a_zip_are_refused(tmp_path, name):
    found = collect(zipped(tmp_path / "a.zip", [(name, "x"), ("b.py", "y")]))
    assert places(found) == ["b.py"]
    assert "leads out of the archive" in found.problems[0]


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("a.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = collect(zipped(tmp_path / "a.zip", [(link, "/etc/passwd")]))
    assert found.files == {}
    assert "it is a link" in found.problems[0]


def test_what_unpacks_to_far_more_than_it_holds_is_refused(tmp_path):
    bomb = bytes(LARGEST_FILE)
    found = collect(zipped(tmp_path / "a.zip", [("a.py", bomb)]))
    assert found.files == {}
    assert "far more than it holds" in found.problems[0]


def test_a_zip_that_lies_about_its_sizes_is_not_believed(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.py", bytes(LARGEST_FILE + 1))])
    data = path.read_bytes()
    real = (LARGEST_FILE + 1).to_bytes(4, "little")
    path.write_bytes(data.replace(real, (100).to_bytes(4, "little")))
    found = collect(path)
    assert sum(map(len, found.files.values())) <= 100


def test_all_files_together_have_a_limit(tmp_path):
    part = os.urandom(9 * 1024**2)
    entries = [(f"{number}.py", part) for number in range(6)]
    found = collect(zipped(tmp_path / "a.zip", entries))
    assert sum(map(len, found.files.values())) <= LARGEST_SUBMISSION
    assert found.problems


def test_the_number_of_files_has_a_limit(tmp_path):
    entries = [(f"{number}.py", "") for number in range(MOST_FILES + 5)]
    found = collect(zipped(tmp_path / "a.zip", entries))
    assert len(found.files) == MOST_FILES
    assert "more than 2,000 files" in found.problems[0]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04no zip", b"\0" * 100])
def test_what_is_no_zip_is_said_to_be_none(tmp_path, data):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    found = collect(path)
    assert "it is no zip" in found.problems[0]


def test_archives_of_other_kinds_and_within_are_refused(tmp_path):
    inner = zipped(tmp_path / "inner.zip", []).read_bytes()
    folder = tmp_path / "ada"
    folder.mkdir()
    zipped(folder / "a.zip", [("inner.zip", inner)])
    (folder / "b.tar.gz").write_bytes(b"")
    problems = " ".join(collect(folder).problems)
    assert "an archive within an archive" in problems
    assert "only zip archives are opened" in problems


def test_the_digest_tells_contents_apart(tmp_path):
    one = zipped(tmp_path / "1.zip", [("a.py", "b"), ("c.py", "")])
    other = zipped(tmp_path / "2.zip", [("a.py", ""), ("c.py", "b")])
    again = zipped(tmp_path / "3.zip", [("c.py", ""), ("a.py", "b")])
    digests = [collect(path).digest() for path in (one, other, again)]
    assert digests[0] == digests[2] != digests[1]
    assert places(collect(one)) == [str(PurePosixPath("a.py")), "c.py"]


def test_a_locked_folder_hides_itself_alone(tmp_path, monkeypatch):
    for name in ("a_locked", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.ipynb").write_text("{}")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("a_locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = collect(tmp_path)
    assert places(found) == ["open/a.ipynb"]
    assert found.problems == ["a_locked was not read: Permission denied."]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_one_name_twice_in_a_zip_the_last_counts(tmp_path):
    entries = [("a.ipynb", "{}"), ("a.ipynb", '{"cells": []}')]
    found = collect(zipped(tmp_path / "ada.zip", entries))
    assert list(found.files.values()) == [b'{"cells": []}']
