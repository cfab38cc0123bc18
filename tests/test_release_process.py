"""The implementation process: what is complete, and what a gap is called."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPLETE = """\
# Implementation process

## Phase 1

Done: settings.

Outstanding: nothing.

## Phase 2: the agent

Done: the agent.

Outstanding: real providers.

## Test runs

2026-11-02: 11 failed, 30 passed.
2026-11-20: 41 passed, 0 failed.
"""


def test_a_complete_document_has_no_gap(release):
    assert release.process.gaps(COMPLETE) == []


def test_the_project_s_own_document_has_no_gap(release):
    path = ROOT / "docs" / "implementation_process.md"
    assert release.process.gaps(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("taken", "put", "gap"),
    [
        ("## Phase 1", "## The first", "not numbered from 1 on: 2"),
        ("## Phase 2", "## Phase 3", "not numbered from 1 on: 1, 3"),
        ("Done: the agent.", "Did it.", "phase 2 has no paragraph `Done:`"),
        ("Done: settings.", "Done:", "phase 1 has no paragraph `Done:`"),
        (
            "Outstanding: real providers.",
            "",
            "phase 2 has no paragraph `Outstanding:`",
        ),
        ("real providers", "TODO", "line 13 is left open: TODO"),
        ("settings.", "settings, …", "line 5 is left open: …"),
        ("41 passed, 0 failed.", "all well.", "the last test run failed"),
        ("2026-11-20: 41", "41", "the last test run has no day"),
        ("0 failed", "2 failed", "the last test run failed"),
    ],
)
def test_a_gap_is_named(release, taken, put, gap):
    assert taken in COMPLETE
    found = release.process.gaps(COMPLETE.replace(taken, put))
    assert len(found) == 1
    assert gap in found[0]


def test_an_empty_document_has_no_phase_and_no_test_run(release):
    assert len(release.process.gaps("")) == 2
