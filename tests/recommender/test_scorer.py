"""Level 1: nobody slips through, and the choice is the best there is."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PROVIDERS = ("openai", "gemini", "requestry", "openrouter")


@pytest.fixture
def catalogue(llm):
    return llm.catalogue.load_catalogue()


@pytest.fixture
def scorer(llm, catalogue):
    return llm.recommender.scorer.Scorer(catalogue, catalogue.as_of)


def some_task(chance, kinds):
    """Any task at all, most of them with something to fulfil."""

    def sometimes(make, often=0.5):
        return make() if chance.random() < often else None

    return {
        "type": chance.choice(kinds),
        "prompt_tokens": int(10 ** chance.uniform(0, 6.2)),
        "output_tokens": sometimes(
            lambda: int(10 ** chance.uniform(0, 5.3)), 0.3
        ),
        "needs": chance.sample(
            ("audio", "json_schema", "pdf", "tools", "video", "vision"),
            chance.choice((0, 0, 1, 1, 2, 3)),
        ),
        "context_tokens": sometimes(
            lambda: int(10 ** chance.uniform(3, 6.1)), 0.2
        ),
        "max_cost_usd": sometimes(lambda: 10 ** chance.uniform(-5, 1)),
        "max_latency_seconds": sometimes(lambda: chance.uniform(1, 9), 0.1),
        "providers": sometimes(
            lambda: chance.sample(PROVIDERS, chance.randint(0, 4)), 0.4
        ),
        "days_ahead": chance.choice((0, 0, 5, 30, 60, 365)),
        "quality_weight": chance.choice((0, 0.2, 0.5, 0.8, 1)),
    }


def violations(task, choice, cost, row, day, latency):
    """What is wrong with a choice, said from the catalogue's own row."""
    ends = row.shutdown_on
    accepts = row.accepts
    can = {
        "audio": "audio" in row.input_modalities,
        "json_schema": row.json_schema is True,
        "pdf": "pdf" in row.input_modalities,
        "tools": row.tools is True
        and (
            accepts.tools_with_reasoning or "none" in accepts.reasoning_efforts
        ),
        "video": "video" in row.input_modalities,
        "vision": "image" in row.input_modalities,
    }
    wanted = task["output_tokens"] or 1
    room = task["prompt_tokens"] + wanted
    budget, longest = task["max_cost_usd"], task["max_latency_seconds"]
    window = row.context_window or 0
    checks = {
        "released": row.released_on is None or row.released_on <= day,
        "ends": ends is None or ends > day + timedelta(task["days_ahead"]),
        "needs": all(can[need] for need in task["needs"]),
        "provider": task["providers"] is None
        or choice.provider in task["providers"],
        "window": window >= max(room, task["context_tokens"] or 0),
        "input": task["prompt_tokens"] <= (row.max_input_tokens or window),
        "output": not task["output_tokens"]
        or wanted <= (row.max_output_tokens or 0),
        "budget": budget is None
        or (cost.high is not None and cost.high <= budget),
        "latency": longest is None
        or (latency is not None and latency <= longest),
    }
    return [name for name, kept in checks.items() if not kept]


@pytest.mark.parametrize(
    "requests", [1_000, pytest.param(10_000, marks=pytest.mark.proof)]
)
def test_no_constraint_is_broken(llm, catalogue, requests):
    chance = random.Random(4)
    kinds = [*llm.recommender.task_types.task_types(), "gardening"]
    latencies = {
        f"{row.provider}/{row.id}": chance.uniform(0.5, 12)
        for row in catalogue.rows[::2]
    }
    days = [catalogue.as_of + timedelta(days=d) for d in (-60, 0, 12, 60)]
    scorers = [
        llm.recommender.scorer.Scorer(catalogue, day, None, latencies)
        for day in days
    ]
    broken, answered = [], 0
    for number in range(requests):
        day, scorer = chance.choice([*zip(days, scorers, strict=True)])
        asked = some_task(chance, kinds)
        fitting = scorer.fit(llm.recommender.task.Task.of(asked))
        for one in fitting.best(1):
            answered += 1
            row = catalogue.find(one.candidate.provider, one.candidate.model)
            cost = llm.recommender.costs.cost_range(
                one.candidate.rate(asked["prompt_tokens"]),
                asked["prompt_tokens"],
                fitting.output_of(one),
            )
            seconds = latencies.get(one.target)
            wrong = violations(asked, one.candidate, cost, row, day, seconds)
            broken += [(number, one.target, wrong)] if wrong else []
    assert broken == []
    assert answered > requests / 3


def test_who_is_left_out_is_left_out_for_a_reason(llm, catalogue, scorer):
    chance = random.Random(5)
    kinds = [*llm.recommender.task_types.task_types()]
    for _ in range(150):
        asked = llm.recommender.task.Task.of(some_task(chance, kinds))
        fitting = scorer.fit(asked)
        against = {
            each.candidate.target: [r.constraint for r in each.rejections]
            for each in scorer.refused(fitting.task, fitting.kind)
        }
        fits = {one.target for one in fitting.found}
        assert fits == {name for name, why in against.items() if not why}
        named = {one.target: one.constraint for one in fitting.rejected}
        assert fits | set(named) == set(against)
        assert len(fits) + len(fitting.rejected) == len(catalogue.rows)
        for target, constraint in named.items():
            assert constraint in against[target]
        dear = {one.target for one in fitting.dear.every()}
        assert dear == {
            name for name, why in against.items() if why == ["max_cost_usd"]
        }


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 10**9), st.floats(0, 1))
def test_the_choice_is_the_optimum_of_brute_force(llm, scorer, seed, weight):
    recommender = llm.recommender
    kinds = list(recommender.task_types.task_types())
    asked = some_task(random.Random(seed), kinds) | {"quality_weight": weight}
    fitting = scorer.fit(recommender.task.Task.of(asked))
    if not fitting.found:
        return
    [choice] = fitting.best(1)
    utility = recommender.choice.utility
    best = max(
        utility(one.points, one.cost_usd, weight) for one in fitting.found
    )
    mine = utility(choice.points, choice.cost_usd, weight)
    assert mine == pytest.approx(best, abs=1e-12)
    assert -choice.loss == pytest.approx(mine, abs=1e-12)
    assert choice.target in {one.target for one in fitting.front}


def test_the_best_come_in_order(llm, scorer):
    fitting = scorer.fit(llm.recommender.task.Task.of("code"))
    best = fitting.best(5)
    assert best == sorted(fitting.found)[:5]


def test_at_no_weight_of_quality_the_cheapest_is_chosen(llm, scorer):
    task = {"prompt_tokens": 900, "quality_weight": 0, "needs": ["vision"]}
    fitting = scorer.fit(llm.recommender.task.Task.of(task))
    [choice] = fitting.best(1)
    assert choice.cost_usd == min(one.cost_usd for one in fitting.found)


def test_at_full_weight_of_quality_the_best_is_chosen(llm, scorer):
    task = {"prompt_tokens": 900, "quality_weight": 1}
    fitting = scorer.fit(llm.recommender.task.Task.of(task))
    [choice] = fitting.best(1)
    assert choice.points == max(one.points for one in fitting.found)


def test_taking_a_candidate_away_does_not_turn_the_others(llm, scorer):
    task = llm.recommender.task.Task.of({"type": "code", "prompt_tokens": 9})
    every = [one.target for one in sorted(scorer.fit(task).found)]
    some = scorer.fit(replace(task, providers=("openai", "gemini")))
    left = [one.target for one in sorted(some.found)]
    assert left == [
        t for t in every if t.split("/")[0] in ("openai", "gemini")
    ]


def test_a_cost_that_is_ten_times_as_high_hurts_as_much_as_ten_points(llm):
    choice = llm.recommender.choice
    assert choice.cost_score(0) == 0
    step = choice.cost_score(1.0) - choice.cost_score(0.1)
    assert step == pytest.approx(0.1, abs=0.001)
    assert choice.cost_score(None) == choice.cost_score(1.0)


def test_the_costs_are_those_of_the_cost_module(llm, scorer):
    recommender = llm.recommender
    for prompt in (0, 900, 150_000, 300_000):
        task = {"type": "code", "prompt_tokens": prompt}
        fitting = scorer.fit(recommender.task.Task.of(task))
        assert fitting.found
        for one in fitting.found:
            cost = recommender.costs.cost_range(
                one.candidate.rate(prompt), prompt, fitting.output_of(one)
            )
            assert one.cost_usd == cost.expected
            assert one.high_order == cost.high


def test_a_price_step_of_another_day_changes_what_is_cheapest(llm, catalogue):
    made = llm.recommender.scorer.Scorer
    model = catalogue.role("gemini", "default")
    step = model.prices[-1].starts_on
    task = llm.recommender.task.Task.of({"prompt_tokens": 5_000})

    def cost(day):
        found = made(catalogue, day).fit(task).found
        [one] = [x for x in found if x.target == f"gemini/{model.id}"]
        return one.cost_usd

    assert cost(step) == pytest.approx(2 * cost(step - timedelta(days=1)))


def test_requests_of_a_kind_are_worked_out_once(llm, scorer):
    task = llm.recommender.task.Task.of({"type": "code", "prompt_tokens": 5})
    first = scorer.fit(task).found[0].entrant
    again = scorer.fit(replace(task, prompt_tokens=6)).found[0].entrant
    assert first is again


def test_no_more_kinds_are_kept_than_are_good_for_memory(llm, scorer):
    for number in range(300):
        task = {"context_tokens": number, "prompt_tokens": 1}
        scorer.fit(llm.recommender.task.Task.of(task))
    assert len(scorer._kept) <= llm.recommender.scorer.MOST_KEPT


def test_an_older_day_has_the_models_of_that_day(llm, catalogue):
    day = date(2025, 9, 1)
    fitting = llm.recommender.scorer.Scorer(catalogue, day).fit(
        llm.recommender.task.Task.of("code")
    )
    for one in fitting.found:
        row = catalogue.find(one.candidate.provider, one.candidate.model)
        assert row.released_on is None or row.released_on <= day
