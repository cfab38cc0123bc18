"""The router beside a bare relay and LiteLLM's proxy, on one upstream.

Everything that is compared takes turns in one run, asked by one client
program, in front of one provider that answers at once.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import mean, median

from benchmarks.peers import peer_python
from benchmarks.router_subjects import Client, Server, ours, provider, servers
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.samples import in_turn, paired_ratios, percentile
from benchmarks.surroundings import model_of

__all__ = ["run", "run_long"]

ROUNDS = 10
IN_BLOCK = 25
CLIENTS = 64
PARALLEL_ROUNDS = 3
PARALLEL_REQUESTS = 320
STREAMS = 500
STREAM_SECONDS = 2.0
PIECES = 8
# How streams arrive: the rows' name, spread over so many seconds, and how
# many follow one another at each client.
ARRIVALS = (("stream", STREAM_SECONDS, 3), ("burst", 0.0, 1))
STARTS = 3
FEW, MANY = 10_000, 100_000

Bodies = Mapping[str, object]


def run() -> Report:
    """Measure all but the memory after a hundred thousand requests."""
    return _report(long=False)


def run_long() -> Report:
    """Measure that, too, which takes minutes."""
    return _report(long=True)


def _report(*, long: bool) -> Report:
    notes: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        python = None
        try:
            python = peer_python("litellm_proxy")
        except BenchmarkError as error:
            notes.append(str(error))
        upstream = stack.enter_context(provider())
        client = stack.enter_context(Client())
        routers = stack.enter_context(servers(upstream, python, folder))
        if python is not None and "litellm" not in routers:
            notes.append("LiteLLM's proxy did not start: no rows of its.")
        urls = {"bare": upstream} | {
            name: server.url for name, server in routers.items()
        }
        rows = [
            *overhead_rows(client, urls),
            *parallel_rows(client, urls),
            *stream_rows(client, urls),
            *breaker_rows(client, urls["ours"]),
            *start_rows(routers, upstream, folder),
        ]
        if long:
            rows += memory_rows(client, routers["ours"])
        else:
            notes.append("With --long: memory after 100,000 requests.")
    return Report(tuple(rows), tuple(notes))


def body_for(router: str, provider: str = "openai") -> dict[str, object]:
    """Return a request; ours wants to know which provider is meant."""
    model = model_of(provider)
    question = "Explain HTTP 429 in one sentence."
    return {
        "model": f"{provider}/{model}" if router == "ours" else model,
        "messages": [
            {"role": "system", "content": "You are a patient teacher."},
            {"role": "user", "content": question},
        ],
    }


def stream_body(router: str) -> dict[str, object]:
    """Return a request for a stream, whose prompt tells how it is to be."""
    wish = json.dumps({"pieces": PIECES, "seconds": STREAM_SECONDS})
    return {
        **body_for(router),
        "messages": [{"role": "user", "content": wish}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def overhead_rows(client: Client, urls: Mapping[str, str]) -> list[Row]:
    """Return what a request takes more than at the provider itself."""

    def block(router: str) -> list[float]:
        found: list[float] = client.do(
            "sequential", urls[router], body_for(router), times=IN_BLOCK
        )
        return found

    subjects = {name: partial(block, name) for name in urls}
    in_turn(subjects, 2)
    taken = in_turn(subjects, ROUNDS)
    bare = [median(one) for one in taken.pop("bare")]
    more = {
        name: [
            [sample - least for sample in block]
            for block, least in zip(blocks, bare, strict=True)
        ]
        for name, blocks in taken.items()
    }
    rows = []
    for name, blocks in more.items():
        every = [sample for block in blocks for sample in block]
        goals = (3.0, 10.0) if name == "ours" else (None, None)
        start = f"router/{name}/overhead"
        rows += [
            Row.median(f"{start}_p50", every, "ms", goals[0]),
            Row(f"{start}_p99", percentile(every, 99), "ms", goals[1]),
        ]
    for peer, goal in (("relay", 1.25), ("litellm", 1 / 5)):
        if peer in more:
            ratios = paired_ratios(
                [median(one) for one in more["ours"]],
                [median(one) for one in more[peer]],
            )
            what = f"router/ours/overhead_to_{peer}"
            rows.append(Row.median(what, ratios, "ratio", goal))
    return rows


def parallel_rows(client: Client, urls: Mapping[str, str]) -> list[Row]:
    """Return how long CLIENTS clients take together for the same work."""

    def batch(router: str, times: int = PARALLEL_REQUESTS) -> float:
        seconds: float = client.do(
            "parallel",
            urls[router],
            body_for(router),
            clients=CLIENTS,
            times=times,
        )
        return seconds

    for name in urls:
        batch(name, CLIENTS)
    subjects = {name: partial(batch, name) for name in urls}
    taken = in_turn(subjects, PARALLEL_ROUNDS)
    rows = []
    for peer, goal in (("litellm", 1 / 4), ("relay", None)):
        if peer in taken:
            ratios = paired_ratios(taken["ours"], taken[peer])
            what = f"router/ours/time_at_{CLIENTS}_clients_to_{peer}"
            rows.append(Row.median(what, ratios, "ratio", goal))
    for name, seconds in taken.items():
        rates = [PARALLEL_REQUESTS / one for one in seconds]
        what = f"router/{name}/requests_per_second"
        rows.append(Row.median(what, rates, "count"))
    return rows


def stream_rows(client: Client, urls: Mapping[str, str]) -> list[Row]:
    """Return how STREAMS streams fare that are in flight at once.

    In flight at once is taken for a steady state: the clients begin evenly
    spread over a stream's time, and each asks for the next one as soon as
    one has ended. So as many begin at any time as end, and the mean time of
    a stream is the inverse of the throughput. Beside it stands a burst: all
    begin in the same moment, once. Who answers one after the other begins
    the last one late then, by STREAMS times what a beginning takes; that is
    worth knowing, and has no goal.
    """
    rows = []
    for kind, spread, times in ARRIVALS:
        first_bare = 0.0
        for name in [one for one in ("bare", "relay", "ours") if one in urls]:
            seen: list[Sequence[float]] = client.do(
                "streams",
                urls[name],
                stream_body(name),
                clients=STREAMS,
                times=times,
                seconds=spread,
            )
            whole = [one for one in seen if one[2]]
            if not whole:
                raise BenchmarkError(f"No stream of {name}'s was complete.")
            waits = [(one[1] - one[0]) * 1_000 for one in whole]
            if name == "bare":
                first_bare = median(waits)
            late = percentile(waits, 99) - first_bare
            ideal = mean((one[2] - one[0]) / STREAM_SECONDS for one in whole)
            found = (len(seen) - len(whole), ideal, late)
            rows += _stream_rows(name, kind, found)
    return rows


def _stream_rows(
    name: str, kind: str, found: tuple[float, float, float]
) -> list[Row]:
    """Return the rows of a subject; ours have goals."""
    goals: tuple[float | None, ...] = (None, None, None)
    if name == "ours":
        goals = (0, 1 / 0.9, 100) if kind == "stream" else (0, None, None)
    start = f"router/{name}/{kind}"
    missing, ideal, late = found
    return [
        Row(f"{start}s_incomplete", missing, "count", goals[0]),
        Row(f"{start}_time_to_ideal", ideal, "ratio", goals[1]),
        Row(f"{start}_first_token_added_p99", late, "ms", goals[2]),
    ]


def breaker_rows(client: Client, url: str) -> list[Row]:
    """Return what it costs to step over a provider whose breaker is open."""
    plain = body_for("ours", "requestry")
    over = body_for("ours", "openrouter") | {"models": [plain["model"]]}

    def block(body: object) -> list[float]:
        found: list[float] = client.do("sequential", url, body, times=IN_BLOCK)
        return found

    subjects = {"plain": partial(block, plain), "over": partial(block, over)}
    in_turn(subjects, 2)
    taken = in_turn(subjects, ROUNDS)
    more = [
        median(a) - median(b)
        for a, b in zip(taken["over"], taken["plain"], strict=True)
    ]
    return [Row.median("router/ours/open_breaker_overhead", more, "ms", 1.0)]


def start_rows(
    routers: Mapping[str, Server], upstream: str, folder: Path
) -> list[Row]:
    """Return how long it takes from start to the first answer."""
    seconds = []
    for _ in range(STARTS):
        server = ours(upstream, folder)
        server.stop()
        seconds.append(server.seconds_to_ready)
    rows = [Row.median("router/ours/start_to_ready", seconds, "s", 1.5)]
    for name in ("relay", "litellm"):
        if name in routers:
            taken = routers[name].seconds_to_ready
            rows.append(Row(f"router/{name}/start_to_ready", taken, "s"))
    memory = routers["ours"].memory
    return [*rows, Row("router/ours/memory", memory, "MB", 150.0)]


def memory_rows(client: Client, server: Server) -> list[Row]:
    """Return the memory after many requests, and how it grew."""

    def after(times: int) -> float:
        body = body_for("ours")
        client.do("parallel", server.url, body, clients=CLIENTS, times=times)
        return server.memory

    early = after(FEW)
    late = after(MANY - FEW)
    return [
        Row("router/ours/memory_growth", late / early, "ratio", 1.05),
        Row("router/ours/memory_after_100000", late, "MB", 150.0),
    ]
