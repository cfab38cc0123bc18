"""The OpenRouter agent: many kinds of refusal, at the sandbox."""

import pytest

KEY = "sk-or-v1-test-0123456789"
PROMPT = "Explain what an HTTP status code is."


@pytest.fixture
def agent(llm, sandbox, waits):
    """Make an agent that talks to the sandbox and does not sleep."""

    def make(**options):
        options = {
            "api_key": KEY,
            "base_url": sandbox.base_url("openrouter"),
            "policy": llm.retry.RetryPolicy(first_wait=0.01, jitter=0.0),
            "sleep": waits.append,
            **options,
        }
        return llm.openrouter_agent.OpenRouterAgent(**options)

    return make


@pytest.fixture
def failure(llm, agent, sandbox):
    """Return the exception that one try raises under a fault."""

    def raised(fault, **options):
        sandbox.fail_next("openrouter", fault, **options)
        made = agent()
        with pytest.raises(llm.errors.ProviderError) as caught:
            made.complete(made.prepare("Hello"))
        return caught.value

    return raised


def test_an_answer_names_its_cost_and_who_gave_it(agent):
    response = agent().process_prompt(PROMPT)
    assert response.status == "success"
    assert (response.provider, response.simulated) == ("openrouter", True)
    assert response.upstream
    assert response.cost_usd == response.attempts[0].cost_usd
    assert response.cost_usd > 0


def test_so_does_a_stream(agent):
    stream = agent().stream(PROMPT)
    text = "".join(list(stream))
    whole = agent().process_prompt(PROMPT)
    assert stream.response.message == text == whole.message
    assert stream.response.upstream == whole.upstream
    assert stream.response.usage == whole.usage
    assert stream.response.cost_usd == whole.cost_usd


def test_the_application_is_named_only_if_it_says_so(agent, sandbox):
    agent().process_prompt("Hello")
    agent(
        app_url="https://course.example", app_title="Module 4"
    ).process_prompt("Hello")
    silent, told = (request.headers for request in sandbox.requests)
    assert "http-referer" not in silent
    assert "x-openrouter-title" not in silent
    assert told["http-referer"] == "https://course.example"
    assert told["x-openrouter-title"] == "Module 4"


def test_a_prompt_s_own_headers_go_first(agent, sandbox):
    headers = {"X-OpenRouter-Title": "Another"}
    agent(app_title="Module 4").process_prompt("Hello", headers=headers)
    sent = sandbox.requests[0].headers["x-openrouter-title"]
    assert sent == "Another"


@pytest.mark.parametrize(
    ("fault", "options", "kind", "retryable"),
    [
        ("wrong_key", {}, "authentication", False),
        ("forbidden", {}, "permission_denied", False),
        ("moderation", {}, "content_blocked", False),
        ("guardrail", {}, "content_blocked", False),
        ("unknown_model", {}, "model_not_found", False),
        ("retired_model", {}, "model_not_found", False),
        ("context_length", {}, "context_length", False),
        ("bad_parameter", {}, "invalid_request", False),
        ("quota_exhausted", {"code": "credits"}, "quota_exhausted", False),
        ("quota_exhausted", {"code": "max_tokens"}, "quota_exhausted", False),
        ("quota_exhausted", {"code": "key_limit"}, "quota_exhausted", False),
        ("in_flight_budget", {}, "rate_limit", True),
        ("rate_limit", {"limit": "upstream"}, "rate_limit", True),
        ("rate_limit", {"limit": "free_minute"}, "rate_limit", True),
        ("server_error", {}, "provider_unavailable", True),
        ("overloaded", {}, "provider_unavailable", True),
        ("bad_gateway", {}, "provider_unavailable", True),
        ("error_in_200", {}, "provider_unavailable", True),
        ("error_in_choice", {}, "provider_unavailable", True),
        ("malformed_json", {}, "malformed_response", True),
        ("empty", {}, "empty_response", False),
        ("content_filter", {}, "content_blocked", False),
    ],
)
def test_every_fault_has_its_kind(failure, fault, options, kind, retryable):
    error = failure(fault, **options)
    assert (error.kind, error.retryable) == (kind, retryable)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request"),
        (401, "authentication"),
        (402, "quota_exhausted"),
        (403, "permission_denied"),
        (404, "model_not_found"),
        (408, "timeout"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (429, "rate_limit"),
        (500, "provider_unavailable"),
        (502, "provider_unavailable"),
        (503, "provider_unavailable"),
        (524, "timeout"),
        (529, "provider_unavailable"),
    ],
)
def test_every_documented_status_has_its_kind(failure, status, kind):
    error = failure("error_status", status=status)
    assert (error.kind, error.status) == (kind, status)


def test_half_an_answer_goes_along_with_the_error(failure):
    error = failure("error_in_choice")
    assert error.partial_text
    assert error.usage.prompt_tokens > 0


def test_an_error_in_mid_stream_carries_the_text_so_far(agent, sandbox):
    for code in (None, "server_error", 429):
        options = {} if code is None else {"code": code}
        sandbox.fail_next(
            "openrouter", "stream_error", chunks_before=4, **options
        )
        stream = agent().stream(PROMPT)
        text = "".join(list(stream))
        error = stream.response.error
        assert error.partial_text == text != ""
        kind = "rate_limit" if code == 429 else "provider_unavailable"
        assert (error.kind, error.retryable) == (kind, True)


# -- how long to wait -------------------------------------------------------


def test_reserved_credit_is_waited_for(agent, sandbox, waits):
    sandbox.fail_next("openrouter", "in_flight_budget", retry_after=3)
    assert agent().process_prompt("Hello").status == "success"
    assert waits == [3.0]


def test_the_wait_of_the_provider_upstream_is_kept(agent, sandbox, waits):
    options = {"limit": "upstream", "retry_after_seconds": 7}
    sandbox.fail_next("openrouter", "rate_limit", retry_after=None, **options)
    assert agent().process_prompt("Hello").status == "success"
    assert waits == [7.0]


def test_free_models_are_free_again_when_the_minute_is_over(
    agent, sandbox, waits
):
    options = {"limit": "free_minute", "seconds": 41}
    sandbox.fail_next("openrouter", "rate_limit", **options)
    assert agent().process_prompt("Hello").status == "success"
    assert waits == [41.0]


def test_nobody_waits_for_tomorrow(agent, sandbox, waits):
    options = {"limit": "free_day", "seconds": 7_200}
    sandbox.fail_next("openrouter", "rate_limit", **options)
    response = agent().process_prompt("Hello")
    assert response.error.kind == "rate_limit"
    assert response.error.retry_after == 7_200
    assert (len(sandbox.requests), waits) == (1, [])


NOW = "Sun, 22 Nov 2026 12:00:00 GMT"
IN_4_SECONDS = 1_795_348_804_000


@pytest.mark.parametrize(
    ("error", "headers", "seconds"),
    [
        ({}, {}, None),
        ({"metadata": None, "availability": []}, {}, None),
        ({"metadata": {"retry_after_seconds": 2.5}}, {}, 2.5),
        ({"metadata": {"retry_after_seconds": -1}}, {}, None),
        ({"metadata": {"retry_after_seconds": "soon"}}, {}, None),
        ({"availability": {"retry_after": 9}}, {}, 9.0),
        ({}, {"X-RateLimit-Reset": f"{IN_4_SECONDS}", "Date": NOW}, 4.0),
        ({}, {"x-ratelimit-reset": "0"}, 0.0),
        ({}, {"x-ratelimit-reset": "never"}, None),
        (
            {"metadata": {"headers": {"X-RateLimit-Reset": IN_4_SECONDS}}},
            {"date": NOW},
            4.0,
        ),
    ],
)
def test_the_wait_is_found_wherever_it_stands(llm, error, headers, seconds):
    found = llm.openrouter_agent.wait_asked_for(error, headers)
    assert found == seconds


# -- what errors mean -------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "name"),
    [
        (403, {"metadata": {"reasons": ["x"]}}, "ContentBlockedError"),
        (403, {"metadata": {"patterns": []}}, "ContentBlockedError"),
        (403, {"metadata": {}}, "PermissionDeniedError"),
        (403, {}, "PermissionDeniedError"),
        (400, {"availability": {"retryable": False}}, "ModelNotFoundError"),
        (
            404,
            {"availability": {"retryable": True}},
            "ProviderUnavailableError",
        ),
        (404, {}, "ModelNotFoundError"),
        (402, {}, "QuotaExhaustedError"),
        (
            402,
            {"metadata": {"reason": "in_flight_budget_exhausted"}},
            "RateLimitError",
        ),
        (400, {"metadata": {"error_type": "refusal"}}, "ContentBlockedError"),
        (400, {"metadata": {"error_type": ["?"]}}, "InvalidRequestError"),
        (200, {"code": "server_error"}, "ProviderUnavailableError"),
        (200, {"code": "rate_limit_exceeded"}, "RateLimitError"),
        (200, {"code": None}, "MalformedResponseError"),
        (502, {"metadata": "?"}, "ProviderUnavailableError"),
    ],
)
def test_each_sign_of_an_error_is_read(agent, status, error, name):
    assert agent().classify(status, error).__name__ == name


@pytest.mark.parametrize("where", ["beside", "in the choice", "reason alone"])
def test_an_error_inside_a_success_is_found(llm, agent, where):
    choice = {"message": {"content": "Hal"}, "finish_reason": "error"}
    payload = {"choices": [choice], "usage": {"prompt_tokens": 5, "cost": 0.1}}
    fault = {"code": 502, "message": "Gone."}
    if where != "reason alone":
        (payload if where == "beside" else choice)["error"] = fault
    with pytest.raises(llm.errors.ProviderUnavailableError) as caught:
        agent().parse_response(payload)
    error = caught.value
    assert (error.status, error.partial_text) == (502, "Hal")
    assert (error.usage.prompt_tokens, error.cost_usd) == (5, 0.1)


def test_an_upstream_that_is_not_named_is_unknown(agent):
    choice = {"message": {"content": "Hi."}, "finish_reason": "stop"}
    assert agent().parse_response({"choices": [choice]}).upstream is None


def test_each_model_of_the_catalogue_answers(llm, agent):
    for model in llm.catalogue.load_catalogue().models("openrouter"):
        response = agent(model=model.id).process_prompt(
            "Hello", max_tokens=2000, temperature=0.7, stop=["END"]
        )
        assert response.status == "success", (model.id, response.message)


def test_no_part_of_the_key_shows(failure, agent):
    assert "0123456789" not in str(failure("echo_key"))
    assert "0123456789" not in repr(agent())
