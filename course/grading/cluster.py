"""Grading on a Dask cluster: the same results, from other machines too.

What was handed in travels with its order, so that workers need none of the
instructor's folders; only results come back, and the caller writes them. A
worker that dies loses nothing: its submission goes to another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course.grading.collected import Collected
from course.grading.one import grade_one, not_judged
from course.grading.pool import Order, checker_factory
from course.grading.results import Result, digest_of
from course.grading.submissions import Submission
from course.kit import Kit
from course.problems import CommandError, ExitCode

__all__ = ["graded"]

CONNECT_SECONDS = 20
WORKERS_SECONDS = 60
# Orders under way for each worker: one is graded, one lies ready.
AHEAD = 2
# Dask gives a submission up where several workers died while they had it. One
# that kills its workers may have stood beside it, so it gets another round.
ROUNDS = 2

# A worker's checks share its graders: one at a time, whatever its threads.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class _Carried(Submission):
    """A submission whose files travel with it."""

    content: Collected

    def collect(self) -> Collected:
        return self.content


class _Handed:
    """A submission on its way, and how often it has set out."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        content = submission.collect()
        self.carried = _Carried(submission.learner, submission.path, content)
        self.rounds = 1


def graded(
    submissions: Sequence[Submission], order: Order, address: str
) -> Iterator[tuple[Submission, Result]]:
    """Yield each submission with its result, as they are done.

    Raises CommandError where Dask is not installed, or where no scheduler
    with workers answers.
    """
    with _connected(address) as client:
        yield from _graded(submissions, order, client)


def _graded(
    submissions: Sequence[Submission], order: Order, client: Any
) -> Iterator[tuple[Submission, Result]]:
    import distributed

    dask: Any = distributed  # its functions have no types

    waiting = iter(submissions)
    under_way: dict[str, _Handed] = {}
    done = dask.as_completed()

    def hand_out(handed: _Handed | None) -> None:
        if handed is None:
            return
        future = client.submit(
            _grade,
            handed.carried,
            replace(order, scratch=Path()),
            # Two learners may have handed in the same.
            pure=False,
        )
        under_way[future.key] = handed
        done.add(future)

    def next_one() -> _Handed | None:
        submission = next(waiting, None)
        return _Handed(submission) if submission else None

    for _ in range(AHEAD * _threads(client)):
        hand_out(next_one())
    while under_way:
        future = next(done)
        handed = under_way.pop(future.key)
        if _is_killed(future) and handed.rounds < ROUNDS:
            handed.rounds += 1
            hand_out(handed)
            continue
        hand_out(next_one())
        yield handed.submission, _result(future, handed, order.seed)
        future.release()


def _is_killed(future: Any) -> bool:
    return type(future.exception()).__name__ == "KilledWorker"


def _result(future: Any, handed: _Handed, seed: int) -> Result:
    """Return what a worker sent, or why nothing can be made of it."""
    error = future.exception()
    if error is None:
        result: Result = future.result()
        content = handed.carried.content
        if result["digest"] in ("", digest_of(content.digest(), seed, Kit())):
            return result
        reason = "the worker has another version of the course"
    elif _is_killed(future):
        reason = "several workers died over it"
    else:
        kind = type(error).__name__
        reason = f"a worker could not grade it ({kind}: {error})"
    return not_judged(handed.submission, seed, reason)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Give a client of the scheduler, with a worker at hand at least."""
    try:
        import distributed
    except ImportError:
        raise CommandError(
            ExitCode.PART_MISSING,
            "A scheduler needs Dask: `python3 -m pip install distributed` "
            "in the environment `.venv`, here and where the workers run.",
        ) from None
    try:
        dask: Any = distributed  # its classes have no types
        client = dask.Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise CommandError(
            ExitCode.WRONG_USE,
            f"No Dask scheduler answers at {address}: {error}",
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError:
            raise CommandError(
                ExitCode.FAILED,
                f"The scheduler at {address} has no workers. Start some in "
                "the course's folder: `.venv/bin/dask worker "
                f"{address} --nworkers 2 --nthreads 1`.",
            ) from None
        yield client


def _threads(client: Any) -> int:
    return max(1, sum(map(int, client.nthreads().values())))


def _grade(submission: Submission, order: Order) -> Result:
    """Grade one submission; runs in a worker."""
    from distributed import get_worker

    scratch = Path(get_worker().local_directory) / "grading"
    scratch.mkdir(exist_ok=True)
    factory = (order.factory or checker_factory)(order.level, order.seed)
    with _one_at_a_time:
        return grade_one(submission, scratch, order.seed, factory)
