"""What a call costs more through an agent than through the bare client.

Calls follow one another in blocks of a few; the subjects take turns. A
sample is the difference of two blocks' medians in one round, the library's
less the bare client's, so that a slow moment of the machine falls on both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.caller import BARE, RETIRED
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

__all__ = ["Caller", "named", "places", "run"]

ROUNDS = 40
CALLS_IN_BLOCK = 8
STREAMS_IN_BLOCK = 4
WARMING_CALLS = 20
OVERHEAD_TARGET = 0.3  # ms for one call, and to a stream's first text
CALLER = Path(__file__).with_name("caller.py")


class Caller:
    """A program that makes calls in an environment, block by block."""

    def __init__(
        self,
        python: Path | str,
        places: Mapping[str, Mapping[str, str]],
        *,
        ours: bool,
    ) -> None:
        self.process = subprocess.Popen(
            [str(python), "-P", str(CALLER), json.dumps(places)],
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
        """Return the figures of each of `times` actions.

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


def places(urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return address, key and model of each provider, for a Caller."""
    return {
        name: {"url": url, "key": API_KEY, "model": model_of(name)}
        for name, url in urls.items()
    }


def named(asked: str) -> str:
    """Return what a row calls the agent for a provider or an old SDK."""
    return "gemini_generativeai" if asked == RETIRED else asked


def run() -> Report:
    """Measure calls and first tokens of each agent, and of litellm."""
    notes: list[str] = []
    rows: list[Row] = []
    with ExitStack() as stack:
        urls = stack.enter_context(upstream())
        there = places(urls)
        # A process for each agent: no SDK's threads and imports but its own.
        for asked in BARE:
            with Caller(sys.executable, there, ours=True) as here:
                blocks: dict[str, Block] = {
                    "ours": partial(here.block, f"ours {asked}"),
                    "bare": partial(here.block, f"bare {asked}"),
                }
                rows += rows_of(named(asked), measured(blocks), ("ours",))
        try:
            python = peer_python("litellm")
        except BenchmarkError as error:
            notes.append(str(error))
        else:
            peer = stack.enter_context(Caller(python, there, ours=False))
            blocks = {
                "litellm": partial(peer.block, "litellm openai"),
                "bare": partial(peer.block, "bare openai"),
            }
            rows += rows_of("openai", measured(blocks), ("litellm",))
    return Report(tuple(rows), tuple(notes))


Measured = Mapping[str, Mapping[str, Sequence[float]]]


def measured(blocks: Mapping[str, Block]) -> Measured:
    """Return each subject's medians of blocks, in ms, by action."""
    for block in blocks.values():
        block("call", WARMING_CALLS)
        block("first_token", WARMING_CALLS)
    return {
        "call": block_medians(blocks, "call", CALLS_IN_BLOCK),
        "first_token": block_medians(blocks, "first_token", STREAMS_IN_BLOCK),
    }


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
    agent: str, taken: Measured, libraries: Sequence[str]
) -> list[Row]:
    """Return by how much libraries exceed the bare client, then all figures.

    A library is compared with the bare client in its own environment, which
    has the library's name in its rows, unless the library is ours.
    """
    rows = []
    for action, samples in taken.items():
        metric = agent if action == "call" else f"{agent}_{action}"
        for library in libraries:
            more = paired_differences(samples[library], samples["bare"])
            times = paired_ratios(samples[library], samples["bare"])
            limit = OVERHEAD_TARGET if library == "ours" else None
            start = f"agents/{library}/{metric}"
            rows += [
                Row.median(f"{start}_overhead", more, "ms", limit),
                Row.median(f"{start}_ratio", times, "ratio"),
                Row.median(
                    f"agents/{library}/{agent}_{action}",
                    samples[library],
                    "ms",
                ),
            ]
            bare = "bare" if library == "ours" else f"bare_of_{library}"
            rows.append(
                Row.median(
                    f"agents/{bare}/{agent}_{action}", samples["bare"], "ms"
                )
            )
    return rows
