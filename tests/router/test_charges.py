"""What a try is counted as: never nothing where nobody knows."""

from datetime import date

import pytest

WORST = 7.0


@pytest.fixture
def charge(llm):
    """What a try costs and is counted as."""

    def of(status="success", kind=None, usage=(), cost=None, model="default"):
        if model == "default":
            catalogue = llm.catalogue.load_catalogue()
            model = catalogue.role("openai", "default").id
        responses = llm.responses
        row = responses.Attempt(
            model, status, kind, 0.0, 0.1, responses.Usage(*usage), cost,
            "openai",
        )  # fmt: skip
        found = llm.router.charges.charge(row, lambda: WORST)
        return found.cost_usd, found.charged_usd

    return of


def test_what_the_wire_says_it_cost_counts(charge):
    assert charge(cost=0.5, usage=(10, 10)) == (0.5, 0.5)


def test_tokens_are_paid_for_by_the_catalogue(llm, charge):
    model = llm.catalogue.load_catalogue().role("openai", "default")
    cost = model.cost_usd(1000, 500)
    assert cost > 0
    assert charge(usage=(1000, 500)) == (cost, cost)


def test_an_unlisted_model_counts_as_the_dearest_of_its_provider(llm, charge):
    cost, counted = charge(usage=(1000, 500), model="nobody-knows-it")
    assert cost is None
    today = date.today()
    dearest = max(
        model.cost_usd(1000, 500, on=today) or 0.0
        for model in llm.catalogue.load_catalogue().models("openai")
    )
    assert counted >= dearest > 0


@pytest.mark.parametrize("usage", [(), (1000,), (None, 5)])
def test_an_answer_of_unknown_length_counts_as_the_worst_case(charge, usage):
    assert charge(usage=usage) == (None, WORST)


@pytest.mark.parametrize(
    "kind", ["timeout", "stream_interrupted", "abandoned"]
)
def test_so_does_a_try_that_may_be_billed(charge, kind):
    assert charge("error", kind) == (None, WORST)


@pytest.mark.parametrize(
    "kind", ["rate_limit", "provider_unavailable", "authentication"]
)
def test_a_refused_try_costs_nothing(charge, kind):
    assert charge("error", kind) == (0.0, 0.0)


def test_a_skipped_target_costs_nothing(charge):
    assert charge("skipped", "skipped_open_breaker") == (0.0, 0.0)


@pytest.fixture
def worst(llm):
    def of(prompt, *targets, answer_tokens=1000, **fields):
        asked = llm.prompts.Prompt.of(prompt, **fields)
        named = [llm.router.targets.Target.of(name) for name in targets]
        return llm.router.charges.worst_case(asked, named, answer_tokens)

    return of


def test_the_worst_case_is_no_less_than_a_byte_a_token(llm, worst):
    model = llm.catalogue.load_catalogue().role("openai", "default")
    text = "é" * 500
    assert worst(text, "openai", max_tokens=20) >= model.cost_usd(1000, 20)


def test_the_worst_case_is_that_of_the_dearest_target(worst):
    each = [worst("Hi", name) for name in ("openai", "gemini")]
    assert worst("Hi", "openai", "gemini") == max(each) > 0


def test_an_answer_without_a_limit_is_taken_to_be_so_long(worst):
    asked = worst("Hi", "openai", answer_tokens=100)
    assert asked == worst("Hi", "openai", max_tokens=100)
    assert asked < worst("Hi", "openai", answer_tokens=200)


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "x" * 99}}]},
        {"system_message": "x" * 99},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "x",
                    "schema": {"type": "object", "description": "x" * 99},
                },
            }
        },
    ],
)
def test_all_that_is_sent_counts(worst, more):
    assert worst("Hi", "openai", **more) > worst("Hi", "openai")


def test_an_image_counts_as_many_tokens(worst):
    image = {"type": "image_url", "image_url": {"url": "https://x.test/i"}}
    turn = {"role": "user", "content": [image]}
    assert worst([turn], "openai") > worst("x" * 3000, "openai")
