"""When to try again, after how long, and when not to."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def asked(llm, headers, now=NOW):
    return llm.retry.retry_after_seconds(headers, now)


@pytest.mark.exercise("2.3")
def test_seconds_are_read(llm):
    assert asked(llm, {"retry-after": "7"}) == 7


@pytest.mark.exercise("2.3")
def test_the_name_of_the_header_is_matched_in_any_case(llm):
    assert asked(llm, {"Retry-After": "7"}) == 7
    assert asked(llm, {"RETRY-AFTER": "7"}) == 7


@pytest.mark.exercise("2.3")
def test_milliseconds_come_first_since_they_are_exact(llm):
    headers = {"retry-after": "1", "retry-after-ms": "250"}
    assert asked(llm, headers) == pytest.approx(0.25)


@pytest.mark.exercise("2.3")
def test_a_date_counts_from_now(llm):
    headers = {"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}
    assert asked(llm, headers) == pytest.approx(30)


@pytest.mark.exercise("2.3")
def test_a_date_in_the_past_asks_for_no_wait(llm):
    headers = {"retry-after": "Sun, 22 Nov 2026 11:59:00 GMT"}
    assert asked(llm, headers) == 0


@pytest.mark.exercise("2.3")
def test_without_a_header_nothing_is_asked(llm):
    assert asked(llm, {"content-type": "text/html"}) is None


@pytest.mark.exercise("2.3")
def test_zero_seconds_is_an_answer(llm):
    assert asked(llm, {"retry-after": "0"}) == 0


@pytest.mark.exercise("2.3")
@pytest.mark.parametrize(
    "value",
    ["soon", "", "-3", "nan", "inf"],
    ids=["a word", "no text", "below zero", "no number", "without end"],
)
def test_nonsense_is_the_same_as_no_header(llm, value):
    assert asked(llm, {"retry-after": value}) is None


@pytest.mark.exercise("2.3")
def test_nonsense_in_milliseconds_leaves_the_seconds(llm):
    headers = {"retry-after": "3", "retry-after-ms": "x"}
    assert asked(llm, headers) == 3


@pytest.mark.exercise("2.3")
def test_zero_milliseconds_come_before_the_seconds(llm):
    headers = {"retry-after": "7", "retry-after-ms": "0"}
    assert asked(llm, headers) == 0


@pytest.mark.exercise("2.3")
def test_a_date_counts_from_this_moment_unless_told_otherwise(llm):
    there = datetime.now(UTC) + timedelta(hours=1)
    headers = {"Retry-After": format_datetime(there, usegmt=True)}
    found = llm.retry.retry_after_seconds(headers)
    assert found == pytest.approx(3600, abs=60)


class Calls:
    """A call that fails as told, then answers, and counts."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.waits = []

    def __call__(self, wait):
        self.waits.append(wait)
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def steady(llm, **fields):
    """A policy without chance, whose waits are too short to be felt."""
    fields = {"first_wait": 0.01, "jitter": 0.0, **fields}
    return llm.retry.RetryPolicy(**fields)


@pytest.fixture
def answers(llm, waits):
    """Run `call_with_retries` on a script of failures."""

    def run(*failures, **policy):
        calls = Calls(*failures)
        made = steady(llm, **policy)
        return calls, llm.retry.call_with_retries(calls, made, waits.append)

    return run


@pytest.mark.exercise("2.5")
def test_a_first_answer_is_given_back_at_once(answers, waits):
    calls, answer = answers()
    assert answer == "answer"
    assert waits == []
    assert len(calls.waits) == 1


@pytest.mark.exercise("2.5")
def test_a_retryable_error_is_tried_again(llm, answers):
    calls, answer = answers(llm.errors.ProviderUnavailableError("down"))
    assert answer == "answer"
    assert len(calls.waits) == 2


@pytest.mark.exercise("2.5")
def test_the_wait_grows_from_try_to_try(llm, answers, waits):
    down = llm.errors.ProviderUnavailableError("down")
    answers(down, down, down, attempts=4)
    assert waits == [0.01, 0.02, 0.04]


@pytest.mark.exercise("2.5")
def test_the_provider_s_own_wait_is_kept(llm, answers, waits):
    answers(llm.errors.RateLimitError("slow down", retry_after=0.07))
    assert waits == [0.07]


@pytest.mark.exercise("2.5")
def test_a_wait_of_0_seconds_is_no_reason_to_give_up(llm, answers):
    calls, answer = answers(llm.errors.RateLimitError("", retry_after=0.0))
    assert answer == "answer"
    assert calls.waits == [0.0, 0.0]


@pytest.mark.exercise("2.5")
def test_each_try_is_told_the_wait_before_it(llm, answers):
    down = llm.errors.ProviderUnavailableError("down")
    calls, _ = answers(down, down)
    assert calls.waits == [0.0, 0.01, 0.02]


@pytest.mark.exercise("2.5")
def test_the_last_error_is_raised_when_the_tries_are_used_up(llm, waits):
    errors = llm.errors
    calls = Calls(
        errors.ProviderUnavailableError("one"),
        errors.ProviderUnavailableError("two"),
        errors.RateLimitError("three"),
    )
    with pytest.raises(errors.RateLimitError):
        llm.retry.call_with_retries(calls, steady(llm), waits.append)
    assert len(calls.waits) == 3
    assert len(waits) == 2


@pytest.mark.exercise("2.5")
def test_an_error_that_is_not_retryable_is_raised_at_once(llm, waits):
    calls = Calls(llm.errors.AuthenticationError("wrong key"))
    with pytest.raises(llm.errors.AuthenticationError):
        llm.retry.call_with_retries(calls, steady(llm), waits.append)
    assert len(calls.waits) == 1
    assert waits == []


@pytest.mark.exercise("2.5")
def test_an_exhausted_quota_is_never_retried(llm, waits):
    quota = llm.errors.QuotaExhaustedError("no credit", retry_after=1.0)
    calls = Calls(quota)
    with pytest.raises(llm.errors.QuotaExhaustedError):
        llm.retry.call_with_retries(calls, steady(llm), waits.append)
    assert len(calls.waits) == 1


@pytest.mark.exercise("2.5")
def test_a_bug_in_our_own_code_is_not_retried(llm, waits):
    calls = Calls(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        llm.retry.call_with_retries(calls, steady(llm), waits.append)
    assert len(calls.waits) == 1


@pytest.mark.exercise("2.5")
def test_the_policy_may_give_up_before_the_tries_are_used_up(llm, waits):
    calls = Calls(llm.errors.RateLimitError("tomorrow", retry_after=3600.0))
    with pytest.raises(llm.errors.RateLimitError):
        llm.retry.call_with_retries(calls, steady(llm), waits.append)
    assert calls.waits == [0.0]
    assert waits == []


@pytest.mark.exercise("2.5")
@pytest.mark.parametrize("empty", ["", None], ids=["no text", "None"])
def test_an_answer_may_be_empty(llm, waits, empty):
    calls = []

    def call(wait):
        calls.append(wait)
        if len(calls) > 1:
            raise EOFError("called once more")
        return empty

    found = llm.retry.call_with_retries(call, steady(llm), waits.append)
    assert found == empty


@pytest.mark.exercise("2.5")
def test_a_wait_of_0_seconds_is_slept_too(llm, answers, waits):
    answers(llm.errors.RateLimitError("", retry_after=0.0))
    assert waits == [0.0]


def test_a_wait_that_is_too_long_is_not_waited_for(llm):
    error = llm.errors.RateLimitError("tomorrow", retry_after=3600.0)
    assert steady(llm).wait_before_next(1, error) is None


def test_the_backoff_has_a_ceiling(llm):
    error = llm.errors.ProviderUnavailableError("down")
    policy = steady(llm, attempts=99, longest_wait=8.0)
    assert policy.wait_before_next(30, error) == 8.0


def test_jitter_only_shortens_the_wait(llm):
    error = llm.errors.ProviderUnavailableError("down")
    policy = llm.retry.RetryPolicy(jitter=0.5)
    waits = [policy.wait_before_next(1, error) for _ in range(50)]
    assert all(0.25 <= wait <= 0.5 for wait in waits)
    assert len(set(waits)) > 1
