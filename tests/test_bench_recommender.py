"""The recommender's benchmark, on a few rows made up here."""

import random

import pytest

from benchmarks import recommender
from benchmarks.rows import BenchmarkError

TASKS = {"sums": "What is {} + {}?", "poems": "rhyme {}\nwith {}"}


def rows(count, tasks=TASKS, seed=0):
    """Two models: "small" does sums for a tenth of what "big" costs."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        task = list(tasks)[number % len(tasks)]
        prompt = tasks[task].format(draw.randrange(99), draw.randrange(99))
        scores = {
            "big": float(draw.random() < 0.9),
            "small": float(draw.random() < (0.9 if task == "sums" else 0.1)),
        }
        made.append(
            recommender.Outcome(
                task, prompt, scores, {"big": 1.0, "small": 0.1}
            )
        )
    return made


def values(train, test):
    report = recommender.measure(recommender.trial(train, test), train)
    return {row.what.partition("/")[2]: row.value for row in report.rows}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(recommender, "DRAWS", 5)


def test_the_task_is_worth_something_and_a_constant_is_not():
    found = values(rows(60), rows(60, seed=1))
    assert found["ours/lift_given"] > 20
    assert found["ours/lift_hidden"] > 20
    assert found["table/lift"] > 20
    assert found["best/lift"] == pytest.approx(0)
    assert found["ours/over_shuffle_given"] > 5


def test_tasks_that_were_not_learned_are_measured_apart():
    unknown = {"chess": "Qxf7 {} and {}, mate in two moves, black to move."}
    found = values(rows(60), [*rows(30, seed=1), *rows(30, unknown)])
    assert "ours/lift_given" in found
    assert abs(found["ours/new_task_area_given_mean"]) < 0.2


def test_without_new_tasks_each_known_one_is_left_out():
    three = {**TASKS, "names": "Who is {} of {}"}
    found = values(rows(90, three), rows(30, three, seed=1))
    assert "ours/new_task_area_hidden_worst" in found


def test_a_hidden_task_counts_as_known():
    hidden = [
        recommender.Outcome(None, row.prompt, row.scores, row.costs)
        for row in rows(40, seed=1)
    ]
    assert "ours/lift_given" in values(rows(60), hidden)


def test_rows_without_a_model_are_left_out_and_others_told_apart():
    short = recommender.Outcome("sums", "1 + 1", {"big": 1.0}, {"big": 1.0})
    assert recommender.trial(rows(20), [*rows(4), short]).left_out == 1
    with pytest.raises(BenchmarkError, match="no test row"):
        recommender.trial(
            rows(20),
            [
                short,
                recommender.Outcome(
                    "sums", "2", {"small": 1.0}, {"small": 1.0}
                ),
            ],
        )
    with pytest.raises(BenchmarkError, match="fewer than two models"):
        recommender.trial(rows(20), [short])


def test_both_files_are_named_or_none():
    with pytest.raises(BenchmarkError, match="go together"):
        recommender.run(train="some")
    with pytest.raises(BenchmarkError, match="missing.jsonl"):
        recommender.run("missing.jsonl", "missing.jsonl")
