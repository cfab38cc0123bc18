"""Two hundred calls in flight at once, from threads, on one agent.

Each has to give the answer that a call by itself gives, or the benchmark
ends. Agent and bare client take turns in one process each; what a process
holds afterwards shows whether connections or memory leak.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from benchmarks.agents import Caller, named, places
from benchmarks.caller import BARE, IN_FLIGHT
from benchmarks.rows import Report, Row
from benchmarks.samples import in_turn, paired_ratios
from benchmarks.surroundings import upstream

__all__ = ["run"]

ROUNDS = 10
WARMING_ROUNDS = 3
# At least 0.75 of the bare client's throughput, as times of the same work.
TIME_TARGET = 1 / 0.75
GROWTH_TARGET = 2.0  # MB over all rounds, after the warming ones


def run() -> Report:
    """Measure throughput, and what is left open, of each agent."""
    rows: list[Row] = []
    with upstream() as urls:
        there = places(urls)
        for asked in BARE:
            rows += of_one(asked, there)
    return Report(tuple(rows))


def of_one(asked: str, there: Mapping[str, Mapping[str, str]]) -> list[Row]:
    """Return the rows of one agent."""
    name = named(asked)
    with ExitStack() as stack:
        callers = {
            kind: stack.enter_context(Caller(sys.executable, there, ours=True))
            for kind in ("ours", "bare")
        }
        blocks = {
            kind: partial(caller.block, f"{kind} {asked}")
            for kind, caller in callers.items()
        }
        for block in blocks.values():
            block("parallel", WARMING_ROUNDS)
        [before] = blocks["ours"]("memory", 1)
        subjects = {
            kind: partial(lambda block: block("parallel", 1)[0], block)
            for kind, block in blocks.items()
        }
        taken = in_turn(subjects, ROUNDS)
        [after] = blocks["ours"]("memory", 1)
        [sockets] = blocks["ours"]("connections", 1)
    ratios = paired_ratios(taken["ours"], taken["bare"])
    return [
        Row.median(
            f"parallel/ours/{name}_time_ratio", ratios, "ratio", TIME_TARGET
        ),
        Row(
            f"parallel/ours/{name}_growth", after - before, "MB", GROWTH_TARGET
        ),
        Row(
            f"parallel/ours/{name}_connections",
            sockets,
            "count",
            float(IN_FLIGHT),
        ),
        *(
            Row.median(f"parallel/{kind}/{name}_batch", samples, "ms")
            for kind, samples in taken.items()
        ),
    ]
