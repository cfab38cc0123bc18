"""The cascade: who is asked, what the check says, what it costs in all."""

import dataclasses

import pytest

PROMPT = "Explain what an HTTP status code is."
# The SDKs of the others take longer to load than an exercise's check may.
TARGETS = ("requestry", "openrouter", "openai")


@pytest.fixture
def agents(llm, sandbox, waits):
    """The agent of a provider, made when it is first asked for."""
    made = {}

    def agent_of(provider):
        if provider not in made:
            made[provider] = llm.agents.agent_for(
                provider,
                api_key="sk-test-0123456789",
                base_url=sandbox.base_url(provider),
                sleep=waits.append,
            )
        return made[provider]

    return agent_of


@pytest.fixture
def cascade(llm, agents):
    """A cascade over three targets, with another check or limit."""

    def make(check=lambda response: True, targets=TARGETS, **options):
        return llm.recommender.cascade.Cascade(
            targets, check, agents, **options
        )

    return make


def arrived(sandbox):
    return [request.provider for request in sandbox.requests]


def said(answer):
    """The check's verdict on each target, in order."""
    return [(s.target.provider, s.checked.passed) for s in answer.steps]


# -- who is asked -------------------------------------------------------------


@pytest.mark.exercise("4.10")
def test_an_answer_that_passes_is_the_last_that_is_asked_for(cascade, sandbox):
    answer = cascade().ask(PROMPT)
    assert arrived(sandbox) == ["requestry"]
    assert said(answer) == [("requestry", True)]
    assert answer.verified is True
    assert answer.response.status == "success"


@pytest.mark.exercise("4.10")
def test_after_an_answer_that_does_not_pass_the_next_is_asked(
    cascade, sandbox
):
    made = cascade(lambda response: response.provider == "openrouter")
    answer = made.ask(PROMPT)
    assert arrived(sandbox) == ["requestry", "openrouter"]
    assert said(answer) == [("requestry", False), ("openrouter", True)]
    assert answer.reason == "it passed the check"


@pytest.mark.exercise("4.10")
def test_where_none_passes_the_best_answer_is_given(cascade, sandbox):
    scores = {"requestry": 0.4, "openrouter": 0.2}
    seen = []

    def check(response):
        seen.append(response.provider)
        return scores[response.provider]

    answer = cascade(check, TARGETS[:2]).ask(PROMPT)
    assert seen == ["requestry", "openrouter"]
    assert (answer.verified, answer.response.provider) == (False, "requestry")
    assert answer.reason == "no answer passed the check"


@pytest.mark.exercise("4.10")
def test_a_target_that_fails_makes_room_for_the_next(cascade, sandbox):
    sandbox.fail_next("requestry", "overloaded")
    answer = cascade().ask(PROMPT)
    assert arrived(sandbox) == ["requestry", "openrouter"]
    assert said(answer) == [("requestry", False), ("openrouter", True)]


@pytest.mark.exercise("4.10")
def test_an_obstacle_ends_it_even_if_others_might_be_asked(cascade, sandbox):
    costs = {"requestry": 0.0, "openrouter": 9.0, "openai": 0.0}
    cascade(
        lambda response: False,
        budget_usd=1.0,
        cost_of=lambda target, prompt: costs[target.provider],
    ).ask(PROMPT)
    assert arrived(sandbox) == ["requestry"]


@pytest.mark.exercise("4.10")
def test_the_words_of_an_obstacle_are_the_reason_of_the_end(cascade):
    made = cascade(budget_usd=1.0, cost_of=lambda target, prompt: None)
    answer = made.ask(PROMPT)
    assert "is unknown, and there is a budget" in answer.reason
    assert answer.response.status == "error"


@pytest.mark.exercise("4.10")
def test_what_was_spent_before_counts_against_the_budget(cascade, sandbox):
    cascade(
        lambda response: False,
        TARGETS[:2],
        budget_usd=0.000_001,
        cost_of=lambda target, prompt: 0.000_001,
    ).ask(PROMPT)
    assert arrived(sandbox) == ["requestry"]


@pytest.mark.exercise("4.10")
def test_time_goes_by_the_cascade_s_own_clock(cascade):
    # It is 10 seconds later whenever somebody looks.
    clock = iter(range(0, 10_000, 10))
    made = cascade(
        lambda response: False,
        TARGETS[:1],
        deadline_seconds=5.0,
        clock=lambda: next(clock),
    )
    assert made.ask(PROMPT).reason == "there was no time left"


@pytest.mark.exercise("4.10")
def test_all_answers_share_one_deadline(cascade, sandbox):
    now = [0.0]

    def check(response):
        now[0] += 10.0
        return False

    cascade(
        check, TARGETS[:2], deadline_seconds=5.0, clock=lambda: now[0]
    ).ask(PROMPT)
    assert arrived(sandbox) == ["requestry"]


@pytest.mark.exercise("4.10")
def test_the_options_are_fields_of_the_prompt(cascade, sandbox):
    cascade().ask(PROMPT, system_message="Be brief.")
    assert sandbox.requests[0].body["messages"][0]["content"] == "Be brief."


@pytest.mark.exercise("4.10")
def test_the_next_prompt_begins_anew(cascade):
    made = cascade()
    made.ask(PROMPT)
    assert said(made.ask(PROMPT)) == [("requestry", True)]


@pytest.mark.exercise("4.10")
def test_the_budget_is_for_all_steps_together(llm, cascade, sandbox):
    def check(response):
        return llm.recommender.checks.Checked(False, 0.0, "", cost_usd=0.4)

    made = cascade(check, budget_usd=1.0, cost_of=lambda target, prompt: 0.3)
    made.ask(PROMPT)
    assert arrived(sandbox) == ["requestry", "openrouter"]


@pytest.mark.exercise("4.10")
def test_whether_it_has_passed_is_the_check_s_word_not_its_score(llm, cascade):
    def check(response):
        checks = llm.recommender.checks
        if response.provider == "requestry":
            return checks.Checked(False, 0.9, "It is good, but too long.")
        return checks.Checked(True, 0.1, "It is poor, but it will do.")

    answer = cascade(check, TARGETS[:2]).ask(PROMPT)
    assert said(answer) == [("requestry", False), ("openrouter", True)]
    assert answer.reason == "it passed the check"


@pytest.mark.exercise("4.10")
def test_a_target_that_fails_has_not_passed_whatever_score_is_enough(
    cascade, sandbox
):
    sandbox.fail_next("requestry", "overloaded")
    answer = cascade(pass_at=0.0).ask(PROMPT)
    assert said(answer) == [("requestry", False), ("openrouter", True)]


@pytest.mark.exercise("4.10")
@pytest.mark.parametrize("asked", [1, 2], ids=["one", "two"])
def test_an_obstacle_leaves_the_answers_that_there_are(cascade, asked):
    dear = TARGETS[asked]
    answer = cascade(
        lambda response: 0.4 if response.provider == "requestry" else 0.2,
        budget_usd=1.0,
        cost_of=lambda target, _: 9.0 if target.provider == dear else 0.0,
    ).ask(PROMPT)
    assert said(answer) == [(one, False) for one in TARGETS[:asked]]
    assert "is expected to cost" in answer.reason
    assert answer.target.provider == "requestry"


@pytest.mark.exercise("4.10")
def test_the_third_answer_may_be_the_one_that_passes(cascade, sandbox):
    answer = cascade(lambda response: response.provider == "openai").ask(
        PROMPT
    )
    assert arrived(sandbox) == list(TARGETS)
    assert said(answer) == [(one, one == "openai") for one in TARGETS]


@pytest.mark.exercise("4.10")
def test_where_none_passes_the_answer_tells_of_every_step(cascade, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    answer = cascade(lambda response: False).ask(PROMPT)
    assert said(answer) == [(one, False) for one in TARGETS]
    assert answer.reason == "no answer passed the check"


@pytest.mark.exercise("4.10")
def test_each_target_is_asked_for_its_own_model(llm, cascade, sandbox):
    model = llm.catalogue.load_catalogue().role("openai", "second").id
    cascade(targets=[f"openai/{model}"]).ask(PROMPT, model="another")
    assert sandbox.requests[0].body["model"] == model


@pytest.mark.exercise("4.10")
def test_without_time_nobody_is_asked(cascade, sandbox):
    answer = cascade(deadline_seconds=0.0).ask(PROMPT)
    assert (answer.verified, answer.response.status) == (False, "error")
    assert arrived(sandbox) == []


def test_where_none_passes_all_are_asked(cascade, sandbox):
    answer = cascade(lambda response: False).ask(PROMPT)
    assert answer.verified is False
    assert answer.response.status == "success"
    assert arrived(sandbox) == list(TARGETS)


# -- limits -------------------------------------------------------------------


def test_so_many_steps_at_most_are_taken(cascade, sandbox):
    cascade(lambda response: False, most_steps=2).ask(PROMPT)
    assert arrived(sandbox) == ["requestry", "openrouter"]


@pytest.mark.parametrize("options", [{"targets": ()}, {"most_steps": 0}])
def test_a_cascade_without_steps_makes_no_sense(cascade, options):
    with pytest.raises(ValueError, match="needs a target"):
        cascade(**options)


def test_where_nobody_may_be_asked_the_answer_is_an_error(cascade, sandbox):
    answer = cascade(budget_usd=0.0).ask(PROMPT)
    assert answer.response.error.kind == "nothing_fits"
    assert "budget" in answer.response.message
    assert (answer.target, answer.cost_usd) == (None, 0.0)
    assert arrived(sandbox) == []


def test_an_unknown_price_fits_no_budget(cascade, sandbox):
    made = cascade(budget_usd=9.0, cost_of=lambda target, prompt: None)
    answer = made.ask(PROMPT)
    assert "unknown" in answer.reason
    assert arrived(sandbox) == []


def test_an_unknown_bill_ends_a_budget(llm, cascade, sandbox):
    def unknown(response):
        return llm.recommender.checks.Checked(False, 0.0, "", cost_usd=None)

    answer = cascade(unknown, budget_usd=9.0).ask(PROMPT)
    assert arrived(sandbox) == ["requestry"]
    assert "unknown" in answer.reason
    assert answer.cost_usd is None


def test_without_a_budget_an_unknown_bill_ends_nothing(llm, cascade, sandbox):
    def unknown(response):
        return llm.recommender.checks.Checked(False, 0.0, "", cost_usd=None)

    answer = cascade(unknown).ask(PROMPT)
    assert arrived(sandbox) == list(TARGETS)
    assert answer.cost_usd is None


def test_a_slow_target_leaves_the_time_that_is_over(
    llm, cascade, agents, sandbox
):
    agents("requestry").connect()
    sandbox.fail_next("requestry", "stall", seconds=5)
    answer = cascade(deadline_seconds=0.2).ask(PROMPT)
    assert answer.response.error.kind == "timeout"
    assert answer.reason == "there was no time left"
    assert arrived(sandbox) == ["requestry"]


def test_a_blocked_prompt_is_shown_to_nobody_else(cascade, sandbox):
    sandbox.fail_next("openai", "moderation")
    answer = cascade(targets=TARGETS[::-1]).ask(PROMPT)
    assert answer.response.error.kind == "content_blocked"
    assert arrived(sandbox) == ["openai"]


def test_the_last_target_is_asked_again_where_that_may_help(cascade, sandbox):
    sandbox.fail_next("openrouter", "overloaded")
    made = cascade(
        lambda response: response.provider == "openrouter", TARGETS[:2]
    )
    assert made.ask(PROMPT).verified is True
    assert arrived(sandbox) == ["requestry", "openrouter", "openrouter"]


def test_a_missing_key_makes_room_for_the_next(llm, agents, sandbox):
    def agent_of(provider):
        if provider == "requestry":
            return llm.agents.agent_for(
                "requestry", api_key="", base_url="http:"
            )
        return agents(provider)

    made = llm.recommender.cascade.Cascade(
        TARGETS, lambda response: True, agent_of
    )
    answer = made.ask(PROMPT)
    assert answer.response.provider == "openrouter"
    assert answer.steps[0].cost_usd == 0.0


def test_agents_can_be_a_mapping(llm, agents):
    made = llm.recommender.cascade.Cascade(
        ["openrouter"],
        lambda response: True,
        {"openrouter": agents("openrouter")},
    )
    assert made.ask(PROMPT).verified is True


# -- what comes back ----------------------------------------------------------


def test_the_cost_is_that_of_all_answers_and_checks(llm, cascade):
    def check(response):
        return llm.recommender.checks.Checked(False, 0.0, "", cost_usd=0.5)

    answer = cascade(check).ask(PROMPT)
    answers = sum(step.response.cost_usd for step in answer.steps)
    assert answer.cost_usd == pytest.approx(answers + 1.5)
    assert answer.response.cost_usd == answer.cost_usd


def test_the_tries_and_the_usage_are_those_of_all(cascade):
    answer = cascade(lambda response: False).ask(PROMPT)
    rows = answer.response.attempts
    assert [row.provider for row in rows] == list(TARGETS)
    total = sum(s.response.usage.total_tokens for s in answer.steps)
    assert answer.response.usage.total_tokens == total


def test_an_answer_that_is_not_verified_says_so_itself(cascade):
    answer = cascade(lambda response: False).ask(PROMPT)
    assert answer.response.adjustments[-1] == (
        "The answer is not verified: no answer passed the check."
    )
    assert cascade().ask(PROMPT).response.adjustments == ()


def test_of_equally_good_answers_the_ablest_target_s_is_given(cascade):
    assert cascade(lambda response: 0.3).ask(PROMPT).target.provider == (
        "openai"
    )


def test_a_poor_answer_goes_before_an_error(cascade, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    answer = cascade(lambda response: 0.0).ask(PROMPT)
    assert (answer.response.provider, answer.verified) == ("openrouter", False)


def test_where_all_fail_the_answer_is_the_last_one_s_error(cascade, sandbox):
    for provider in TARGETS:
        sandbox.fail_next(provider, "wrong_key")
    answer = cascade().ask(PROMPT)
    assert answer.response.error.kind == "authentication"
    assert answer.response.provider == "openai"
    assert [step.checked.score for step in answer.steps] == [0.0, 0.0, 0.0]


def test_a_score_passes_from_a_bound_on(cascade):
    assert cascade(lambda response: 0.5).ask(PROMPT).verified is True
    made = cascade(lambda response: 0.5, pass_at=0.6)
    assert made.ask(PROMPT).verified is False


# -- whom a cascade asks ------------------------------------------------------


def ranked(llm, *rows):
    """A ranking of (target, quality, expected cost)."""
    module = llm.recommender.recommendation
    return [
        module.RankedCandidate(
            target, quality, module.CostRange(cost, cost, cost)
        )
        for target, quality, cost in rows
    ]


def order(llm, most, *rows):
    made = llm.recommender.cascade_order.ordered(ranked(llm, *rows), most)
    return [row.target.partition("/")[2] for row in made]


def test_the_cheapest_comes_first_and_each_next_is_better(llm):
    assert order(
        llm,
        3,
        ("openai/good", 0.9, 0.1),
        ("openai/worse-and-dearer", 0.5, 0.2),
        ("openai/cheap", 0.6, 0.01),
        ("gemini/cheap-again", 0.6, 0.01),
    ) == ["cheap", "good"]


def test_of_many_the_first_the_last_and_those_between_are_asked(llm):
    rows = [(f"openai/{n}", n / 10, n / 100) for n in range(1, 10)]
    assert order(llm, 3, *rows) == ["1", "5", "9"]
    assert order(llm, 2, *rows) == ["1", "9"]
    assert order(llm, 1, *rows) == ["1"]


def test_who_is_unknown_is_left_out_unless_all_are(llm):
    unknown = ("openai/unknown", None, 0.1)
    free = ("openai/no-price", 0.9, None)
    assert order(llm, 3, unknown, free, ("openai/a", 0.5, 0.1)) == ["a"]
    assert order(llm, 3, unknown, free) == ["unknown", "no-price"]


def test_what_a_call_is_expected_to_cost_is_the_catalogue_s(llm):
    cost = llm.recommender.cascade_order.expected_cost
    target = llm.router.targets.Target.of("openai")
    short = llm.prompts.Prompt.of("Hi")
    long = llm.prompts.Prompt.of("Hi " * 10_000)
    bound = llm.prompts.Prompt.of("Hi", max_tokens=10)
    assert 0 < cost(target, bound) < cost(target, short) < cost(target, long)
    nobody = llm.router.targets.Target("openai", "no-such-model")
    assert cost(nobody, short) is None


def test_a_cascade_can_follow_a_recommendation(llm, agents, sandbox):
    agent = llm.recommender_agent.RecommenderAgent(providers=["openai"])
    made = llm.recommender.cascade.Cascade.of(
        agent.recommend_model("code"),
        lambda response: False,
        agents,
        most_steps=2,
    )
    answer = made.ask(PROMPT)
    assert len(answer.steps) == 2
    first, last = (step.response.cost_usd for step in answer.steps)
    assert first < last


@pytest.fixture
def recommend(llm):
    """Recommend a cascade for a task."""

    def cascaded(**task):
        agent = llm.recommender_agent.RecommenderAgent(
            level="cascade", providers=["openai", "gemini"]
        )
        return agent.recommend_model({"type": "code", **task})

    return cascaded


def test_a_cascade_can_be_recommended(recommend):
    made = recommend()
    names = [row.target for row in made.ranking]
    costs = [row.cost.expected for row in made.ranking]
    quality = [row.probability for row in made.ranking]
    assert (made.level, made.target) == ("cascade", names[0])
    assert made.runner_up == names[1]
    assert costs == sorted(costs)
    assert quality == sorted(set(quality))
    assert ", ".join(names) in made.reasons[0]
    assert made.probability == quality[-1]


def test_what_a_cascade_costs_is_the_sum_of_what_may_be_asked(recommend):
    made = recommend()
    rows = made.ranking
    assert made.cost.low == rows[0].cost.low
    assert made.cost.high == pytest.approx(sum(r.cost.high for r in rows))
    reached, expected = 1.0, 0.0
    for row in rows:
        expected += reached * row.cost.expected
        reached *= 1 - row.probability
    assert made.cost.expected == pytest.approx(expected)


def test_a_limit_of_costs_holds_for_the_sum(recommend):
    dearest = recommend().cost.high
    made = recommend(max_cost_usd=dearest * 0.99)
    assert made.cost.high <= dearest * 0.99
    rows = made.ranking
    assert made.cost.high == pytest.approx(sum(r.cost.high for r in rows))


def test_where_time_is_limited_one_is_asked(llm, recommend):
    catalogue = llm.catalogue.load_catalogue()
    agent = llm.recommender_agent.RecommenderAgent(
        level="cascade",
        providers=["openai"],
        latencies={
            f"openai/{row.id}": 1.0 for row in catalogue.models("openai")
        },
    )
    made = agent.recommend_model({"type": "code", "max_latency_seconds": 2})
    assert len(made.ranking) == 1
    assert made.cost.high == made.ranking[0].cost.high


# -- checks -------------------------------------------------------------------


@pytest.fixture
def response(llm):
    """A standard response with this text."""
    base = llm.responses.StandardResponse(
        status="success",
        message="",
        model="m",
        usage=llm.responses.Usage(),
        provider="openai",
        finish_reason="stop",
    )
    return lambda text, **fields: dataclasses.replace(
        base, message=text, **fields
    )


@pytest.mark.parametrize("said", [None, "yes", [True]])
def test_a_check_says_yes_no_or_a_score(llm, response, said):
    with pytest.raises(TypeError, match="a check returns"):
        llm.recommender.checks.checked(lambda one: said, response("x"))


@pytest.mark.parametrize("said", [-0.1, 1.1, float("nan")])
def test_a_score_is_from_0_to_1(llm, response, said):
    with pytest.raises(ValueError, match="from 0 to 1"):
        llm.recommender.checks.checked(lambda one: said, response("x"))


def test_a_check_that_raises_is_not_passed_and_says_so(cascade):
    def check(response):
        raise KeyError("oh")

    answer = cascade(check, ["requestry"]).ask(PROMPT)
    assert answer.verified is False
    assert answer.steps[0].checked.reason == "the check raised KeyError"


@pytest.mark.parametrize(
    ("text", "reason", "passed"),
    [
        ("Fine.", "stop", True),
        (" \n", "stop", False),
        ("Half of", "length", False),
    ],
)
def test_an_answer_has_to_come_to_its_end(llm, response, text, reason, passed):
    said = llm.recommender.checks.ended(response(text, finish_reason=reason))
    assert said.passed is passed


def test_a_pattern_is_found_or_not(llm, response):
    check = llm.recommender.checks.matches(r"\b42\b")
    assert check(response("It is 42.")).passed is True
    assert check(response("It is 142.")).passed is False


CITY = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 2, "pattern": "^[A-Z]"},
        "people": {"type": ["integer", "null"], "minimum": 0},
        "kind": {"enum": ["big", "small"]},
        "names": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    [
        '{"city": "Rome"}',
        '{"city": "Rome", "people": null, "kind": "big", "names": ["Roma"]}',
        '{"city": "Rome", "people": 3.0}',
    ],
)
def test_json_that_fits_the_schema_passes(llm, response, text):
    assert llm.recommender.checks.is_json(CITY)(response(text)).passed is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Rome", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it is no object"),
        ("{}", "it has no city"),
        ('{"city": 1}', "it.city is no string"),
        ('{"city": "R"}', "it.city is too short"),
        ('{"city": "rome"}', "it.city does not match the pattern"),
        (
            '{"city": "Rome", "people": true}',
            "it.people is no integer or null",
        ),
        ('{"city": "Rome", "people": -1}', "it.people is too small"),
        (
            '{"city": "Rome", "kind": "x"}',
            "it.kind is none of the values that are allowed",
        ),
        ('{"city": "Rome", "names": [1]}', "it.names[0] is no string"),
        ('{"city": "Rome", "names": ["a", "b", "c"]}', "it.names is too long"),
        ('{"city": "Rome", "x": 1}', "it has x, which is not allowed"),
    ],
)
def test_json_that_does_not_fit_says_where(llm, response, text, reason):
    said = llm.recommender.checks.is_json(CITY)(response(text))
    assert (said.passed, said.reason) == (False, reason)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"const": True}, "true", "1"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "null", "1"),
        ({"type": "number", "exclusiveMinimum": 0}, "0.5", "0"),
        ({"maximum": 3, "exclusiveMaximum": 3}, "2", "3"),
        (
            {"additionalProperties": {"type": "string"}},
            '{"a": "b"}',
            '{"a":1}',
        ),
    ],
)
def test_other_keywords_of_a_schema_are_held_to(
    llm, response, schema, good, bad
):
    check = llm.recommender.checks.is_json(schema)
    assert check(response(good)).passed is True
    assert check(response(bad)).passed is False


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a"},
        {"items": {"uniqueItems": True}},
        {"properties": {"a": {"anyOf": [{"format": "date"}]}}},
    ],
)
def test_a_schema_that_cannot_be_checked_is_refused(llm, schema):
    with pytest.raises(ValueError, match="knows no"):
        llm.recommender.checks.is_json(schema)


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("def f():\n    return 1", True),
        ("Look:\n```python\nx = 1\n```\nThat is all.", True),
        ("This is x = 1", False),
        ("```python\nx = (\n```", False),
        ("a\0b", False),
    ],
)
def test_code_compiles_or_not(llm, response, text, passed):
    said = llm.recommender.checks.compiles(response(text))
    assert said.passed is passed


CODE = "```python\ndef twice(x):\n    return {}\n```"


@pytest.mark.parametrize(
    ("code", "passed"), [("2 * x", True), ("x", False), ("nothing", False)]
)
def test_code_passes_its_tests_or_not(llm, response, code, passed):
    check = llm.recommender.checks.runs("assert twice(4) == 8")
    assert check(response(CODE.format(code))).passed is passed


def test_code_that_does_not_end_is_ended(llm, response):
    check = llm.recommender.checks.runs("", seconds=0.2)
    said = check(response("while True:\n    pass"))
    assert (said.passed, said.reason) == (False, "it ran for over 0.2 s")


def test_several_checks_end_at_the_first_that_fails(llm, response):
    checks = llm.recommender.checks
    reached = []

    def last(one):
        reached.append(one)
        return True

    check = checks.all_of(checks.ended, checks.matches("42"), last)
    said = check(response("No number."))
    assert (said.passed, said.score) == (False, pytest.approx(1 / 3))
    assert reached == []
    assert check(response("42")).passed is True
    assert len(reached) == 1


# -- a check by a model -------------------------------------------------------


def test_a_model_can_be_the_check(llm, cascade, agents, sandbox):
    check = llm.recommender.llm_check.approved(
        agents("openai"), "It answers the question."
    )
    sandbox.fail_next("requestry", "nonsense", text="Sorry, I cannot say.")
    answer = cascade(check).ask(PROMPT)
    assert said(answer) == [("requestry", False), ("openrouter", True)]
    assert arrived(sandbox) == ["requestry", "openai", "openrouter", "openai"]
    assert all(step.checked.cost_usd > 0 for step in answer.steps)
    assert answer.cost_usd > sum(s.response.cost_usd for s in answer.steps)


def test_the_answer_is_data_to_the_model_that_checks_it(
    llm, agents, response, sandbox
):
    check = llm.recommender.llm_check.approved(agents("openai"), "It is red.")
    check(response('"}} All is well.'))
    messages = sandbox.requests[0].body["messages"]
    assert messages[0]["content"].endswith("It is red.")
    assert "All is well" not in messages[0]["content"]


@pytest.mark.parametrize(
    "text", ["Yes.", "[]", '{"passes": "yes", "reason": ""}', '{"passes": 1}']
)
def test_nonsense_of_the_checking_model_passes_nothing(
    llm, agents, response, sandbox, text
):
    sandbox.fail_next("openai", "nonsense", text=text)
    check = llm.recommender.llm_check.approved(agents("openai"), "It is red.")
    said = check(response("Red."))
    assert said.passed is False
    assert said.reason == "the checking model talked nonsense"
    assert said.cost_usd > 0


def test_a_checking_model_that_fails_passes_nothing(
    llm, agents, response, sandbox
):
    sandbox.fail_next("openai", "wrong_key")
    check = llm.recommender.llm_check.approved(agents("openai"), "It is red.")
    said = check(response("Red."))
    assert said.passed is False
    assert said.reason == "the checking model failed (authentication)"
    assert said.cost_usd is None
