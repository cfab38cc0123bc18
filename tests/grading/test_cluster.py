"""Grading on a Dask cluster: two worker processes, one of which is killed."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from course.building.lessons import load_exercises
from course.building.notebook_files import decorated
from course.grading import cluster
from course.grading.pool import Order
from course.grading.submissions import find
from course.problems import CommandError

LEARNERS = ["ada", "ben", "cleo", "dan", "eve", "fay"]
HERE = Path(__file__).parent


@pytest.fixture
def submissions(tmp_path):
    exercise = load_exercises()["1.3"]
    source = decorated(exercise, exercise.solution)
    for learner in LEARNERS:
        cell = {
            "cell_type": "code",
            "source": f"{source}\n# {learner}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        notebook = {
            "cells": [cell],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
        folder = tmp_path / "handed-in" / learner
        folder.mkdir(parents=True)
        (folder / "phase_1.ipynb").write_text(json.dumps(notebook))
    return find(tmp_path / "handed-in")


@pytest.fixture
def order(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    import cluster_checker

    return Order(tmp_path / "scratch", 1, factory=cluster_checker.passing)


@pytest.fixture
def address(tmp_path):
    """Give the address of a scheduler with two workers."""
    distributed = pytest.importorskip("distributed")
    environ = os.environ | {
        "CLUSTER_TEST": str(tmp_path),
        "PYTHONPATH": f"{HERE.parents[1]}{os.pathsep}{HERE}",
    }
    with distributed.LocalCluster(
        n_workers=0, dashboard_address=":0", silence_logs="ERROR"
    ) as scheduler:
        address = scheduler.scheduler_address
        workers = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "distributed.cli.dask_worker"),
                    *(address, "--no-nanny", "--nthreads", "1"),
                    *("--no-dashboard", "--local-directory", tmp_path),
                ],
                env=environ,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        yield address
        for worker in workers:
            worker.kill()
            worker.wait()


def test_a_killed_worker_loses_nothing(submissions, order, address, tmp_path):
    (tmp_path / "die").touch()
    done = list(cluster.graded(submissions, order, address))
    assert not (tmp_path / "die").exists()
    assert Counter(each.learner for each, _ in done) == Counter(LEARNERS)
    points = load_exercises()["1.3"].points
    for submission, result in done:
        assert result["learner"] == submission.learner
        assert result["points"] == points, result["problems"]
    assert len(list(tmp_path.glob("worker-*"))) == 2


def test_a_scheduler_that_is_not_there_is_named(
    submissions, order, monkeypatch
):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)
    with pytest.raises(CommandError, match="No Dask scheduler answers"):
        list(cluster.graded(submissions, order, "tcp://127.0.0.1:9"))


def test_without_dask_the_error_says_how_to_get_it(
    submissions, order, monkeypatch
):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CommandError, match="pip install distributed"):
        list(cluster.graded(submissions, order, "tcp://127.0.0.1:9"))
