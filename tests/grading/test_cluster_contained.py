"""A Dask cluster with checkers as they are, and a worker that is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.building.lessons import load_exercises
from course.building.notebook_files import (
    code_cell,
    decorated,
    notebook_of,
    serialized,
)
from course.checking import bubblewrap
from course.grading import cluster
from course.grading.pool import Order
from course.grading.submissions import find

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        bool(bubblewrap.problem()), reason=bubblewrap.problem() or "none"
    ),
]

ROOT = Path(__file__).parents[2]
EXERCISE = load_exercises()["1.3"]
# Right as long as it cannot see the course.
SEES_NOTHING = (
    "    import os\n\n"
    f"    if os.path.exists({str(ROOT / 'course')!r}):\n"
    "        return None\n"
)
LEARNERS = {"ada": True, "ben": False, "cleo": True, "dan": True}


@pytest.fixture
def submissions(tmp_path):
    """Hand in right answers, and a wrong one of ben's."""
    head, line, body = EXERCISE.solution.partition("Secret:\n")
    assert line
    for learner, right in LEARNERS.items():
        text = head + line + (SEES_NOTHING + body if right else "    pass\n")
        cell = f"{decorated(EXERCISE, text).rstrip()}\n# {learner}\n"
        folder = tmp_path / "handed-in" / learner
        folder.mkdir(parents=True)
        notebook = serialized(notebook_of([code_cell(cell)]))
        (folder / "phase_1.ipynb").write_text(notebook, "utf-8")
    return find(tmp_path / "handed-in")


@pytest.fixture
def workers(tmp_path):
    """Give the address of a scheduler, and its two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=0, dashboard_address=":0", silence_logs="ERROR"
    ) as scheduler:
        address = scheduler.scheduler_address
        started = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "distributed.cli.dask_worker"),
                    *(address, "--no-nanny", "--nthreads", "1"),
                    *("--no-dashboard", "--local-directory", tmp_path),
                ],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        yield address, started
        for worker in started:
            worker.kill()
            worker.wait()


def test_a_killed_worker_costs_no_mark_where_grading_is_contained(
    submissions, workers, tmp_path
):
    address, started = workers
    order = Order(tmp_path / "scratch", seed=1, level="bubblewrap")
    done = {}
    for submission, result in cluster.graded(submissions, order, address):
        if not done:
            started[0].kill()
        done[submission.learner] = result["points"]
    assert done == {
        learner: EXERCISE.points if right else 0
        for learner, right in LEARNERS.items()
    }
