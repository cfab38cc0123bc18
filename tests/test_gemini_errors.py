"""What Gemini's errors mean."""

import json

import pytest


def detail(kind, **fields):
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def quota(name):
    return detail("QuotaFailure", violations=[{"quotaId": name}])


PER_DAY = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
PER_MINUTE = quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
BAD_KEY = detail("ErrorInfo", reason="API_KEY_INVALID", domain="x")
NOT_VALID = "API key not valid. Please pass a valid API key."


def wait(delay):
    return detail("RetryInfo", retryDelay=delay)


def name_for(llm, status, word="", *details, **fields):
    error = {"code": status, "message": "No.", "status": word}
    error |= {"details": list(details), **fields}
    return llm.gemini_errors.classify(status, error).__name__


@pytest.mark.exercise("3.9")
def test_a_bad_key_is_known_by_its_reason(llm):
    said = {"message": NOT_VALID}
    found = name_for(llm, 400, "INVALID_ARGUMENT", BAD_KEY, **said)
    assert found == "AuthenticationError"


@pytest.mark.exercise("3.9")
def test_another_400_is_the_request_s_fault(llm):
    found = name_for(llm, 400, "INVALID_ARGUMENT")
    assert found == "InvalidRequestError"


@pytest.mark.exercise("3.9")
def test_another_reason_leaves_it_to_the_status(llm):
    other = detail("ErrorInfo", reason="SERVICE_DISABLED", domain="x")
    found = name_for(llm, 403, "PERMISSION_DENIED", other)
    assert found == "PermissionDeniedError"


@pytest.mark.exercise("3.9")
def test_the_reason_may_stand_behind_other_details(llm):
    words = detail("LocalizedMessage", locale="en-US", message=NOT_VALID)
    found = name_for(llm, 400, "X", words, BAD_KEY, message=NOT_VALID)
    assert found == "AuthenticationError"


@pytest.mark.exercise("3.9")
def test_a_quota_of_the_day_is_used_up(llm):
    found = name_for(llm, 429, "X", PER_DAY, wait("31167s"))
    assert found == "QuotaExhaustedError"


@pytest.mark.exercise("3.9")
def test_a_quota_of_the_minute_is_a_rate_limit(llm):
    found = name_for(llm, 429, "X", PER_MINUTE, wait("44s"))
    assert found == "RateLimitError"


@pytest.mark.exercise("3.9")
def test_a_429_that_names_no_quota_is_a_rate_limit(llm):
    assert name_for(llm, 429, "RESOURCE_EXHAUSTED") == "RateLimitError"


@pytest.mark.exercise("3.9")
@pytest.mark.parametrize(
    ("limit", "delay", "name"),
    [
        (PER_DAY, "0.997s", "QuotaExhaustedError"),
        (PER_MINUTE, "31167s", "RateLimitError"),
    ],
    ids=["day", "minute"],
)
def test_the_delay_beside_a_quota_tells_nothing(llm, limit, delay, name):
    assert name_for(llm, 429, "X", limit, wait(delay)) == name


@pytest.mark.exercise("3.9")
def test_one_quota_of_the_day_among_others_is_enough(llm):
    found = name_for(llm, 429, "RESOURCE_EXHAUSTED", PER_MINUTE, PER_DAY)
    assert found == "QuotaExhaustedError"


@pytest.mark.exercise("3.9")
def test_a_quota_of_the_day_counts_for_a_429_alone(llm):
    found = name_for(llm, 403, "PERMISSION_DENIED", PER_DAY)
    assert found == "PermissionDeniedError"


@pytest.mark.exercise("3.9")
def test_a_region_without_the_service_is_a_matter_of_permission(llm):
    found = name_for(llm, 400, "FAILED_PRECONDITION")
    assert found == "PermissionDeniedError"


@pytest.mark.exercise("3.9")
@pytest.mark.parametrize(
    ("status", "word", "name"),
    [
        (403, "PERMISSION_DENIED", "PermissionDeniedError"),
        (404, "NOT_FOUND", "ModelNotFoundError"),
        (409, "ABORTED", "ProviderUnavailableError"),
        (499, "CANCELLED", "ConnectionFailedError"),
        (500, "INTERNAL", "ProviderUnavailableError"),
        (503, "UNAVAILABLE", "ProviderUnavailableError"),
        (504, "DEADLINE_EXCEEDED", "RequestTimeoutError"),
    ],
)
def test_the_rest_is_told_by_word_and_status(llm, status, word, name):
    assert name_for(llm, status, word) == name


@pytest.mark.exercise("3.9")
def test_the_message_is_never_read(llm):
    found = name_for(llm, 400, "INVALID_ARGUMENT", message=NOT_VALID)
    assert found == "InvalidRequestError"


@pytest.mark.exercise("3.9")
def test_an_error_that_says_nothing_is_told_by_its_status(llm):
    assert llm.gemini_errors.classify(404, {}).__name__ == "ModelNotFoundError"


@pytest.mark.exercise("3.9")
@pytest.mark.parametrize(
    "nothing",
    [None, "text", [None], [{"reason": "API_KEY_INVALID"}]],
    ids=["a null", "a text", "a null in it", "no type"],
)
def test_details_that_are_none_are_no_riddle(llm, nothing):
    found = name_for(llm, 400, "INVALID_ARGUMENT", details=nothing)
    assert found == "InvalidRequestError"


@pytest.mark.exercise("3.9")
@pytest.mark.parametrize("status", [401, 403])
def test_the_reason_of_a_bad_key_counts_with_any_status(llm, status):
    found = name_for(llm, status, "PERMISSION_DENIED", BAD_KEY)
    assert found == "AuthenticationError"


@pytest.mark.exercise("3.9")
def test_the_reason_may_stand_in_the_second_of_two_infos(llm):
    other = detail("ErrorInfo", reason="SERVICE_DISABLED", domain="x")
    found = name_for(llm, 400, "INVALID_ARGUMENT", other, BAD_KEY)
    assert found == "AuthenticationError"


@pytest.mark.exercise("3.9")
def test_a_quota_of_tokens_can_be_one_of_the_day_too(llm):
    tokens = quota("GenerateContentInputTokensPerModelPerDay-FreeTier")
    found = name_for(llm, 429, "RESOURCE_EXHAUSTED", tokens)
    assert found == "QuotaExhaustedError"


@pytest.mark.exercise("3.9")
@pytest.mark.parametrize(
    ("status", "word", "details", "name"),
    [
        (400, "FAILED_PRECONDITION", [BAD_KEY], "AuthenticationError"),
        (429, "ABORTED", [PER_DAY], "QuotaExhaustedError"),
        (429, "X", [PER_DAY, BAD_KEY], "AuthenticationError"),
        (429, "ABORTED", [], "ProviderUnavailableError"),
    ],
    ids=["key, word", "quota, word", "key, quota", "word, status"],
)
def test_key_and_quota_and_word_and_status_are_asked_in_this_order(
    llm, status, word, details, name
):
    assert name_for(llm, status, word, *details) == name


@pytest.mark.exercise("3.9")
def test_a_quota_of_the_day_may_be_the_first_of_several(llm):
    found = name_for(llm, 429, "RESOURCE_EXHAUSTED", PER_DAY, PER_MINUTE)
    assert found == "QuotaExhaustedError"


@pytest.mark.exercise("3.9")
def test_a_day_that_is_no_quota_s_tells_nothing(llm):
    words = "GenerateRequestsPerDay is a limit, too."
    page = detail("Help", links=[{"description": words}])
    found = name_for(llm, 429, "RESOURCE_EXHAUSTED", PER_MINUTE, page)
    assert found == "RateLimitError"


@pytest.mark.exercise("3.9")
def test_another_reason_about_a_key_is_not_a_bad_key(llm):
    other = detail("ErrorInfo", reason="API_KEY_SERVICE_BLOCKED", domain="x")
    found = name_for(llm, 400, "INVALID_ARGUMENT", other)
    assert found == "InvalidRequestError"


@pytest.mark.parametrize("word", [None, 3, ["ABORTED"], {"a": 1}])
def test_a_word_that_is_none_leaves_it_to_the_status(llm, word):
    assert name_for(llm, 503, word) == "ProviderUnavailableError"


def test_only_a_429_speaks_of_quotas(llm):
    found = name_for(llm, 503, "UNAVAILABLE", PER_DAY)
    assert found == "ProviderUnavailableError"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("44s", 44.0),
        ("44.2s", 44.2),
        ("0.997s", 0.997),
        ("997ms", 0.997),
        ("0s", 0.0),
        ("-1s", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_delay_is_read_in_seconds(llm, text, seconds):
    error = {"details": [detail("RetryInfo", retryDelay=text)]}
    found = llm.gemini_errors.retry_delay(error)
    assert found == (seconds and pytest.approx(seconds))


def test_without_retry_info_no_delay_is_asked_for(llm):
    assert llm.gemini_errors.retry_delay({"message": "retry in 2s"}) is None


def failure(llm, status, *details, headers=None, word="X"):
    error = {"code": status, "message": "So it is.", "status": word}
    body = {"error": {**error, "details": list(details)}}
    return llm.gemini_errors.error_from_reply(status, body, headers or {})


def test_the_error_carries_status_word_and_message(llm):
    error = failure(
        llm, 503, word="UNAVAILABLE", headers={"x-simulated": "true"}
    )
    assert (error.status, error.code) == (503, "UNAVAILABLE")
    assert str(error) == "HTTP 503: So it is."
    assert error.simulated is True


def test_retry_info_goes_before_the_header(llm):
    wait = detail("RetryInfo", retryDelay="2s")
    both = failure(llm, 429, PER_MINUTE, wait, headers={"retry-after": "9"})
    header = failure(llm, 429, headers={"retry-after": "9"})
    assert (both.retry_after, header.retry_after) == (2.0, 9.0)


def test_the_wait_beside_a_quota_of_the_day_is_not_taken_for_one(llm):
    wait = detail("RetryInfo", retryDelay="0.9s")
    assert failure(llm, 429, PER_DAY, wait).retry_after is None


@pytest.mark.parametrize("pattern", ["{}", "[{}]", " [ {}\r\n] "])
def test_an_error_may_come_in_an_array_of_one(llm, pattern):
    body = json.dumps({"error": {"code": 404}})
    raw = pattern.replace("{}", body).encode()
    decoded = llm.gemini_errors.decode_refusal(raw)
    assert decoded == {"error": {"code": 404}}


def test_a_page_stays_the_text_it_is(llm):
    page = b"<html>Bad Gateway</html>"
    decoded = llm.gemini_errors.decode_refusal(page)
    error = llm.gemini_errors.error_from_reply(502, decoded, {})
    assert error.kind == "provider_unavailable"
    assert "Bad Gateway" in str(error)
