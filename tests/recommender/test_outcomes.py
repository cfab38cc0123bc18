"""Rows of what models really did, and files of them."""

import gzip
import json

import pytest

ROW = {
    "id": "7",
    "task": "sums",
    "prompt": "1 + 1",
    "scores": {"a": 1, "b": 0.5},
    "costs": {"a": 2e-4, "b": 0},
}


@pytest.fixture
def outcomes(llm):
    return llm.recommender.outcomes


def written(tmp_path, *lines):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def changed(**fields):
    return json.dumps({**ROW, **fields})


def test_a_row_is_read_with_its_task_prompt_scores_and_costs(
    outcomes, tmp_path
):
    [row] = outcomes.read_outcomes(written(tmp_path, json.dumps(ROW)))
    assert (row.task, row.prompt) == ("sums", "1 + 1")
    assert row.scores == {"a": 1, "b": 0.5}
    assert row.costs == {"a": 2e-4, "b": 0}


def test_a_compressed_file_is_read_like_a_plain_one(outcomes, tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress((changed() + "\n\n" + changed()).encode()))
    assert len(outcomes.read_outcomes(path)) == 2


def test_a_task_may_be_null_or_missing(outcomes, tmp_path):
    without = {key: ROW[key] for key in ("prompt", "scores", "costs")}
    path = written(tmp_path, changed(task=None), json.dumps(without))
    assert [row.task for row in outcomes.read_outcomes(path)] == [None, None]


def test_models_are_those_of_all_rows(outcomes, tmp_path):
    other = changed(scores={"c": 1}, costs={"c": 1})
    rows = outcomes.read_outcomes(written(tmp_path, changed(), other))
    assert list(outcomes.model_names(rows)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not an object"),
        ('{"prompt": "x", "costs": {}}', "has no scores"),
        (changed(task=3), "task is 3"),
        (changed(prompt=None), "prompt is None"),
        (changed(scores=[1]), "scores is not an object"),
        (changed(scores={}, costs={}), "names no model"),
        (changed(scores={"a": 1}), "b has a score or a cost, not both"),
        (changed(scores={"a": 1.2, "b": 0}), "the score of a is 1.2"),
        (changed(scores={"a": True, "b": 0}), "the score of a is True"),
        (changed(scores={"a": "1", "b": 0}), "the score of a is '1'"),
        (changed(costs={"a": -1, "b": 0}), "the cost of a is -1"),
        (changed(costs={"a": float("nan"), "b": 0}), "the cost of a is nan"),
        (changed(costs={"a": float("inf"), "b": 0}), "the cost of a is inf"),
    ],
)
def test_a_wrong_row_is_named_by_file_line_and_field(
    outcomes, tmp_path, line, wrong
):
    path = written(tmp_path, changed(), line)
    with pytest.raises(outcomes.OutcomeError) as error:
        outcomes.read_outcomes(path)
    assert f"{path}, line 2: " in str(error.value)
    assert wrong in str(error.value)


def test_a_file_that_cannot_be_read_is_named(outcomes, tmp_path):
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(b"{}" * 1000)[:20])
    empty = written(tmp_path, "", "")
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b"\xff\xfe{}")
    for path in (broken, empty, latin, tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(outcomes.OutcomeError, match=path.name):
            outcomes.read_outcomes(path)
