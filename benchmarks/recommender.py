"""How good the recommender's choices are, beside those of simpler minds.

`--train` and `--test` name files of outcomes (see
`llm_providers/recommender/outcomes.py`); without them it is the simulated
ones of `data/`. What each figure means stands in `README.md`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.recommender_speed import speed_rows
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.surroundings import ROOT
from llm_providers.recommender.evaluation import Contest, Sweep, interval
from llm_providers.recommender.learned import Estimates, LearnedRecommender
from llm_providers.recommender.metrics import calibration_error, cost_share
from llm_providers.recommender.metrics import regret as points_lost
from llm_providers.recommender.outcomes import (
    Outcome,
    OutcomeError,
    model_names,
    read_outcomes,
)
from llm_providers.recommender.task_table import TaskTable, fit_table

__all__ = ["run"]

Array = NDArray[np.float64]

SIMULATED = "data/simulated_outcomes_{split}.jsonl.gz"
FEWEST = 20  # rows of a task, for an area of its own
DRAWS = 500
LIFT_GIVEN, LIFT_HIDDEN = 34.0, 30.0
NEW_MEAN, NEW_WORST = 0.003, -0.005  # area over the global mean's
CALIBRATION, CALIBRATION_NEW = 0.02, 0.08
OVER_SHUFFLE, CHANCE = 11.0, 0.01


def run(train: str | None = None, test: str | None = None) -> Report:
    """Fit on the training rows and measure on the others."""
    try:
        learned_from, held_out = read(train, test)
    except OutcomeError as error:
        raise BenchmarkError(str(error)) from error
    started = time.perf_counter()
    whole = trial(learned_from, held_out)
    fitting = time.perf_counter() - started
    found = measure(whole, learned_from)
    speed = speed_rows(whole.ours, [row.prompt for row in whole.rows])
    fit = Row("recommender/ours/fit", fitting, "s")
    return Report((*found.rows, fit, *speed), found.notes)


def read(
    train: str | None, test: str | None
) -> tuple[list[Outcome], list[Outcome]]:
    """Return training and test rows; both files, or neither, are named."""
    if train and test:
        return read_outcomes(train), read_outcomes(test)
    if train or test:
        raise BenchmarkError("--train FILE and --test FILE go together")
    paths = {
        split: ROOT / SIMULATED.format(split=split)
        for split in ("train", "test", "unseen")
    }
    if not all(path.exists() for path in paths.values()):
        raise BenchmarkError("say --train FILE and --test FILE")
    rows = {split: read_outcomes(path) for split, path in paths.items()}
    return rows["train"], [*rows["test"], *rows["unseen"]]


@dataclass(frozen=True)
class Trial:
    """Test rows, and who is compared on them; arrays are rows x models."""

    rows: Sequence[Outcome]
    models: tuple[str, ...]
    ours: LearnedRecommender
    scores: TaskTable
    costs: TaskTable
    left_out: int = 0

    @cached_property
    def contest(self) -> Contest:
        return Contest(
            self.array([row.scores for row in self.rows]),
            self.array([row.costs for row in self.rows]),
        )

    def array(self, rows: Sequence[object]) -> Array:
        return np.array(
            [[row[name] for name in self.models] for row in rows]  # type: ignore[index]
        )

    def expected(self, given: bool) -> tuple[Array, Array, list[Estimates]]:
        """Return what we expect, with or without the task: quality, cost."""
        found = [
            self.ours.predict(row.task if given else None, row.prompt)
            for row in self.rows
        ]
        order = [self.ours.models.index(name) for name in self.models]
        quality = np.array([each.quality for each in found])[:, order]
        cost = np.array([each.cost_usd for each in found])[:, order]
        return quality, cost, found

    def by_table(self, given: bool) -> Array:
        """Return the table's quality, or its overall means alone."""
        return self.array(
            [
                self.scores.expected(row.task if given else None)
                for row in self.rows
            ]
        )

    def of_task(self, task: str) -> Trial:
        rows = [row for row in self.rows if row.task == task]
        return Trial(rows, self.models, self.ours, self.scores, self.costs)


def trial(train: Sequence[Outcome], test: Sequence[Outcome]) -> Trial:
    """Fit, and keep the test rows that have all models of both."""
    both = sorted({*model_names(train)} & {*model_names(test)})
    if len(both) < 2:
        raise BenchmarkError("the files share fewer than two models")
    rows = [row for row in test if set(both) <= set(row.scores)]
    if not rows:
        raise BenchmarkError("no test row has all models")
    return Trial(
        rows,
        tuple(both),
        LearnedRecommender.fit(train),
        fit_table([(row.task, row.scores) for row in train]),
        fit_table([(row.task, row.costs) for row in train]),
        len(test) - len(rows),
    )


def measure(whole: Trial, train: Sequence[Outcome]) -> Report:
    """Return all rows but those about time."""
    known = {row.task for row in train}
    old = [r for r in whole.rows if r.task is None or r.task in known]
    new = [r for r in whole.rows if r.task is not None and r.task not in known]
    notes = [
        f"{len(train)} training rows; test rows: {len(old)} of known tasks, "
        f"{len(new)} of others, {whole.left_out} left out for a missing "
        f"model; {len(whole.models)} models."
    ]
    rows: list[Row] = []
    if old:
        rows += known_rows(part(whole, old), notes)
    if new:
        tasks = sorted({str(row.task) for row in new})
        rows += new_rows([part(whole, new).of_task(task) for task in tasks])
    else:
        rows += new_rows(left_out(train))
        notes.append("New tasks: each of the training rows' left out in turn.")
    return Report(tuple(rows), tuple(notes))


def part(whole: Trial, rows: Sequence[Outcome]) -> Trial:
    return Trial(rows, whole.models, whole.ours, whole.scores, whole.costs)


def left_out(train: Sequence[Outcome]) -> list[Trial]:
    """Return a trial for each task, of a fit that has not seen it."""
    tasks = sorted({row.task for row in train if row.task is not None})
    if len(tasks) < 3:
        return []
    return [
        trial(
            [row for row in train if row.task != task],
            [row for row in train if row.task == task],
        )
        for task in tasks
    ]


def known_rows(on: Trial, notes: list[str]) -> list[Row]:
    """Return the rows about prompts of tasks that were learned."""
    contest = on.contest
    given, given_cost, _ = on.expected(given=True)
    hidden, hidden_cost, found = on.expected(given=False)
    sweeps = {
        "given": contest.sweep(given, given_cost),
        "hidden": contest.sweep(hidden, hidden_cost),
        "table": contest.sweep(on.by_table(True), given_cost),
        "global": contest.sweep(on.by_table(False), given_cost),
        "cheapest": contest.constant(favourite(on.costs, on.models, -1)),
        "best": contest.constant(favourite(on.scores, on.models, 1)),
    }
    rows = lift_rows(contest, sweeps)
    rows += shuffle_rows(contest, sweeps)
    for name, quality in (("given", given), ("hidden", hidden)):
        rows += quality_rows(name, quality, contest)
    rows.append(
        Row(
            "recommender/table/calibration",
            error_of(on.by_table(True), contest.scores),
            "ratio",
        )
    )
    abstained = float(np.mean([each.abstained for each in found]))
    rows.append(Row("recommender/ours/abstained_hidden", abstained, "ratio"))
    right = [
        max(each.task_probabilities, key=each.task_probabilities.get)  # type: ignore[arg-type]
        == row.task
        for row, each in zip(on.rows, found, strict=True)
        if row.task is not None and each.task_probabilities
    ]
    if right:
        share = float(np.mean(right))
        rows.append(Row("recommender/ours/task_right", share, "ratio"))
    notes.append(
        "Intervals: 95 %, bootstrapped over the test rows in pairs, "
        f"{DRAWS} draws."
    )
    return rows


def favourite(means: TaskTable, models: Sequence[str], sign: int) -> int:
    """Return the place of the model of most (1) or least (-1) in training."""
    overall = means.expected(None)
    return int(np.argmax([sign * overall[name] for name in models]))


LIFT_TARGETS = {"given": LIFT_GIVEN, "hidden": LIFT_HIDDEN}


def lift_rows(contest: Contest, sweeps: dict[str, Sweep]) -> list[Row]:
    """Return lifts with intervals, and what each curve costs to be good."""
    drawn = contest.lifts(list(sweeps.values()), DRAWS)
    column = dict(zip(sweeps, drawn.T, strict=True))
    rows = []
    for name, sweep in sweeps.items():
        subject, end = named(name)
        rows.append(
            least(
                f"{subject}/lift{end}",
                contest.lift(sweep),
                "points",
                LIFT_TARGETS.get(name),
                column[name],
            )
        )
        rows += interval_rows(f"{subject}/lift{end}", column[name], None)
    for name in ("given", "hidden"):
        over = column[name] - column["table"]
        gained = contest.lift(sweeps[name]) - contest.lift(sweeps["table"])
        what = f"recommender/ours/lift_{name}_over_table"
        rows.append(Row(what, gained, "points", samples=tuple(over)))
        rows += interval_rows(what, over, 0.0 if name == "given" else None)
    return rows + share_rows(contest, sweeps)


def share_rows(contest: Contest, sweeps: dict[str, Sweep]) -> list[Row]:
    """Return quality at a quarter, and the cost of being as good."""
    means = contest.scores.mean(axis=0)
    top = float(means.max())
    full = float(contest.costs.mean(axis=0)[int(means.argmax())])
    rows = []
    for name, sweep in sweeps.items():
        subject, end = named(name)
        points = sweep.points()
        rows.append(
            Row(
                f"{subject}/quality_at_quarter{end}",
                100 * contest.quarter_quality(sweep),
                "points",
            )
        )
        for percent in (100, 95):
            share = cost_share(points, top * percent / 100, full)
            # A curve that never gets there has no such figure.
            if np.isfinite(share):
                what = f"{subject}/cost_of_{percent}_percent{end}"
                rows.append(Row(what, share, "ratio"))
    return rows


def shuffle_rows(contest: Contest, sweeps: dict[str, Sweep]) -> list[Row]:
    """Return by how much the same mix, dealt out at random, is beaten."""
    rows = []
    for name in ("given", "hidden", "table"):
        subject, end = named(name)
        found = contest.cost_matched_shuffle(sweeps[name])
        target = OVER_SHUFFLE if name == "given" else None
        what = f"{subject}/over_shuffle{end}"
        rows.append(least(what, found.skill, "points", target))
        chance = CHANCE if name == "given" else None
        rows.append(Row(f"{what}_p", found.p, "ratio", chance))
    return rows


def quality_rows(name: str, quality: Array, contest: Contest) -> list[Row]:
    """Return how far expected quality is off, and what choices lose."""
    best = quality.argmax(axis=1)
    row = np.arange(len(best))
    return [
        Row(
            f"recommender/ours/calibration_{name}",
            error_of(quality, contest.scores),
            "ratio",
            CALIBRATION,
        ),
        Row(
            f"recommender/ours/calibration_of_choice_{name}",
            error_of(quality[row, best], contest.scores[row, best]),
            "ratio",
        ),
        Row(
            f"recommender/ours/regret_{name}",
            points_lost(contest.scores.tolist(), best.tolist()),
            "points",
        ),
    ]


def error_of(expected: Array, seen: Array) -> float:
    return calibration_error(expected.ravel().tolist(), seen.ravel().tolist())


def new_rows(trials: Sequence[Trial]) -> list[Row]:
    """Return the rows about tasks that were not learned, given or hidden."""
    rows = []
    for given in (True, False):
        end = "given" if given else "hidden"
        gains, expected, seen, new = [], [], [], []
        for on in trials:
            quality, cost, found = on.expected(given)
            expected.append(quality.ravel())
            seen.append(on.contest.scores.ravel())
            new += [each.abstained for each in found]
            if len(on.rows) < FEWEST:
                continue
            contest = on.contest
            ours = contest.area(contest.sweep(quality, cost))
            plain = contest.sweep(on.by_table(False), cost)
            gains.append(ours - contest.area(plain))
        if not gains:
            continue
        name = f"recommender/ours/new_task_area_{end}"
        rows += [
            least(f"{name}_mean", float(np.mean(gains)), "ratio", NEW_MEAN),
            least(f"{name}_worst", min(gains), "ratio", NEW_WORST, gains),
            Row(
                f"recommender/ours/calibration_new_{end}",
                error_of(np.concatenate(expected), np.concatenate(seen)),
                "ratio",
                CALIBRATION_NEW,
            ),
            Row(
                f"recommender/ours/abstained_new_{end}",
                float(np.mean(new)),
                "ratio",
            ),
        ]
    return rows


def named(name: str) -> tuple[str, str]:
    """Return bench and subject of a sweep, and the ending of its rows."""
    ours = name in LIFT_TARGETS
    return (
        ("recommender/ours", f"_{name}")
        if ours
        else (f"recommender/{name}", "")
    )


def interval_rows(what: str, drawn: Array, above: float | None) -> list[Row]:
    """Return the two ends of an interval; the lower may have a target."""
    low, high = interval(drawn)
    return [
        least(f"{what}_low", low, "points", above),
        Row(f"{what}_high", high, "points"),
    ]


def least(
    what: str,
    value: float,
    unit: str,
    target: float | None,
    samples: Sequence[float] | Array = (),
) -> Row:
    """Return the row of a figure that should be no less than its target."""
    return Row(what, value, unit, target, tuple(samples), at_least=True)
