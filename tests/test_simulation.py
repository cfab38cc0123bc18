"""The simulated outcomes: made again, they are the same; and plausible."""

import json
from statistics import fmean

import pytest

from course.kit import Kit
from course.simulation.command import file_of, main, simulated_lines
from course.simulation.draws import Draws
from course.simulation.files import packed, read_lines
from course.simulation.outcomes import (
    SPLITS,
    mislabelled,
    settings,
    simulate,
)
from course.simulation.targets import read_targets


@pytest.fixture(scope="module")
def rows():
    return {
        split: [
            json.loads(line)
            for line in read_lines(file_of(split)).split("\n")
            if line
        ]
        for split in SPLITS
    }


def test_the_files_are_what_the_simulation_gives():
    for split, lines in simulated_lines(settings()["seed"]).items():
        assert read_lines(file_of(split)) == lines, "course simulate"


def test_the_files_are_small():
    assert all(file_of(split).stat().st_size < 400_000 for split in SPLITS)


def test_every_row_says_that_it_is_simulated(rows):
    every = [row for split in SPLITS for row in rows[split]]
    assert {row["source"] for row in every} == {"simulated"}


def test_every_row_has_a_score_and_a_cost_for_every_target(rows):
    names = {target.name for target in read_targets()}
    for split in SPLITS:
        assert len(rows[split]) == settings()["rows"][split]
        for row in rows[split]:
            assert row["scores"].keys() == row["costs"].keys() == names
            assert all(0 <= score <= 1 for score in row["scores"].values())
            assert all(cost > 0 for cost in row["costs"].values())


def test_no_prompt_occurs_twice(rows):
    prompts = [row["prompt"] for split in SPLITS for row in rows[split]]
    assert len(set(prompts)) == len(prompts)


def test_unseen_task_types_occur_in_no_other_split(rows):
    types = {split: {row["task"] for row in rows[split]} for split in SPLITS}
    assert types["train"] == types["test"]
    assert not types["train"] & types["unseen"]
    assert len(types["unseen"]) >= 3
    tutorial = {"reasoning", "conversation", "creative", "code", "default"}
    assert tutorial <= types["train"]


def test_no_slot_is_left_open(rows):
    texts = [row["prompt"] for split in SPLITS for row in rows[split]]
    assert not [text for text in texts if "{" in text and "}" in text]


def test_the_targets_answer_and_are_of_all_providers():
    targets = read_targets()
    day = settings()["costs_as_of"]
    assert len({target.model.provider for target in targets}) == 4
    assert "retired" not in {each.model.status_on(day) for each in targets}


def test_a_low_price_of_a_token_may_be_a_high_price_of_an_answer(rows):
    """It follows from the public tokens a question, not from a setting."""
    day = settings()["costs_as_of"]
    targets = read_targets()
    listed = {t.name: t.cost_usd(0, 1_000_000, day) for t in targets}
    paid = {
        t.name: fmean(row["costs"][t.name] for row in rows["train"])
        for t in targets
    }
    assert any(
        listed[a] < listed[b] / 3 and paid[a] > paid[b]
        for a in listed
        for b in listed
    )


def test_a_better_public_figure_gives_better_answers(rows):
    targets = read_targets()
    best, worst = (
        choose(targets, key=lambda t: -t.faults()).name
        for choose in (max, min)
    )
    scores = [row["scores"] for row in rows["train"]]
    difference = fmean(score[best] - score[worst] for score in scores)
    assert difference > 0.05


def few(seed):
    return simulate(read_targets(), seed, {"train": 40})["train"]


def test_another_seed_gives_other_rows_and_the_same_seed_the_same():
    assert few(1) == few(1)
    assert few(1) != few(2)


def test_a_share_of_the_labels_can_be_wrong(rows):
    right = rows["train"]
    wrong = {
        share: {
            row["id"]
            for row, was in zip(mislabelled(right, share), right, strict=True)
            if row["task"] != was["task"]
        }
        for share in (0.0, 0.05, 0.2)
    }
    assert not wrong[0.0]
    assert len(wrong[0.05]) / len(right) == pytest.approx(0.05, abs=0.015)
    assert len(wrong[0.2]) / len(right) == pytest.approx(0.2, abs=0.03)
    assert wrong[0.05] < wrong[0.2]


def test_packing_writes_no_time():
    assert packed(b"one")[4:8] == bytes(4)


def test_draws_are_those_of_every_machine():
    draws = Draws(1, "a")
    assert [draws.index(100) for _ in range(5)] == DRAWN


DRAWN = [68, 5, 98, 50, 53]


def test_the_command_writes_one_split_where_it_is_told(tmp_path, capsys):
    path = tmp_path / "few.jsonl"
    assert main(["--out", str(path), "--split", "unseen"]) == 0
    assert path.read_text("utf-8") == read_lines(file_of("unseen"))
    assert "600 rows" in capsys.readouterr().out


def test_the_check_names_a_file_that_is_stale(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Kit, "data", property(lambda kit: tmp_path))
    from course.simulation.command import check

    assert check(dict.fromkeys(SPLITS, "")) == 1
    assert "simulated_outcomes_test.jsonl.gz is not" in capsys.readouterr().out
