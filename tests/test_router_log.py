"""The simulated log in data/: as our own software writes it, and reviewed."""

import json
import logging
import re
from collections import Counter
from statistics import fmean

import pytest
import requests

from course.simulation import command
from course.simulation.router_log import LEAKED, log_lines


@pytest.fixture(scope="module")
def lines():
    return command.log_file().read_text("utf-8").splitlines()


@pytest.fixture
def log(llm, lines):
    return list(llm.log_records.records(lines))


def test_the_file_is_what_the_simulation_gives():
    written = command.log_file().read_text("utf-8")
    assert written == log_lines(), "python3 -m course simulate --log"


def test_the_command_tells_whether_it_is(tmp_path, capsys):
    assert command.main(["--log", "--check"]) == 0
    old = tmp_path / "old.jsonl"
    old.write_text("{}\n", "utf-8")
    assert command.main(["--log", "--check", "--out", str(old)]) == 1
    assert "old.jsonl is not what the simulation gives" in (
        capsys.readouterr().out
    )


def test_the_command_writes_the_log_where_it_is_told(tmp_path, lines):
    path = tmp_path / "log.jsonl"
    assert command.main(["--log", "--out", str(path)]) == 0
    assert path.read_text("utf-8").splitlines() == lines


# As our own software writes it


@pytest.fixture
def served(llm, sandbox, serve):
    """Return the lines that the router really writes, by what they tell."""
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            line = llm.logs.JsonLinesFormatter().format(record)
            written.append(json.loads(line))

    logger = logging.getLogger("llm_providers")
    handler, level = Keep(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    settings = {"OPENAI_API_KEY": "any", "LLM_ROUTER_LEDGER": "off"}
    settings["OPENAI_BASE_URL"] = sandbox.base_url("openai")
    url = serve(settings)
    try:
        for fault in (None, "bad_parameter"):
            if fault:
                sandbox.fail_next("openai", fault)
            place = f"{url}/agents/llm-providers/openai"
            requests.post(place, json={"prompt": "Hi."}, timeout=10)
        model = llm.catalogue.load_catalogue().role("gemini", "default").id
        place = f"{url}/v1/chat/completions"
        body = {"model": f"gemini/{model},openai", "messages": []}
        body["messages"].append({"role": "user", "content": "Hi."})
        requests.post(place, json=body, timeout=10)
        yield written
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def forms(lines):
    """Return the names of the fields, in order, of each kind of line."""
    found = {}
    for line in lines:
        told = line.get("status")
        kind = "request" if isinstance(told, int) else told
        found.setdefault((line.get("logger"), kind), set()).add(tuple(line))
    return found


def test_its_lines_have_the_fields_of_those_that_the_router_writes(
    served, log
):
    ours = [one.fields for one in log if "logger" in one.fields]
    real = forms(served)
    assert len(real) >= 4
    assert forms(ours) == {kind: real[kind] for kind in forms(ours)}


def test_its_times_are_written_like_those_of_the_router(served, log):
    def shape(time):
        return re.sub(r"\d", "9", time)

    times = {shape(one.fields["time"]) for one in log if "time" in one.fields}
    assert times == {shape(line["time"]) for line in served}


def test_its_models_are_in_the_catalogue_but_for_one(llm, log):
    catalogue = llm.catalogue.load_catalogue()
    unlisted = {
        (one.provider, one.model)
        for one in llm.log_records.tries(log)
        if catalogue.find(one.provider, one.model) is None
    }
    assert len(unlisted) == 1


def test_its_costs_are_those_of_the_catalogue(llm, log):
    catalogue = llm.catalogue.load_catalogue()
    for one in llm.log_records.tries(log):
        model = catalogue.find(one.provider, one.model)
        if model is None or one.prompt_tokens is None:
            continue
        cached = log_fields(log, one)["cached_tokens"]
        assert one.cost_usd == model.cost_usd(
            one.prompt_tokens, one.completion_tokens, cached, one.time.date()
        )


def log_fields(log, one):
    return next(each.fields for each in log if each.line == one.line)


def test_it_is_a_day_of_a_few_thousand_lines(llm, lines, log):
    assert 2000 < len(lines) < 4000
    days = {one.time.date().isoformat() for one in llm.log_records.tries(log)}
    assert len(days) == 1


# What is to be found


def test_one_key_leaked_in_two_places(llm, log):
    found = llm.log_review.leaks(log)
    there = [one.line for one in log if LEAKED in one.raw]
    assert [leak.line for leak in found] == there
    assert [leak.path for leak in found] == [
        "ctx.request.headers.authorization",
        "",
    ]
    assert not any(LEAKED[3:11] in leak.excerpt for leak in found)


def test_one_provider_had_one_burst(llm, log):
    (burst,) = llm.log_review.bursts(log)
    assert burst.provider == "gemini"
    assert (f"{burst.start:%H:%M}", f"{burst.end:%H:%M}") == ("14:03", "14:05")
    assert burst.count == 48


def test_one_provider_got_worse(llm, log):
    (trend,) = llm.log_review.degrading(log)
    assert trend.provider == "openrouter"
    assert trend.failures_after > trend.failures_before + 0.1
    assert trend.times_slower > 1.8


def test_one_request_was_by_far_the_dearest(llm, log):
    costs = llm.log_review.dearest(log, 2)
    first, second = costs.dearest
    assert first.cost_usd > 1.5 * second.cost_usd
    kinds = [one.error_kind for one in first.tries]
    assert (kinds[0], kinds[-1]) == ("stream_interrupted", None)
    window = first.tries[0].prompt_tokens
    assert window > 400_000


def test_some_costs_are_unknown(llm, log):
    unknown = llm.log_review.dearest(log).unknown
    assert len(unknown) > 10
    kinds = Counter(one.error_kind for each in unknown for one in each.tries)
    assert kinds["timeout"] and kinds[None]


def test_some_lines_are_broken(log):
    assert len([one for one in log if not one.fields]) == 5


# What only looks like it


@pytest.fixture
def halves(llm, log):
    """Return the tries of each provider, of both halves of the day."""
    every = llm.log_records.tries(log)
    middle = every[0].time + (every[-1].time - every[0].time) / 2
    return {
        provider: (
            [one for one in own if one.time < middle],
            [one for one in own if one.time >= middle],
        )
        for provider, own in llm.log_records.by_provider(every).items()
    }


def most(halves, figure):
    return max(halves, key=lambda provider: figure(*halves[provider]))


def test_counting_all_errors_accuses_another_provider(halves):
    def errors(tries):
        return sum(one.error_kind is not None for one in tries)

    def share(tries):
        return errors(tries) / len(tries)

    decline = most(halves, lambda a, b: share(b) - share(a))
    assert decline == "gemini"
    assert most(halves, lambda a, b: share(a + b)) == "requestry"


def test_the_mean_latency_accuses_another_provider(halves):
    def mean(tries):
        return fmean(one.latency_seconds for one in tries if ok(one))

    def ok(one):
        return one.error_kind is None

    assert most(halves, lambda a, b: mean(b) / mean(a)) == "gemini"
    assert most(halves, lambda a, b: mean(a + b)) == "requestry"


def test_most_429s_of_the_day_are_another_provider_s(halves):
    def refused(before, after):
        return sum(one.error_kind == "rate_limit" for one in before + after)

    assert most(halves, refused) == "openai"


def test_the_dearest_try_the_longest_and_the_largest_are_other_requests(
    llm, log
):
    tries = llm.log_records.tries(log)
    (dearest,) = llm.log_review.dearest(log).dearest
    for figure in ("cost_usd", "prompt_tokens", "latency_seconds"):
        first = max(tries, key=lambda one: getattr(one, figure) or 0)
        assert first.request_id != dearest.request_id
