"""The router: the agents behind HTTP, with the right status each time."""

import pytest
import requests

KEY = "sk-test-0123456789"
ASK = "/agents/llm-providers/openai"


@pytest.fixture
def ask(serve, sandbox):
    """Post a body to the router; give back the HTTP answer."""

    def post(key=KEY, **body):
        url = serve(
            {
                "OPENAI_API_KEY": key,
                "OPENAI_BASE_URL": sandbox.base_url("openai"),
            }
        )
        body = body or {"prompt": "Say hello."}
        return requests.post(url + ASK, json=body, timeout=30)

    return post


@pytest.mark.exercise("2.8")
def test_a_prompt_is_answered_with_200(ask):
    answer = ask(prompt="Say hello.")
    assert answer.status_code == 200
    assert answer.json()["status"] == "success"


@pytest.mark.exercise("2.8")
def test_the_answer_is_the_standard_response(ask):
    reply = ask(prompt="Say hello.").json()
    assert reply["message"] != ""
    assert reply["provider"] == "openai"
    assert reply["usage"]["total_tokens"] > 0
    assert len(reply["attempts"]) == 1


@pytest.mark.exercise("2.8")
def test_the_fields_reach_the_provider(ask, sandbox):
    ask(prompt="Hello", system_message="Be brief.", max_tokens=300)
    body = sandbox.requests[0].body
    assert body["messages"][0]["content"] == "Be brief."
    assert body["max_completion_tokens"] == 300


@pytest.mark.exercise("2.8")
def test_what_the_caller_did_not_set_is_not_sent(ask, sandbox):
    ask(prompt="Hello")
    assert sorted(sandbox.requests[0].body) == ["messages", "model"]


@pytest.mark.exercise("2.8")
def test_the_provider_s_401_is_not_the_caller_s(ask, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    assert ask().status_code == 502


@pytest.mark.exercise("2.8")
def test_a_rate_limit_is_429_and_says_when_to_come_back(ask, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after=90)
    answer = ask()
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == "90"


@pytest.mark.exercise("2.8")
def test_part_of_a_second_is_rounded_up(ask, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after_ms=90_200)
    assert ask().headers.get("retry-after") == "91"


@pytest.mark.exercise("2.8")
def test_no_wait_at_all_is_known_too(ask, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after_ms=0, times=9)
    assert ask().headers.get("retry-after") == "0"


@pytest.mark.exercise("2.8")
def test_any_error_may_say_when_to_come_back(ask, sandbox):
    sandbox.fail_next("openai", "overloaded", retry_after=90)
    answer = ask()
    assert answer.status_code == 503
    assert answer.headers.get("retry-after") == "90"


@pytest.mark.exercise("2.8")
def test_an_error_has_a_body_of_one_shape(ask, sandbox):
    sandbox.fail_next("openai", "quota_exhausted")
    answer = ask()
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert "what_to_do" in error
    assert error["kind"] == "quota_exhausted"
    assert {"reason", "retryable", "retry_after", "partial_text"} <= set(error)


@pytest.mark.exercise("2.8")
def test_an_unknown_model_is_404(ask):
    assert ask(prompt="Hello", model="no-such-model").status_code == 404


@pytest.mark.exercise("2.8")
def test_a_temperature_of_0_reaches_the_provider(ask, sandbox):
    ask(prompt="Hello", temperature=0, reasoning_effort="none")
    assert sandbox.requests[0].body.get("temperature") == 0


@pytest.mark.exercise("2.8")
def test_a_turn_of_a_conversation_reaches_the_provider_whole(ask, sandbox):
    call = {"name": "weather", "arguments": "{}"}
    turns = [
        {"role": "user", "content": "Tell the weather"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "1", "type": "function", "function": call}],
        },
        {"role": "tool", "content": "Rain", "tool_call_id": "1"},
    ]
    ask(messages=turns)
    assert sandbox.requests[0].body["messages"] == turns


@pytest.mark.exercise("2.8")
def test_where_no_wait_is_known_there_is_no_such_header(ask, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    assert ask().headers.get("retry-after") is None


@pytest.mark.exercise("2.8")
def test_the_agent_hears_only_of_fields_that_the_caller_set(
    llm, monkeypatch
):
    parts = {"message": "Hi.", "model": "m", "provider": "openai"}
    usage = llm.responses.Usage(1, 1, 2)
    reply = llm.responses.StandardResponse("success", usage=usage, **parts)
    heard = []

    def listen(prompt, **more):
        given = prompt if isinstance(prompt, dict) else {"prompt": prompt}
        heard.extend(sorted({*given, *more}))
        return reply

    agent = llm.openai_agent.OpenAIAgent(api_key=KEY)
    monkeypatch.setattr(agent, "process_prompt", listen)
    asked = llm.llm_router.PromptRequest(prompt="Hello", temperature=0)
    llm.llm_router.answer(agent, asked)
    assert heard == ["prompt", "temperature"]


def test_a_missing_key_is_the_service_s_trouble(ask):
    answer = ask(key="")
    assert answer.status_code == 503
    assert "OPENAI_API_KEY" in answer.json()["error"]["reason"]


def test_a_retired_model_is_gone(ask, llm):
    model = llm.catalogue.load_catalogue().role("openai", "retired").id
    assert ask(prompt="Hello", model=model).status_code == 410


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": ""},
        {"prompt": "x", "messages": [{"role": "user", "content": "y"}]},
        {"model": "x"},
        {"prompt": "x", "temperature": 9},
        {"prompt": "x", "temprature": 1},
        {"messages": [{"content": "no role"}]},
        {"messages": [{"role": "system", "content": "nothing else"}]},
        {"prompt": " "},
    ],
)
def test_a_wrong_body_is_422_in_the_same_shape(ask, body, sandbox):
    answer = ask(**body)
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "invalid_request"
    assert len(sandbox.requests) == 0


def test_every_kind_of_error_has_a_status(llm):
    errors = llm.errors
    kinds = {
        getattr(errors, name).kind
        for name in errors.__all__
        if name.endswith("Error") and name != "ProviderError"
    }
    routers_own = {"budget_exceeded", "ledger_unavailable"}
    assert kinds | routers_own == set(llm.llm_router.HTTP_STATUS)


def test_no_key_shows_in_any_answer(ask, sandbox):
    sandbox.fail_next("openai", "echo_key")
    assert KEY not in ask().text


def test_the_documentation_names_the_route(serve):
    url = serve({})
    paths = requests.get(f"{url}/openapi.json", timeout=30).json()["paths"]
    assert ASK in paths


# -- the endpoints of all four ----------------------------------------------

PROVIDERS = ("openai", "gemini", "requestry", "openrouter")


@pytest.fixture
def door(serve, sandbox):
    """Serve the router with all providers at the sandbox; give its URL."""
    keys = {f"{name.upper()}_API_KEY": KEY for name in PROVIDERS}
    urls = {f"{n.upper()}_BASE_URL": sandbox.base_url(n) for n in PROVIDERS}
    order = {"LLM_ROUTER_AUTO": ",".join(PROVIDERS)}
    return serve(keys | urls | order) + "/agents/llm-providers"


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_its_endpoint(door, name, sandbox):
    answer = requests.post(f"{door}/{name}", json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 200
    reply = answer.json()
    assert (reply["provider"], reply["simulated"]) == (name, True)
    assert reply["message"]
    assert [r.provider for r in sandbox.requests] == [name]


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_endpoint_has_the_same_errors(door, name, sandbox):
    sandbox.fail_next(name, "rate_limit", retry_after=90)
    answer = requests.post(f"{door}/{name}", json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "90"
    assert answer.json()["error"]["kind"] == "rate_limit"


def test_a_model_s_name_without_end_is_refused(door, sandbox):
    body = {"prompt": "Hi", "model": "x" * 100_000}
    answer = requests.post(f"{door}/openai", json=body, timeout=30)
    assert answer.status_code == 422
    assert sandbox.requests == []


def test_every_endpoint_is_documented(door):
    root = door.removesuffix("/agents/llm-providers")
    paths = requests.get(f"{root}/openapi.json", timeout=30).json()["paths"]
    for name in PROVIDERS:
        assert f"/agents/llm-providers/{name}" in paths


def test_the_provider_behind_a_router_is_named(door):
    body = {"prompt": "Hi"}
    reply = requests.post(f"{door}/openrouter", json=body, timeout=30).json()
    assert reply["upstream"]


def test_tools_reach_the_provider(door, sandbox):
    function = {"name": "now", "parameters": {"type": "object"}}
    tool = {"type": "function", "function": function}
    body = {"prompt": "Hi", "tools": [tool], "tool_choice": "required"}
    body["reasoning_effort"] = "none"
    reply = requests.post(f"{door}/requestry", json=body, timeout=30).json()
    assert sandbox.requests[0].body["tools"] == [tool]
    assert reply["tool_calls"][0]["function"]["name"] == "now"


def test_another_provider_is_not_found(door):
    answer = requests.post(f"{door}/nobody", json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["kind"] == "not_found"
    for name in PROVIDERS:
        assert name in error["what_to_do"]


def test_another_method_is_refused_in_the_same_shape(door):
    answer = requests.get(f"{door}/openai", timeout=30)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["kind"] == "method_not_allowed"


# -- auto in a fixed order, and health ---------------------------------------


def test_auto_asks_the_next_provider_where_one_fails(door, sandbox):
    sandbox.fail_next("openai", "overloaded", times=9)
    answer = requests.post(f"{door}/auto", json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 200
    reply = answer.json()
    assert reply["provider"] == "gemini"
    tried = [(row["provider"], row["status"]) for row in reply["attempts"]]
    assert tried == [("openai", "error"), ("gemini", "success")]


def test_auto_begins_with_the_model_that_is_named(door, sandbox):
    body = {"prompt": "Hi", "model": "openrouter"}
    reply = requests.post(f"{door}/auto", json=body, timeout=30).json()
    assert reply["provider"] == "openrouter"


def test_auto_refuses_a_name_that_means_nothing(door, sandbox):
    body = {"prompt": "Hi", "model": "nobody/x"}
    answer = requests.post(f"{door}/auto", json=body, timeout=30)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["kind"] == "model_not_found"
    assert "provider/model" in error["reason"]
    assert len(sandbox.requests) == 0


def test_auto_leaves_the_caller_s_own_fault_alone(door, sandbox):
    sandbox.fail_next("openai", "bad_parameter")
    answer = requests.post(f"{door}/auto", json={"prompt": "Hi"}, timeout=30)
    assert answer.status_code == 400
    assert len(sandbox.requests) == 1


def test_health_tells_who_has_a_key_and_asks_nobody(serve, sandbox):
    url = serve({"OPENAI_API_KEY": KEY})
    answer = requests.get(f"{url}/agents/llm-providers/health", timeout=30)
    assert answer.status_code == 200
    found = answer.json()
    assert found["status"] == "ok"
    keys = {
        name: row["key_present"] for name, row in found["providers"].items()
    }
    assert keys == {name: name == "openai" for name in PROVIDERS}
    assert KEY not in answer.text
    assert len(sandbox.requests) == 0


def test_health_without_any_key_is_unavailable(serve):
    url = serve({})
    answer = requests.get(f"{url}/agents/llm-providers/health", timeout=30)
    assert answer.json()["status"] == "unavailable"


def test_health_asks_the_providers_if_it_is_told_to(door, sandbox):
    sandbox.fail_next("gemini", "wrong_key")
    url = f"{door}/health?probe=true"
    found = requests.get(url, timeout=30).json()["providers"]
    assert found["openai"]["probe"]["models"] > 0
    assert found["openai"]["probe"]["mode"] == "sandbox"
    assert found["gemini"]["probe"]["models"] is None
    assert found["gemini"]["probe"]["error"]


def test_health_tells_of_a_breaker_that_is_open(door, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after=900)
    body = {"prompt": "Hi", "model": "openai"}
    requests.post(f"{door}/auto", json=body, timeout=30)
    found = requests.get(f"{door}/health", timeout=30).json()["providers"]
    assert list(found["openai"]["breakers"].values()) == ["open"]
    assert list(found["gemini"]["breakers"].values()) == ["closed"]


def test_503_says_when_to_come_back_even_where_nobody_knows(ask):
    assert int(ask(key="").headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt": "\\ud800"}',
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    ],
)
def test_half_a_character_is_refused(door, body):
    headers = {"Content-Type": "application/json"}
    answer = requests.post(
        f"{door}/openai", data=body, headers=headers, timeout=30
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "invalid_request"


def test_the_documentation_has_examples(serve):
    found = requests.get(f"{serve({})}/openapi.json", timeout=30).json()
    for path in ("openai", "auto"):
        post = found["paths"][f"/agents/llm-providers/{path}"]["post"]
        for status in ("200", "429", "503"):
            content = post["responses"][status]["content"]
            assert content["application/json"]["example"]
    chat = found["components"]["schemas"]["ChatCompletionRequest"]
    assert len(chat["examples"]) == 2


def test_a_body_that_is_no_text_is_400_in_the_same_shape(serve):
    answer = requests.post(
        serve({}) + ASK,
        data=b"!\xff\xfe",
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "invalid_request"


def test_the_documentation_says_that_prompt_or_messages_are_needed(serve):
    schemas = requests.get(serve({}) + "/openapi.json", timeout=30).json()
    wanted = schemas["components"]["schemas"]["PromptRequest"]["oneOf"]
    assert [one["required"] for one in wanted] == [["prompt"], ["messages"]]
