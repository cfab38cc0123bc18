"""The Requestry agent: chat completions over `requests`, at the sandbox."""

import pytest

KEY = "rqy-test-0123456789"
PROMPT = "Explain what an HTTP status code is."


@pytest.fixture
def agent(llm, sandbox, waits):
    """Make an agent that talks to the sandbox and does not sleep."""

    def make(**options):
        options = {
            "api_key": KEY,
            "base_url": sandbox.base_url("requestry"),
            "policy": llm.retry.RetryPolicy(first_wait=0.01, jitter=0.0),
            "sleep": waits.append,
            **options,
        }
        return llm.requestry_agent.RequestryAgent(**options)

    return make


@pytest.fixture
def failure(llm, agent, sandbox):
    """Return the exception that one try raises under a fault."""

    def raised(fault, **options):
        sandbox.fail_next("requestry", fault, **options)
        made = agent()
        with pytest.raises(llm.errors.ProviderError) as caught:
            made.complete(made.prepare("Hello"))
        return caught.value

    return raised


# -- what errors mean -------------------------------------------------------


@pytest.fixture
def name_of_class(agent):
    """Return the name of the class that an agent finds for an error."""

    def found(status, **error):
        kind = agent().classify(status, error)
        return getattr(kind, "__name__", kind)

    return found


@pytest.mark.exercise("3.3")
def test_a_403_says_that_the_key_is_not_accepted(name_of_class):
    error = {"origin": "router", "message": "Invalid authorization token"}
    assert name_of_class(403, **error) == "AuthenticationError"


@pytest.mark.exercise("3.3")
@pytest.mark.parametrize("status", [402, 412], ids=["balance", "limit"])
def test_an_empty_balance_and_a_spend_limit_are_both_a_quota(
    name_of_class, status
):
    assert name_of_class(status) == "QuotaExhaustedError"


@pytest.mark.exercise("3.3")
def test_a_provider_s_nonsense_is_a_malformed_response(name_of_class):
    assert name_of_class(424, origin="provider") == "MalformedResponseError"


@pytest.mark.exercise("3.3")
def test_an_error_inside_a_200_is_a_broken_provider(name_of_class):
    assert name_of_class(200) == "ProviderUnavailableError"


@pytest.mark.exercise("3.3")
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (429, "RateLimitError"),
        (404, "ModelNotFoundError"),
        (400, "InvalidRequestError"),
        (529, "ProviderUnavailableError"),
    ],
)
def test_any_other_status_means_what_it_means_elsewhere(
    name_of_class, status, name
):
    assert name_of_class(status) == name


@pytest.mark.exercise("3.3")
def test_a_code_counts_where_there_is_one(name_of_class):
    found = name_of_class(400, code="context_length_exceeded")
    assert found == "ContextLengthError"


@pytest.mark.exercise("3.3")
def test_the_sentence_is_not_read(name_of_class):
    error = {"origin": "router", "message": "Provider blocked by policy"}
    assert name_of_class(403, **error) == "AuthenticationError"


def test_an_answer_comes_back_as_the_standard_response(agent, sandbox):
    response = agent().process_prompt(PROMPT)
    assert response.status == "success"
    assert response.message
    assert response.provider == "requestry"
    assert response.finish_reason == "stop"
    assert response.simulated is True
    assert [r.path for r in sandbox.requests] == [
        "/requestry/v1/chat/completions"
    ]


def test_what_the_router_charges_is_the_cost(llm, agent, sandbox):
    response = agent().process_prompt(PROMPT)
    assert response.cost_usd > 0
    model = llm.catalogue.load_catalogue().role("requestry", "default")
    by_list = model.cost_usd(
        response.usage.prompt_tokens, response.usage.completion_tokens
    )
    assert response.attempts[0].cost_usd == response.cost_usd
    assert response.cost_usd == pytest.approx(by_list, rel=0.2)


def test_a_stream_tells_its_usage_and_its_cost(agent):
    stream = agent().stream(PROMPT)
    text = "".join(list(stream))
    whole = agent().process_prompt(PROMPT)
    assert stream.response.message == text == whole.message
    assert stream.response.usage.total_tokens == whole.usage.total_tokens
    assert stream.response.cost_usd == whole.cost_usd


def test_an_answer_without_content_costs_what_the_router_says(agent, sandbox):
    sandbox.fail_next("requestry", "empty")
    response = agent().process_prompt(PROMPT)
    assert response.error.kind == "empty_response"
    assert response.cost_usd == response.attempts[0].cost_usd
    assert response.cost_usd > 0


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "invalid_request", False),
        (401, "authentication", False),
        (402, "quota_exhausted", False),
        (403, "authentication", False),
        (404, "model_not_found", False),
        (412, "quota_exhausted", False),
        (424, "malformed_response", True),
        (429, "rate_limit", True),
        (500, "provider_unavailable", True),
        (502, "provider_unavailable", True),
        (503, "provider_unavailable", True),
        (529, "provider_unavailable", True),
    ],
)
def test_every_documented_status_has_its_kind(
    failure, status, kind, retryable
):
    error = failure("error_status", status=status)
    assert (error.kind, error.retryable) == (kind, retryable)
    assert error.status == status


def test_what_the_router_says_is_the_reason(failure):
    assert "Invalid authorization token" in failure("wrong_key").reason
    assert "blocked by policy" in failure("forbidden").reason


@pytest.mark.exercise("3.3")
def test_a_key_that_the_router_does_not_know_is_not_tried_twice(
    agent, sandbox
):
    response = agent(api_key="rqy-wrong-0123456789").process_prompt("Hello")
    assert response.error.kind == "authentication"
    assert len(sandbox.requests) == 1


@pytest.mark.exercise("3.3")
def test_a_spend_limit_is_not_waited_for(agent, sandbox, waits):
    sandbox.fail_next("requestry", "quota_exhausted", code="spend_limit")
    response = agent().process_prompt("Hello")
    assert response.error.kind == "quota_exhausted"
    assert (len(sandbox.requests), waits) == (1, [])


@pytest.mark.exercise("3.3")
def test_an_upstream_s_broken_answer_is_asked_for_again(agent, sandbox):
    sandbox.fail_next("requestry", "dependency_failed")
    assert agent().process_prompt("Hello").status == "success"
    assert len(sandbox.requests) == 2


def test_an_error_in_mid_stream_carries_the_text_so_far(agent, sandbox):
    sandbox.fail_next("requestry", "stream_error", chunks_before=4)
    stream = agent().stream(PROMPT)
    text = "".join(list(stream))
    assert text
    assert stream.response.error.kind == "provider_unavailable"
    assert stream.response.error.partial_text == text


def test_a_retired_model_names_its_replacement(llm, agent):
    model = llm.catalogue.load_catalogue().role("requestry", "retired")
    response = agent(model=model.id).process_prompt("Hello")
    assert response.error.kind == "model_retired"


def test_a_prompt_that_is_surely_too_long_is_told_as_such(llm, agent):
    catalogue = llm.catalogue.load_catalogue()
    model = catalogue.role("requestry", "retiring")
    made = agent(model=model.id)
    long = "word " * model.context_window
    assert made.process_prompt(long).error.kind == "context_length"


def test_another_refusal_of_a_short_prompt_stays_what_it_is(agent, sandbox):
    sandbox.fail_next("requestry", "bad_parameter")
    assert agent().process_prompt("Hi").error.kind == "invalid_request"


def test_each_model_gets_only_what_it_accepts(llm, agent):
    for model in llm.catalogue.load_catalogue().models("requestry"):
        response = agent(model=model.id).process_prompt(
            "Hello", max_tokens=2000, temperature=0.7, stop=["END"]
        )
        assert response.status == "success", (model.id, response.message)


def test_the_older_name_of_the_key_counts_too(llm, sandbox):
    settings = llm.settings.load_settings(
        {
            "REQUESTY_API_KEY": KEY,
            "REQUESTRY_BASE_URL": sandbox.base_url("requestry"),
        }
    )
    agent = llm.requestry_agent.RequestryAgent(settings=settings["requestry"])
    assert agent.process_prompt("Hello").status == "success"
    assert sandbox.requests[0].key == KEY
