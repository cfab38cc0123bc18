"""The OpenRouter agent: many kinds of refusal, at the sandbox."""

import time

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


@pytest.mark.parametrize("title", ["Modul 4 – Köln", "4\r\nx-more: 1"])
def test_a_title_that_cannot_be_sent_is_refused(agent, title):
    with pytest.raises(ValueError, match="X-OpenRouter-Title"):
        agent(app_title=title)


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
RESET = {"X-RateLimit-Reset": str(IN_4_SECONDS), "Date": NOW}


@pytest.fixture
def wait(llm):
    """Return the seconds that an error asks to wait."""

    def asked(headers=None, metadata=None, availability=None):
        parts = {"metadata": metadata, "availability": availability}
        error = {name: part for name, part in parts.items() if part}
        return llm.openrouter_agent.wait_asked_for(error, headers or {})

    return asked


@pytest.mark.exercise("3.5")
def test_an_error_that_says_nothing_asks_for_no_wait(wait):
    assert wait() is None


@pytest.mark.exercise("3.5")
def test_seconds_in_the_metadata_are_read(wait):
    assert wait(metadata={"retry_after_seconds": 7}) == 7


@pytest.mark.exercise("3.5")
def test_seconds_beside_the_availability_are_read(wait):
    assert wait(availability={"retry_after": 2.5}) == 2.5


@pytest.mark.exercise("3.5")
def test_zero_seconds_is_an_answer(wait):
    assert wait(metadata={"retry_after_seconds": 0}) == 0


@pytest.mark.exercise("3.5")
def test_a_reset_in_milliseconds_counts_from_the_reply_s_date(wait):
    assert wait(RESET) == pytest.approx(4)


@pytest.mark.exercise("3.5")
def test_the_names_of_headers_are_matched_in_any_case(wait):
    lower = {name.lower(): value for name, value in RESET.items()}
    assert wait(lower) == pytest.approx(4)


@pytest.mark.exercise("3.5")
def test_a_reset_is_found_in_the_headers_that_are_quoted(wait):
    quoted = {"headers": {"X-RateLimit-Reset": IN_4_SECONDS}}
    assert wait({"Date": NOW}, quoted) == pytest.approx(4)


@pytest.mark.exercise("3.5")
def test_a_reset_in_the_past_asks_for_no_more_than_0_seconds(wait):
    assert wait({"X-RateLimit-Reset": "86400000", "Date": NOW}) == 0


@pytest.mark.exercise("3.5")
def test_seconds_come_before_a_reset(wait):
    assert wait(RESET, {"retry_after_seconds": 7}) == 7


@pytest.mark.exercise("3.5")
@pytest.mark.parametrize(
    "value",
    ["never", "", "nan", "inf"],
    ids=["a word", "no text", "no number", "no end"],
)
def test_a_reset_that_is_no_number_is_the_same_as_none(wait, value):
    assert wait({"X-RateLimit-Reset": value, "Date": NOW}) is None


@pytest.mark.exercise("3.5")
@pytest.mark.parametrize("seconds", ["soon", "5", None, -1], ids=repr)
def test_seconds_that_make_no_sense_leave_the_reset(wait, seconds):
    metadata = {"retry_after_seconds": seconds}
    assert wait(RESET, metadata) == pytest.approx(4)


@pytest.mark.exercise("3.5")
@pytest.mark.parametrize(("first", "second"), [(7, 2.5), (1, 9)])
def test_the_metadata_go_before_the_availability(wait, first, second):
    """Whichever of the two is the longer."""
    metadata = {"retry_after_seconds": first}
    assert wait(None, metadata, {"retry_after": second}) == first


@pytest.mark.exercise("3.5")
def test_nonsense_in_the_metadata_leaves_the_availability(wait):
    found = wait(None, {"retry_after_seconds": "soon"}, {"retry_after": 2.5})
    assert found == 2.5


@pytest.mark.exercise("3.5")
@pytest.mark.parametrize("spelt", [str.lower, str.upper], ids=["low", "up"])
def test_quoted_headers_are_matched_in_any_case(wait, spelt):
    quoted = {"headers": {spelt("X-RateLimit-Reset"): IN_4_SECONDS}}
    assert wait({"Date": NOW}, quoted) == pytest.approx(4)


@pytest.mark.exercise("3.5")
def test_a_reset_is_exact_to_the_millisecond(wait):
    reset = {**RESET, "X-RateLimit-Reset": str(IN_4_SECONDS + 250)}
    assert wait(reset) == pytest.approx(4.25)


@pytest.mark.exercise("3.5")
def test_without_a_date_a_reset_counts_from_the_present(wait):
    in_an_hour = (time.time() + 3_600) * 1_000
    found = wait({"X-RateLimit-Reset": f"{in_an_hour:.0f}"})
    assert found == pytest.approx(3_600, abs=60)


@pytest.mark.exercise("3.5")
def test_seconds_beside_the_availability_come_before_a_reset(wait):
    assert wait(RESET, None, {"retry_after": 7}) == 7


@pytest.mark.exercise("3.5")
def test_a_reset_that_is_quoted_counts_from_the_reply_s_own_date(wait):
    an_hour_ago = "Sun, 22 Nov 2026 11:00:00 GMT"
    quoted = {"X-RateLimit-Reset": str(IN_4_SECONDS), "Date": an_hour_ago}
    assert wait({"Date": NOW}, {"headers": quoted}) == pytest.approx(4)


@pytest.mark.exercise("3.5")
def test_a_reset_of_something_else_is_not_asked_for(wait):
    other = {"X-RateLimit-Reset-Tokens": str(IN_4_SECONDS), "Date": NOW}
    assert wait(other) is None


@pytest.mark.parametrize(
    ("error", "headers", "seconds"),
    [
        ({}, {}, None),
        ({"metadata": None, "availability": []}, {}, None),
        ({"metadata": {"retry_after_seconds": 2.5}}, {}, 2.5),
        ({"metadata": {"retry_after_seconds": -1}}, {}, None),
        ({"metadata": {"retry_after_seconds": "soon"}}, {}, None),
        ({"metadata": {"retry_after_seconds": float("inf")}}, {}, None),
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


@pytest.fixture
def name_of_class(agent):
    """Return the name of the class that an agent finds for an error."""

    def found(status, error):
        kind = agent().classify(status, error)
        return getattr(kind, "__name__", kind)

    return found


@pytest.mark.exercise("3.4")
@pytest.mark.parametrize(
    "error", [{}, {"metadata": None}], ids=["nothing", "null"]
)
def test_without_metadata_the_status_decides(name_of_class, error):
    assert name_of_class(401, error) == "AuthenticationError"


@pytest.mark.exercise("3.4")
def test_credit_that_is_in_flight_is_a_rate_limit(name_of_class):
    error = {"metadata": {"reason": "in_flight_budget_exhausted"}}
    assert name_of_class(402, error) == "RateLimitError"


@pytest.mark.exercise("3.4")
def test_any_other_402_is_an_exhausted_quota(name_of_class):
    error = {"metadata": {"limit_source": "openrouter_credits"}}
    assert name_of_class(402, error) == "QuotaExhaustedError"
    error = {"metadata": {"reason": "credits_exhausted"}}
    assert name_of_class(402, error) == "QuotaExhaustedError"


@pytest.mark.exercise("3.4")
def test_a_filter_s_signs_count_for_a_403_alone(name_of_class):
    error = {"metadata": {"reasons": ["too long"]}}
    assert name_of_class(400, error) == "InvalidRequestError"


@pytest.mark.exercise("3.4")
@pytest.mark.parametrize(
    "metadata",
    [
        {"reasons": ["violence"], "flagged_input": "…"},
        {"patterns": ["…"]},
        {"flagged_input": "…"},
    ],
    ids=["moderation", "guardrail", "input"],
)
def test_a_403_with_signs_of_a_filter_is_blocked_content(
    name_of_class, metadata
):
    found = name_of_class(403, {"metadata": metadata})
    assert found == "ContentBlockedError"


@pytest.mark.exercise("3.4")
def test_a_403_without_such_signs_is_a_matter_of_permission(name_of_class):
    error = {"metadata": {"provider_name": "Example"}}
    assert name_of_class(403, error) == "PermissionDeniedError"


@pytest.mark.exercise("3.4")
def test_a_model_that_is_away_for_now_is_unavailable(name_of_class):
    error = {"availability": {"retryable": True, "retry_after": 5}}
    assert name_of_class(404, error) == "ProviderUnavailableError"


@pytest.mark.exercise("3.4")
def test_a_model_that_nobody_serves_is_not_found(name_of_class):
    error = {"availability": {"retryable": False, "retry_after": None}}
    assert name_of_class(400, error) == "ModelNotFoundError"


@pytest.mark.exercise("3.4")
def test_an_availability_without_a_word_on_retries_is_no_promise(
    name_of_class,
):
    error = {"availability": {"retry_after": 3}}
    assert name_of_class(404, error) == "ModelNotFoundError"
    assert name_of_class(503, error) == "ModelNotFoundError"


@pytest.mark.exercise("3.4")
def test_the_error_type_says_more_than_the_status(name_of_class):
    error = {"metadata": {"error_type": "context_length_exceeded"}}
    assert name_of_class(400, error) == "ContextLengthError"


@pytest.mark.exercise("3.4")
def test_an_unknown_error_type_leaves_it_to_the_status(name_of_class):
    error = {"metadata": {"error_type": "unmapped"}}
    assert name_of_class(429, error) == "RateLimitError"


@pytest.mark.exercise("3.4")
def test_a_code_counts_where_nothing_else_does(name_of_class):
    error = {"code": "rate_limit_exceeded"}
    assert name_of_class(200, error) == "RateLimitError"


@pytest.mark.exercise("3.4")
@pytest.mark.parametrize(
    ("status", "error_type", "more", "name"),
    [
        (
            402,
            "payment_required",
            {"metadata": {"reason": "in_flight_budget_exhausted"}},
            "RateLimitError",
        ),
        (
            403,
            "permission_denied",
            {"metadata": {"patterns": ["…"]}},
            "ContentBlockedError",
        ),
        (
            404,
            "not_found",
            {"availability": {"retryable": True}},
            "ProviderUnavailableError",
        ),
    ],
    ids=["budget", "filter", "availability"],
)
def test_other_signs_go_before_the_error_type(
    name_of_class, status, error_type, more, name
):
    metadata = {"error_type": error_type, **more.get("metadata", {})}
    assert name_of_class(status, {**more, "metadata": metadata}) == name


@pytest.mark.exercise("3.4")
@pytest.mark.parametrize("status", [200, 403, 503])
def test_calls_in_flight_are_too_fast_whatever_the_status(
    name_of_class, status
):
    metadata = {"reason": "in_flight_budget_exhausted", "patterns": ["…"]}
    assert name_of_class(status, {"metadata": metadata}) == "RateLimitError"


@pytest.mark.exercise("3.4")
def test_signs_of_a_filter_go_before_the_availability(name_of_class):
    error = {
        "metadata": {"reasons": ["violence"]},
        "availability": {"retryable": True},
    }
    assert name_of_class(403, error) == "ContentBlockedError"


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
