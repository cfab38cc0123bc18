"""What all agents share: one call, one retry layer, one response."""

import pytest

KEY = "sk-test-0123456789"


@pytest.fixture
def agent(llm, sandbox, waits):
    """An agent that talks to the sandbox and does not sleep."""
    return llm.openai_agent.OpenAIAgent(
        api_key=KEY,
        base_url=sandbox.base_url("openai"),
        policy=llm.retry.RetryPolicy(first_wait=0.01, jitter=0.0),
        sleep=waits.append,
    )


@pytest.mark.exercise("2.6")
def test_a_prompt_gets_an_answer(agent):
    response = agent.process_prompt("Say hello.")
    assert response.status == "success"
    assert response.message != ""


@pytest.mark.exercise("2.6")
def test_one_prompt_is_one_request(agent, sandbox):
    agent.process_prompt("Say hello.")
    assert len(sandbox.requests) == 1


@pytest.mark.exercise("2.6")
def test_the_fields_of_a_mapping_are_understood(agent, sandbox):
    agent.process_prompt({"prompt": "Hello", "max_tokens": 300})
    assert sandbox.requests[0].body["max_completion_tokens"] == 300


@pytest.mark.exercise("2.6")
def test_options_reach_the_request(agent, sandbox):
    agent.process_prompt("Hello", system_message="Be brief.")
    roles = [turn["role"] for turn in sandbox.requests[0].body["messages"]]
    assert roles == ["system", "user"]


@pytest.mark.exercise("2.6")
def test_an_error_is_returned_not_raised(agent, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    response = agent.process_prompt("Hello")
    assert response.status == "error"
    assert response.error.kind == "authentication"


@pytest.mark.exercise("2.6")
def test_a_wrong_key_is_never_retried(agent, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    agent.process_prompt("Hello")
    assert len(sandbox.requests) == 1


@pytest.mark.exercise("2.6")
def test_a_busy_provider_is_asked_again(agent, sandbox, waits):
    sandbox.fail_next("openai", "rate_limit", retry_after=1)
    response = agent.process_prompt("Hello")
    assert response.status == "success"
    assert len(sandbox.requests) == 2
    assert waits == [1.0]


@pytest.mark.exercise("2.6")
def test_the_ledger_tells_of_every_try(agent, sandbox):
    sandbox.fail_next("openai", "server_error")
    response = agent.process_prompt("Hello")
    ledger = [(row.status, row.error_kind) for row in response.attempts]
    assert ledger == [("error", "provider_unavailable"), ("success", None)]


@pytest.mark.exercise("2.6")
def test_the_ledger_tells_how_long_was_waited(agent, sandbox):
    sandbox.fail_next("openai", "server_error", times=2)
    response = agent.process_prompt("Hello")
    noted = [row.wait_seconds for row in response.attempts]
    assert noted == [0.0, 0.01, 0.02]


@pytest.mark.exercise("2.6")
def test_the_ledger_tells_how_long_each_try_took(llm, sandbox):
    passed = [0.0]
    made = llm.openai_agent.OpenAIAgent(
        api_key=KEY,
        base_url=sandbox.base_url("openai"),
        clock=lambda: sum(passed),
        sleep=passed.append,
    )
    sandbox.fail_next("openai", "rate_limit", retry_after=2)
    response = made.process_prompt("Hello")
    took = [row.latency_seconds for row in response.attempts]
    assert took == [0.0, 0.0]


@pytest.mark.exercise("2.6")
def test_the_ledger_names_the_model_that_was_asked(llm, agent, sandbox):
    model = llm.catalogue.load_catalogue().role("openai", "second").id
    sandbox.fail_next("openai", "wrong_key")
    response = agent.process_prompt("Hello", model=model)
    assert [row.model for row in response.attempts] == [model]


@pytest.mark.exercise("2.6")
def test_without_a_key_nothing_is_sent(llm, sandbox):
    keyless = llm.openai_agent.OpenAIAgent(
        api_key="", base_url=sandbox.base_url("openai")
    )
    response = keyless.process_prompt("Hello")
    assert response.error.kind == "missing_key"
    assert len(sandbox.requests) == 0
    assert len(response.attempts) == 0


@pytest.mark.exercise("2.6")
def test_a_prompt_without_sense_is_the_caller_s_mistake(agent):
    with pytest.raises(ValueError, match="prompt is empty"):
        agent.process_prompt("")


@pytest.mark.exercise("2.6")
def test_a_prompt_without_sense_is_noticed_before_a_missing_key(llm, sandbox):
    keyless = llm.openai_agent.OpenAIAgent(
        api_key="", base_url=sandbox.base_url("openai")
    )
    with pytest.raises(ValueError, match="prompt is empty"):
        keyless.process_prompt("")


@pytest.mark.exercise("2.6")
def test_a_bug_of_our_own_is_no_fault_of_the_provider(agent):
    def broken(prompt):
        raise ZeroDivisionError("a bug")

    agent.complete = broken
    with pytest.raises(ZeroDivisionError):
        agent.process_prompt("Hello")


@pytest.mark.exercise("2.6")
def test_each_prompt_has_a_ledger_of_its_own(agent):
    agent.process_prompt("Hello")
    response = agent.process_prompt("Hello again")
    assert len(response.attempts) == 1


def test_after_three_tries_the_error_is_returned(agent, sandbox, waits):
    sandbox.fail_next("openai", "server_error", times=9)
    response = agent.process_prompt("Hello")
    assert response.error.kind == "provider_unavailable"
    assert len(response.attempts) == 3
    assert len(sandbox.requests) == 3
    assert waits == [0.01, 0.02]


@pytest.mark.parametrize("option", [2, "date", "ms"])
def test_the_wait_is_read_in_all_its_forms(agent, sandbox, waits, option):
    sandbox.fail_next("openai", "rate_limit", retry_after=option)
    assert agent.process_prompt("Hello").status == "success"
    assert len(waits) == 1
    assert 0 < waits[0] <= 60


def test_an_exhausted_quota_is_never_retried(agent, sandbox):
    sandbox.fail_next("openai", "quota_exhausted")
    response = agent.process_prompt("Hello")
    assert response.error.retryable is False
    assert len(sandbox.requests) == 1


def test_usage_counts_all_attempts(agent, sandbox):
    once = agent.process_prompt("Hello").usage.prompt_tokens
    sandbox.fail_next("openai", "malformed_json")
    response = agent.process_prompt("Hello")
    assert response.usage.prompt_tokens == once
    assert len(response.attempts) == 2


def test_the_cost_follows_the_catalogue(llm, agent):
    response = agent.process_prompt("Hello")
    model = llm.catalogue.load_catalogue().find("openai", agent.model)
    usage = response.usage
    assert response.cost_usd == model.cost_usd(
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens
    )
    assert response.cost_usd > 0


def test_an_unknown_cost_is_none(llm, agent):
    usage = llm.responses.Usage(10, 10, 20)
    assert agent.cost_usd("no-such-model", usage) is None
    assert agent.cost_usd(agent.model, llm.responses.Usage()) is None


def test_an_answer_without_content_still_counts_its_tokens(agent, sandbox):
    sandbox.fail_next("openai", "empty")
    response = agent.process_prompt("Hello")
    assert response.error.kind == "empty_response"
    assert response.usage.prompt_tokens > 0
    assert response.cost_usd > 0


def test_the_key_comes_from_the_environment(llm, sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.base_url("openai"))
    response = llm.openai_agent.OpenAIAgent().process_prompt("Hello")
    assert response.status == "success"
    assert sandbox.requests[0].key == KEY
