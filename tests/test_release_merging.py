"""Merging a branch into main, where the changelog is in conflict."""

import hashlib
import os
import struct
import subprocess
import zlib
from asyncio import CancelledError
from contextlib import suppress

import pytest

WHO = "test <test@localhost> 1700000000 +0000"
LOG = """# Changelog

## 0.2.0

- Oldest.
"""


def git(folder, *words):
    """Run git as a test does: as one person, with nobody's settings."""
    environ = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


class Objects:
    """What git keeps of a repository, written without starting git."""

    def __init__(self, folder):
        self.folder = folder / ".git"
        for name in ("objects", "refs/heads"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "HEAD").write_text("ref: refs/heads/main\n")
        (self.folder / "config").write_text("[core]\n\tbare = false\n")

    def add(self, kind, content):
        """Keep an object; return its id."""
        whole = f"{kind} {len(content)}\0".encode() + content
        name = hashlib.sha1(whole).hexdigest()
        path = self.folder / "objects" / name[:2] / name[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(whole))
        return name

    def commit(self, branch, files, parent=""):
        """Let a branch begin with these files; return the commit's id."""
        rows = [
            f"100644 {name}\0".encode()
            + bytes.fromhex(self.add("blob", text.encode()))
            for name, text in sorted(files.items())
            if text is not None
        ]
        lines = [f"tree {self.add('tree', b''.join(rows))}"]
        lines += [f"parent {parent}"] if parent else []
        lines += [f"{role} {WHO}" for role in ("author", "committer")]
        text = "\n".join([*lines, "", f"Begin {branch}", ""])
        made = self.add("commit", text.encode())
        (self.folder / "refs/heads" / branch).write_text(f"{made}\n")
        return made

    def check_out(self, files):
        """Put a commit's files there, and into git's index."""
        rows = []
        for name, text in sorted(files.items()):
            (self.folder.parent / name).write_text(text)
            # Times and sizes of nothing: git then looks at the content.
            row = struct.pack(">10I", *(0,) * 6, 0o100644, 0, 0, 0)
            row += bytes.fromhex(self.add("blob", text.encode()))
            row += struct.pack(">H", len(name)) + name.encode() + b"\0"
            rows.append(row + b"\0" * (-len(row) % 8))
        index = struct.pack(">4sII", b"DIRC", 2, len(rows)) + b"".join(rows)
        index += hashlib.sha1(index).digest()
        (self.folder / "index").write_bytes(index)


@pytest.fixture
def repository(tmp_path):
    """Make a repository whose main and branch have changed these files."""

    def make(main, branch):
        folder = tmp_path / "repository"
        base = {"CHANGELOG.md": LOG, "code.py": "x = 1\n"}
        objects = Objects(folder)
        first = objects.commit("main", base)
        objects.commit("topic", base | branch, first)
        if main:
            objects.commit("main", base | main, first)
        objects.check_out(base | main)
        return folder

    return make


def entry(*entries):
    """The changelog with entries above the oldest one."""
    lines = "".join(f"- {one}\n" for one in entries)
    return {"CHANGELOG.md": LOG.replace("- Oldest", lines + "- Oldest")}


def head(folder):
    """The commit that main is at."""
    return (folder / ".git/refs/heads/main").read_text().strip()


def changes(folder):
    """What git status tells: one line a file that is not as committed."""
    return git(folder, "status", "--porcelain").splitlines()


def parents(folder):
    """The parents of main's last commit."""
    name = head(folder)
    path = folder / ".git/objects" / name[:2] / name[2:]
    rows = zlib.decompress(path.read_bytes()).decode().splitlines()
    return [row.split()[1] for row in rows if row.startswith("parent ")]


@pytest.mark.exercise("5.6")
def test_a_branch_without_conflict_is_merged(release, repository):
    folder = repository({"a.py": "a = 1\n"}, {"b.py": "b = 1\n"})
    release.merging.merge(folder, "topic")
    assert (folder / "a.py").read_text() == "a = 1\n"
    assert (folder / "b.py").read_text() == "b = 1\n"


@pytest.mark.exercise("5.6")
def test_a_branch_that_is_simply_ahead_gets_a_commit_of_its_own(
    release, repository
):
    folder = repository({}, {"b.py": "b = 1\n"})
    topic = (folder / ".git/refs/heads/topic").read_text().strip()
    found = release.merging.merge(folder, "topic")
    assert head(folder) != topic
    assert len(parents(folder)) == 2
    assert found == head(folder)


@pytest.mark.exercise("5.6")
def test_both_sides_entries_in_the_changelog_are_kept_ours_first(
    release, repository
):
    folder = repository(entry("Ours."), entry("Theirs."))
    release.merging.merge(folder, "topic")
    text = (folder / "CHANGELOG.md").read_text()
    assert text == entry("Ours.", "Theirs.")["CHANGELOG.md"]


@pytest.mark.exercise("5.6")
def test_a_merge_with_a_conflict_is_a_commit_with_both_parents(
    release, repository
):
    folder = repository(entry("Ours."), entry("Theirs."))
    ours, theirs = head(folder), folder / ".git/refs/heads/topic"
    found = release.merging.merge(folder, "topic")
    assert parents(folder) == [ours, theirs.read_text().strip()]
    assert found == head(folder)
    assert changes(folder) == []


@pytest.mark.exercise("5.6")
def test_a_file_that_git_was_never_told_of_is_not_committed(
    release, repository
):
    folder = repository(entry("Ours."), entry("Theirs."))
    (folder / ".env").write_text("KEY=1\n")
    release.merging.merge(folder, "topic")
    assert changes(folder) == ["?? .env"]


@pytest.mark.exercise("5.6")
def test_an_entry_of_both_sides_stands_there_once(release, repository):
    folder = repository(
        entry("Ours.", "The same,\n  on two lines."),
        entry("The same,\n  on two lines.", "Theirs."),
    )
    release.merging.merge(folder, "topic")
    text = (folder / "CHANGELOG.md").read_text()
    assert text.count("The same,\n  on two lines.") == 1
    assert "- Ours.\n" in text
    assert "- Theirs.\n" in text
    assert "<<<<" not in text
    assert ">>>>" not in text


@pytest.mark.exercise("5.6")
def test_a_conflict_in_code_is_an_error_that_names_the_file(
    release, repository
):
    folder = repository({"code.py": "x = 2\n"}, {"code.py": "x = 3\n"})
    with pytest.raises(release.merging.MergeError) as error:
        release.merging.merge(folder, "topic")
    assert tuple(error.value.files) == ("code.py",)


@pytest.mark.exercise("5.6")
def test_after_a_conflict_in_code_the_repository_is_as_before(
    release, repository
):
    folder = repository(
        entry("Ours.") | {"code.py": "x = 2\n"},
        entry("Theirs.") | {"code.py": "x = 3\n"},
    )
    before = head(folder)
    with pytest.raises(release.merging.MergeError) as error:
        release.merging.merge(folder, "topic")
    assert "code.py" in error.value.files
    assert head(folder) == before
    assert changes(folder) == []
    assert (folder / "code.py").read_text() == "x = 2\n"


@pytest.mark.exercise("5.6")
def test_a_branch_that_is_not_there_is_an_error(release, repository):
    folder = repository({}, {"b.py": "b = 1\n"})
    before = head(folder)
    with pytest.raises(release.merging.MergeError) as error:
        release.merging.merge(folder, "no-such-branch")
    assert "to abort" not in str(error.value)
    assert head(folder) == before
    assert changes(folder) == []


@pytest.mark.exercise("5.6")
def test_another_branch_than_main_takes_no_merge(release, repository):
    folder = repository({}, {"b.py": "b = 1\n"})
    (folder / ".git/refs/heads/elsewhere").write_text(head(folder))
    (folder / ".git/HEAD").write_text("ref: refs/heads/elsewhere\n")
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")


@pytest.mark.exercise("5.6")
def test_what_is_not_committed_is_left_alone(release, repository):
    folder = repository(entry("Ours."), entry("Theirs."))
    (folder / "code.py").write_text("x = 9\n")
    before = head(folder)
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert head(folder) == before
    assert changes(folder) == [" M code.py"]
    assert (folder / "code.py").read_text() == "x = 9\n"


def test_a_changelog_that_one_side_deleted_is_no_case_for_both(
    release, repository
):
    folder = repository(entry("Ours."), {"CHANGELOG.md": None})
    before = head(folder)
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert head(folder) == before
    assert changes(folder) == []


@pytest.mark.exercise("5.6")
def test_a_commit_that_a_hook_refuses_leaves_nothing_behind(
    release, repository
):
    folder = repository(entry("Ours."), entry("Theirs."))
    before = head(folder)
    for name in ("pre-commit", "pre-merge-commit"):
        hook = folder / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert head(folder) == before
    assert changes(folder) == []


@pytest.mark.exercise("5.6")
@pytest.mark.parametrize("error", [OSError, CancelledError])
def test_whatever_is_raised_while_the_conflict_is_solved_is_taken_back(
    release, repository, monkeypatch, error
):
    def fail(changelog):
        raise error("in the middle")

    monkeypatch.setattr(release.merging, "keep_both_sides", fail)
    folder = repository(entry("Ours."), entry("Theirs."))
    # Who solves the conflict in another way has nothing to take back.
    with suppress(error, release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert changes(folder) == []


@pytest.mark.exercise("5.6")
def test_a_branch_that_is_merged_already_leaves_main_where_it_is(
    release, repository
):
    folder = repository({"a.py": "a = 1\n"}, {"b.py": "b = 1\n"})
    merged = release.merging.merge(folder, "topic")
    assert release.merging.merge(folder, "topic") == merged
    assert head(folder) == merged


@pytest.mark.exercise("5.6")
def test_files_that_git_was_never_told_of_outlive_a_merge_taken_back(
    release, repository
):
    folder = repository({"code.py": "x = 2\n"}, {"code.py": "x = 3\n"})
    (folder / "notes").mkdir()
    for name in ("todo.txt", "notes/ideas.txt"):
        (folder / name).write_text(f"My own {name}.\n")
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert (folder / "code.py").read_text() == "x = 2\n"
    for name in ("todo.txt", "notes/ideas.txt"):
        assert (folder / name).is_file()
        assert (folder / name).read_text() == f"My own {name}.\n"


@pytest.mark.exercise("5.6")
def test_a_merge_that_somebody_is_just_solving_is_left_alone(
    release, repository
):
    folder = repository({"code.py": "x = 2\n"}, {"code.py": "x = 3\n"})
    with suppress(subprocess.CalledProcessError):
        git(folder, "merge", "topic")
    (folder / "code.py").write_text("x = 5  # solved by hand\n")
    with pytest.raises(release.merging.MergeError):
        release.merging.merge(folder, "topic")
    assert (folder / "code.py").read_text() == "x = 5  # solved by hand\n"
    assert (folder / ".git/MERGE_HEAD").is_file()


def test_an_interrupted_merge_raises_what_interrupted_it(
    release, repository, monkeypatch
):
    def fail(changelog):
        raise KeyboardInterrupt

    monkeypatch.setattr(release.merging, "keep_both_sides", fail)
    folder = repository(entry("Ours."), entry("Theirs."))
    with pytest.raises(KeyboardInterrupt):
        release.merging.merge(folder, "topic")
    assert changes(folder) == []


def test_nobody_known_to_git_can_merge(release, repository, monkeypatch):
    folder = repository(entry("Ours."), entry("Theirs."))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert release.merging.merge(folder, "topic")
    assert git(folder, "config", "--local", "--list").count("user.") == 0


def test_the_message_says_nothing_of_conflicts(release, repository):
    folder = repository(entry("Ours."), entry("Theirs."))
    release.merging.merge(folder, "topic")
    told = git(folder, "log", "-1", "--format=%B").strip()
    assert told == "Merge branch 'topic'"


def test_a_style_of_conflicts_of_one_s_own_does_no_harm(release, repository):
    folder = repository(entry("Ours."), entry("Theirs."))
    git(folder, "config", "merge.conflictStyle", "diff3")
    release.merging.merge(folder, "topic")
    text = (folder / "CHANGELOG.md").read_text()
    assert text == entry("Ours.", "Theirs.")["CHANGELOG.md"]


def test_text_without_a_conflict_stays_as_it_is(release):
    text = "Title\n=======\n\n- An entry.\n- An entry.\n"
    assert release.merging.both_sides(text) == text


def test_a_changelog_in_another_encoding_ends_the_merge(release, tmp_path):
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_bytes("- Für alle.\n".encode("latin-1"))
    with pytest.raises(release.merging.MergeError) as problem:
        release.merging.keep_both_sides(changelog)
    assert "not UTF-8" in str(problem.value)
    assert problem.value.files == ("CHANGELOG.md",)
