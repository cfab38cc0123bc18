"""The agent: one contract at every level, and no level breaks a limit."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
LEVELS = ("table", "scorer", "learned", "judge")
TODAY = date(2026, 11, 22)


@pytest.fixture
def agent(llm):
    def make(level="scorer", **options):
        given = {"providers": PROVIDERS, "today": TODAY} | options
        return llm.recommender_agent.RecommenderAgent(level, **given)

    return make


@pytest.fixture
def recommend(agent):
    def ask(level="scorer", **task):
        return agent(level).recommend_model(task)

    return ask


@pytest.fixture
def nothing_fits(llm):
    return llm.recommender.recommendation.NothingFitsError


# The contract


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_keeps_to_the_contract(recommend, llm, level):
    found = recommend(level, type="code", prompt_tokens=800)
    assert found.target == f"{found.provider}/{found.model}"
    assert llm.catalogue.load_catalogue().find(found.provider, found.model)
    assert 0 <= found.confidence <= 1
    assert found.probability is None or 0 <= found.probability <= 1
    cost = found.cost
    assert 0 <= cost.low <= cost.expected <= cost.high
    assert found.reasons and all(r.endswith(".") for r in found.reasons)
    assert found.runner_up != found.target
    assert found.prices_of == TODAY
    assert found.decision_cost_usd == 0
    assert found.ranking[0].target == found.target


@pytest.mark.parametrize("level", LEVELS)
def test_every_candidate_is_ranked_or_rejected_or_fits(agent, llm, level):
    made = agent(level, most_ranked=1_000)
    found = made.recommend_model({"max_cost_usd": 0.01, "needs": ["vision"]})
    ranked = [one.target for one in found.ranking]
    out = [one.target for one in found.rejected]
    rows = llm.catalogue.load_catalogue().rows
    assert sorted(ranked + out) == sorted(f"{r.provider}/{r.id}" for r in rows)
    assert all(one.reason and one.constraint for one in found.rejected)


@pytest.mark.parametrize("level", LEVELS)
def test_no_level_breaks_a_constraint(agent, llm, level):
    made = agent(level)
    catalogue = llm.catalogue.load_catalogue()
    for providers in (("openai",), ("gemini", "openrouter"), PROVIDERS):
        for budget in (0.0005, 0.01, 1):
            for needs in ((), ("vision",), ("tools", "json_schema")):
                task = {
                    "type": "code",
                    "prompt_tokens": 2_500,
                    "providers": providers,
                    "max_cost_usd": budget,
                    "needs": needs,
                    "days_ahead": 30,
                }
                try:
                    found = made.recommend_model(task)
                except ValueError as error:
                    assert hasattr(error, "tightest")
                    continue
                row = catalogue.find(found.provider, found.model)
                assert found.provider in providers
                assert found.cost.high <= budget
                assert "vision" not in needs or "image" in row.input_modalities
                assert "tools" not in needs or (row.tools and row.json_schema)
                assert row.shutdown_on is None or (
                    row.shutdown_on > date(2026, 12, 22)
                )


@pytest.mark.parametrize("level", LEVELS)
def test_an_answer_is_plain_json(recommend, level):
    made = recommend(level, type="reasoning").to_dict()
    again = json.loads(json.dumps(made))
    assert again == made
    assert again["prices_of"] == "2026-11-22"
    assert again["cost"]["expected"] > 0 or again["cost"]["expected"] == 0


def test_a_ranking_has_the_best_of_every_provider(recommend):
    found = recommend(type="code", quality_weight=0.9)
    assert {one.target.split("/")[0] for one in found.ranking} == set(
        PROVIDERS
    )


def test_a_type_is_guessed_where_it_is_not_given_and_it_says_so(recommend):
    found = recommend(type=None, prompt="Write a poem about the sea.")
    assert any("creative, was guessed" in reason for reason in found.reasons)


def test_an_end_that_is_near_is_said(agent, llm):
    catalogue = llm.catalogue.load_catalogue()
    retiring = catalogue.role("gemini", "retiring")
    only = replace(catalogue, rows=(retiring,))
    found = agent(catalogue=only).recommend_model("default")
    assert any("shut down in 9 days" in reason for reason in found.reasons)
    assert found.runner_up is None
    assert found.confidence == 1


def test_a_model_without_a_figure_has_no_probability(agent, llm):
    catalogue = llm.catalogue.load_catalogue()
    only = replace(catalogue, rows=(catalogue.role("openai", "default"),))
    found = agent(catalogue=only).recommend_model("code")
    assert found.probability is None
    assert any("No public figure" in reason for reason in found.reasons)


def test_what_the_task_says_of_its_length_costs_what_it_says(recommend, llm):
    found = recommend(prompt_tokens=1_000, output_tokens=500)
    catalogue = llm.catalogue.load_catalogue()
    row = catalogue.find(found.provider, found.model)
    cost = row.cost_usd(1_000, 500, on=TODAY)
    assert found.cost.low == found.cost.expected == found.cost.high == cost


def test_a_free_variant_is_for_those_who_have_nothing_to_spend(agent):
    made = agent()
    free = made.recommend_model({"max_cost_usd": 0})
    assert free.cost.high == 0
    found = made.recommend_model({"quality_weight": 0})
    assert found.cost.expected > 0
    said = {one.target: one.constraint for one in found.rejected}
    assert said[free.target] == "free"


# What would be otherwise


def test_a_higher_budget_that_is_named_gives_the_model_that_is_named(
    agent,
):
    made = agent()
    told = 0
    for kind in ("code", "reasoning", "conversation", "mathematics"):
        for budget in (0.0015, 0.003, 0.01, 0.03, 0.1):
            task = {
                "type": kind,
                "prompt_tokens": 700,
                "max_cost_usd": budget,
                "quality_weight": 0.7,
            }
            found = made.recommend_model(task)
            said = found.counterfactual or ""
            if "budget" not in said:
                continue
            told += 1
            target, limit = said.split()[3], float(said.split("$")[1][:-1])
            assert limit > budget
            raised = made.recommend_model(task | {"max_cost_usd": limit})
            assert raised.target == target != found.target
    assert told > 8


def test_a_higher_weight_that_is_named_gives_the_model_that_is_named(agent):
    made = agent()
    told = 0
    for kind in ("code", "reasoning", "conversation", "default"):
        for weight in (0, 0.1, 0.25, 0.333, 0.5, 0.8, 0.9):
            task = {"type": kind, "prompt_tokens": 700}
            found = made.recommend_model(task | {"quality_weight": weight})
            said = found.counterfactual
            if said is None:
                continue
            told += 1
            words = said.split()
            other = float(words[words.index("weighed") + 1])
            assert other > weight
            there = made.recommend_model(task | {"quality_weight": other})
            assert there.target == words[3] != found.target
    assert told > 15


def test_where_nothing_would_change_the_choice_nothing_is_said(recommend):
    assert recommend(quality_weight=1).counterfactual is None


# Confidence


def test_the_same_model_at_another_provider_is_no_runner_up(recommend):
    found = recommend(type="mathematics", quality_weight=1)
    same = found.model.split("/")[-1]
    assert any(one.target.endswith(same) for one in found.ranking[1:])
    assert not found.runner_up.endswith(same)


def test_where_the_cost_alone_decides_there_is_no_doubt(recommend):
    assert recommend(quality_weight=0).confidence == 1


def test_a_close_call_is_hardly_better_than_a_coin(recommend):
    found = recommend(type="mathematics", quality_weight=1)
    assert 0.5 <= found.confidence < 0.6


# Nothing fits


def test_where_nothing_fits_the_tightest_constraint_is_named(
    agent, nothing_fits
):
    task = {"needs": ["vision"], "max_cost_usd": 0.00000001}
    with pytest.raises(nothing_fits, match="budget") as caught:
        agent().recommend_model(task | {"providers": ["openai"]})
    assert caught.value.tightest == "max_cost_usd"
    assert len(caught.value.rejected) > 80


@pytest.mark.parametrize(
    ("task", "tightest"),
    [
        ({"providers": []}, "providers"),
        ({"needs": ["audio"], "providers": ["openai"]}, "providers"),
        ({"prompt_tokens": 3_000_000}, "prompt_tokens"),
        ({"context_tokens": 2_000_000}, "context_tokens"),
        ({"max_latency_seconds": 1}, "max_latency_seconds"),
        ({"output_tokens": 150_000, "providers": ["openai"]}, "output_tokens"),
    ],
)
def test_each_constraint_can_be_the_tightest(
    agent, nothing_fits, task, tightest
):
    with pytest.raises(nothing_fits) as caught:
        agent().recommend_model(task)
    assert caught.value.tightest == tightest


def test_lifting_the_tightest_constraint_lets_a_candidate_through(
    agent, nothing_fits
):
    task = {"type": "code", "needs": ["audio"], "max_cost_usd": 0.0001}
    with pytest.raises(nothing_fits) as caught:
        agent().recommend_model(task)
    lifted = {
        "max_cost_usd": {"max_cost_usd": None},
        "audio": {"needs": []},
    }[caught.value.tightest]
    assert agent().recommend_model(task | lifted).target


def test_an_empty_catalogue_says_so(agent, llm, nothing_fits):
    empty = replace(llm.catalogue.load_catalogue(), rows=())
    with pytest.raises(nothing_fits, match="no models"):
        agent(catalogue=empty).recommend_model("code")


# What makes no sense


def test_an_unknown_level_names_those_there_are(agent):
    with pytest.raises(ValueError, match="table, scorer"):
        agent("oracle")


def test_an_unknown_type_names_those_there_are(recommend):
    with pytest.raises(ValueError, match=r"^type: .*conversation"):
        recommend(type="gardening")


def test_an_unknown_provider_names_those_there_are(agent, recommend):
    with pytest.raises(ValueError, match=r"^providers: .*openrouter"):
        recommend(providers=["nobody"])
    with pytest.raises(ValueError, match=r"^providers: "):
        agent(providers=["nobody"])


# Who is at hand


def test_only_providers_with_a_key_are_at_hand(llm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMINI_API_KEY", "x")
    made = llm.recommender_agent.RecommenderAgent(today=TODAY)
    assert made.recommend_model("code").provider == "gemini"


def test_without_any_key_all_are_looked_at_and_it_says_so(
    llm, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    made = llm.recommender_agent.RecommenderAgent(today=TODAY)
    found = made.recommend_model("code")
    assert any("No provider has a key" in reason for reason in found.reasons)


# The table and the learned level


def test_the_table_s_entry_is_taken_where_it_fits(agent, llm):
    catalogue = llm.catalogue.load_catalogue()
    found = agent("table").recommend_model("conversation")
    assert found.model == catalogue.role("openai", "default").id
    assert found.level == "table"


def test_where_no_entry_fits_the_cheapest_that_does_is_taken(agent, llm):
    table = llm.recommender.lookup_table.LookupTable({})
    made = agent("table", table=table)
    found = made.recommend_model({"needs": ["audio"], "prompt_tokens": 50})
    others = [one.cost.expected for one in found.ranking]
    assert found.cost.expected == min(others)
    assert any("the cheapest" in reason for reason in found.reasons)


def learner(quality, abstained=False):
    """Stands for what was fitted: the same word on every task."""

    def predict(task, prompt):
        return SimpleNamespace(
            models=list(quality),
            quality=list(quality.values()),
            abstained=abstained,
        )

    return SimpleNamespace(predict=predict, tasks=("gardening",))


def two_of(llm):
    catalogue = llm.catalogue.load_catalogue()
    return [
        f"openai/{catalogue.role('openai', role).id}"
        for role in ("default", "reasoning")
    ]


def test_learned_quality_goes_before_the_catalogue_s(agent, llm):
    cheap, dear = two_of(llm)
    good = agent("learned", learned=learner({cheap: 0.2, dear: 0.9}))
    found = good.recommend_model({"quality_weight": 0.9})
    assert (found.target, found.level) == (dear, "learned")
    assert (found.probability, found.abstained) == (0.9, False)
    said = " ".join(found.reasons)
    assert "outcomes that were learned from" in said
    assert "LiveBench" not in said
    even = agent("learned", learned=learner({cheap: 0.9, dear: 0.9}))
    assert even.recommend_model("code").target == cheap


def test_a_type_that_was_learned_is_a_type(agent, llm):
    cheap, dear = two_of(llm)
    made = agent("learned", learned=learner({cheap: 0.9, dear: 0.1}))
    assert made.recommend_model({"type": "gardening"}).target == cheap


@pytest.mark.parametrize("case", ["nothing", "abstained", "other models"])
def test_where_nothing_was_learned_the_scorer_decides(agent, llm, case):
    cheap, dear = two_of(llm)
    learned = {
        "nothing": None,
        "abstained": learner({cheap: 0.1, dear: 0.2}, abstained=True),
        "other models": learner({"x": 0.1, cheap: 0.9}),
    }[case]
    found = agent("learned", learned=learned).recommend_model("code")
    assert found.abstained
    assert found.level == "scorer"
    assert found.target == agent().recommend_model("code").target


# A fresh process


def test_the_first_decision_loads_neither_numpy_nor_an_sdk():
    code = (
        "from datetime import date\n"
        "from llm_providers import RecommenderAgent\n"
        "agent = RecommenderAgent(providers=['openai'])\n"
        "print(agent.recommend_model('code').target)\n"
        "import sys; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    target, loaded = done.stdout.split("\n")[:2]
    assert target.startswith("openai/")
    heavy = ("numpy", "sklearn", "openai", "pydantic", "fastapi", "requests")
    assert not set(heavy) & set(loaded.split())
