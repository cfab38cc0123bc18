"""The hard constraints: each one alone, and all of them together."""

from datetime import timedelta

import pytest


@pytest.fixture
def found(llm):
    """The rejections of a candidate by a task."""
    recommender = llm.recommender

    def ask(task=None, *, cost=0.01, output=100, prompt=200, **facts):
        known = {
            "context_window": 1_000,
            "max_input_tokens": None,
            "max_output_tokens": 500,
            "able": ("json_schema", "tools"),
        } | facts
        candidate = recommender.candidates.Candidate("openai", "x", **known)
        demand = recommender.constraints.Demand(
            prompt,
            recommender.tokens.TokenRange(output, output, output),
            recommender.recommendation.CostRange(cost, cost, cost),
        )
        asked = recommender.task.Task.of(task or {})
        return recommender.constraints.rejections(candidate, asked, demand)

    return ask


@pytest.fixture
def kept_out_by(found):
    """The names of the constraints that keep a candidate out."""

    def names(task=None, **facts):
        return [one.constraint for one in found(task, **facts)]

    return names


@pytest.mark.exercise("4.2")
def test_who_has_nothing_against_it_fits(found):
    assert found() == []


@pytest.mark.exercise("4.2")
def test_a_need_that_is_met_keeps_nobody_out(found):
    assert found({"needs": ["tools"]}) == []


@pytest.mark.exercise("4.2")
def test_a_need_that_is_not_met_keeps_out(kept_out_by):
    assert kept_out_by({"needs": ["vision"]}) == ["vision"]


@pytest.mark.exercise("4.2")
def test_a_rejection_names_the_target_and_says_why(found):
    [one] = found({"needs": ["vision"]})
    assert one.target == "openai/x"
    assert one.reason == "It is not known to do vision."


@pytest.mark.exercise("4.2")
def test_every_constraint_that_keeps_out_is_named(kept_out_by):
    task = {"needs": ["vision", "audio"], "max_cost_usd": 0.001}
    assert kept_out_by(task) == ["audio", "vision", "max_cost_usd"]


@pytest.mark.exercise("4.2")
def test_the_budget_holds_to_the_cent(kept_out_by):
    assert kept_out_by({"max_cost_usd": 0.01}) == []
    assert kept_out_by({"max_cost_usd": 0.0099}) == ["max_cost_usd"]


@pytest.mark.exercise("4.2")
def test_an_unknown_cost_fits_no_budget(kept_out_by):
    assert kept_out_by({"max_cost_usd": 5}, cost=None) == ["max_cost_usd"]
    assert kept_out_by({}, cost=None) == []


@pytest.mark.exercise("4.2")
def test_an_unmeasured_latency_fits_no_limit(kept_out_by):
    task = {"max_latency_seconds": 2}
    assert kept_out_by(task) == ["max_latency_seconds"]
    assert kept_out_by(task, latency_seconds=2) == []
    assert kept_out_by(task, latency_seconds=2.1) == ["max_latency_seconds"]


@pytest.mark.exercise("4.2")
def test_prompt_and_answer_share_the_window(kept_out_by):
    assert kept_out_by(prompt=900, output=100) == []
    assert kept_out_by(prompt=901, output=100) == ["prompt_tokens"]
    assert kept_out_by(context_window=None) == ["prompt_tokens"]


@pytest.mark.exercise("4.2")
def test_a_long_reason_is_told_word_for_word(found):
    [one] = found(prompt=901, output=100)
    assert one.reason == (
        "Prompt and answer take about 1,001 tokens, its context window has "
        "1,000."
    )


def test_a_limit_on_the_prompt_alone_holds_too(kept_out_by):
    assert kept_out_by(max_input_tokens=200) == []
    assert kept_out_by(max_input_tokens=199) == ["prompt_tokens"]


def test_a_window_that_is_asked_for_has_to_be_there(kept_out_by):
    assert kept_out_by({"context_tokens": 1_000}) == []
    assert kept_out_by({"context_tokens": 1_001}) == ["context_tokens"]


def test_an_answer_longer_than_the_output_limit_keeps_out(kept_out_by):
    assert kept_out_by(output=500) == []
    assert kept_out_by(output=501) == ["output_tokens"]


def test_an_unknown_output_limit_fits_no_length_that_is_asked_for(kept_out_by):
    assert kept_out_by(max_output_tokens=None) == []
    task = {"output_tokens": 100}
    assert kept_out_by(task, max_output_tokens=None) == ["output_tokens"]


def test_a_provider_that_is_not_allowed_keeps_out(kept_out_by):
    assert kept_out_by({"providers": ["openai", "gemini"]}) == []
    assert kept_out_by({"providers": ["gemini"]}) == ["providers"]
    assert kept_out_by({"providers": []}) == ["providers"]


def test_who_is_shut_down_is_out_whatever_is_asked(kept_out_by):
    assert kept_out_by(days_left=1) == []
    assert kept_out_by(days_left=0) == ["retired"]
    assert kept_out_by(days_left=-30) == ["retired"]


def test_who_ends_within_the_days_ahead_is_out(kept_out_by):
    assert kept_out_by({"days_ahead": 29}, days_left=30) == []
    assert kept_out_by({"days_ahead": 30}, days_left=30) == ["days_ahead"]
    assert kept_out_by({"days_ahead": 400}) == []


def test_who_is_not_released_yet_is_out(kept_out_by):
    assert kept_out_by(released=False) == ["released"]


@pytest.mark.exercise("4.2")
def test_every_reason_is_a_sentence_about_the_target(found):
    task = {
        "needs": ["audio", "vision"],
        "max_cost_usd": 0.001,
        "max_latency_seconds": 2,
        "context_tokens": 2_000,
        "providers": ["gemini"],
        "days_ahead": 40,
    }
    rejected = found(task, output=2_000, released=False, days_left=30)
    assert len(rejected) == 10
    assert all(one.target == "openai/x" for one in rejected)
    assert all(one.reason.endswith(".") for one in rejected)
    assert found({}, days_left=0)[0].reason.endswith(".")


def test_every_constraint_has_a_name_of_its_own(llm):
    names = [one.name for one in llm.recommender.constraints.CONSTRAINTS]
    assert len(names) == len(set(names))
    assert set(llm.recommender.task.NEEDS) < set(names)


# What the catalogue says of abilities


def able(llm, catalogue, target):
    made = llm.recommender.candidates.candidates(
        catalogue,
        catalogue.as_of,
        llm.recommender.quality.load_quality(),
    )
    [found] = [one for one in made if one.target == target]
    return found.able


def test_tools_that_exclude_thinking_need_a_way_not_to_think(llm):
    catalogue = llm.catalogue.load_catalogue()
    checked = 0
    for model in catalogue.rows:
        accepts = model.accepts
        if not accepts.tools_with_reasoning:
            can = "tools" in able(
                llm, catalogue, f"{model.provider}/{model.id}"
            )
            assert can == ("none" in accepts.reasoning_efforts)
            checked += 1
    assert checked > 5


def test_what_nobody_says_of_a_model_it_is_not_known_to_do(llm):
    catalogue = llm.catalogue.load_catalogue()
    unknown = [row for row in catalogue.rows if row.tools is None]
    assert unknown
    for row in unknown:
        target = f"{row.provider}/{row.id}"
        assert "tools" not in able(llm, catalogue, target)


def test_a_model_whose_release_is_unknown_is_there_from_its_first_price(llm):
    catalogue = llm.catalogue.load_catalogue()
    book = llm.recommender.quality.load_quality()
    rows = [row for row in catalogue.rows if row.released_on is None]
    assert rows
    first = rows[0].prices[0].starts_on
    for day, there in ((first, True), (first - timedelta(days=1), False)):
        made = llm.recommender.candidates.candidates(catalogue, day, book)
        [one] = [x for x in made if x.model == rows[0].id]
        assert one.released is there


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0, "$0"),
        (0.0000123456, "$0.0000123"),
        (0.0001, "$0.0001"),
        (0.00056789, "$0.000568"),
        (0.99951, "$1"),
        (4.5, "$4.5"),
        (99.49, "$99.5"),
        (99.96, "$100"),
        (1234.5, "$1,234"),
    ],
)
def test_an_amount_has_three_digits_that_say_something(llm, usd, shown):
    assert llm.recommender.constraints.amount(usd) == shown
