"""What one call costs more through an agent than through the bare SDK.

Calls follow one another in blocks of a few; the subjects take turns. A
sample is the difference of two blocks' medians in one round, the library's
less the bare SDK's, so that a slow moment of the machine falls on both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.samples import in_turn, paired_differences, paired_ratios
from benchmarks.surroundings import (
    API_KEY,
    ROOT,
    clean_environ,
    model_of,
    upstream,
)

__all__ = ["run"]

ROUNDS = 40
CALLS_IN_BLOCK = 8
STREAMS_IN_BLOCK = 4
WARMING_CALLS = 20
OVERHEAD_TARGET = 0.3  # ms for one call
BARE_SDK_OF = {"ours": "openai", "litellm": "openai_of_litellm"}
CALLER = Path(__file__).with_name("caller.py")


class Caller:
    """A program that makes calls in an environment, block by block."""

    def __init__(self, python: Path | str, url: str, *, ours: bool) -> None:
        self.process = subprocess.Popen(
            [str(python), "-P", str(CALLER), url, API_KEY, model_of()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environ(ROOT if ours else None),
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def block(self, subject: str, action: str, times: int) -> list[float]:
        """Return the milliseconds of each of `times` actions.

        Raises BenchmarkError where the program ended instead.
        """
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([subject, action, times]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise BenchmarkError(f"The program that measures {subject} ended.")
        taken: list[float] = json.loads(answer)
        return taken


Block = Callable[[str, int], list[float]]


def run() -> Report:
    """Measure calls and first tokens of our agent and of litellm."""
    notes: list[str] = []
    with ExitStack() as stack:
        url = stack.enter_context(upstream())
        here = stack.enter_context(Caller(sys.executable, url, ours=True))
        blocks: dict[str, Block] = {
            "ours": partial(here.block, "ours"),
            "openai": partial(here.block, "sdk"),
        }
        try:
            python = peer_python("litellm")
        except BenchmarkError as error:
            notes.append(str(error))
        else:
            there = stack.enter_context(Caller(python, url, ours=False))
            blocks["litellm"] = partial(there.block, "litellm")
            blocks["openai_of_litellm"] = partial(there.block, "sdk")
        for block in blocks.values():
            block("call", WARMING_CALLS)
            block("first_token", WARMING_CALLS)
        calls = block_medians(blocks, "call", CALLS_IN_BLOCK)
        tokens = block_medians(blocks, "first_token", STREAMS_IN_BLOCK)
    rows = (
        *rows_of("openai", "openai_call", calls, OVERHEAD_TARGET),
        *rows_of("openai_first_token", "openai_first_token", tokens),
    )
    return Report(rows, tuple(notes))


def block_medians(
    blocks: Mapping[str, Block], action: str, times: int
) -> dict[str, list[float]]:
    """Return the median of each block of each subject, in ms."""

    def one_block(block: Block) -> float:
        return median(block(action, times))

    subjects = {
        name: partial(one_block, block) for name, block in blocks.items()
    }
    return in_turn(subjects, ROUNDS)


def rows_of(
    name: str,
    metric: str,
    taken: Mapping[str, list[float]],
    target: float | None = None,
) -> list[Row]:
    """Return by how much each library exceeds its SDK, then all figures.

    A library is compared with the SDK of its own environment.
    """
    rows = []
    for ours, theirs in BARE_SDK_OF.items():
        if ours in taken:
            more = paired_differences(taken[ours], taken[theirs])
            times = paired_ratios(taken[ours], taken[theirs])
            limit = target if ours == "ours" else None
            rows += [
                Row.median(
                    f"agents/{ours}/{name}_overhead", more, "ms", limit
                ),
                Row.median(f"agents/{ours}/{name}_ratio", times, "ratio"),
            ]
    rows += [
        Row.median(f"agents/{subject}/{metric}", samples, "ms")
        for subject, samples in taken.items()
    ]
    return rows
