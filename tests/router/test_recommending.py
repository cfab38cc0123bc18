"""The router recommends: for a task, and behind ``auto`` for a prompt."""

import base64
import json
import re
from datetime import date

import openai
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

KEY = "sk-test-0123456789"
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
AGENTS = "/agents/llm-providers"
HELLO = [{"role": "user", "content": "Say hello."}]
CITY = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
# Some models of other providers cost nothing.
FREE = {"max_cost_usd": 0, "providers": ["openai", "gemini"]}
TOOL = {
    "type": "function",
    "function": {"name": "now", "parameters": {"type": "object"}},
}


@pytest.fixture
def served(serve, sandbox):
    """Serve the router, all providers at the sandbox; give its URL."""

    def start(providers=PROVIDERS, **settings):
        keys = {f"{name.upper()}_API_KEY": KEY for name in providers}
        urls = {
            f"{name.upper()}_BASE_URL": sandbox.base_url(name)
            for name in PROVIDERS
        }
        return serve(keys | urls | settings)

    return start


@pytest.fixture
def post(served):
    """Post fields to one of the agents' endpoints."""

    def send(path, body, providers=PROVIDERS, **settings):
        url = f"{served(providers, **settings)}{AGENTS}/{path}"
        return requests.post(url, json=body, timeout=10)

    return send


@pytest.fixture
def recommend(post):
    return lambda body, *args, **settings: post(
        "recommend-model", body, *args, **settings
    )


@pytest.fixture
def client(served, sdk_connections):
    def start(*args, **settings):
        return openai.OpenAI(
            api_key="anything",
            base_url=served(*args, **settings) + "/v1",
            max_retries=0,
            http_client=sdk_connections,
        )

    return start


# -- recommend-model ----------------------------------------------------------


def test_a_recommendation_names_provider_and_model(recommend, llm, sandbox):
    answer = recommend({"type": "code", "prompt_tokens": 500}, ("openai",))
    assert answer.status_code == 200
    found = answer.json()
    assert found["target"] == f"{found['provider']}/{found['model']}"
    catalogue = llm.catalogue.load_catalogue()
    assert catalogue.find(found["provider"], found["model"])
    assert found["reasons"]
    assert found["cost"]["expected"] > 0
    assert found["ranking"][0]["target"] == found["target"]
    assert date.fromisoformat(found["prices_of"])
    assert len(sandbox.requests) == 0


def test_it_is_what_the_agent_recommends(recommend, llm):
    task = {"type": "reasoning", "prompt_tokens": 300, "quality_weight": 0.9}
    agent = llm.recommender_agent.RecommenderAgent(providers=PROVIDERS)
    made = json.loads(json.dumps(agent.recommend_model(task).to_dict()))
    assert recommend(task).json() == made


def test_nothing_said_is_a_task_of_no_special_type(recommend):
    assert recommend({}).status_code == 200


def test_the_type_is_guessed_from_a_prompt(recommend):
    prompt = "Prove the theorem step by step."
    guessed = recommend({"prompt": prompt}).json()
    assert guessed["target"]
    assert recommend({"prompt": prompt}).json() == guessed


def test_only_providers_with_a_key_are_recommended(recommend):
    found = recommend({}, ("gemini",)).json()
    assert {row["target"].split("/")[0] for row in found["ranking"]} == {
        "gemini"
    }


def test_what_is_kept_out_is_named_with_its_reason(recommend):
    body = {"providers": ["openai"], "needs": ["vision"]}
    found = recommend(body).json()
    assert {row["target"].split("/")[0] for row in found["ranking"]} == {
        "openai"
    }
    kept_out = {row["constraint"] for row in found["rejected"]}
    assert "providers" in kept_out
    assert all(row["reason"] for row in found["rejected"])


def test_where_nothing_fits_the_tightest_limit_is_named(recommend):
    answer = recommend({"context_tokens": 10**8})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "nothing_fits"
    assert "context_tokens" in error["what_to_do"]
    assert error["retryable"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": ""}, "type"),
        ({"type": 3}, "type"),
        ({"type": "cooking"}, "type"),
        ({"prompt_tokens": -1}, "prompt_tokens"),
        ({"prompt_tokens": 10**30}, "prompt_tokens"),
        ({"needs": ["telepathy"]}, "needs"),
        ({"providers": ["nobody"]}, "providers"),
        ({"providers": []}, "providers"),
        ({"max_cost_usd": "cheap"}, "max_cost_usd"),
        ({"max_latency_seconds": -1}, "max_latency_seconds"),
        ({"days_ahead": 10**9}, "days_ahead"),
        ({"quality_weight": 1.5}, "quality_weight"),
        ({"quality_weight": False}, "quality_weight"),
        ({"max_cost_usd": "0.1"}, "max_cost_usd"),
        ({"max_latency_seconds": True}, "max_latency_seconds"),
        ({"prompt_tokens": True}, "prompt_tokens"),
        ({"output_tokens": "5"}, "output_tokens"),
        ({"days_ahead": False}, "days_ahead"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_nonsense_is_422_and_names_the_field(recommend, body, field):
    answer = recommend(body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "invalid_request"
    assert field in error["reason"]


def test_it_is_documented_with_examples(served):
    found = requests.get(f"{served()}/openapi.json", timeout=30).json()
    ask = found["components"]["schemas"]["RecommendRequest"]
    assert len(ask["examples"]) == 2
    for path in ("recommend-model", "auto"):
        answer = found["paths"][f"{AGENTS}/{path}"]["post"]["responses"]["200"]
        assert answer["content"]["application/json"]["example"]


def test_the_documentation_refers_to_nothing_that_is_not_there(served):
    text = requests.get(f"{served()}/openapi.json", timeout=30).text
    found = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert found <= set(json.loads(text)["components"]["schemas"])


def test_the_examples_are_what_the_router_takes_and_gives(served, recommend):
    found = requests.get(f"{served()}/openapi.json", timeout=30).json()
    for body in found["components"]["schemas"]["RecommendRequest"]["examples"]:
        given = recommend(body).json()
        path = found["paths"][f"{AGENTS}/recommend-model"]["post"]
        content = path["responses"]["200"]["content"]["application/json"]
        assert set(given) == set(content["example"])


def test_no_file_of_a_learned_recommender_is_a_wrong_setting(llm):
    with pytest.raises(ValueError, match="LLM_ROUTER_RECOMMENDER: there is"):
        llm.router.settings.load_router_settings(
            {"LLM_ROUTER_RECOMMENDER": "no/such/file.npz"}
        )


NUMBERS = some.one_of(
    some.none(), some.integers(), some.floats(allow_nan=False, width=32)
)
# Made once for all examples.
RECOMMENDING = {}
TASKS = some.fixed_dictionaries(
    {},
    optional={
        "prompt": some.text(max_size=30),
        "type": some.one_of(
            some.none(), some.sampled_from(["code", "x"]), some.text()
        ),
        "prompt_tokens": NUMBERS,
        "output_tokens": some.one_of(some.integers(0, 10**9), NUMBERS),
        "context_tokens": some.one_of(some.integers(0, 10**6), NUMBERS),
        "needs": some.lists(some.sampled_from(["vision", "tools", "audio"])),
        "providers": some.lists(some.sampled_from(PROVIDERS)),
        "max_cost_usd": some.one_of(some.floats(0, 1), NUMBERS),
        "max_latency_seconds": NUMBERS,
        "days_ahead": some.one_of(some.integers(0, 36_500), NUMBERS),
        "quality_weight": some.one_of(some.floats(0, 1), NUMBERS),
    },
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(task=TASKS)
def test_no_task_breaks_the_router_or_a_limit(llm, task):
    request = llm.router.recommend_request
    try:
        made = request.RecommendRequest(**task)
    except ValidationError:
        return
    recommending = RECOMMENDING.setdefault(
        "one",
        llm.router.recommending.Recommending("", lambda: list(PROVIDERS)),
    )
    nothing = llm.recommender.recommendation.NothingFitsError
    wrong = llm.router.recommending.WrongTaskError
    try:
        found = recommending.recommend(made.task)
    except (nothing, wrong) as error:
        assert str(error)
        return
    reply = request.RecommendReply.of(found)
    allowed = made.providers or PROVIDERS
    assert all(row.target.split("/")[0] in allowed for row in reply.ranking)
    if made.max_cost_usd is not None:
        for row in reply.ranking:
            assert row.cost.high <= made.max_cost_usd
    assert reply.model_dump_json()


@pytest.fixture
def broken(tmp_path):
    """A file that holds no learned recommender."""
    file = tmp_path / "broken.npz"
    file.write_bytes(b"This is no archive.")
    return file


def test_with_a_broken_file_the_catalogue_decides_and_health_says_so(
    served, broken
):
    url = served(LLM_ROUTER_RECOMMENDER=str(broken))
    body = {"type": "code"}
    made = requests.post(
        f"{url}{AGENTS}/recommend-model", json=body, timeout=30
    )
    assert (made.json()["level"], made.json()["abstained"]) == ("scorer", True)
    health = requests.get(f"{url}{AGENTS}/health", timeout=30).json()
    assert health["recommender"]["learned_from"] == "broken.npz"
    assert health["recommender"]["level"] == "scorer"
    assert health["recommender"]["fault"]
    assert str(broken.parent) not in json.dumps(health)


@pytest.fixture
def learned(llm, tmp_path):
    """A file with what was learned: one of two models is far better."""
    catalogue = llm.catalogue.load_catalogue()
    names = [
        f"openai/{catalogue.role('openai', role).id}"
        for role in ("default", "second")
    ]
    outcome = llm.recommender.outcomes.Outcome
    rows = [
        outcome(
            task=task,
            prompt=f"{words} number {number}, please",
            scores=dict(zip(names, (0.1, 0.9), strict=True)),
            costs=dict.fromkeys(names, 0.001),
        )
        for task, words in (
            ("code", "Debug this loop"),
            ("creative", "A poem"),
        )
        for number in range(40)
    ]
    file = tmp_path / "learned.npz"
    llm.recommender.learned.LearnedRecommender.fit(rows).save(file)
    return file, names[1]


def test_what_was_learned_decides_where_the_settings_name_it(served, learned):
    file, better = learned
    url = served(LLM_ROUTER_RECOMMENDER=str(file))
    task = {"type": "code", "quality_weight": 1}
    body = {"prompt": "Debug this loop number 7, please", "task": task}
    reply = requests.post(f"{url}{AGENTS}/auto", json=body, timeout=20).json()
    assert reply["recommended"]["target"] == better
    assert reply["recommended"]["level"] == "learned"
    health = requests.get(f"{url}{AGENTS}/health", timeout=30).json()
    told = health["recommender"]
    assert (told["level"], told["fault"]) == ("learned", None)
    assert told["learned_from"] == "learned.npz"


def test_a_server_does_not_start_with_a_broken_file(llm, broken):
    environ = {"LLM_ROUTER_RECOMMENDER": str(broken)}
    service = llm.llm_router.create_app(environ).state.service
    serving = llm.router.serving
    with pytest.raises(serving.RefusedToServeError, match="broken.npz"):
        serving.require_recommender(service)


# -- auto ---------------------------------------------------------------------


def test_auto_asks_whom_it_recommends_and_says_why(post, sandbox):
    reply = post("auto", {"prompt": "Say hello."}).json()
    told = reply["recommended"]
    assert told["target"] == f"{reply['provider']}/{reply['model']}"
    assert told["reasons"]
    assert told["level"] == "scorer"
    assert len(sandbox.requests) == 1


def test_auto_takes_a_prompt_in_all_forms_that_an_agent_takes(llm, sandbox):
    environ = {
        "GEMINI_API_KEY": "demo-key",
        "GEMINI_BASE_URL": sandbox.base_url("gemini"),
    }
    service = llm.llm_router.create_app(environ).state.service
    asked = llm.router.auto.Auto(service, None, None)
    for prompt, options in [
        ("Hi", {"max_tokens": 500}),
        ([{"role": "user", "content": "Hi"}], {"max_tokens": 500}),
        (llm.prompts.Prompt.of("Hi", max_tokens=500), {}),
        ({"prompt": "Hi", "max_tokens": 500}, {}),
    ]:
        assert asked.process_prompt(prompt, **options).status == "success"
        config = sandbox.requests[-1].body["generationConfig"]
        assert config["maxOutputTokens"] == 500


def test_auto_falls_back_along_the_ranking(post, recommend, sandbox):
    prompt = "Say hello."
    ranking = recommend({"prompt": prompt}).json()["ranking"]
    first, second = ranking[0]["target"], ranking[1]["target"]
    sandbox.fail_next(first.split("/")[0], "overloaded")
    reply = post("auto", {"prompt": prompt}).json()
    rows = [f"{r['provider']}/{r['model']}" for r in reply["attempts"]]
    assert rows[0] == first
    assert rows[-1] == second
    assert reply["recommended"]["target"] == first


def test_a_configured_order_stays_the_order(post, sandbox):
    settings = {"LLM_ROUTER_AUTO": "openrouter,gemini"}
    sandbox.fail_next("openrouter", "overloaded")
    reply = post("auto", {"prompt": "Hi"}, **settings).json()
    asked = [row["provider"] for row in reply["attempts"]]
    assert asked == ["openrouter", "gemini"]
    assert reply["recommended"] is None


def test_without_any_key_the_answer_says_which_is_missing(post):
    answer = post("auto", {"prompt": "Hi"}, ())
    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "missing_key"


def test_a_task_limits_whom_auto_asks(post, sandbox):
    task = {"providers": ["requestry"], "type": "code"}
    reply = post("auto", {"prompt": "Hi", "task": task}).json()
    assert reply["provider"] == "requestry"
    assert [r.provider for r in sandbox.requests] == ["requestry"]


def test_where_nothing_fits_auto_asks_nobody(post, sandbox):
    answer = post("auto", {"prompt": "Hi", "task": FREE})
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "nothing_fits"
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    "task", [{"needs": ["telepathy"]}, {"type": "cooking"}]
)
def test_a_task_that_makes_no_sense_is_refused(post, task, sandbox):
    answer = post("auto", {"prompt": "Hi", "task": task})
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "invalid_request"
    assert len(sandbox.requests) == 0


def test_a_model_that_is_named_is_asked_before(post):
    body = {"prompt": "Hi", "model": "gemini"}
    reply = post("auto", body).json()
    assert reply["provider"] == "gemini"


def test_the_weight_moves_the_choice(post, llm):
    catalogue = llm.catalogue.load_catalogue()

    def price(weight):
        task = {"quality_weight": weight, "type": "reasoning"}
        reply = post("auto", {"prompt": "Hi", "task": task}).json()
        found = reply["recommended"]["target"].partition("/")
        return catalogue.find(found[0], found[2]).price_on(date.today()).output

    assert price(0.0) < price(1.0)


# -- what the prompt itself says ----------------------------------------------


def task(llm, prompt, **given):
    made = llm.prompts.Prompt.of(prompt)
    return llm.router.recommending.task_of(made, given)


def test_an_image_needs_vision(llm):
    url = "data:image/png;base64," + base64.b64encode(b"png").decode()
    image = {"type": "image_url", "image_url": {"url": url}}
    turn = {"role": "user", "content": [{"type": "text", "text": "?"}, image]}
    assert task(llm, [turn]).needs == {"vision"}


def test_tools_and_a_schema_are_needs(llm):
    fields = {"prompt": "Hi", "tools": [TOOL], "response_format": CITY}
    assert task(llm, fields).needs == {"tools", "json_schema"}


def test_needs_that_are_told_are_added(llm):
    fields = {"prompt": "Hi", "tools": [TOOL]}
    assert task(llm, fields, needs=["audio"]).needs == {"tools", "audio"}


def test_any_json_needs_no_schema(llm):
    fields = {"prompt": "Hi", "response_format": {"type": "json_object"}}
    assert task(llm, fields).needs == frozenset()


def test_the_size_is_that_of_all_turns(llm):
    turns = [
        {"role": "system", "content": "a" * 400},
        {"role": "user", "content": "b" * 400},
        {"role": "assistant", "content": "c" * 400},
        {"role": "user", "content": "d"},
    ]
    made = task(llm, turns)
    assert made.prompt_tokens == pytest.approx(300, abs=5)
    assert made.prompt == "d"
    assert task(llm, turns, prompt_tokens=9_000).prompt_tokens == 9_000


def test_what_is_told_of_a_task_stays(llm):
    made = task(llm, "Hi", type="code", max_cost_usd=0.5, days_ahead=30)
    assert (made.type, made.max_cost_usd, made.days_ahead) == ("code", 0.5, 30)
    assert task(llm, "Hi").type is None


# -- the order of falling back ------------------------------------------------


def order(llm, names, most=6):
    module = llm.recommender.recommendation
    unknown = module.CostRange(None, None, None)
    rows = [module.RankedCandidate(name, None, unknown) for name in names]
    made = llm.router.recommending.fallback_order(rows, most)
    return [str(target) for target in made]


def test_a_short_ranking_is_asked_as_it_is(llm):
    names = ["openai/a", "gemini/b", "openai/c"]
    assert order(llm, names) == names


def test_a_long_ranking_is_cut(llm):
    assert len(order(llm, [f"openai/{n}" for n in range(50)])) == 6


def test_every_provider_has_its_place(llm):
    names = [f"openai/{n}" for n in range(50)]
    names += ["gemini/a", "gemini/b", "openrouter/c"]
    assert order(llm, names) == [*names[:4], "gemini/a", "openrouter/c"]


# -- the OpenAI-compatible door -----------------------------------------------


def test_auto_at_the_door_says_why(client, sandbox):
    answer = client().chat.completions.create(model="auto", messages=HELLO)
    told = answer.llm_providers["recommended"]
    assert told["target"] == answer.model
    assert told["reasons"]
    assert len(sandbox.requests) == 1


def test_a_stream_says_why_at_its_end(client):
    chunks = list(
        client().chat.completions.create(
            model="auto", messages=HELLO, stream=True
        )
    )
    told = chunks[-1].llm_providers["recommended"]
    assert told["target"] == chunks[-1].model


def test_who_names_a_model_is_told_of_no_recommendation(client):
    answer = client().chat.completions.create(model="gemini", messages=HELLO)
    assert "recommended" not in answer.llm_providers


def test_a_task_can_be_told_at_the_door(client, sandbox):
    answer = client().chat.completions.create(
        model="auto",
        messages=HELLO,
        extra_body={"task": {"providers": ["openrouter"]}},
    )
    assert answer.model.startswith("openrouter/")
    assert answer.llm_providers["adjustments"] == []


def test_where_nothing_fits_the_door_says_so(client, sandbox):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client().chat.completions.create(
            model="auto",
            messages=HELLO,
            extra_body={"task": FREE},
        )
    assert caught.value.code == "nothing_fits"
    assert len(sandbox.requests) == 0


def test_an_unknown_type_is_400_at_the_door(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client().chat.completions.create(
            model="auto",
            messages=HELLO,
            extra_body={"task": {"type": "cooking"}},
        )
    assert caught.value.param == "task"


def test_nonsense_in_a_task_is_400_at_the_door(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client().chat.completions.create(
            model="auto",
            messages=HELLO,
            extra_body={"task": {"days_ahead": -1}},
        )
    assert caught.value.param == "task.days_ahead"


def test_responses_are_recommended_for_as_well(client):
    answer = client().responses.create(model="auto", input="Say hello.")
    told = answer.llm_providers["recommended"]
    assert told["target"] == answer.model
    limited = client().responses.create(
        model="auto",
        input="Say hello.",
        extra_body={"task": {"providers": ["requestry"]}},
    )
    assert limited.model.startswith("requestry/")


def test_a_schema_is_kept_to_by_whoever_is_recommended(client):
    answer = client().chat.completions.create(
        model="auto", messages=HELLO, response_format=CITY
    )
    assert list(json.loads(answer.choices[0].message.content)) == ["city"]


# -- health, and how much work a decision is ----------------------------------


def test_health_tells_of_the_recommender(served, llm):
    url = served()
    before = requests.get(f"{url}{AGENTS}/health", timeout=30).json()
    assert before["recommender"] == {
        "level": "scorer",
        "learned_from": None,
        "fault": None,
        "prices_of": str(llm.catalogue.load_catalogue().as_of),
        "is_loaded": False,
    }
    requests.post(f"{url}{AGENTS}/recommend-model", json={}, timeout=30)
    after = requests.get(f"{url}{AGENTS}/health", timeout=30).json()
    assert after["recommender"]["is_loaded"] is True


def test_the_recommender_is_made_once(llm, monkeypatch):
    made = []
    module = llm.recommender_agent
    real = module.RecommenderAgent

    def counted(*args, **options):
        made.append(options)
        return real(*args, **options)

    monkeypatch.setattr(module, "RecommenderAgent", counted)
    recommending = llm.router.recommending.Recommending(
        "", lambda: list(PROVIDERS)
    )
    prompt = llm.prompts.Prompt.of("Say hello.")
    for _ in range(3):
        recommending.choice(prompt)
    assert len(made) == 1
